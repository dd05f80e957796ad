CREATE SCHEMA "sync";
--> statement-breakpoint
CREATE TABLE "sync"."claim" (
	"mapping" text NOT NULL,
	"value" text NOT NULL,
	"lane" text NOT NULL,
	"until" timestamp with time zone NOT NULL,
	CONSTRAINT "claim_mapping_value_pk" PRIMARY KEY("mapping","value")
);
--> statement-breakpoint
CREATE TABLE "sync"."code_map" (
	"list" text NOT NULL,
	"crm" text NOT NULL,
	"erp" text NOT NULL,
	"preferred" text DEFAULT 'both' NOT NULL,
	"valid_from" timestamp with time zone,
	"valid_to" timestamp with time zone,
	CONSTRAINT "code_map_list_crm_erp_pk" PRIMARY KEY("list","crm","erp")
);
--> statement-breakpoint
CREATE TABLE "sync"."conflict" (
	"id" text PRIMARY KEY NOT NULL,
	"link_id" text NOT NULL,
	"line" text DEFAULT '' NOT NULL,
	"field" text NOT NULL,
	"base_crm" jsonb,
	"base_erp" jsonb,
	"crm" jsonb,
	"erp" jsonb,
	"why" text NOT NULL,
	"crm_by" text,
	"erp_by" text,
	"opened_at" timestamp with time zone DEFAULT now() NOT NULL,
	"resolved_at" timestamp with time zone,
	"resolved_by" text,
	"choice" jsonb
);
--> statement-breakpoint
CREATE TABLE "sync"."dead_letter" (
	"id" text PRIMARY KEY NOT NULL,
	"lane" text NOT NULL,
	"mapping" text NOT NULL,
	"link_id" text,
	"code" text NOT NULL,
	"message" text NOT NULL,
	"request" jsonb,
	"answer" jsonb,
	"attempts" integer NOT NULL,
	"cause" jsonb NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"closed_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "sync"."event" (
	"id" text PRIMARY KEY NOT NULL,
	"seq" bigint GENERATED ALWAYS AS IDENTITY (sequence name "sync"."event_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"pos" bigint,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"mapping" text NOT NULL,
	"link_id" text,
	"outcome" text NOT NULL,
	"cause" jsonb NOT NULL,
	"fields" jsonb NOT NULL,
	"detail" jsonb,
	"attempt" integer DEFAULT 1 NOT NULL,
	"correlation_id" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sync"."event_head" (
	"only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"pos" bigint DEFAULT 0 NOT NULL,
	"oldest" bigint DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sync"."feed" (
	"side" text PRIMARY KEY NOT NULL,
	"cursor" text,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"seen" bigint DEFAULT 0 NOT NULL,
	"echoes" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sync"."flow" (
	"mapping" text PRIMARY KEY NOT NULL,
	"rule" text DEFAULT 'every' NOT NULL,
	"paused" boolean DEFAULT false NOT NULL,
	"reason" text,
	"by" text,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sync"."issue" (
	"id" text PRIMARY KEY NOT NULL,
	"key" text NOT NULL,
	"code" text NOT NULL,
	"mapping" text NOT NULL,
	"link_id" text,
	"side" text,
	"entity" text,
	"record_id" text,
	"field" text,
	"value" jsonb,
	"message" text NOT NULL,
	"times" integer DEFAULT 1 NOT NULL,
	"opened_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_at" timestamp with time zone DEFAULT now() NOT NULL,
	"closed_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "sync"."lane" (
	"key" text PRIMARY KEY NOT NULL,
	"n" bigint DEFAULT 1 NOT NULL,
	"rung" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"cause" jsonb NOT NULL,
	"priority" integer DEFAULT 0 NOT NULL,
	"mapping" text NOT NULL,
	"run_at" timestamp with time zone DEFAULT now() NOT NULL,
	"locked_until" timestamp with time zone,
	"token" bigint,
	"attempts" integer DEFAULT 0 NOT NULL,
	"enqueued_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sync"."line_link" (
	"id" text PRIMARY KEY NOT NULL,
	"link_id" text NOT NULL,
	"crm_line_id" text,
	"erp_line_id" text,
	"position" integer NOT NULL,
	"agreed" jsonb NOT NULL,
	"overlay" jsonb,
	"based" boolean DEFAULT true NOT NULL,
	"ended" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sync"."link" (
	"id" text PRIMARY KEY NOT NULL,
	"mapping" text NOT NULL,
	"crm_id" text,
	"erp_id" text,
	"lane" text NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"linked_by" jsonb NOT NULL,
	"agreed" jsonb NOT NULL,
	"overlay" jsonb,
	"based" boolean DEFAULT false NOT NULL,
	"crm_version" text,
	"erp_version" text,
	"crm_archived" boolean DEFAULT false NOT NULL,
	"erp_archived" boolean DEFAULT false NOT NULL,
	"held" jsonb,
	"waits_for" jsonb,
	"flips" jsonb,
	"closed" boolean DEFAULT false NOT NULL,
	"ended_by" text,
	"synced_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sync"."planned_act" (
	"token" text PRIMARY KEY NOT NULL,
	"act" jsonb NOT NULL,
	"versions" jsonb NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"used_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "sync"."proposal" (
	"id" text PRIMARY KEY NOT NULL,
	"mapping" text NOT NULL,
	"link_id" text NOT NULL,
	"side" text NOT NULL,
	"record_id" text NOT NULL,
	"candidates" jsonb NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"resolved_at" timestamp with time zone,
	"resolved_by" text
);
--> statement-breakpoint
CREATE TABLE "sync"."rule" (
	"id" text PRIMARY KEY NOT NULL,
	"mapping" text NOT NULL,
	"field" text NOT NULL,
	"take" text NOT NULL,
	"by" text,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"removed_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "sync"."run" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"mode" text NOT NULL,
	"state" text NOT NULL,
	"flows" jsonb NOT NULL,
	"checkpoint" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"counts" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"samples" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"by" text,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "sync"."wait" (
	"link_id" text NOT NULL,
	"on" text NOT NULL,
	"lane" text NOT NULL,
	"since" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "wait_link_id_on_pk" PRIMARY KEY("link_id","on")
);
--> statement-breakpoint
CREATE TABLE "sync"."worker" (
	"token" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "sync"."worker_token_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"alive_until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "sync"."conflict" ADD CONSTRAINT "conflict_link_id_link_id_fk" FOREIGN KEY ("link_id") REFERENCES "sync"."link"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sync"."line_link" ADD CONSTRAINT "line_link_link_id_link_id_fk" FOREIGN KEY ("link_id") REFERENCES "sync"."link"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sync"."proposal" ADD CONSTRAINT "proposal_link_id_link_id_fk" FOREIGN KEY ("link_id") REFERENCES "sync"."link"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sync"."wait" ADD CONSTRAINT "wait_link_id_link_id_fk" FOREIGN KEY ("link_id") REFERENCES "sync"."link"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "conflict_open" ON "sync"."conflict" USING btree ("link_id","line","field") WHERE resolved_at is null;--> statement-breakpoint
CREATE INDEX "conflict_list" ON "sync"."conflict" USING btree ("opened_at") WHERE resolved_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "event_pos" ON "sync"."event" USING btree ("pos");--> statement-breakpoint
CREATE INDEX "event_new" ON "sync"."event" USING btree ("seq") WHERE pos is null;--> statement-breakpoint
CREATE INDEX "event_link" ON "sync"."event" USING btree ("link_id","seq");--> statement-breakpoint
CREATE INDEX "event_correlation" ON "sync"."event" USING btree ("correlation_id");--> statement-breakpoint
CREATE UNIQUE INDEX "issue_open" ON "sync"."issue" USING btree ("key") WHERE closed_at is null;--> statement-breakpoint
CREATE INDEX "issue_list" ON "sync"."issue" USING btree ("opened_at") WHERE closed_at is null;--> statement-breakpoint
CREATE INDEX "issue_link" ON "sync"."issue" USING btree ("link_id");--> statement-breakpoint
CREATE INDEX "lane_ready" ON "sync"."lane" USING btree ("priority","run_at") WHERE locked_until is null;--> statement-breakpoint
CREATE INDEX "lane_leased" ON "sync"."lane" USING btree ("locked_until") WHERE locked_until is not null;--> statement-breakpoint
CREATE INDEX "line_link_of" ON "sync"."line_link" USING btree ("link_id","position");--> statement-breakpoint
CREATE INDEX "line_link_crm" ON "sync"."line_link" USING btree ("crm_line_id");--> statement-breakpoint
CREATE INDEX "line_link_erp" ON "sync"."line_link" USING btree ("erp_line_id");--> statement-breakpoint
CREATE UNIQUE INDEX "link_crm" ON "sync"."link" USING btree ("mapping","crm_id") WHERE state <> 'ended' and mapping <> 'userOrder';--> statement-breakpoint
CREATE UNIQUE INDEX "link_erp" ON "sync"."link" USING btree ("mapping","erp_id") WHERE state <> 'ended';--> statement-breakpoint
CREATE INDEX "link_crm_any" ON "sync"."link" USING btree ("crm_id","mapping");--> statement-breakpoint
CREATE INDEX "link_erp_any" ON "sync"."link" USING btree ("erp_id","mapping");--> statement-breakpoint
CREATE INDEX "link_lane" ON "sync"."link" USING btree ("lane");--> statement-breakpoint
CREATE INDEX "link_list" ON "sync"."link" USING btree ("mapping","id");--> statement-breakpoint
CREATE INDEX "link_open" ON "sync"."link" USING btree ("mapping","state") WHERE state not in ('synced', 'ended');--> statement-breakpoint
CREATE INDEX "link_customer" ON "sync"."link" USING btree ((agreed ->> 'customerId'),"mapping");--> statement-breakpoint
CREATE INDEX "link_quote" ON "sync"."link" USING btree ((agreed ->> 'quoteId')) WHERE mapping = 'order';--> statement-breakpoint
CREATE UNIQUE INDEX "proposal_open" ON "sync"."proposal" USING btree ("link_id") WHERE resolved_at is null;--> statement-breakpoint
CREATE INDEX "wait_on" ON "sync"."wait" USING btree ("on");