import type { Sql } from '../../drizzle/postgres/open.ts';
import { median, type Stage, writeAll } from './stage.ts';

/** One comparison: records per second through the engine and by hand-written set-based SQL, round by round. */
export interface Throughput {
  readonly what: string;
  readonly engine: number;
  readonly sql: number;
  /** Median of the ratios of each round. */
  readonly ratio: number;
  /** Where the engine's steps spent their time, as shares. Two steps run at once, so shares are of their sum. */
  readonly stages: Readonly<Record<string, number>>;
}

const perRound = 2_000;
const rounds = 4;
const batch = 500;

/**
 * Edits and creates of customers, engine and SQL in turn over the same tables. The SQL makes the same final writes in
 * batches of 500: the other side's record, the numbers that travel back, the link with its base, the event; the
 * triggers of the change feed run for both.
 */
export async function measureThroughput({ house, sql }: Stage): Promise<readonly Throughput[]> {
  const creates: [number, number][] = [];
  const edits: [number, number][] = [];
  const spent = { create: stageSum(), edit: stageSum() };
  for (let round = -1; round < rounds; round++) {
    const mine = await customers(house.crm, `engine ${round}`, house);
    const beforeCreate = house.sync.stageTimes();
    const created = await timed(async () => {
      await house.sync.pause('customer', false, null, 'bench');
      await house.sync.quiet();
    });
    const afterCreate = house.sync.stageTimes();
    const theirs = await customers(house.crm, `sql ${round}`, house);
    const createdBySql = await timed(() => inBatches(theirs, (ids) => createBySql(sql, ids)));
    // What rang for them while the flow rested is no part of the edits that follow.
    await house.sync.pause('customer', false, null, 'bench');
    await house.sync.quiet();
    await edit(house, mine, round);
    const beforeEdit = house.sync.stageTimes();
    const edited = await timed(async () => {
      await house.sync.pause('customer', false, null, 'bench');
      await house.sync.quiet();
    });
    const afterEdit = house.sync.stageTimes();
    await edit(house, theirs, round);
    const editedBySql = await timed(() => inBatches(theirs, (ids) => editBySql(sql, ids)));
    await house.sync.pause('customer', false, null, 'bench');
    await house.sync.quiet();
    // The first round warms plans, code and cache and does not count.
    if (round < 0) continue;
    addStages(spent.create, beforeCreate, afterCreate);
    addStages(spent.edit, beforeEdit, afterEdit);
    creates.push([created, createdBySql]);
    edits.push([edited, editedBySql]);
  }
  return [summary('create', creates, spent.create), summary('edit', edits, spent.edit)];
}

type Stages = Record<'gather' | 'plan' | 'apply' | 'record', number>;

const stageSum = (): Stages => ({ gather: 0, plan: 0, apply: 0, record: 0 });

function addStages(sum: Stages, before: Readonly<Stages>, after: Readonly<Stages>): void {
  for (const stage of ['gather', 'plan', 'apply', 'record'] as const)
    sum[stage] += after[stage] - before[stage];
}

function summary(
  what: string,
  times: readonly (readonly [engine: number, sql: number])[],
  spent: Readonly<Stages>,
): Throughput {
  const all = Object.values(spent).reduce((sum, ms) => sum + ms, 0);
  const rate = (ms: number): number => (perRound / ms) * 1000;
  return {
    what,
    engine: median(times.map(([engine]) => rate(engine))),
    sql: median(times.map(([, bySql]) => rate(bySql))),
    ratio: median(times.map(([engine, bySql]) => bySql / engine)),
    stages: Object.fromEntries(Object.entries(spent).map(([stage, ms]) => [stage, ms / all])),
  };
}

/** Makes customers in the CRM while the flow rests, so that only the sync is timed. */
async function customers(
  crm: Stage['house']['crm'],
  label: string,
  house: Stage['house'],
): Promise<string[]> {
  await house.sync.pause('customer', true, 'bench', 'bench');
  const ids = await writeAll(
    crm,
    Array.from({ length: perRound }, (_, n) => ({
      kind: 'create' as const,
      entity: 'Customer',
      fields: {
        name: `Customer ${label} ${n}`,
        email: `${label.replaceAll(' ', '')}.${n}@example.com`,
        phone: `+4722${String(100000 + n)}`,
        billingAddress: { line1: `Street ${n}`, city: 'Oslo', postalCode: '0150', country: 'NO' },
      },
    })),
  );
  await house.sync.quiet();
  return ids;
}

async function edit(house: Stage['house'], ids: readonly string[], round: number): Promise<void> {
  await house.sync.pause('customer', true, 'bench', 'bench');
  await writeAll(
    house.crm,
    ids.map((id, n) => ({
      kind: 'update' as const,
      entity: 'Customer',
      id,
      fields: { name: `Renamed ${round} ${n}`, phone: `+4733${String(100000 + n)}` },
    })),
  );
  await house.sync.quiet();
}

async function timed(work: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

async function inBatches(ids: readonly string[], work: (part: string[]) => Promise<void>): Promise<void> {
  for (let from = 0; from < ids.length; from += batch) await work(ids.slice(from, from + batch));
}

const eventOf = (fields: string) => `'updated', '{"kind":"change"}', ${fields}, 'bench'`;

async function createBySql(sql: Sql, ids: string[]): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`select set_config('tandem.writer', '1', true), set_config('tandem.actor', 'bench', true)`;
    await tx`
      insert into erp.customer (id, create_key, version, created_at, updated_at, updated_by, archived, external_reference, customer_no,
        name, partner_type, email, phone_no, invoice_address, payment_terms_code, vat_business_group, blocked, balance)
      select gen_random_uuid()::text, 'bench:' || c.id, 1, now(), now(), 'bench', false, c.id, 'B' || nextval('bench_number'),
        c.name, 'COMPANY', c.email, c.phone,
        jsonb_build_object('street', c.billing_address ->> 'line1', 'city', c.billing_address ->> 'city', 'postCode', c.billing_address ->> 'postalCode',
          'countryCode', c.billing_address ->> 'country'), 'NET30', 'DOMESTIC', 'NONE', 0
      from crm.customer c where c.id = any(${ids}::text[])`;
    await tx`
      update crm.customer c set account_number = e.customer_no, payment_terms = 'NET30', tax_treatment = 'DOMESTIC', balance_due = 0,
        version = c.version + 1, updated_at = now(), updated_by = 'bench'
      from erp.customer e where c.id = any(${ids}::text[]) and e.external_reference = c.id`;
    await tx`
      insert into sync.link (id, mapping, crm_id, erp_id, lane, state, linked_by, agreed, based, crm_version, erp_version, synced_at)
      select 'b' || c.id, 'customer', c.id, e.id, 'link:b' || c.id, 'synced', '{"kind":"create"}',
        to_jsonb(c) - 'id' - 'version' - 'created_at', true, c.version::text, e.version::text, now()
      from crm.customer c join erp.customer e on e.external_reference = c.id where c.id = any(${ids}::text[])`;
    await tx.unsafe(
      `insert into sync.event (id, mapping, link_id, outcome, cause, fields, correlation_id)
       select gen_random_uuid()::text, 'customer', 'b' || c.id, ${eventOf(`(select jsonb_agg(jsonb_build_object('field', f.key, 'side', 'erp', 'before', null,
         'after', f.value, 'winner', 'crm', 'why', 'created')) from jsonb_each(jsonb_strip_nulls(to_jsonb(c))) f)`)}
       from crm.customer c where c.id = any($1::text[])`,
      [ids],
    );
  });
}

async function editBySql(sql: Sql, ids: string[]): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`select set_config('tandem.writer', '1', true), set_config('tandem.actor', 'bench', true)`;
    await tx`
      update erp.customer e set name = c.name, phone_no = c.phone, version = e.version + 1, updated_at = now(), updated_by = 'bench'
      from crm.customer c join sync.link l on l.crm_id = c.id and l.mapping = 'customer'
      where c.id = any(${ids}::text[]) and e.id = l.erp_id`;
    await tx`
      update sync.link l set agreed = l.agreed || jsonb_build_object('name', c.name, 'phone', c.phone), crm_version = c.version::text,
        erp_version = e.version::text, synced_at = now(), updated_at = now()
      from crm.customer c, erp.customer e
      where c.id = any(${ids}::text[]) and l.crm_id = c.id and l.mapping = 'customer' and e.id = l.erp_id`;
    await tx.unsafe(
      `insert into sync.event (id, mapping, link_id, outcome, cause, fields, correlation_id)
       select gen_random_uuid()::text, 'customer', l.id, ${eventOf(`jsonb_build_array(
         jsonb_build_object('field', 'name', 'side', 'erp', 'before', l.agreed -> 'name', 'after', c.name, 'winner', 'crm', 'why', 'edited'),
         jsonb_build_object('field', 'phone', 'side', 'erp', 'before', l.agreed -> 'phone', 'after', c.phone, 'winner', 'crm', 'why', 'edited'))`)}
       from crm.customer c join sync.link l on l.crm_id = c.id and l.mapping = 'customer' where c.id = any($1::text[])`,
      [ids],
    );
  });
}
