ALTER TABLE "crm"."contact" DROP CONSTRAINT "contact_create_key_unique";--> statement-breakpoint
ALTER TABLE "crm"."customer" DROP CONSTRAINT "customer_create_key_unique";--> statement-breakpoint
ALTER TABLE "crm"."order" DROP CONSTRAINT "order_create_key_unique";--> statement-breakpoint
ALTER TABLE "crm"."product" DROP CONSTRAINT "product_create_key_unique";--> statement-breakpoint
ALTER TABLE "crm"."quote" DROP CONSTRAINT "quote_create_key_unique";--> statement-breakpoint
ALTER TABLE "crm"."user" DROP CONSTRAINT "user_create_key_unique";--> statement-breakpoint
ALTER TABLE "erp"."contact" DROP CONSTRAINT "contact_create_key_unique";--> statement-breakpoint
ALTER TABLE "erp"."customer" DROP CONSTRAINT "customer_create_key_unique";--> statement-breakpoint
ALTER TABLE "erp"."order" DROP CONSTRAINT "order_create_key_unique";--> statement-breakpoint
ALTER TABLE "erp"."product" DROP CONSTRAINT "product_create_key_unique";--> statement-breakpoint
ALTER TABLE "erp"."quote" DROP CONSTRAINT "quote_create_key_unique";--> statement-breakpoint
ALTER TABLE "erp"."salesperson" DROP CONSTRAINT "salesperson_create_key_unique";--> statement-breakpoint
DROP INDEX "crm"."contact_contact_number_index";--> statement-breakpoint
DROP INDEX "crm"."contact_email_index";--> statement-breakpoint
DROP INDEX "crm"."contact_owner_id_index";--> statement-breakpoint
DROP INDEX "crm"."customer_account_number_index";--> statement-breakpoint
DROP INDEX "crm"."customer_org_number_index";--> statement-breakpoint
DROP INDEX "crm"."customer_vat_number_index";--> statement-breakpoint
DROP INDEX "crm"."customer_email_index";--> statement-breakpoint
DROP INDEX "crm"."customer_primary_contact_id_index";--> statement-breakpoint
DROP INDEX "crm"."order_erp_order_number_index";--> statement-breakpoint
DROP INDEX "crm"."order_quote_id_index";--> statement-breakpoint
DROP INDEX "crm"."order_bill_to_customer_id_index";--> statement-breakpoint
DROP INDEX "crm"."order_contact_id_index";--> statement-breakpoint
DROP INDEX "crm"."order_line_product_id_index";--> statement-breakpoint
DROP INDEX "crm"."order_line_product_text_index";--> statement-breakpoint
DROP INDEX "crm"."order_line_quote_line_id_index";--> statement-breakpoint
DROP INDEX "crm"."product_gtin_index";--> statement-breakpoint
DROP INDEX "crm"."quote_erp_quote_number_index";--> statement-breakpoint
DROP INDEX "crm"."quote_revision_of_id_index";--> statement-breakpoint
DROP INDEX "crm"."quote_customer_id_index";--> statement-breakpoint
DROP INDEX "crm"."quote_bill_to_customer_id_index";--> statement-breakpoint
DROP INDEX "crm"."quote_contact_id_index";--> statement-breakpoint
DROP INDEX "crm"."quote_erp_order_number_index";--> statement-breakpoint
DROP INDEX "crm"."quote_line_product_id_index";--> statement-breakpoint
DROP INDEX "crm"."quote_line_product_text_index";--> statement-breakpoint
DROP INDEX "crm"."user_employee_number_index";--> statement-breakpoint
DROP INDEX "crm"."user_manager_id_index";--> statement-breakpoint
DROP INDEX "erp"."contact_external_reference_unique";--> statement-breakpoint
DROP INDEX "erp"."contact_email_index";--> statement-breakpoint
DROP INDEX "erp"."contact_salesperson_id_index";--> statement-breakpoint
DROP INDEX "erp"."customer_external_reference_unique";--> statement-breakpoint
DROP INDEX "erp"."customer_registration_no_index";--> statement-breakpoint
DROP INDEX "erp"."customer_vat_registration_no_index";--> statement-breakpoint
DROP INDEX "erp"."customer_email_index";--> statement-breakpoint
DROP INDEX "erp"."customer_salesperson_id_index";--> statement-breakpoint
DROP INDEX "erp"."customer_primary_contact_id_index";--> statement-breakpoint
DROP INDEX "erp"."order_external_reference_unique";--> statement-breakpoint
DROP INDEX "erp"."order_source_quote_reference_unique";--> statement-breakpoint
DROP INDEX "erp"."order_quote_id_index";--> statement-breakpoint
DROP INDEX "erp"."order_bill_to_customer_id_index";--> statement-breakpoint
DROP INDEX "erp"."order_contact_id_index";--> statement-breakpoint
DROP INDEX "erp"."order_salesperson_id_index";--> statement-breakpoint
DROP INDEX "erp"."order_your_reference_index";--> statement-breakpoint
DROP INDEX "erp"."order_salesperson_external_reference_index";--> statement-breakpoint
DROP INDEX "erp"."order_approver_id_index";--> statement-breakpoint
DROP INDEX "erp"."order_line_line_external_reference_unique";--> statement-breakpoint
DROP INDEX "erp"."order_line_line_code_index";--> statement-breakpoint
DROP INDEX "erp"."order_line_product_id_index";--> statement-breakpoint
DROP INDEX "erp"."product_external_reference_unique";--> statement-breakpoint
DROP INDEX "erp"."product_gtin_index";--> statement-breakpoint
DROP INDEX "erp"."quote_external_reference_unique";--> statement-breakpoint
DROP INDEX "erp"."quote_bill_to_customer_id_index";--> statement-breakpoint
DROP INDEX "erp"."quote_contact_id_index";--> statement-breakpoint
DROP INDEX "erp"."quote_salesperson_id_index";--> statement-breakpoint
DROP INDEX "erp"."quote_your_reference_index";--> statement-breakpoint
DROP INDEX "erp"."quote_line_line_external_reference_unique";--> statement-breakpoint
DROP INDEX "erp"."quote_line_line_code_index";--> statement-breakpoint
DROP INDEX "erp"."quote_line_product_id_index";--> statement-breakpoint
DROP INDEX "erp"."salesperson_external_reference_unique";--> statement-breakpoint
DROP INDEX "erp"."salesperson_email_index";--> statement-breakpoint
DROP INDEX "erp"."salesperson_employee_no_index";--> statement-breakpoint
DROP INDEX "erp"."salesperson_approver_id_index";--> statement-breakpoint
CREATE UNIQUE INDEX "contact_create_key_unique" ON "crm"."contact" USING btree ("create_key") WHERE "create_key" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "customer_create_key_unique" ON "crm"."customer" USING btree ("create_key") WHERE "create_key" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "order_create_key_unique" ON "crm"."order" USING btree ("create_key") WHERE "create_key" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "product_create_key_unique" ON "crm"."product" USING btree ("create_key") WHERE "create_key" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "quote_create_key_unique" ON "crm"."quote" USING btree ("create_key") WHERE "create_key" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "user_create_key_unique" ON "crm"."user" USING btree ("create_key") WHERE "create_key" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "contact_create_key_unique" ON "erp"."contact" USING btree ("create_key") WHERE "create_key" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "customer_create_key_unique" ON "erp"."customer" USING btree ("create_key") WHERE "create_key" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "order_create_key_unique" ON "erp"."order" USING btree ("create_key") WHERE "create_key" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "product_create_key_unique" ON "erp"."product" USING btree ("create_key") WHERE "create_key" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "quote_create_key_unique" ON "erp"."quote" USING btree ("create_key") WHERE "create_key" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "salesperson_create_key_unique" ON "erp"."salesperson" USING btree ("create_key") WHERE "create_key" is not null;--> statement-breakpoint
CREATE INDEX "contact_contact_number_index" ON "crm"."contact" USING btree ("contact_number") WHERE "contact_number" is not null;--> statement-breakpoint
CREATE INDEX "contact_email_index" ON "crm"."contact" USING btree ("email") WHERE "email" is not null;--> statement-breakpoint
CREATE INDEX "contact_owner_id_index" ON "crm"."contact" USING btree ("owner_id") WHERE "owner_id" is not null;--> statement-breakpoint
CREATE INDEX "customer_account_number_index" ON "crm"."customer" USING btree ("account_number") WHERE "account_number" is not null;--> statement-breakpoint
CREATE INDEX "customer_org_number_index" ON "crm"."customer" USING btree ("org_number") WHERE "org_number" is not null;--> statement-breakpoint
CREATE INDEX "customer_vat_number_index" ON "crm"."customer" USING btree ("vat_number") WHERE "vat_number" is not null;--> statement-breakpoint
CREATE INDEX "customer_email_index" ON "crm"."customer" USING btree ("email") WHERE "email" is not null;--> statement-breakpoint
CREATE INDEX "customer_primary_contact_id_index" ON "crm"."customer" USING btree ("primary_contact_id") WHERE "primary_contact_id" is not null;--> statement-breakpoint
CREATE INDEX "order_erp_order_number_index" ON "crm"."order" USING btree ("erp_order_number") WHERE "erp_order_number" is not null;--> statement-breakpoint
CREATE INDEX "order_quote_id_index" ON "crm"."order" USING btree ("quote_id") WHERE "quote_id" is not null;--> statement-breakpoint
CREATE INDEX "order_bill_to_customer_id_index" ON "crm"."order" USING btree ("bill_to_customer_id") WHERE "bill_to_customer_id" is not null;--> statement-breakpoint
CREATE INDEX "order_contact_id_index" ON "crm"."order" USING btree ("contact_id") WHERE "contact_id" is not null;--> statement-breakpoint
CREATE INDEX "order_line_product_id_index" ON "crm"."order_line" USING btree ("product_id") WHERE "product_id" is not null;--> statement-breakpoint
CREATE INDEX "order_line_product_text_index" ON "crm"."order_line" USING btree ("product_text") WHERE "product_text" is not null;--> statement-breakpoint
CREATE INDEX "order_line_quote_line_id_index" ON "crm"."order_line" USING btree ("quote_line_id") WHERE "quote_line_id" is not null;--> statement-breakpoint
CREATE INDEX "product_gtin_index" ON "crm"."product" USING btree ("gtin") WHERE "gtin" is not null;--> statement-breakpoint
CREATE INDEX "quote_erp_quote_number_index" ON "crm"."quote" USING btree ("erp_quote_number") WHERE "erp_quote_number" is not null;--> statement-breakpoint
CREATE INDEX "quote_revision_of_id_index" ON "crm"."quote" USING btree ("revision_of_id") WHERE "revision_of_id" is not null;--> statement-breakpoint
CREATE INDEX "quote_customer_id_index" ON "crm"."quote" USING btree ("customer_id") WHERE "customer_id" is not null;--> statement-breakpoint
CREATE INDEX "quote_bill_to_customer_id_index" ON "crm"."quote" USING btree ("bill_to_customer_id") WHERE "bill_to_customer_id" is not null;--> statement-breakpoint
CREATE INDEX "quote_contact_id_index" ON "crm"."quote" USING btree ("contact_id") WHERE "contact_id" is not null;--> statement-breakpoint
CREATE INDEX "quote_erp_order_number_index" ON "crm"."quote" USING btree ("erp_order_number") WHERE "erp_order_number" is not null;--> statement-breakpoint
CREATE INDEX "quote_line_product_id_index" ON "crm"."quote_line" USING btree ("product_id") WHERE "product_id" is not null;--> statement-breakpoint
CREATE INDEX "quote_line_product_text_index" ON "crm"."quote_line" USING btree ("product_text") WHERE "product_text" is not null;--> statement-breakpoint
CREATE INDEX "user_employee_number_index" ON "crm"."user" USING btree ("employee_number") WHERE "employee_number" is not null;--> statement-breakpoint
CREATE INDEX "user_manager_id_index" ON "crm"."user" USING btree ("manager_id") WHERE "manager_id" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "contact_external_reference_unique" ON "erp"."contact" USING btree ("external_reference") WHERE "external_reference" is not null;--> statement-breakpoint
CREATE INDEX "contact_email_index" ON "erp"."contact" USING btree ("email") WHERE "email" is not null;--> statement-breakpoint
CREATE INDEX "contact_salesperson_id_index" ON "erp"."contact" USING btree ("salesperson_id") WHERE "salesperson_id" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "customer_external_reference_unique" ON "erp"."customer" USING btree ("external_reference") WHERE "external_reference" is not null;--> statement-breakpoint
CREATE INDEX "customer_registration_no_index" ON "erp"."customer" USING btree ("registration_no") WHERE "registration_no" is not null;--> statement-breakpoint
CREATE INDEX "customer_vat_registration_no_index" ON "erp"."customer" USING btree ("vat_registration_no") WHERE "vat_registration_no" is not null;--> statement-breakpoint
CREATE INDEX "customer_email_index" ON "erp"."customer" USING btree ("email") WHERE "email" is not null;--> statement-breakpoint
CREATE INDEX "customer_salesperson_id_index" ON "erp"."customer" USING btree ("salesperson_id") WHERE "salesperson_id" is not null;--> statement-breakpoint
CREATE INDEX "customer_primary_contact_id_index" ON "erp"."customer" USING btree ("primary_contact_id") WHERE "primary_contact_id" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "order_external_reference_unique" ON "erp"."order" USING btree ("external_reference") WHERE "external_reference" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "order_source_quote_reference_unique" ON "erp"."order" USING btree ("source_quote_reference") WHERE "source_quote_reference" is not null;--> statement-breakpoint
CREATE INDEX "order_quote_id_index" ON "erp"."order" USING btree ("quote_id") WHERE "quote_id" is not null;--> statement-breakpoint
CREATE INDEX "order_bill_to_customer_id_index" ON "erp"."order" USING btree ("bill_to_customer_id") WHERE "bill_to_customer_id" is not null;--> statement-breakpoint
CREATE INDEX "order_contact_id_index" ON "erp"."order" USING btree ("contact_id") WHERE "contact_id" is not null;--> statement-breakpoint
CREATE INDEX "order_salesperson_id_index" ON "erp"."order" USING btree ("salesperson_id") WHERE "salesperson_id" is not null;--> statement-breakpoint
CREATE INDEX "order_your_reference_index" ON "erp"."order" USING btree ("your_reference") WHERE "your_reference" is not null;--> statement-breakpoint
CREATE INDEX "order_salesperson_external_reference_index" ON "erp"."order" USING btree ("salesperson_external_reference") WHERE "salesperson_external_reference" is not null;--> statement-breakpoint
CREATE INDEX "order_approver_id_index" ON "erp"."order" USING btree ("approver_id") WHERE "approver_id" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "order_line_line_external_reference_unique" ON "erp"."order_line" USING btree ("line_external_reference") WHERE "line_external_reference" is not null;--> statement-breakpoint
CREATE INDEX "order_line_line_code_index" ON "erp"."order_line" USING btree ("line_code") WHERE "line_code" is not null;--> statement-breakpoint
CREATE INDEX "order_line_product_id_index" ON "erp"."order_line" USING btree ("product_id") WHERE "product_id" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "product_external_reference_unique" ON "erp"."product" USING btree ("external_reference") WHERE "external_reference" is not null;--> statement-breakpoint
CREATE INDEX "product_gtin_index" ON "erp"."product" USING btree ("gtin") WHERE "gtin" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "quote_external_reference_unique" ON "erp"."quote" USING btree ("external_reference") WHERE "external_reference" is not null;--> statement-breakpoint
CREATE INDEX "quote_bill_to_customer_id_index" ON "erp"."quote" USING btree ("bill_to_customer_id") WHERE "bill_to_customer_id" is not null;--> statement-breakpoint
CREATE INDEX "quote_contact_id_index" ON "erp"."quote" USING btree ("contact_id") WHERE "contact_id" is not null;--> statement-breakpoint
CREATE INDEX "quote_salesperson_id_index" ON "erp"."quote" USING btree ("salesperson_id") WHERE "salesperson_id" is not null;--> statement-breakpoint
CREATE INDEX "quote_your_reference_index" ON "erp"."quote" USING btree ("your_reference") WHERE "your_reference" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "quote_line_line_external_reference_unique" ON "erp"."quote_line" USING btree ("line_external_reference") WHERE "line_external_reference" is not null;--> statement-breakpoint
CREATE INDEX "quote_line_line_code_index" ON "erp"."quote_line" USING btree ("line_code") WHERE "line_code" is not null;--> statement-breakpoint
CREATE INDEX "quote_line_product_id_index" ON "erp"."quote_line" USING btree ("product_id") WHERE "product_id" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "salesperson_external_reference_unique" ON "erp"."salesperson" USING btree ("external_reference") WHERE "external_reference" is not null;--> statement-breakpoint
CREATE INDEX "salesperson_email_index" ON "erp"."salesperson" USING btree ("email") WHERE "email" is not null;--> statement-breakpoint
CREATE INDEX "salesperson_employee_no_index" ON "erp"."salesperson" USING btree ("employee_no") WHERE "employee_no" is not null;--> statement-breakpoint
CREATE INDEX "salesperson_approver_id_index" ON "erp"."salesperson" USING btree ("approver_id") WHERE "approver_id" is not null;