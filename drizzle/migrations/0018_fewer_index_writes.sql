DROP INDEX "sync"."link_customer";--> statement-breakpoint
DROP INDEX "sync"."link_owner";--> statement-breakpoint
DROP INDEX "sync"."link_quote";--> statement-breakpoint
DROP INDEX "crm"."change_pos_unique";--> statement-breakpoint
DROP INDEX "erp"."change_pos_unique";--> statement-breakpoint
ALTER TABLE "crm"."change" DROP CONSTRAINT "change_pkey";--> statement-breakpoint
ALTER TABLE "erp"."change" DROP CONSTRAINT "change_pkey";--> statement-breakpoint
-- In one statement, or the table would be written anew three times.
ALTER TABLE "sync"."link"
	ADD COLUMN "customer_id" text GENERATED ALWAYS AS (agreed ->> 'customerId') STORED,
	ADD COLUMN "owner_id" text GENERATED ALWAYS AS (agreed ->> 'ownerId') STORED,
	ADD COLUMN "quote_id" text GENERATED ALWAYS AS (agreed ->> 'quoteId') STORED;--> statement-breakpoint
CREATE INDEX "link_customer" ON "sync"."link" USING btree ("customer_id","mapping") WHERE customer_id is not null;--> statement-breakpoint
CREATE INDEX "link_owner" ON "sync"."link" USING btree ("owner_id","mapping") WHERE owner_id is not null;--> statement-breakpoint
CREATE INDEX "link_quote" ON "sync"."link" USING btree ("quote_id") WHERE mapping = 'order';--> statement-breakpoint
CREATE UNIQUE INDEX "change_pos_unique" ON "crm"."change" USING btree ("pos") WHERE pos is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "change_pos_unique" ON "erp"."change" USING btree ("pos") WHERE pos is not null;