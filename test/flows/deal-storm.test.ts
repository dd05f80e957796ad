import { expect, test } from 'vitest';
import type { LineChange } from '../../sync/core/connector.ts';
import type { Json, Side, SystemRecord } from '../../sync/core/types.ts';
import { type Random, seeded } from '../trust/referee/random.ts';
import { flows } from '../trust/referee/shapes.ts';
import { knownRecords } from './known.ts';
import { type Fields, openWorld, type World } from './world.ts';

// People do at random what people do with deals, some of it at the same moment. Whatever they did, at rest each deal has
// one ERP order in use, and the documents of a pair are equal, or it is listed why not.

const w = await openWorld();
const known = await knownRecords(w);
const product: Record<Side, string> = {
  crm: String(known.Product[0].crm),
  erp: String(known.Product[0].erp),
};
const customer: Record<Side, string> = {
  crm: String(known.Customer[0].crm),
  erp: String(known.Customer[0].erp),
};
const ownerId = String(known.User[0].crm);

const seeds = process.env.DEAL_SEEDS ? process.env.DEAL_SEEDS.split(',').map(Number) : [1, 2, 3];
const acts = Number(process.env.DEAL_ACTS ?? 60);

/** The documents that this run has made, by side and entity. */
type Documents = Record<Side, Record<'Quote' | 'Order', string[]>>;

test.for(seeds)('DEAL_SEEDS=%i', async (seed) => {
  const random = seeded(seed);
  const story: string[] = [];
  const made: Documents = { crm: { Quote: [], Order: [] }, erp: { Quote: [], Order: [] } };
  for (let n = 0; n < acts; n++) {
    story.push(await act(made, random, n));
    if (random.chance(0.4)) {
      await w.settled();
      await lookAround(made);
    }
  }
  await w.settled();
  await lookAround(made);
  expect(await broken(made), story.join('\n')).toEqual([]);
});

/** Documents that the sync has made of these are for people to work with as well. */
async function lookAround(made: Documents): Promise<void> {
  for (const side of ['crm', 'erp'] as const)
    for (const entity of ['Quote', 'Order'] as const) {
      const found = await w.sql<{ id: string }[]>`
        select case ${side} when 'crm' then crm_id else erp_id end as id from sync.link
        where mapping in ('quote', 'quoteOrder', 'order') and case ${side} when 'crm' then crm_id else erp_id end is not null
          and (mapping = 'quote' and ${entity} = 'Quote' or mapping = 'order' and ${entity} = 'Order'
            or mapping = 'quoteOrder' and ${side} = 'erp' and ${entity} = 'Order')
          and lane like 'deal:%'`;
      const own = made[side][entity];
      const all = new Set([...made.crm.Quote, ...made.crm.Order, ...made.erp.Quote, ...made.erp.Order]);
      const linked = await w.sql<{ crm: string | null; erp: string | null }[]>`
        select crm_id as crm, erp_id as erp from sync.link where mapping in ('quote', 'quoteOrder', 'order')`;
      const near = new Set(
        linked
          .filter(({ crm, erp }) => all.has(crm ?? '') || all.has(erp ?? ''))
          .flatMap(({ crm, erp }) => [crm, erp]),
      );
      for (const { id } of found) if (near.has(id) && !own.includes(id)) own.push(id);
    }
}

/** One person does one thing; what a system refuses is part of the story. */
async function act(made: Documents, random: Random, n: number): Promise<string> {
  const side = random.pick(['crm', 'erp'] as const);
  const entity = random.pick(['Quote', 'Order'] as const);
  const id = made[side][entity].length > 0 ? random.pick(made[side][entity]) : null;
  const quote = made[side].Quote.length > 0 ? random.pick(made[side].Quote) : null;
  const make = async (as: 'Quote' | 'Order', fields: Fields): Promise<string> => {
    const line = { productId: product[side], quantity: String(1 + (n % 5)), unitPrice: '100' };
    const of = { customerId: customer[side], ...(side === 'crm' && { ownerId }), lines: [line as Fields] };
    const done = await w.tryWrite(side, {
      kind: 'create',
      entity: as,
      fields: { ...of, ...fields } as Fields,
    });
    if ('record' in done) made[side][as].push(done.record.id);
    return told(`${side} create ${as} ${JSON.stringify(fields)}`, done);
  };
  const edit = async (fields: Fields): Promise<string> =>
    told(
      `${side} ${entity} ${id} ${JSON.stringify(fields)}`,
      await w.tryWrite(side, { kind: 'update', entity, id: id!, fields }),
    );
  const die = random.pick([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  if (id === null || die === 0) return make('Quote', {});
  if (die === 1 && quote) return make('Order', { quoteId: quote });
  if (die === 2 && side === 'crm' && quote) return make('Quote', { revisionOfId: quote });
  if (die === 3 && side === 'crm' && entity === 'Order')
    return edit({ quoteId: random.chance(0.3) ? null : quote });
  if (die === 4 || die === 5) return edit({ status: random.pick(statuses[`${side}.${entity}`]!) });
  if (die === 6 && random.chance(0.3)) {
    const kind = random.pick(['archive', 'restore', 'delete'] as const);
    return told(`${side} ${kind} ${entity} ${id}`, await w.tryWrite(side, { kind, entity, id }));
  }
  if (die === 7 || die === 8) {
    const lines = ((await w[side].read(entity, [id])).get(id)?.fields.lines ?? []) as readonly {
      lineId: string;
    }[];
    if (lines.length === 0) return 'nothing';
    const change: LineChange = random.chance(0.2)
      ? { kind: 'remove', lineId: random.pick(lines).lineId }
      : { kind: 'change', lineId: random.pick(lines).lineId, fields: { quantity: String(2 + (n % 7)) } };
    const write = { kind: 'update', entity, id, fields: {}, lineChanges: [change] } as const;
    return told(`${side} ${entity} ${id} ${JSON.stringify(change)}`, await w.tryWrite(side, write));
  }
  const notes = side === 'crm' ? 'notes' : 'workDescription';
  return edit(
    random.chance(0.5) ? { [notes]: `note ${n}` } : { requestedDeliveryDate: `2027-0${1 + (n % 9)}-11` },
  );
}

const statuses: Readonly<Record<string, readonly string[]>> = {
  'crm.Quote': ['SENT', 'ACCEPTED', 'ACCEPTED', 'DECLINED', 'CANCELLED', 'DRAFT'],
  'erp.Quote': ['RELEASED', 'ACCEPTED', 'OPEN', 'CANCELLED'],
  'crm.Order': ['SUBMITTED', 'CANCELLED', 'DRAFT'],
  'erp.Order': ['OPEN', 'OPEN', 'RELEASED', 'CANCELLED', 'CLOSED'],
};

type Done = Awaited<ReturnType<World['tryWrite']>>;
const told = (what: string, done: Done): string =>
  `${what} → ${done.kind === 'failed' ? `refused: ${done.failure.message.slice(0, 90)}` : done.kind}${'record' in done ? ` ${done.record.id}` : ''}`;

async function broken(made: Documents): Promise<readonly string[]> {
  const all = new Set(Object.values(made).flatMap((of) => [...of.Quote, ...of.Order]));
  const links = (
    await w.sql<StoredLink[]>`
      select id, mapping, lane, crm_id as crm, erp_id as erp, state,
        state in ('waiting', 'conflict', 'failed') or held is not null
          or exists (select 1 from sync.issue i where i.link_id = l.id and closed_at is null) as listed
      from sync.link l where state <> 'ended' and not lone and mapping in ('quote', 'quoteOrder', 'order')`
  ).filter(({ crm, erp }) => all.has(crm ?? '') || all.has(erp ?? ''));
  const record = async (side: Side, entity: string, id: string | null): Promise<SystemRecord | null> =>
    id === null ? null : ((await w[side].read(entity, [id])).get(id) ?? null);
  const out: string[] = [];
  for (const { id, message } of await w.deadLetters()) out.push(`letter ${id}: ${message}`);
  const inUse = new Map<string, string[]>();
  for (const link of links) {
    const flow = flows[link.mapping];
    const [crm, erp] = [await record('crm', flow.crm, link.crm), await record('erp', flow.erp, link.erp)];
    if (link.mapping !== 'quote' && erp && !erp.archived && erp.fields.status !== 'CANCELLED') {
      const own = inUse.get(link.lane) ?? [];
      if (!own.includes(erp.id) && !link.listed) inUse.set(link.lane, [...own, erp.id]);
    }
    if (!crm || !erp || link.listed || (crm.archived && erp.archived)) continue;
    const isOffered = link.mapping !== 'quoteOrder' || erp.fields.status === 'PROPOSAL';
    if (crm.archived !== erp.archived && isOffered)
      out.push(`${link.mapping} ${crm.id}/${erp.id}: archived ${crm.archived}/${erp.archived}`);
    if (
      link.mapping === 'quote' &&
      !['DRAFT', 'IN_REVIEW', 'APPROVED', 'SENT'].includes(String(crm.fields.status))
    )
      continue;
    if (link.mapping === 'quoteOrder' && erp.fields.status !== 'PROPOSAL') continue;
    const shown = (side: SystemRecord): Json =>
      (side.fields.lines as readonly Fields[]).map(({ quantity }) => quantity!);
    for (const [c, e] of [...Object.entries(flow.both), ['lines', 'lines']] as const) {
      const [a, b] = c === 'lines' ? [shown(crm), shown(erp)] : [crm.fields[c], erp.fields[e]];
      if (JSON.stringify(a ?? null) !== JSON.stringify(b ?? null))
        out.push(
          `${link.mapping} ${crm.id}/${erp.id} ${c}: ${JSON.stringify(a)} / ${JSON.stringify(b)} (${crm.fields.status}/${erp.fields.status})`,
        );
    }
  }
  for (const [lane, orders] of inUse)
    if (orders.length > 1) out.push(`${lane} has ${orders.length} orders: ${orders.join(' ')}`);
  return [...out, ...(await secondOrders(made))];
}

interface StoredLink {
  readonly id: string;
  readonly mapping: 'quote' | 'quoteOrder' | 'order';
  readonly lane: string;
  readonly crm: string | null;
  readonly erp: string | null;
  readonly listed: boolean;
}

/** ERP orders in use that bear the number of one ERP quote. */
async function secondOrders(made: Documents): Promise<readonly string[]> {
  const out: string[] = [];
  for (const quote of made.erp.Quote) {
    // A quote that came to nothing, or whose CRM quote is deleted, is nobody's deal any more.
    const status = (await w.erp.read('Quote', [quote])).get(quote)?.fields.status;
    if (!['OPEN', 'PENDING_APPROVAL', 'RELEASED', 'ACCEPTED'].includes(String(status))) continue;
    if ((await w.links({ id: quote, mapping: 'quote' })).length === 0) continue;
    const [found] = await w.erp.find([{ entity: 'Order', where: { quoteId: quote } }]);
    const open = found!
      .filter(({ archived, fields }) => !archived && fields.status !== 'CANCELLED')
      .map(({ id }) => id);
    const listed = await w.sql<{ recordId: string }[]>`
      select record_id as "recordId" from sync.issue where code = 'SECOND_ORDER' and closed_at is null and record_id = any(${open})`;
    if (open.length - listed.length > 1)
      out.push(`ERP quote ${quote} has ${open.length} orders: ${open.join(' ')}`);
  }
  return out;
}
