CREATE TABLE "sync"."backlog" (
	"mapping" text NOT NULL,
	"side" text NOT NULL,
	"cursor" text,
	"up_to" text,
	"looked" text,
	"changes" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "backlog_mapping_side_pk" PRIMARY KEY("mapping","side")
);--> statement-breakpoint
-- Flows that are paused now read on from here; what came for them before waits in their lanes, which stay.
INSERT INTO "sync"."backlog" ("mapping", "side", "cursor")
SELECT f.mapping, d.side, d.cursor FROM "sync"."flow" f CROSS JOIN "sync"."feed" d WHERE f.paused;--> statement-breakpoint
-- Their lanes were put by for a hundred years once they had been looked at.
UPDATE "sync"."lane" SET "run_at" = now() WHERE "run_at" > now() + interval '50 years';
