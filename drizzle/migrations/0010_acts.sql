CREATE TABLE "sync"."act" (
	"id" text PRIMARY KEY NOT NULL,
	"seq" bigint GENERATED ALWAYS AS IDENTITY (sequence name "sync"."act_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"name" text NOT NULL,
	"actor" text NOT NULL,
	"reason" text,
	"subject" jsonb NOT NULL,
	"link_id" text,
	"correlation_id" text NOT NULL,
	"outcome" text,
	"code" text,
	"detail" jsonb,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
CREATE UNIQUE INDEX "act_seq" ON "sync"."act" USING btree ("seq");--> statement-breakpoint
CREATE INDEX "act_link" ON "sync"."act" USING btree ("link_id");--> statement-breakpoint
CREATE INDEX "act_correlation" ON "sync"."act" USING btree ("correlation_id");