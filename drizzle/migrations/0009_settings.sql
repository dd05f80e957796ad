CREATE TABLE "sync"."mapping_setting" (
	"mapping" text NOT NULL,
	"field" text NOT NULL,
	"setting" jsonb NOT NULL,
	"by" text,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "mapping_setting_mapping_field_pk" PRIMARY KEY("mapping","field")
);
--> statement-breakpoint
ALTER TABLE "sync"."conflict" ADD COLUMN "crm_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sync"."conflict" ADD COLUMN "erp_at" timestamp with time zone;