CREATE TABLE "sync"."match_key" (
	"mapping" text NOT NULL,
	"side" text NOT NULL,
	"key" text NOT NULL,
	"record" text NOT NULL,
	CONSTRAINT "match_key_mapping_side_key_record_pk" PRIMARY KEY("mapping","side","key","record")
);
--> statement-breakpoint
CREATE TABLE "sync"."match_walk" (
	"mapping" text NOT NULL,
	"side" text NOT NULL,
	"keys" text NOT NULL,
	"up_to" text,
	CONSTRAINT "match_walk_mapping_side_pk" PRIMARY KEY("mapping","side")
);
