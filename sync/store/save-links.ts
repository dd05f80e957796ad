import type { Base, Json, Side, Values } from '../core/types.ts';
import type { LinkRow } from './links.ts';
import { hideLone, standsAlone } from './lone.ts';
import { lives, rows, type Sql, type Statement, type Tx } from './sql.ts';

/**
 * Stores links as they now are, new ones included. A link that another worker made meanwhile for the same record
 * violates link_crm or link_erp: the transaction fails, and the lanes are planned again. A step that read a link before
 * a record joined it, or before a person ended it, undoes neither.
 */
export async function saveLinks(tx: Tx | Sql, links: readonly LinkRow[]): Promise<void> {
  for (const statement of savingLinks(tx, links, nobody)) await statement;
}

const nobody = { get: () => undefined };

/**
 * The statements that store links, to be sent in this order. Links that are known to be stored are only updated, as a
 * set, which costs less than an insert that meets a conflict.
 */
export function savingLinks(
  tx: Tx | Sql,
  links: readonly LinkRow[],
  stored: { get(id: string): LinkRow | undefined },
): readonly Statement[] {
  // Ended ones first: they make room for their successors under the unique indexes.
  const [ended, live] = [links.filter((l) => l.state === 'ended'), links.filter((l) => l.state !== 'ended')];
  const lines = links.flatMap(lineRowsOf);
  // What a link takes over it shows itself; once it has ended, only what lives on is shown alone.
  const shown = [...ended, ...live.filter((link) => !holds(stored.get(link.id), link))];
  return [
    ...[ended, live].flatMap((part) => {
      const fresh = part.filter((link) => !stored.get(link.id));
      return [
        ...(part.length > 0
          ? [
              part.every((link) => agreesAnew(stored.get(link.id), link))
                ? updateAgreed(tx, part)
                : updateLinks(tx, part),
            ]
          : []),
        ...(fresh.length > 0 ? [insertLinks(tx, fresh)] : []),
      ];
    }),
    ...(shown.length > 0 ? [hideLone(tx, shown)] : []),
    ...(lines.length > 0 ? [saveLines(tx, lines)] : []),
  ];
}

/**
 * Whether nothing about a link is new but what is agreed and who wrote last, as after most edits; of the rest, what
 * is compared costs no look into it.
 */
const agreesAnew = (before: LinkRow | undefined, link: LinkRow): boolean =>
  holds(before, link) &&
  kept.every((name) => before![name] === link[name]) &&
  [before!, link].every(
    ({ held, waitsFor, edits }) => held.length + waitsFor.length + Object.keys(edits).length === 0,
  );

const kept = ['lane', 'crmArchived', 'erpArchived', 'closed', 'endedBy', 'linkedBy'] as const;

const holds = (before: LinkRow | undefined, { crmId, erpId }: LinkRow): boolean =>
  before !== undefined && before.crmId === crmId && before.erpId === erpId;

/** Rows as they travel in one parameter. */
const recordOf = `(id text, mapping text, lane text, crm text, erp text, state text, by jsonb, agreed jsonb, overlay jsonb,
  based boolean, cv text, ev text, ca boolean, ea boolean, held jsonb, waits jsonb, flips jsonb, edits jsonb, closed boolean, ended text,
  synced boolean)`;

/**
 * One that takes a record of the CRM over goes on as the unified record that this was alone. Its state is asked in words
 * that no index knows: statistics from before a backfill say that hardly a link lives, and all of them would be read.
 */
function updateLinks(tx: Tx | Sql, links: readonly LinkRow[]): Statement {
  return tx`
    update sync.link l set lane = r.lane, crm_id = coalesce(r.crm, l.crm_id), erp_id = coalesce(r.erp, l.erp_id),
      state = r.state, linked_by = r.by, agreed = r.agreed, overlay = r.overlay, based = r.based, crm_version = r.cv,
      erp_version = r.ev, crm_archived = r.ca, erp_archived = r.ea, held = r.held, waits_for = r.waits, flips = r.flips,
      edits = r.edits, closed = r.closed, ended_by = r.ended, synced_at = case when r.synced then now() else l.synced_at end, updated_at = now(),
      record = case when l.crm_id is not null or r.crm is null then l.record else coalesce((
        select o.record from sync.link o where o.mapping = l.mapping and o.crm_id = r.crm and o.lone and ${standsAlone(tx, 'l')}), l.record) end
    from jsonb_to_recordset(${rows(links.map(rowOf))}::text::jsonb) as r${tx.unsafe(recordOf)}
    where l.id = r.id and ${lives(tx, 'l')}`;
}

/** The same of links that `agreesAnew` speaks of: most of what such a statement takes is made ready per column. */
function updateAgreed(tx: Tx | Sql, links: readonly LinkRow[]): Statement {
  return tx`
    update sync.link l set state = r.state, agreed = r.agreed, overlay = r.overlay, based = r.based, crm_version = r.cv,
      erp_version = r.ev, flips = r.flips, synced_at = case when r.synced then now() else l.synced_at end, updated_at = now()
    from jsonb_to_recordset(${rows(links.map(rowOf))}::text::jsonb) as r(id text, state text, agreed jsonb, overlay jsonb, based boolean,
      cv text, ev text, flips jsonb, synced boolean)
    where l.id = r.id and ${lives(tx, 'l')}`;
}

/**
 * A link of a record that was alone goes on as its unified record, the CRM's first, and shows it until it is read. Lone
 * records are found by the ids themselves, here and below: of an expression over both the planner knows too little, and
 * reads all of a flow's for each link.
 */
function insertLinks(tx: Tx | Sql, links: readonly LinkRow[]): Statement {
  return tx`
    insert into sync.link (id, mapping, lane, crm_id, erp_id, state, linked_by, agreed, overlay, based, crm_version, erp_version,
      crm_archived, erp_archived, held, waits_for, flips, edits, closed, ended_by, synced_at, record)
    select r.id, r.mapping, r.lane, r.crm, r.erp, r.state, r.by, case when r.agreed = '{}' then coalesce(s.agreed, '{}') else r.agreed end,
      r.overlay, r.based, r.cv, r.ev, r.ca, r.ea, r.held, r.waits, r.flips, r.edits, r.closed, r.ended,
      case when r.synced then now() end, s.record
    from jsonb_to_recordset(${rows(links.map(rowOf))}::text::jsonb) as r${tx.unsafe(recordOf)}
    left join lateral (
      select o.agreed, o.record, 1 as turn from sync.link o where o.crm_id = r.crm and o.mapping = r.mapping and o.lone
        and o.record is not null and r.state <> 'ended' and ${standsAlone(tx, 'r')}
      union all
      select o.agreed, o.record, 2 from sync.link o where o.erp_id = r.erp and o.mapping = r.mapping and o.lone
        and o.record is not null and r.state <> 'ended' and ${standsAlone(tx, 'r')}
      order by turn limit 1
    ) s on true
    on conflict (id) do nothing`;
}

function rowOf(l: LinkRow) {
  return {
    id: l.id,
    mapping: l.mapping,
    lane: l.lane,
    crm: l.crmId,
    erp: l.erpId,
    state: l.state,
    by: l.linkedBy,
    ...toStored(l.base, l.agreed),
    cv: l.crmVersion,
    ev: l.erpVersion,
    ca: l.crmArchived,
    ea: l.erpArchived,
    held: l.held.length > 0 ? l.held : null,
    waits: l.waitsFor.length > 0 ? l.waitsFor : null,
    flips: Object.keys(l.flips).length > 0 ? l.flips : null,
    edits: Object.keys(l.edits).length > 0 ? l.edits : null,
    closed: l.closed,
    ended: l.endedBy,
    synced: l.synced,
  };
}

const lineRowsOf = (link: LinkRow) =>
  link.lines.map((line, position) => ({
    id: line.id,
    link: link.id,
    crm: line.crmLineId,
    erp: line.erpLineId,
    position,
    ...toStored(line.base, line.base?.crm ?? line.shown ?? {}),
    ended: line.ended,
  }));

function saveLines(tx: Tx | Sql, list: readonly object[]): Statement {
  return tx`
    insert into sync.line_link as x (id, link_id, crm_line_id, erp_line_id, position, agreed, overlay, based, ended)
    select id, link, crm, erp, position, agreed, overlay, based, ended
    from jsonb_to_recordset(${rows(list)}::text::jsonb) as r(id text, link text, crm text, erp text, position int,
      agreed jsonb, overlay jsonb, based boolean, ended boolean)
    on conflict (id) do update set crm_line_id = excluded.crm_line_id, erp_line_id = excluded.erp_line_id,
      position = excluded.position, agreed = excluded.agreed, overlay = excluded.overlay, based = excluded.based,
      ended = excluded.ended, link_id = excluded.link_id`;
}

/**
 * `agreed` is the CRM's base; the overlay keeps only where the ERP's differs. Fields one side lacks are null there. A
 * link that takes a base over shows that from the first: what its record showed alone was agreed with nobody.
 */
function toStored(
  base: Base | null,
  shows: Values,
): { agreed: Values; overlay: object | null; based: boolean } {
  if (!base) return { agreed: shows, overlay: null, based: false };
  const agreed = Object.keys(shows).length > 0 ? shows : base.crm;
  const overlays: Record<Side, Record<string, Json>> = { crm: {}, erp: {} };
  for (const side of ['crm', 'erp'] as const) {
    const own = base[side];
    for (const field in agreed) {
      const value = own[field] ?? null;
      const shown = agreed[field] ?? null;
      if (value !== shown && (typeof value !== 'object' || JSON.stringify(value) !== JSON.stringify(shown)))
        overlays[side][field] = value;
    }
    for (const field in own) if (!(field in agreed)) overlays[side][field] = own[field]!;
  }
  const overlay = {
    ...(Object.keys(overlays.crm).length > 0 && { crm: overlays.crm }),
    ...(Object.keys(overlays.erp).length > 0 && { erp: overlays.erp }),
  };
  return { agreed, overlay: Object.keys(overlay).length > 0 ? overlay : null, based: true };
}
