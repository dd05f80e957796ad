ALTER TABLE "crm"."customer" ADD COLUMN "balance_due_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "crm"."product" ADD COLUMN "on_hand_at" timestamp with time zone;