ALTER TABLE "sync"."link" ADD COLUMN "lone" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "sync"."link" ADD COLUMN "record" text;--> statement-breakpoint
ALTER TABLE "sync"."link" ADD COLUMN "ended_link" text;--> statement-breakpoint
CREATE INDEX "link_record" ON "sync"."link" USING btree ("mapping",coalesce(record, id)) WHERE state <> 'ended' or record is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "link_lone" ON "sync"."link" USING btree ("mapping",(crm_id is null),coalesce(crm_id, erp_id)) WHERE lone;--> statement-breakpoint
-- What is left of links that ended before: each record is looked at once, and shown if it is still there.
INSERT INTO "sync"."lane" ("key", "mapping", "cause", "priority")
SELECT 'rec:' || r.side || ':' || r.entity || ':' || r.id, r.mapping, '{"kind":"change"}', 1
FROM (
	SELECT DISTINCT l.mapping, s.side, s.entity, s.id
	FROM "sync"."link" l
	JOIN (VALUES ('customer', 'Customer', 'Customer'), ('contact', 'Contact', 'Contact'), ('product', 'Product', 'Product'),
		('quote', 'Quote', 'Quote'), ('order', 'Order', 'Order'), ('user', 'User', 'Salesperson')) AS e(mapping, crm, erp)
		ON e.mapping = l.mapping
	CROSS JOIN LATERAL (VALUES ('crm', e.crm, l.crm_id), ('erp', e.erp, l.erp_id)) AS s(side, entity, id)
	WHERE l.state = 'ended' AND s.id IS NOT NULL
) r
WHERE NOT EXISTS (SELECT 1 FROM "sync"."link" t WHERE t.mapping = r.mapping AND t.state <> 'ended' AND r.side = 'crm' AND t.crm_id = r.id)
	AND NOT EXISTS (SELECT 1 FROM "sync"."link" t WHERE t.mapping = r.mapping AND t.state <> 'ended' AND r.side = 'erp' AND t.erp_id = r.id)
ON CONFLICT ("key") DO NOTHING;
