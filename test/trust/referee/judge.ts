import type postgres from 'postgres';
import type { Json, Side, SystemRecord } from '../../../sync/core/types.ts';
import type { Applied, Fake } from './fake-system.ts';
import { type Fields, type Flow, type FlowName, flows } from './shapes.ts';

/** The bench: what both systems logged, and the sync's own tables where they are the thing judged. */
export interface Bench {
  readonly crm: Fake;
  readonly erp: Fake;
  readonly sql: postgres.Sql<{ bigint: number }>;
}

interface Event {
  readonly pos: number | null;
  readonly linkId: string | null;
  readonly outcome: string;
  /** Where it tells of a create that belongs to no link: the key it was sent under. */
  readonly key: string | null;
  /** The record that one was to be made from. */
  readonly source: string | null;
  readonly fields: readonly {
    readonly field: string;
    readonly side: Side;
    readonly before: Json;
    readonly after: Json;
    readonly lost?: Json;
  }[];
}

interface Link {
  readonly id: string;
  readonly mapping: FlowName;
  readonly crm: string | null;
  readonly erp: string | null;
  readonly state: string;
  readonly listed: boolean;
}

interface Pair {
  readonly flow: FlowName;
  readonly crm: SystemRecord | null;
  readonly erp: SystemRecord | null;
  readonly crmId: string;
  readonly erpId: string;
}

const sync = 'tandem';
const text = (value: unknown): string => JSON.stringify(value ?? null);

/**
 * Judges a bench at rest by invariants I1 to I7. Answers what is broken, one sentence each; nothing means all hold.
 * Pairs are found by the stamps on the ERP's records, edits by the two logs; of the sync only its lists and its event
 * log are read, since they are what is promised there.
 */
export async function judge(bench: Bench): Promise<readonly string[]> {
  const [events, links] = await Promise.all([eventsOf(bench), linksOf(bench)]);
  const pairs = pairsOf(bench);
  return [
    ...doubles(bench),
    ...missing(bench, pairs, links),
    ...pairs.flatMap((pair) => unequal(pair, links)),
    ...(await lostEdits(bench, pairs, links, events)),
    ...pingPong(bench, pairs),
    ...gaps(events),
    ...untold(bench, links, events),
  ];
}

const eventsOf = ({ sql }: Bench) => sql<Event[]>`
  select pos, link_id as "linkId", outcome, detail ->> 'key' as key, detail ->> 'source' as source, fields from sync.event order by pos nulls last`;

const linksOf = ({ sql }: Bench) => sql<Link[]>`
  select l.id, l.mapping, l.crm_id as crm, l.erp_id as erp, l.state,
    (l.state in ('conflict', 'waiting', 'failed') or l.held is not null
      or exists (select 1 from sync.issue i where i.closed_at is null and (i.link_id = l.id or i.record_id in (l.crm_id, l.erp_id)))
      or exists (select 1 from sync.dead_letter d where d.closed_at is null and (d.link_id = l.id or d.lane = l.lane))) as listed
  from sync.link l where not l.lone`;

/** Two records of a pair, as the stamps tell. */
function pairsOf({ crm, erp }: Bench): readonly Pair[] {
  return (Object.entries(flows) as [FlowName, Flow][]).flatMap(([flow, { crm: c, erp: e, stamp }]) =>
    known(erp, e).flatMap(({ id: erpId, fields, record }) => {
      const crmId = fields[stamp];
      return typeof crmId === 'string' && crmId !== ''
        ? [{ flow, crmId, erpId, crm: crm.get(c, crmId), erp: record }]
        : [];
    }),
  );
}

/** Every record a system ever had, with its last known fields. */
function known(fake: Fake, entity: string): { id: string; fields: Fields; record: SystemRecord | null }[] {
  const last = new Map<string, Fields>();
  for (const each of fake.log)
    if (each.entity === entity && each.kind !== 'delete')
      last.set(each.id, { ...last.get(each.id), ...each.after });
  return [...last].map(([id, fields]) => ({ id, fields, record: fake.get(entity, id) }));
}

/** I2: a create that the sync carried out twice. */
function doubles({ crm, erp }: Bench): string[] {
  const out: string[] = [];
  for (const fake of [crm, erp]) {
    const seen = new Map<string, string>();
    for (const { entity, id, kind, actor, key, after } of fake.log) {
      if (kind !== 'create' || actor !== sync) continue;
      const names = [
        key,
        after.externalReference,
        after.sourceQuoteReference && `q:${after.sourceQuoteReference}`,
        after.accountNumber,
      ];
      for (const name of names) {
        if (!name) continue;
        const known = seen.get(`${entity} ${name}`);
        if (known && known !== id)
          out.push(`I2: ${fake.side} ${entity} ${known} was created again as ${id} (${name})`);
        seen.set(`${entity} ${name}`, id);
      }
    }
  }
  return [...new Set(out)];
}

/** I1 and I6: a live record without a counterpart that is listed nowhere. */
function missing({ crm, erp }: Bench, pairs: readonly Pair[], links: readonly Link[]): string[] {
  const out: string[] = [];
  for (const [name, { crm: c, erp: e }] of Object.entries(flows)) {
    if (name === 'user') continue;
    const crmPaired = new Set(pairs.flatMap((p) => (p.flow === name && p.erp ? [p.crmId] : [])));
    for (const { id, archived } of crm.all(c))
      if (!archived && !crmPaired.has(id) && !isListed(links, name as FlowName, id))
        out.push(`I1: crm ${c} ${id} has no ${name} counterpart and is listed nowhere`);
    if (name === 'quoteOrder') continue;
    const erpPaired = new Set(pairs.flatMap((p) => (p.flow === name && p.crm ? [p.erpId] : [])));
    // An ERP order may be listed as its quote's.
    const flowsOf: readonly FlowName[] = name === 'order' ? ['order', 'quoteOrder'] : [name as FlowName];
    for (const record of erp.all(e))
      if (
        !record.archived &&
        !erpPaired.has(record.id) &&
        !record.fields.sourceQuoteReference &&
        !isWithdrawn(erp, record) &&
        !flowsOf.some((flow) => isListed(links, flow, record.id))
      )
        out.push(`I1: erp ${e} ${record.id} has no ${name} counterpart and is listed nowhere`);
  }
  return out;
}

/** A PROPOSAL that has come to nothing: another order has taken its place. */
const isWithdrawn = ({ log }: Fake, { id, fields }: SystemRecord): boolean =>
  fields.status === 'CANCELLED' &&
  log.some((write) => write.entity === 'Order' && write.id === id && write.before.status === 'PROPOSAL');

const isListed = (links: readonly Link[], flow: FlowName, ...ids: string[]): boolean =>
  links.some(
    (l) => l.listed && l.mapping === flow && (ids.includes(l.crm ?? '') || ids.includes(l.erp ?? '')),
  );

/** I3 and I6: a pair whose sides differ and that is listed nowhere. */
function unequal({ flow, crm, erp, crmId, erpId }: Pair, links: readonly Link[]): string[] {
  if (isListed(links, flow, crmId, erpId)) return [];
  // A deal's order takes over from its proposal, and an accepted quote is locked: the proposal's fields end with it.
  if (flow === 'quoteOrder' && erp?.fields.status !== 'PROPOSAL') return [];
  if (!crm && !erp) return [];
  if (!crm || !erp) {
    const left = crm ?? erp;
    // Policy: a deal's ERP order is let go when its quote is deleted.
    return left?.archived || flow === 'quoteOrder'
      ? []
      : [`I3: ${flow} ${crmId}/${erpId}: one side is gone and the other is live`];
  }
  const out: string[] = [];
  if (crm.archived !== erp.archived && flow !== 'quoteOrder')
    out.push(`I3: ${flow} ${crmId}/${erpId} archived ${crm.archived}/${erp.archived}`);
  for (const [c, e] of Object.entries(flows[flow].both))
    if (text(crm.fields[c]) !== text(erp.fields[e]))
      out.push(`I3: ${flow} ${crmId}/${erpId} ${c}: crm ${text(crm.fields[c])} erp ${text(erp.fields[e])}`);
  const lines = (flows[flow] as Flow).lines;
  if (lines) {
    const shown = (record: SystemRecord, names: readonly string[]): string[] =>
      ((record.fields.lines ?? []) as readonly Fields[])
        .map((l) => names.map((n) => text(plainNumber(l[n]))).join('|'))
        .sort();
    const [a, b] = [shown(crm, Object.keys(lines)), shown(erp, Object.values(lines))];
    if (text(a) !== text(b)) out.push(`I3: ${flow} ${crmId}/${erpId} lines: crm ${text(a)} erp ${text(b)}`);
  }
  return out;
}

/** Quantities may be padded with zeros by a conversion; the number is what counts. */
const plainNumber = (value: Json | undefined): Json =>
  typeof value === 'string' && /^\d+\.\d*$/.test(value) ? value.replace(/\.?0+$/, '') : (value ?? null);

/** I1 and I5: an edit by a person that is neither what stands, nor reached the other side, nor is told of as lost. */
async function lostEdits(
  { crm, erp, sql }: Bench,
  pairs: readonly Pair[],
  links: readonly Link[],
  events: readonly Event[],
): Promise<string[]> {
  const out: string[] = [];
  const conflicts = await sql<{ linkId: string; field: string; crm: Json; erp: Json }[]>`
    select link_id as "linkId", field, crm, erp from sync.conflict`;
  for (const { flow, crmId, erpId, crm: c, erp: e } of pairs) {
    if (!c || !e || c.archived || e.archived) continue;
    if (flow === 'quoteOrder') continue;
    const own = links.filter((l) => l.mapping === flow && l.crm === crmId);
    const ids = new Set(own.map((l) => l.id));
    for (const [cf, ef] of Object.entries(flows[flow].both)) {
      const sides = [
        {
          side: 'crm' as const,
          fake: crm,
          entity: flows[flow].crm,
          id: crmId,
          field: cf,
          other: { fake: erp, entity: flows[flow].erp, id: erpId, field: ef },
        },
        {
          side: 'erp' as const,
          fake: erp,
          entity: flows[flow].erp,
          id: erpId,
          field: ef,
          other: { fake: crm, entity: flows[flow].crm, id: crmId, field: cf },
        },
      ];
      for (const { side, fake, entity, id, field, other } of sides) {
        const edits = writesTo(fake, entity, id, field);
        const lastByPerson = edits.findLast((w) => w.actor !== sync);
        if (!lastByPerson) continue;
        const value = text(lastByPerson.after[field]);
        const stands = text((side === 'crm' ? c : e).fields[field]) === value;
        const arrived = writesTo(other.fake, other.entity, other.id, other.field).some(
          (w) => text(w.after[other.field]) === value,
        );
        const told =
          events.some(
            (event) =>
              ids.has(event.linkId ?? '') &&
              event.fields.some(
                (f) => f.field === cf && (text(f.lost) === value || text(f.before) === value),
              ),
          ) ||
          conflicts.some(
            (x) => ids.has(x.linkId) && x.field === cf && text(side === 'crm' ? x.crm : x.erp) === value,
          );
        if (!stands && !arrived && !told)
          out.push(`I5: ${flow} ${crmId}/${erpId}: ${side} edit ${field}=${value} is gone without a word`);
      }
    }
  }
  return out;
}

const writesTo = (fake: Fake, entity: string, id: string, field: string): Applied[] =>
  fake.log.filter((w) => w.entity === entity && w.id === id && field in w.after);

/** I4: more writes by the sync on one record than people's edits account for. */
function pingPong({ crm, erp }: Bench, pairs: readonly Pair[]): string[] {
  const out: string[] = [];
  for (const { flow, crmId, erpId } of pairs) {
    if (flow === 'quote' || flow === 'order' || flow === 'quoteOrder' || flow === 'user') continue;
    const { crm: c, erp: e } = flows[flow];
    const mine = (fake: Fake, entity: string, id: string, who: boolean): number =>
      fake.log.filter((w) => w.entity === entity && w.id === id && (w.actor === sync) === who).length;
    const edits = mine(crm, c, crmId, false) + mine(erp, e, erpId, false);
    for (const [fake, entity, id] of [
      [crm, c, crmId],
      [erp, e, erpId],
    ] as const) {
      const writes = mine(fake, entity, id, true);
      // What a new record is given besides: its stamp, and its number.
      if (writes > edits + 2)
        out.push(`I4: ${flow} ${fake.side} ${id}: ${writes} writes by the sync for ${edits} edits`);
    }
  }
  return out;
}

/** I7: positions of the log without a hole. */
function gaps(events: readonly Event[]): string[] {
  const hole = events.findIndex((event, i) => event.pos !== i + 1);
  return hole < 0 ? [] : [`I7: event ${hole + 1} of ${events.length} has position ${events[hole]!.pos}`];
}

/** I7: a value the sync wrote that no event of the record's links tells of. */
function untold({ crm, erp }: Bench, links: readonly Link[], events: readonly Event[]): string[] {
  const told = new Map<string, Set<string>>();
  for (const event of events) {
    const set = told.get(event.linkId ?? '') ?? new Set();
    told.set(event.linkId ?? '', set);
    set.add(event.outcome);
    for (const f of event.fields)
      set
        .add(`${f.field} ${text(f.after)}`)
        .add(`${f.field} ${text(f.before)}`)
        .add(`${f.field} ${text(f.lost)}`);
  }
  const out: string[] = [];
  for (const fake of [crm, erp])
    for (const write of fake.log) {
      if (write.actor !== sync) continue;
      const own = links.filter(
        (l) => flows[l.mapping as FlowName]?.[fake.side] === write.entity && l[fake.side] === write.id,
      );
      const deleted = fake.log.some(
        (w) => w.n > write.n && w.id === write.id && w.kind === 'delete' && w.actor !== sync,
      );
      // Both it and what it was made from were deleted before anybody could link them: that much is told.
      const ref = `${fake.side}:${write.entity}:${write.id}`;
      if (deleted && write.key && events.some((event) => event.key === write.key)) continue;
      if (deleted && own.length === 0 && events.some((event) => event.source === ref)) continue;
      if (own.length === 0) {
        out.push(
          `I7: ${fake.side} ${write.entity} ${write.id} was written by the sync and belongs to no link`,
        );
        continue;
      }
      if (write.kind !== 'update') {
        if (!own.some((l) => (told.get(l.id)?.size ?? 0) > 0))
          out.push(`I7: no event for ${write.kind} of ${fake.side} ${write.entity} ${write.id}`);
        continue;
      }
      for (const link of own)
        for (const [c, e] of Object.entries(flows[link.mapping].both)) {
          const field = fake.side === 'crm' ? c : e;
          if (!(field in write.after) || link.mapping === 'quoteOrder') continue;
          // A deal's links share its documents: whichever of them wrote it tells of it.
          if (!own.some((l) => told.get(l.id)?.has(`${c} ${text(write.after[field])}`)))
            out.push(
              `I7: no event of ${link.mapping} tells that ${fake.side} ${write.id} ${field} became ${text(write.after[field])}`,
            );
        }
    }
  return [...new Set(out)];
}

/** Both logs' lengths: equal before and after a quiet time (I4). */
export const footprint = ({ crm, erp }: Pick<Bench, 'crm' | 'erp'>): string =>
  `${crm.log.length}/${erp.log.length}`;
