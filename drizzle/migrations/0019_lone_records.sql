ALTER TABLE "sync"."link" ADD COLUMN "lone" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "sync"."link" ADD COLUMN "record" text;--> statement-breakpoint
ALTER TABLE "sync"."link" ADD COLUMN "ended_link" text;--> statement-breakpoint
CREATE INDEX "link_record" ON "sync"."link" USING btree ("mapping",coalesce(record, id)) WHERE state <> 'ended' or record is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "link_lone" ON "sync"."link" USING btree ("mapping",(crm_id is null),coalesce(crm_id, erp_id)) WHERE lone;