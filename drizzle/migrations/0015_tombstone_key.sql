ALTER TABLE "crm"."tombstone" ADD COLUMN "create_key" text;--> statement-breakpoint
ALTER TABLE "erp"."tombstone" ADD COLUMN "create_key" text;--> statement-breakpoint
CREATE INDEX "tombstone_create_key" ON "crm"."tombstone" USING btree ("create_key") WHERE "create_key" is not null;--> statement-breakpoint
CREATE INDEX "tombstone_create_key" ON "erp"."tombstone" USING btree ("create_key") WHERE "create_key" is not null;