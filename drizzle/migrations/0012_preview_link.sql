CREATE TABLE "sync"."preview_link" (
	"run" text NOT NULL,
	"mapping" text NOT NULL,
	"side" text NOT NULL,
	"record" text NOT NULL,
	"link" text NOT NULL,
	"lane" text NOT NULL,
	"counterpart" text,
	CONSTRAINT "preview_link_run_mapping_side_record_pk" PRIMARY KEY("run","mapping","side","record")
);
--> statement-breakpoint
CREATE INDEX "preview_link_deal" ON "sync"."preview_link" USING btree ("run","lane") WHERE "sync"."preview_link"."lane" like 'deal:%';