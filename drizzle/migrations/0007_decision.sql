CREATE TABLE "sync"."decision" (
	"id" text PRIMARY KEY NOT NULL,
	"pair" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"changes" jsonb NOT NULL
);
--> statement-breakpoint
ALTER TABLE "sync"."intent" ADD COLUMN "side" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "sync"."intent" ADD COLUMN "entity" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "sync"."intent" ADD COLUMN "reference" jsonb;--> statement-breakpoint
ALTER TABLE "sync"."intent" ADD COLUMN "source" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "sync"."intent" ADD COLUMN "mapping" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "sync"."intent" ADD COLUMN "lane" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "sync"."intent" ADD COLUMN "link_lane" text DEFAULT '' NOT NULL;