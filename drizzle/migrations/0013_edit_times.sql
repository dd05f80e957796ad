ALTER TABLE "sync"."lane" ADD COLUMN "edits" jsonb DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "sync"."link" ADD COLUMN "edits" jsonb;