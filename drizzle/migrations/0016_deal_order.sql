-- Where a deal got two of them, the one with the CRM's order goes on: it finds the ERP's by its key.
UPDATE "sync"."link" l SET state = 'ended', ended_by = 'superseded', updated_at = now()
FROM (
	SELECT id, row_number() OVER (PARTITION BY lane ORDER BY crm_id IS NULL, id) AS n FROM "sync"."link"
	WHERE mapping = 'order' AND state <> 'ended' AND lane LIKE 'deal:%'
) ranked WHERE ranked.id = l.id AND ranked.n > 1;--> statement-breakpoint
CREATE UNIQUE INDEX "link_deal_order" ON "sync"."link" USING btree ("lane") WHERE mapping = 'order' and state <> 'ended' and lane like 'deal:%';