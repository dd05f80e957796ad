CREATE TABLE "sync"."erasure" (
	"ref" text PRIMARY KEY NOT NULL,
	"actor" text NOT NULL,
	"correlation_id" text,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"had" jsonb DEFAULT '[]' NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"due" timestamp with time zone DEFAULT now() NOT NULL
);
