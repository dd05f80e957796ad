import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { mappings } from '../../sync/mappings/index.ts';
import { openStage, percentile, type Stage } from '../sync/stage.ts';
import { bySql, secondsBySql } from './by-sql.ts';
import { fill, forgetNews, linksExpected } from './fill.ts';
import { editLive, liveCustomers } from './live.ts';
import { watch } from './watch.ts';

/**
 * `npm run bench:backfill -- --customers 100000`: both systems full, half of it matching, nothing linked; then the
 * preview (not with `--no-preview`), and one backfill with live edits going on beside it.
 */
const { values } = parseArgs({
  options: { customers: { type: 'string', default: '5000' }, preview: { type: 'boolean', default: true } },
  allowNegative: true,
});
const customers = Number(values.customers);
if (!Number.isInteger(customers) || customers < 100)
  throw new Error(`--customers has to be a whole number of 100 or more, not ${values.customers}.`);

const flows = mappings.map((mapping) => mapping.name);
const stage = await openStage();
try {
  console.log(`${cpus().length} cores, load ${loadavg()[0]!.toFixed(1)}, Node ${process.version}`);
  const live = await prepare(stage);
  if (values.preview) await preview(stage);
  await measure(stage, live);
} finally {
  await stage.close();
}

async function prepare(to: Stage): Promise<readonly string[]> {
  const { sync } = to.house;
  for (const flow of flows) await sync.pause(flow, true, 'bench', 'bench');
  const from = performance.now();
  const filled = await fill(to.house, customers);
  await forgetNews(to);
  for (const flow of flows) await sync.pause(flow, false, null, 'bench');
  await sync.quiet();
  console.log(
    `filled in ${((performance.now() - from) / 1000).toFixed(0)} s: ${filled.crm} records in the CRM, ${filled.erp} in the ERP`,
  );
  return liveCustomers(to);
}

async function preview({ house, sql }: Stage): Promise<void> {
  const from = performance.now();
  const id = await house.sync.startRun('backfill', flows, 'preview', 'bench');
  for (;;) {
    const [run] = await sql<{ state: string; seen: number; flows: object }[]>`
      select state, (counts ->> 'seen')::int as seen, counts -> 'flows' as flows from sync.run where id = ${id}`;
    if (run!.state !== 'running') {
      const seconds = (performance.now() - from) / 1000;
      console.log(
        `preview ${run!.state} in ${seconds.toFixed(1)} s: ${(run!.seen / seconds).toFixed(0)} records/s; ${JSON.stringify(run!.flows)}`,
      );
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function measure({ house, sql }: Stage, live: readonly string[]): Promise<void> {
  const id = await house.sync.startRun('backfill', flows, 'apply', 'bench');
  const edits = editLive({ house, sql }, live);
  const points = await watch({ sql }, id, linksExpected(customers));
  await edits.stop();
  const last = points.at(-1)!;
  const [run] = await sql<
    { state: string; counts: object }[]
  >`select state, counts from sync.run where id = ${id}`;
  console.log(
    `run ${run!.state} in ${last.seconds.toFixed(1)} s, ${last.links} links: ${(last.links / last.seconds).toFixed(0)} links/s; processor ${last.cpu.node.toFixed(0)} s here, ${last.cpu.database.toFixed(0)} s in the database`,
  );
  console.log(
    `live edits beside it: ${edits.times.length}, in the ERP after p50 ${percentile(edits.times, 0.5).toFixed(0)} ms, p99 ${percentile(edits.times, 0.99).toFixed(0)} ms`,
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
  console.log(`milliseconds spent in the stages: ${JSON.stringify(house.sync.stageTimes())}`);
  // The feeds tell of what SQL writes, too: nobody is to work on it meanwhile.
  for (const flow of flows) await house.sync.pause(flow, true, 'bench', 'bench');
  const plain = await bySql(sql, 2_000);
  console.log('\nthe same writes by plain SQL in batches of 250:');
  for (const { flow, links, perSecond, processor } of plain)
    console.log(
      `${flow.padEnd(10)} ${String(links).padStart(8)} ${perSecond.toFixed(0).padStart(11)} links/s, processor ${(processor * 1000).toFixed(2)} ms per link`,
    );
  const seconds = secondsBySql(plain);
  const processor = last.cpu.node + last.cpu.database;
  console.log(
    `all of them in ${seconds.clock.toFixed(0)} s; engine : SQL = ${(seconds.clock / last.seconds).toFixed(2)} by the clock, ${(seconds.processor / processor).toFixed(2)} by processor time`,
  );
}
