CREATE TABLE "sync"."unfinished" (
	"lane" text NOT NULL,
	"n" bigint GENERATED ALWAYS AS IDENTITY (sequence name "sync"."unfinished_n_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"note" jsonb NOT NULL,
	CONSTRAINT "unfinished_lane_n_pk" PRIMARY KEY("lane","n")
);
