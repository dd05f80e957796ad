import { cpus, loadavg } from 'node:os';
import { measureLatency } from './latency.ts';
import { openStage, writeAll } from './stage.ts';
import { measureThroughput } from './throughput.ts';
import { measureUnifiedQuery } from './unified-query.ts';

// The sync's own figures, as ratios in one run: `npm run bench`. Absolute figures mean little on a shared machine.
const stage = await openStage();
try {
  const { house, sql } = stage;
  await sql`create sequence bench_number`;
  console.log(`${cpus().length} cores, load ${loadavg()[0]!.toFixed(1)}, Node ${process.version}`);
  await tellLatency(stage, 'fresh', 'on a fresh database');
  console.log('\nthroughput       engine/s    SQL/s    engine : SQL   (reach >= 0.2)');
  for (const { what, engine, sql: bySql, ratio, stages } of await measureThroughput(stage)) {
    console.log(
      `${what.padEnd(16)} ${engine.toFixed(0).padStart(8)} ${bySql.toFixed(0).padStart(8)}    ${ratio.toFixed(2).padStart(6)}`,
    );
    const shares = Object.entries(stages).map(([name, share]) => `${name} ${(share * 100).toFixed(0)} %`);
    console.log(`  where the engine's time goes: ${shares.join(', ')}`);
  }
  await tellLatency(stage, 'later', 'behind the bulk of the throughput, whose tables are being cleaned up');
  await fillDeals(stage);
  console.log('\nunified query of 20 customers        ms   CPU here   CPU of the database');
  const { gateway, sql: bySql } = await measureUnifiedQuery(stage);
  for (const [name, { ms, processMs, databaseMs }] of Object.entries({
    'through the gateway': gateway,
    'by one statement': bySql,
  }))
    console.log(
      `${name.padEnd(30)} ${ms.toFixed(1).padStart(8)} ${processMs.toFixed(1).padStart(10)} ${databaseMs.toFixed(1).padStart(21)}`,
    );
  const cpu = (cost: typeof bySql) => cost.processMs + cost.databaseMs;
  console.log(
    `ratio: ${(gateway.ms / bySql.ms).toFixed(1)} x, of CPU ${(cpu(gateway) / cpu(bySql)).toFixed(1)} x`,
  );
  console.log(`memory of the process: ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`);
  await house.sync.quiet();
} finally {
  await stage.close();
}

async function tellLatency(
  to: Awaited<ReturnType<typeof openStage>>,
  label: string,
  where: string,
): Promise<void> {
  console.log(`\nlatency ${where}`);
  console.log(
    '                   p50 ms   p99 ms   editor p99   (reach: idle 10 and 40, at 500/s 20 and 120)',
  );
  for (const { what, p50, p99, callP99 } of await measureLatency(to, label))
    console.log(
      `${what.padEnd(19)} ${p50.toFixed(1).padStart(5)} ${p99.toFixed(1).padStart(8)} ${callP99.toFixed(1).padStart(12)}`,
    );
}

/** Contacts and orders for the customers that the query shows. */
async function fillDeals({ house }: Awaited<ReturnType<typeof openStage>>): Promise<void> {
  const rows = await firstCustomers(house.gateway.url);
  const products = await writeAll(
    house.crm,
    Array.from({ length: 20 }, (_, n) => ({
      kind: 'create' as const,
      entity: 'Product',
      fields: { sku: `BENCH-${n}`, name: `Product ${n}`, listPrice: '10', status: 'ACTIVE' },
    })),
  );
  await writeAll(
    house.crm,
    rows.flatMap(({ id }, n) =>
      [0, 1, 2].map((k) => ({
        kind: 'create' as const,
        entity: 'Contact',
        fields: { firstName: `First ${k}`, lastName: `Last ${n}`, customerId: id },
      })),
    ),
  );
  await writeAll(
    house.crm,
    rows.flatMap(({ id }, n) =>
      [0, 1, 2].map((k) => ({
        kind: 'create' as const,
        entity: 'Order',
        fields: {
          customerId: id,
          lines: [0, 1, 2].map((m) => ({
            productId: products[(n + k + m) % 20]!,
            quantity: '2',
            unitPrice: '9.5',
          })),
        },
      })),
    ),
  );
  await house.sync.quiet();
}

/** CRM ids of the customers that the query shows. */
async function firstCustomers(gateway: string): Promise<readonly { readonly id: string }[]> {
  const answer = await fetch(`${gateway}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ customers(first: 20) { nodes { crm { id } } } }' }),
  });
  const { data } = (await answer.json()) as {
    data: { customers: { nodes: readonly { readonly crm: { readonly id: string } }[] } };
  };
  return data.customers.nodes.map(({ crm }) => crm);
}
