CREATE SCHEMA "crm";
--> statement-breakpoint
CREATE SCHEMA "erp";
--> statement-breakpoint
CREATE TABLE "crm"."change" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "crm"."change_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"pos" bigint,
	"entity" text NOT NULL,
	"id" text NOT NULL,
	"kind" text NOT NULL,
	"version" bigint,
	"actor" text,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "crm"."contact" (
	"id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"create_key" text,
	"version" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_by" text DEFAULT current_user NOT NULL,
	"archived" boolean DEFAULT false NOT NULL,
	"contact_number" text,
	"first_name" text,
	"middle_name" text,
	"last_name" text NOT NULL,
	"salutation" text,
	"job_title" text,
	"department" text,
	"email" text,
	"phone" text,
	"mobile" text,
	"address" jsonb,
	"customer_id" text NOT NULL,
	"kind" text DEFAULT 'PERSON' NOT NULL,
	"owner_id" text,
	"marketing_opt_out" boolean DEFAULT false NOT NULL,
	"status" text DEFAULT 'ACTIVE' NOT NULL,
	"birth_date" date,
	"language" text,
	CONSTRAINT "contact_create_key_unique" UNIQUE("create_key")
);
--> statement-breakpoint
CREATE TABLE "crm"."customer" (
	"id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"create_key" text,
	"version" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_by" text DEFAULT current_user NOT NULL,
	"archived" boolean DEFAULT false NOT NULL,
	"account_number" text,
	"name" text NOT NULL,
	"legal_name" text,
	"org_number" text,
	"vat_number" text,
	"kind" text DEFAULT 'COMPANY' NOT NULL,
	"email" text,
	"invoice_email" text,
	"phone" text,
	"website" text,
	"billing_address" jsonb,
	"shipping_address" jsonb,
	"currency" text NOT NULL,
	"payment_terms" text,
	"payment_method" text,
	"delivery_terms" text,
	"shipping_method" text,
	"price_list" text,
	"tax_treatment" text,
	"owner_id" text NOT NULL,
	"primary_contact_id" text,
	"credit_limit" numeric,
	"status" text DEFAULT 'ACTIVE' NOT NULL,
	"language" text,
	"balance_due" numeric,
	CONSTRAINT "customer_create_key_unique" UNIQUE("create_key")
);
--> statement-breakpoint
CREATE TABLE "crm"."feed_head" (
	"only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"pos" bigint DEFAULT 0 NOT NULL,
	"pruned" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "crm"."order" (
	"id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"create_key" text,
	"version" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_by" text DEFAULT current_user NOT NULL,
	"archived" boolean DEFAULT false NOT NULL,
	"order_number" text NOT NULL,
	"erp_order_number" text,
	"quote_id" text,
	"customer_id" text NOT NULL,
	"bill_to_customer_id" text,
	"contact_id" text,
	"customer_purchase_order" text,
	"order_date" date NOT NULL,
	"requested_delivery_date" date,
	"promised_delivery_date" date,
	"last_shipped_on" date,
	"currency" text NOT NULL,
	"prices_include_tax" boolean DEFAULT false NOT NULL,
	"billing_address" jsonb,
	"shipping_address" jsonb,
	"payment_terms" text,
	"delivery_terms" text,
	"shipping_method" text,
	"discount_percent" numeric,
	"discount_amount" numeric,
	"discount_typed" text,
	"freight_amount" numeric,
	"net_amount" numeric,
	"tax_amount" numeric,
	"total_amount" numeric,
	"computed_amount" numeric NOT NULL,
	"warehouse" text,
	"owner_id" text NOT NULL,
	"notes" text,
	"status" text DEFAULT 'DRAFT' NOT NULL,
	"held_status" text,
	"hold_reason" text,
	CONSTRAINT "order_create_key_unique" UNIQUE("create_key")
);
--> statement-breakpoint
CREATE TABLE "crm"."order_line" (
	"line_id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"document_id" text NOT NULL,
	"line_number" integer NOT NULL,
	"kind" text DEFAULT 'PRODUCT' NOT NULL,
	"product_id" text,
	"product_text" text,
	"quote_line_id" text,
	"description" text,
	"quantity" numeric DEFAULT '0' NOT NULL,
	"unit" text NOT NULL,
	"unit_price" numeric NOT NULL,
	"price_overridden" boolean DEFAULT false NOT NULL,
	"discount_percent" numeric,
	"discount_amount" numeric,
	"discount_typed" text,
	"tax_category" text NOT NULL,
	"tax_rate" numeric,
	"net_amount" numeric,
	"tax_amount" numeric,
	"gross_amount" numeric,
	"requested_delivery_date" date,
	"promised_delivery_date" date,
	"warehouse" text,
	"quantity_shipped" numeric DEFAULT '0' NOT NULL,
	"quantity_invoiced" numeric DEFAULT '0' NOT NULL,
	"line_status" text DEFAULT 'OPEN' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "crm"."product" (
	"id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"create_key" text,
	"version" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_by" text DEFAULT current_user NOT NULL,
	"archived" boolean DEFAULT false NOT NULL,
	"sku" text NOT NULL,
	"gtin" text,
	"name" text NOT NULL,
	"aliases" jsonb,
	"description" text,
	"kind" text DEFAULT 'GOOD' NOT NULL,
	"category" text,
	"base_unit" text NOT NULL,
	"sales_units" jsonb,
	"quantity_decimals" integer DEFAULT 5 NOT NULL,
	"list_price" numeric,
	"price_currency" text NOT NULL,
	"unit_cost" numeric,
	"tax_category" text NOT NULL,
	"tax_rate" numeric,
	"status" text DEFAULT 'ACTIVE' NOT NULL,
	"on_hand" numeric,
	"gross_weight" numeric,
	"volume" numeric,
	"vendor_part_no" text,
	"discontinued_on" date,
	CONSTRAINT "product_create_key_unique" UNIQUE("create_key")
);
--> statement-breakpoint
CREATE TABLE "crm"."quote" (
	"id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"create_key" text,
	"version" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_by" text DEFAULT current_user NOT NULL,
	"archived" boolean DEFAULT false NOT NULL,
	"quote_number" text NOT NULL,
	"erp_quote_number" text,
	"revision" integer NOT NULL,
	"revision_of_id" text,
	"name" text NOT NULL,
	"customer_id" text,
	"bill_to_customer_id" text,
	"contact_id" text,
	"customer_purchase_order" text,
	"currency" text NOT NULL,
	"exchange_rate" numeric,
	"quote_date" date NOT NULL,
	"valid_until" date,
	"requested_delivery_date" date,
	"promised_delivery_date" date,
	"billing_address" jsonb,
	"shipping_address" jsonb,
	"payment_terms" text,
	"delivery_terms" text,
	"shipping_method" text,
	"price_list" text,
	"prices_include_tax" boolean DEFAULT false NOT NULL,
	"discount_percent" numeric,
	"discount_amount" numeric,
	"discount_typed" text,
	"freight_amount" numeric,
	"net_amount" numeric,
	"tax_amount" numeric,
	"total_amount" numeric,
	"computed_amount" numeric NOT NULL,
	"owner_id" text NOT NULL,
	"notes" text,
	"status" text DEFAULT 'DRAFT' NOT NULL,
	"accepted_at" timestamp with time zone,
	"erp_order_number" text,
	"order_state" text,
	"closed_reason" text,
	CONSTRAINT "quote_create_key_unique" UNIQUE("create_key")
);
--> statement-breakpoint
CREATE TABLE "crm"."quote_line" (
	"line_id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"document_id" text NOT NULL,
	"line_number" integer NOT NULL,
	"kind" text DEFAULT 'PRODUCT' NOT NULL,
	"selection" text DEFAULT 'REQUIRED' NOT NULL,
	"product_id" text,
	"product_text" text,
	"description" text,
	"quantity" numeric DEFAULT '0' NOT NULL,
	"unit" text NOT NULL,
	"unit_price" numeric NOT NULL,
	"price_overridden" boolean DEFAULT false NOT NULL,
	"discount_percent" numeric,
	"discount_amount" numeric,
	"discount_typed" text,
	"tax_category" text NOT NULL,
	"tax_rate" numeric,
	"net_amount" numeric,
	"tax_amount" numeric,
	"gross_amount" numeric,
	"requested_delivery_date" date,
	"promised_delivery_date" date,
	"warehouse" text,
	"quantity_shipped" numeric DEFAULT '0' NOT NULL,
	"quantity_invoiced" numeric DEFAULT '0' NOT NULL,
	"line_status" text DEFAULT 'OPEN' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "crm"."series" (
	"entity" text PRIMARY KEY NOT NULL,
	"next" bigint DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "crm"."tombstone" (
	"id" text PRIMARY KEY NOT NULL,
	"entity" text NOT NULL,
	"version" bigint NOT NULL,
	"deleted_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deleted_by" text
);
--> statement-breakpoint
CREATE TABLE "crm"."user" (
	"id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"create_key" text,
	"version" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_by" text DEFAULT current_user NOT NULL,
	"archived" boolean DEFAULT false NOT NULL,
	"full_name" text NOT NULL,
	"email" text NOT NULL,
	"mobile_phone" text,
	"job_title" text,
	"employee_number" text,
	"team_code" text,
	"department_code" text,
	"territory" text,
	"commission_percent" numeric,
	"active" boolean DEFAULT true NOT NULL,
	"manager_id" text,
	"language" text,
	CONSTRAINT "user_create_key_unique" UNIQUE("create_key")
);
--> statement-breakpoint
CREATE TABLE "erp"."change" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "erp"."change_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"pos" bigint,
	"entity" text NOT NULL,
	"id" text NOT NULL,
	"kind" text NOT NULL,
	"version" bigint,
	"actor" text,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "erp"."contact" (
	"id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"create_key" text,
	"version" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_by" text DEFAULT current_user NOT NULL,
	"archived" boolean DEFAULT false NOT NULL,
	"external_reference" text,
	"contact_no" text NOT NULL,
	"first_name" text,
	"middle_name" text,
	"last_name" text NOT NULL,
	"salutation_code" text,
	"job_title" text,
	"department" text,
	"email" text,
	"phone_no" text,
	"mobile_phone_no" text,
	"address" jsonb,
	"customer_id" text NOT NULL,
	"company_no" text NOT NULL,
	"type" text DEFAULT 'PERSON' NOT NULL,
	"salesperson_id" text,
	"salesperson_code" text,
	"opt_out" boolean DEFAULT false NOT NULL,
	"blocked" boolean DEFAULT false NOT NULL,
	"birth_date" date,
	"language_code" text,
	CONSTRAINT "contact_create_key_unique" UNIQUE("create_key")
);
--> statement-breakpoint
CREATE TABLE "erp"."customer" (
	"id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"create_key" text,
	"version" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_by" text DEFAULT current_user NOT NULL,
	"archived" boolean DEFAULT false NOT NULL,
	"external_reference" text,
	"customer_no" text NOT NULL,
	"name" text NOT NULL,
	"legal_name" text,
	"registration_no" text,
	"vat_registration_no" text,
	"partner_type" text DEFAULT 'COMPANY' NOT NULL,
	"email" text,
	"invoice_email" text,
	"phone_no" text,
	"home_page" text,
	"invoice_address" jsonb NOT NULL,
	"delivery_address" jsonb,
	"currency_code" text,
	"payment_terms_code" text NOT NULL,
	"payment_method_code" text,
	"shipment_method_code" text,
	"shipping_agent_code" text,
	"price_group_code" text,
	"vat_business_group" text NOT NULL,
	"salesperson_id" text,
	"salesperson_code" text,
	"primary_contact_id" text,
	"primary_contact_no" text,
	"credit_limit" numeric,
	"blocked" text DEFAULT 'NONE' NOT NULL,
	"language_code" text,
	"balance" numeric DEFAULT '0' NOT NULL,
	CONSTRAINT "customer_create_key_unique" UNIQUE("create_key")
);
--> statement-breakpoint
CREATE TABLE "erp"."feed_head" (
	"only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"pos" bigint DEFAULT 0 NOT NULL,
	"pruned" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "erp"."order" (
	"id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"create_key" text,
	"version" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_by" text DEFAULT current_user NOT NULL,
	"archived" boolean DEFAULT false NOT NULL,
	"external_reference" text,
	"source_quote_reference" text,
	"order_no" text NOT NULL,
	"quote_id" text,
	"quote_no" text,
	"customer_order_reference" text,
	"order_date" date NOT NULL,
	"customer_id" text NOT NULL,
	"customer_no" text NOT NULL,
	"bill_to_customer_id" text,
	"bill_to_customer_no" text,
	"contact_id" text,
	"contact_no" text,
	"currency_code" text,
	"requested_delivery_date" date,
	"bill_to_address" jsonb NOT NULL,
	"ship_to_address" jsonb NOT NULL,
	"payment_terms_code" text NOT NULL,
	"shipment_method_code" text,
	"shipping_agent_code" text,
	"prices_include_vat" boolean DEFAULT false NOT NULL,
	"vat_business_group" text NOT NULL,
	"header_discount_percent" numeric,
	"header_discount_amount" numeric,
	"header_discount_typed" text,
	"amount" numeric NOT NULL,
	"vat_amount" numeric NOT NULL,
	"amount_incl_vat" numeric NOT NULL,
	"salesperson_id" text,
	"salesperson_code" text,
	"work_description" text,
	"your_reference" text,
	"promised_delivery_date" date,
	"last_shipment_date" date,
	"location_code" text,
	"salesperson_external_reference" text,
	"salesperson_name" text,
	"salesperson_email" text,
	"salesperson_phone" text,
	"salesperson_title" text,
	"salesperson_employee_no" text,
	"sales_team_code" text,
	"dimension_department" text,
	"territory_code" text,
	"commission_percent" numeric,
	"salesperson_blocked" boolean DEFAULT false NOT NULL,
	"approver_id" text,
	"approver_code" text,
	"language_code" text,
	"status" text DEFAULT 'OPEN' NOT NULL,
	"held_status" text,
	"hold_reason_code" text,
	CONSTRAINT "order_create_key_unique" UNIQUE("create_key")
);
--> statement-breakpoint
CREATE TABLE "erp"."order_line" (
	"line_id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"document_id" text NOT NULL,
	"line_external_reference" text,
	"line_no" integer NOT NULL,
	"type" text DEFAULT 'ITEM' NOT NULL,
	"line_code" text,
	"product_id" text,
	"item_no" text,
	"attached_to" text,
	"position" integer,
	"description" text,
	"quantity" numeric DEFAULT '0' NOT NULL,
	"qty_per_base" numeric DEFAULT '1' NOT NULL,
	"unit_code" text NOT NULL,
	"unit_price" numeric NOT NULL,
	"price_overridden" boolean DEFAULT false NOT NULL,
	"line_discount_percent" numeric,
	"line_discount_amount" numeric,
	"line_discount_typed" text,
	"vat_product_group" text NOT NULL,
	"vat_percent" numeric NOT NULL,
	"amount" numeric NOT NULL,
	"vat_amount" numeric NOT NULL,
	"amount_incl_vat" numeric NOT NULL,
	"requested_delivery_date" date,
	"promised_delivery_date" date,
	"location_code" text,
	"quantity_shipped" numeric DEFAULT '0' NOT NULL,
	"quantity_invoiced" numeric DEFAULT '0' NOT NULL,
	"line_status" text DEFAULT 'OPEN' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "erp"."product" (
	"id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"create_key" text,
	"version" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_by" text DEFAULT current_user NOT NULL,
	"archived" boolean DEFAULT false NOT NULL,
	"external_reference" text,
	"item_no" text NOT NULL,
	"gtin" text,
	"description" text NOT NULL,
	"long_description" text,
	"type" text DEFAULT 'INVENTORY' NOT NULL,
	"item_category_code" text,
	"base_unit_code" text NOT NULL,
	"item_units" jsonb,
	"rounding_precision" numeric,
	"unit_price" numeric DEFAULT '0' NOT NULL,
	"currency_code" text,
	"unit_cost" numeric,
	"vat_product_group" text NOT NULL,
	"vat_percent" numeric NOT NULL,
	"sales_blocked" boolean DEFAULT false NOT NULL,
	"inventory" numeric,
	"reserved_quantity" numeric DEFAULT '0' NOT NULL,
	"gross_weight" numeric,
	"unit_volume" numeric,
	"vendor_item_no" text,
	"discontinued_date" date,
	CONSTRAINT "product_create_key_unique" UNIQUE("create_key")
);
--> statement-breakpoint
CREATE TABLE "erp"."quote" (
	"id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"create_key" text,
	"version" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_by" text DEFAULT current_user NOT NULL,
	"archived" boolean DEFAULT false NOT NULL,
	"external_reference" text,
	"quote_no" text NOT NULL,
	"version_no" integer,
	"external_document_no" text,
	"document_date" date NOT NULL,
	"valid_until_date" date,
	"customer_order_reference" text,
	"customer_id" text NOT NULL,
	"customer_no" text NOT NULL,
	"bill_to_customer_id" text,
	"bill_to_customer_no" text,
	"contact_id" text,
	"contact_no" text,
	"currency_code" text,
	"requested_delivery_date" date,
	"bill_to_address" jsonb NOT NULL,
	"ship_to_address" jsonb NOT NULL,
	"payment_terms_code" text NOT NULL,
	"shipment_method_code" text,
	"shipping_agent_code" text,
	"prices_include_vat" boolean DEFAULT false NOT NULL,
	"vat_business_group" text NOT NULL,
	"header_discount_percent" numeric,
	"header_discount_amount" numeric,
	"header_discount_typed" text,
	"amount" numeric NOT NULL,
	"vat_amount" numeric NOT NULL,
	"amount_incl_vat" numeric NOT NULL,
	"salesperson_id" text,
	"salesperson_code" text,
	"work_description" text,
	"your_reference" text,
	"currency_factor" numeric,
	"price_group_code" text,
	"status" text DEFAULT 'OPEN' NOT NULL,
	CONSTRAINT "quote_create_key_unique" UNIQUE("create_key")
);
--> statement-breakpoint
CREATE TABLE "erp"."quote_line" (
	"line_id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"document_id" text NOT NULL,
	"line_external_reference" text,
	"line_no" integer NOT NULL,
	"type" text DEFAULT 'ITEM' NOT NULL,
	"line_code" text,
	"product_id" text,
	"item_no" text,
	"attached_to" text,
	"position" integer,
	"description" text,
	"quantity" numeric DEFAULT '0' NOT NULL,
	"qty_per_base" numeric DEFAULT '1' NOT NULL,
	"unit_code" text NOT NULL,
	"unit_price" numeric NOT NULL,
	"price_overridden" boolean DEFAULT false NOT NULL,
	"line_discount_percent" numeric,
	"line_discount_amount" numeric,
	"line_discount_typed" text,
	"vat_product_group" text NOT NULL,
	"vat_percent" numeric NOT NULL,
	"amount" numeric NOT NULL,
	"vat_amount" numeric NOT NULL,
	"amount_incl_vat" numeric NOT NULL,
	"requested_delivery_date" date,
	"promised_delivery_date" date,
	"location_code" text,
	"quantity_shipped" numeric DEFAULT '0' NOT NULL,
	"quantity_invoiced" numeric DEFAULT '0' NOT NULL,
	"line_status" text DEFAULT 'OPEN' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "erp"."salesperson" (
	"id" text PRIMARY KEY DEFAULT gen_random_uuid()::text NOT NULL,
	"create_key" text,
	"version" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_by" text DEFAULT current_user NOT NULL,
	"archived" boolean DEFAULT false NOT NULL,
	"external_reference" text,
	"code" text NOT NULL,
	"name" text NOT NULL,
	"email" text,
	"phone" text,
	"title" text,
	"employee_no" text,
	"sales_team_code" text,
	"dimension_department" text,
	"territory_code" text,
	"commission_percent" numeric,
	"approver_id" text,
	"approver_code" text,
	"language_code" text,
	"blocked" boolean DEFAULT false NOT NULL,
	CONSTRAINT "salesperson_create_key_unique" UNIQUE("create_key")
);
--> statement-breakpoint
CREATE TABLE "erp"."series" (
	"entity" text PRIMARY KEY NOT NULL,
	"next" bigint DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "erp"."tombstone" (
	"id" text PRIMARY KEY NOT NULL,
	"entity" text NOT NULL,
	"version" bigint NOT NULL,
	"deleted_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deleted_by" text
);
--> statement-breakpoint
ALTER TABLE "sync"."lane" ALTER COLUMN "rung" SET DEFAULT '{}';--> statement-breakpoint
ALTER TABLE "sync"."run" ALTER COLUMN "checkpoint" SET DEFAULT '{}';--> statement-breakpoint
ALTER TABLE "sync"."run" ALTER COLUMN "counts" SET DEFAULT '{}';--> statement-breakpoint
ALTER TABLE "sync"."run" ALTER COLUMN "samples" SET DEFAULT '{}';--> statement-breakpoint
CREATE UNIQUE INDEX "change_pos_unique" ON "crm"."change" USING btree ("pos");--> statement-breakpoint
CREATE INDEX "change_new" ON "crm"."change" USING btree ("seq") WHERE pos is null;--> statement-breakpoint
CREATE INDEX "contact_contact_number_index" ON "crm"."contact" USING btree ("contact_number");--> statement-breakpoint
CREATE INDEX "contact_last_name_index" ON "crm"."contact" USING btree ("last_name");--> statement-breakpoint
CREATE INDEX "contact_email_index" ON "crm"."contact" USING btree ("email");--> statement-breakpoint
CREATE INDEX "contact_customer_id_index" ON "crm"."contact" USING btree ("customer_id");--> statement-breakpoint
CREATE INDEX "contact_owner_id_index" ON "crm"."contact" USING btree ("owner_id");--> statement-breakpoint
CREATE INDEX "customer_account_number_index" ON "crm"."customer" USING btree ("account_number");--> statement-breakpoint
CREATE INDEX "customer_name_index" ON "crm"."customer" USING btree ("name");--> statement-breakpoint
CREATE INDEX "customer_org_number_index" ON "crm"."customer" USING btree ("org_number");--> statement-breakpoint
CREATE INDEX "customer_vat_number_index" ON "crm"."customer" USING btree ("vat_number");--> statement-breakpoint
CREATE INDEX "customer_email_index" ON "crm"."customer" USING btree ("email");--> statement-breakpoint
CREATE INDEX "customer_owner_id_index" ON "crm"."customer" USING btree ("owner_id");--> statement-breakpoint
CREATE INDEX "customer_primary_contact_id_index" ON "crm"."customer" USING btree ("primary_contact_id");--> statement-breakpoint
CREATE UNIQUE INDEX "order_order_number_unique" ON "crm"."order" USING btree ("order_number");--> statement-breakpoint
CREATE INDEX "order_erp_order_number_index" ON "crm"."order" USING btree ("erp_order_number");--> statement-breakpoint
CREATE INDEX "order_quote_id_index" ON "crm"."order" USING btree ("quote_id");--> statement-breakpoint
CREATE INDEX "order_customer_id_index" ON "crm"."order" USING btree ("customer_id");--> statement-breakpoint
CREATE INDEX "order_bill_to_customer_id_index" ON "crm"."order" USING btree ("bill_to_customer_id");--> statement-breakpoint
CREATE INDEX "order_contact_id_index" ON "crm"."order" USING btree ("contact_id");--> statement-breakpoint
CREATE INDEX "order_order_date_index" ON "crm"."order" USING btree ("order_date");--> statement-breakpoint
CREATE INDEX "order_owner_id_index" ON "crm"."order" USING btree ("owner_id");--> statement-breakpoint
CREATE INDEX "order_status_index" ON "crm"."order" USING btree ("status");--> statement-breakpoint
CREATE INDEX "order_line_document_id_index" ON "crm"."order_line" USING btree ("document_id");--> statement-breakpoint
CREATE INDEX "order_line_product_id_index" ON "crm"."order_line" USING btree ("product_id");--> statement-breakpoint
CREATE INDEX "order_line_product_text_index" ON "crm"."order_line" USING btree ("product_text");--> statement-breakpoint
CREATE INDEX "order_line_quote_line_id_index" ON "crm"."order_line" USING btree ("quote_line_id");--> statement-breakpoint
CREATE UNIQUE INDEX "product_sku_unique" ON "crm"."product" USING btree ("sku");--> statement-breakpoint
CREATE INDEX "product_gtin_index" ON "crm"."product" USING btree ("gtin");--> statement-breakpoint
CREATE INDEX "product_name_index" ON "crm"."product" USING btree ("name");--> statement-breakpoint
CREATE INDEX "quote_quote_number_index" ON "crm"."quote" USING btree ("quote_number");--> statement-breakpoint
CREATE INDEX "quote_erp_quote_number_index" ON "crm"."quote" USING btree ("erp_quote_number");--> statement-breakpoint
CREATE INDEX "quote_revision_of_id_index" ON "crm"."quote" USING btree ("revision_of_id");--> statement-breakpoint
CREATE INDEX "quote_customer_id_index" ON "crm"."quote" USING btree ("customer_id");--> statement-breakpoint
CREATE INDEX "quote_bill_to_customer_id_index" ON "crm"."quote" USING btree ("bill_to_customer_id");--> statement-breakpoint
CREATE INDEX "quote_contact_id_index" ON "crm"."quote" USING btree ("contact_id");--> statement-breakpoint
CREATE INDEX "quote_quote_date_index" ON "crm"."quote" USING btree ("quote_date");--> statement-breakpoint
CREATE INDEX "quote_owner_id_index" ON "crm"."quote" USING btree ("owner_id");--> statement-breakpoint
CREATE INDEX "quote_status_index" ON "crm"."quote" USING btree ("status");--> statement-breakpoint
CREATE INDEX "quote_erp_order_number_index" ON "crm"."quote" USING btree ("erp_order_number");--> statement-breakpoint
CREATE INDEX "quote_line_document_id_index" ON "crm"."quote_line" USING btree ("document_id");--> statement-breakpoint
CREATE INDEX "quote_line_product_id_index" ON "crm"."quote_line" USING btree ("product_id");--> statement-breakpoint
CREATE INDEX "quote_line_product_text_index" ON "crm"."quote_line" USING btree ("product_text");--> statement-breakpoint
CREATE INDEX "user_full_name_index" ON "crm"."user" USING btree ("full_name");--> statement-breakpoint
CREATE INDEX "user_email_index" ON "crm"."user" USING btree ("email");--> statement-breakpoint
CREATE INDEX "user_employee_number_index" ON "crm"."user" USING btree ("employee_number");--> statement-breakpoint
CREATE INDEX "user_manager_id_index" ON "crm"."user" USING btree ("manager_id");--> statement-breakpoint
CREATE UNIQUE INDEX "change_pos_unique" ON "erp"."change" USING btree ("pos");--> statement-breakpoint
CREATE INDEX "change_new" ON "erp"."change" USING btree ("seq") WHERE pos is null;--> statement-breakpoint
CREATE UNIQUE INDEX "contact_external_reference_unique" ON "erp"."contact" USING btree ("external_reference");--> statement-breakpoint
CREATE UNIQUE INDEX "contact_contact_no_unique" ON "erp"."contact" USING btree ("contact_no");--> statement-breakpoint
CREATE INDEX "contact_last_name_index" ON "erp"."contact" USING btree ("last_name");--> statement-breakpoint
CREATE INDEX "contact_email_index" ON "erp"."contact" USING btree ("email");--> statement-breakpoint
CREATE INDEX "contact_customer_id_index" ON "erp"."contact" USING btree ("customer_id");--> statement-breakpoint
CREATE INDEX "contact_salesperson_id_index" ON "erp"."contact" USING btree ("salesperson_id");--> statement-breakpoint
CREATE UNIQUE INDEX "customer_external_reference_unique" ON "erp"."customer" USING btree ("external_reference");--> statement-breakpoint
CREATE UNIQUE INDEX "customer_customer_no_unique" ON "erp"."customer" USING btree ("customer_no");--> statement-breakpoint
CREATE INDEX "customer_name_index" ON "erp"."customer" USING btree ("name");--> statement-breakpoint
CREATE INDEX "customer_registration_no_index" ON "erp"."customer" USING btree ("registration_no");--> statement-breakpoint
CREATE INDEX "customer_vat_registration_no_index" ON "erp"."customer" USING btree ("vat_registration_no");--> statement-breakpoint
CREATE INDEX "customer_email_index" ON "erp"."customer" USING btree ("email");--> statement-breakpoint
CREATE INDEX "customer_salesperson_id_index" ON "erp"."customer" USING btree ("salesperson_id");--> statement-breakpoint
CREATE INDEX "customer_primary_contact_id_index" ON "erp"."customer" USING btree ("primary_contact_id");--> statement-breakpoint
CREATE UNIQUE INDEX "order_external_reference_unique" ON "erp"."order" USING btree ("external_reference");--> statement-breakpoint
CREATE UNIQUE INDEX "order_source_quote_reference_unique" ON "erp"."order" USING btree ("source_quote_reference");--> statement-breakpoint
CREATE UNIQUE INDEX "order_order_no_unique" ON "erp"."order" USING btree ("order_no");--> statement-breakpoint
CREATE INDEX "order_quote_id_index" ON "erp"."order" USING btree ("quote_id");--> statement-breakpoint
CREATE INDEX "order_order_date_index" ON "erp"."order" USING btree ("order_date");--> statement-breakpoint
CREATE INDEX "order_customer_id_index" ON "erp"."order" USING btree ("customer_id");--> statement-breakpoint
CREATE INDEX "order_bill_to_customer_id_index" ON "erp"."order" USING btree ("bill_to_customer_id");--> statement-breakpoint
CREATE INDEX "order_contact_id_index" ON "erp"."order" USING btree ("contact_id");--> statement-breakpoint
CREATE INDEX "order_salesperson_id_index" ON "erp"."order" USING btree ("salesperson_id");--> statement-breakpoint
CREATE INDEX "order_your_reference_index" ON "erp"."order" USING btree ("your_reference");--> statement-breakpoint
CREATE INDEX "order_salesperson_external_reference_index" ON "erp"."order" USING btree ("salesperson_external_reference");--> statement-breakpoint
CREATE INDEX "order_approver_id_index" ON "erp"."order" USING btree ("approver_id");--> statement-breakpoint
CREATE INDEX "order_status_index" ON "erp"."order" USING btree ("status");--> statement-breakpoint
CREATE INDEX "order_line_document_id_index" ON "erp"."order_line" USING btree ("document_id");--> statement-breakpoint
CREATE UNIQUE INDEX "order_line_line_external_reference_unique" ON "erp"."order_line" USING btree ("line_external_reference");--> statement-breakpoint
CREATE INDEX "order_line_line_code_index" ON "erp"."order_line" USING btree ("line_code");--> statement-breakpoint
CREATE INDEX "order_line_product_id_index" ON "erp"."order_line" USING btree ("product_id");--> statement-breakpoint
CREATE UNIQUE INDEX "product_external_reference_unique" ON "erp"."product" USING btree ("external_reference");--> statement-breakpoint
CREATE UNIQUE INDEX "product_item_no_unique" ON "erp"."product" USING btree ("item_no");--> statement-breakpoint
CREATE INDEX "product_gtin_index" ON "erp"."product" USING btree ("gtin");--> statement-breakpoint
CREATE INDEX "product_description_index" ON "erp"."product" USING btree ("description");--> statement-breakpoint
CREATE UNIQUE INDEX "quote_external_reference_unique" ON "erp"."quote" USING btree ("external_reference");--> statement-breakpoint
CREATE UNIQUE INDEX "quote_quote_no_unique" ON "erp"."quote" USING btree ("quote_no");--> statement-breakpoint
CREATE INDEX "quote_document_date_index" ON "erp"."quote" USING btree ("document_date");--> statement-breakpoint
CREATE INDEX "quote_customer_id_index" ON "erp"."quote" USING btree ("customer_id");--> statement-breakpoint
CREATE INDEX "quote_bill_to_customer_id_index" ON "erp"."quote" USING btree ("bill_to_customer_id");--> statement-breakpoint
CREATE INDEX "quote_contact_id_index" ON "erp"."quote" USING btree ("contact_id");--> statement-breakpoint
CREATE INDEX "quote_salesperson_id_index" ON "erp"."quote" USING btree ("salesperson_id");--> statement-breakpoint
CREATE INDEX "quote_your_reference_index" ON "erp"."quote" USING btree ("your_reference");--> statement-breakpoint
CREATE INDEX "quote_status_index" ON "erp"."quote" USING btree ("status");--> statement-breakpoint
CREATE INDEX "quote_line_document_id_index" ON "erp"."quote_line" USING btree ("document_id");--> statement-breakpoint
CREATE UNIQUE INDEX "quote_line_line_external_reference_unique" ON "erp"."quote_line" USING btree ("line_external_reference");--> statement-breakpoint
CREATE INDEX "quote_line_line_code_index" ON "erp"."quote_line" USING btree ("line_code");--> statement-breakpoint
CREATE INDEX "quote_line_product_id_index" ON "erp"."quote_line" USING btree ("product_id");--> statement-breakpoint
CREATE UNIQUE INDEX "salesperson_external_reference_unique" ON "erp"."salesperson" USING btree ("external_reference");--> statement-breakpoint
CREATE UNIQUE INDEX "salesperson_code_unique" ON "erp"."salesperson" USING btree ("code");--> statement-breakpoint
CREATE INDEX "salesperson_name_index" ON "erp"."salesperson" USING btree ("name");--> statement-breakpoint
CREATE INDEX "salesperson_email_index" ON "erp"."salesperson" USING btree ("email");--> statement-breakpoint
CREATE INDEX "salesperson_employee_no_index" ON "erp"."salesperson" USING btree ("employee_no");--> statement-breakpoint
CREATE INDEX "salesperson_approver_id_index" ON "erp"."salesperson" USING btree ("approver_id");