import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Sql } from '../../drizzle/postgres/open.ts';
import { median, type Stage } from './stage.ts';

/** The unified 20-customer query through the gateway, against the same data by one hand-written statement. */
export interface QueryCost {
  readonly gateway: Cost;
  readonly sql: Cost;
}

/** What a query takes, milliseconds: in all, and of processor time, of this process and of the database's. */
export interface Cost {
  readonly ms: number;
  readonly processMs: number;
  readonly databaseMs: number;
}

const document = `{ customers(first: 20) { nodes {
  id name phone crm { id name phone } erp { id name customerNo balance }
  contacts(first: 5) { nodes { firstName lastName email } }
  orders(first: 5) { nodes { status totalAmount lines { quantity unitPrice product { sku name } } } } } } }`;

const rounds = 6;
const perRound = 20;

/**
 * Asks in turn, after a round that does not count. Both answers have to hold as much: once the statement read other
 * customers than the gateway, who had no orders, and took a quarter of what those of the gateway take.
 */
export async function measureUnifiedQuery({ house, sql }: Stage): Promise<QueryCost> {
  const [shown, read] = [await askGateway(house.gateway.url), await askBySql(sql)];
  if (!isDeepStrictEqual(shown, read) || shown.lines === 0)
    throw new Error(`The gateway shows ${JSON.stringify(shown)}, the statement ${JSON.stringify(read)}.`);
  const viaGateway: Cost[] = [];
  const viaSql: Cost[] = [];
  for (let round = -1; round < rounds; round++) {
    const gateway = await costOf(sql, () => askGateway(house.gateway.url));
    const bySql = await costOf(sql, () => askBySql(sql));
    if (round < 0) continue;
    viaGateway.push(gateway);
    viaSql.push(bySql);
  }
  return { gateway: medians(viaGateway), sql: medians(viaSql) };
}

/** How much an answer holds. */
interface Extent {
  readonly customers: number;
  readonly contacts: number;
  readonly orders: number;
  readonly lines: number;
}

interface Nodes<Node> {
  readonly nodes: readonly Node[];
}

interface ShownCustomer {
  readonly contacts: Nodes<unknown>;
  readonly orders: Nodes<{ readonly lines: readonly unknown[] }>;
}

async function askGateway(url: string): Promise<Extent> {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: document }),
  });
  const { data, errors } = (await answer.json()) as {
    data: { customers: Nodes<ShownCustomer> };
    errors?: unknown;
  };
  if (errors) throw new Error(JSON.stringify(errors));
  return extentOf(
    data.customers.nodes.map(({ contacts, orders }) => ({ contacts: contacts.nodes, orders: orders.nodes })),
  );
}

interface ReadCustomer {
  readonly contacts: readonly unknown[] | null;
  readonly orders: readonly { readonly lines: readonly unknown[] | null }[] | null;
}

async function askBySql(sql: Sql): Promise<Extent> {
  const rows = await sql<ReadCustomer[]>`
    select l.id, l.agreed, to_jsonb(c) as crm, to_jsonb(e) as erp,
      (select jsonb_agg(k.agreed) from (select agreed from sync.link k where k.mapping = 'contact' and k.state <> 'ended'
        and k.customer_id = l.id order by k.id limit 5) k) as contacts,
      (select jsonb_agg(jsonb_build_object('order', o.agreed, 'lines', (
          select jsonb_agg(jsonb_build_object('line', x.agreed, 'product', p.agreed)) from sync.line_link x
          left join sync.link p on p.id = x.agreed ->> 'productId' where x.link_id = o.id and not x.ended)))
        from (select id, agreed from sync.link o where o.mapping = 'order' and o.state <> 'ended' and o.crm_id is not null
          and o.customer_id = l.id order by o.id limit 5) o) as orders
    from sync.link l
    left join crm.customer c on c.id = l.crm_id left join erp.customer e on e.id = l.erp_id
    where l.mapping = 'customer' and l.state <> 'ended' order by coalesce(l.record, l.id) limit 20`;
  return extentOf(rows);
}

function extentOf(customers: readonly ReadCustomer[]): Extent {
  const orders = customers.flatMap((customer) => customer.orders ?? []);
  return {
    customers: customers.length,
    contacts: customers.flatMap(({ contacts }) => contacts ?? []).length,
    orders: orders.length,
    lines: orders.flatMap(({ lines }) => lines ?? []).length,
  };
}

/** Processor time is counted in hundredths of a second, so of many queries at once. */
async function costOf(sql: Sql, ask: () => Promise<unknown>): Promise<Cost> {
  const before = { process: process.cpuUsage(), database: await databaseCpu(sql) };
  const times: number[] = [];
  for (let n = 0; n < perRound; n++) {
    const from = performance.now();
    await ask();
    times.push(performance.now() - from);
  }
  const { user, system } = process.cpuUsage(before.process);
  const after = await databaseCpu(sql);
  // Connections that were opened or closed meanwhile have no before or no after.
  const spent = [...after].map(([pid, ms]) => ms - (before.database.get(pid) ?? ms));
  return {
    ms: median(times),
    processMs: (user + system) / 1_000 / perRound,
    databaseMs: spent.reduce((sum, ms) => sum + ms, 0) / perRound,
  };
}

/** Milliseconds of processor time that each connection's process of the database has had. */
async function databaseCpu(sql: Sql): Promise<ReadonlyMap<number, number>> {
  const rows = await sql<
    { pid: number }[]
  >`select pid from pg_stat_activity where backend_type = 'client backend'`;
  return new Map(rows.map(({ pid }) => [pid, cpuMs(pid)]));
}

/** Ticks of /proc/<pid>/stat are hundredths of a second on every Linux in use. */
function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(') ') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function medians(costs: readonly Cost[]): Cost {
  return {
    ms: median(costs.map(({ ms }) => ms)),
    processMs: median(costs.map(({ processMs }) => processMs)),
    databaseMs: median(costs.map(({ databaseMs }) => databaseMs)),
  };
}
