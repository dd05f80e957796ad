import { parseArgs } from 'node:util';
import { mappings } from '../../sync/mappings/index.ts';
import { median, openStage, type Stage } from '../sync/stage.ts';
import { bySql } from './by-sql.ts';
import { fill, forgetNews } from './fill.ts';

/** `npm run bench:backfill -- --customers 20000`: both systems full, half of it matching, nothing linked; then one backfill. */
const { values } = parseArgs({ options: { customers: { type: 'string', default: '20000' } } });
const customers = Number(values.customers);
if (!Number.isInteger(customers) || customers < 100)
  throw new Error(`--customers has to be a whole number of 100 or more, not ${values.customers}.`);

const stage = await openStage();
try {
  const { sync } = stage.house;
  for (const { name } of mappings) await sync.pause(name, true, 'bench', 'bench');
  const started = performance.now();
  const filled = await fill(stage.house, customers);
  await forgetNews(stage);
  for (const { name } of mappings) await sync.pause(name, false, null, 'bench');
  await sync.quiet();
  console.log(
    `filled in ${((performance.now() - started) / 1000).toFixed(0)} s: ${filled.crm} records in the CRM, ${filled.erp} in the ERP`,
  );
  await measure(stage);
} finally {
  await stage.close();
}

async function measure({ house, sql }: Stage): Promise<void> {
  const id = await house.sync.startRun(
    'backfill',
    mappings.map((mapping) => mapping.name),
    'apply',
    'bench',
  );
  const from = performance.now();
  const points: { readonly s: number; readonly links: number; readonly rssMb: number }[] = [];
  for (;;) {
    const [row] = await sql<{ state: string; links: number }[]>`
      select state, (select count(*) from sync.link where state = 'synced') as links from sync.run where id = ${id}`;
    points.push({
      s: (performance.now() - from) / 1000,
      links: row!.links,
      rssMb: process.memoryUsage().rss / 1e6,
    });
    if (row!.state !== 'running') break;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  const last = points.at(-1)!;
  const [run] = await sql<
    { state: string; counts: object }[]
  >`select state, counts from sync.run where id = ${id}`;
  console.log(
    `run ${run!.state} in ${last.s.toFixed(1)} s, ${last.links} links: ${(last.links / last.s).toFixed(0)} links/s`,
  );
  console.log(JSON.stringify(run!.counts));
  const by = await sql<{ mapping: string; n: number; s: number; early: number; late: number }[]>`
    with e as (
      select mapping, at, ntile(3) over (partition by mapping order by seq) as part from sync.event where outcome in ('created', 'linked')
    ), p as (
      select mapping, part, count(*) as n, greatest(extract(epoch from max(at) - min(at))::float8, 0.001) as s from e group by mapping, part
    )
    select mapping, sum(n)::int as n, sum(s)::float8 as s, sum(n / s) filter (where part = 1)::float8 as early,
      sum(n / s) filter (where part = 3)::float8 as late from p group by mapping order by 2 desc`;
  console.log('\nflow          links     links/s   first third   last third');
  for (const { mapping, n, s, early, late } of by)
    console.log(
      `${mapping.padEnd(10)} ${String(n).padStart(8)} ${(n / s).toFixed(0).padStart(11)} ${early.toFixed(0).padStart(13)} ${(late ?? Number.NaN).toFixed(0).padStart(12)}`,
    );
  const third = Math.max(1, Math.floor(points.length / 3));
  for (const [name, part] of [
    ['start', points.slice(0, third)],
    ['middle', points.slice(third, 2 * third)],
    ['end', points.slice(2 * third)],
  ] as const)
    console.log(`memory ${name.padEnd(7)} ${median(part.map((point) => point.rssMb)).toFixed(0)} MB`);
  const customer = by.find((row) => row.mapping === 'customer')!;
  const sqlPerSecond = await bySql(sql, Math.min(2_000, customers));
  console.log(
    `\ncustomers created by plain SQL in batches of 250: ${sqlPerSecond.toFixed(0)}/s; engine : SQL = ${(customer.n / customer.s / sqlPerSecond).toFixed(2)}`,
  );
}
