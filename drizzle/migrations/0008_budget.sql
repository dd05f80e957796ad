CREATE TABLE "sync"."budget" (
	"side" text PRIMARY KEY NOT NULL,
	"paid_at" timestamp with time zone DEFAULT now() NOT NULL
);
