/**
 * The real-input check: imports two public data sets into an instance of its own, one into each system, lets it sync,
 * and compares both systems row by row with code that shares nothing with the engine.
 *
 *     node examples/check.ts [folder with northwind/ and crm-sales/, default ../shared/data]
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { assembleSync, openSystems } from '../console/assemble.ts';
import { importFile } from '../console/import/import-file.ts';
import { readProject } from '../console/import/project-file.ts';
import { countingRows, type RefusedRows, reportRefused } from '../console/import/refused.ts';
import { migrate } from '../drizzle/migrate.ts';
import { openDatabase, type Sql } from '../drizzle/postgres/open.ts';
import { checkCrmSales } from './real-input/crm-sales.ts';
import { type Findings, findings } from './real-input/findings.ts';
import { checkNorthwind } from './real-input/northwind.ts';

const folder = resolve(process.argv[2] ?? join(import.meta.dirname, '..', '..', 'shared', 'data'));
process.exitCode = await check();

async function check(): Promise<number> {
  const missing = ['northwind', 'crm-sales'].filter((name) => !existsSync(join(folder, name)));
  if (missing.length > 0) {
    console.log(
      `SKIPPED: ${folder} has no ${missing.join(' and no ')}. Name the folder of the data as the argument.`,
    );
    return 0;
  }
  const home = mkdtempSync(join(tmpdir(), 'tandem-check-'));
  const database = await openDatabase({ dataFolder: home });
  const { sql } = database;
  await migrate(database.url);
  const systems = openSystems(sql);
  const errors: string[] = [];
  const sync = await assembleSync(sql, systems, { info() {}, error: (_, message) => errors.push(message) });
  const found = findings();
  try {
    await sync.start();
    const refused = countingRows(reportRefused(console.log));
    const began = performance.now();
    await importAll(sql, systems, refused);
    const imported = performance.now();
    await settled(sync);
    const seconds = (performance.now() - began) / 1000;
    const links = await linksOf(sql);
    // Before the referee reads everything at once.
    const memory = process.memoryUsage.rss() / 1_048_576;
    const peak = process.resourceUsage().maxRSS / 1024;

    await checkNorthwind(sql, folder, found);
    await checkCrmSales(sql, folder, found, { gtxProKnown: false });
    found.count('rows refused by the import', refused.count(), 0);

    const released = performance.now();
    const [made] = await systems.crm.write(
      [
        {
          kind: 'create',
          entity: 'Product',
          fields: { sku: 'GTXPRO', name: 'GTXPro', listPrice: '4821', taxCategory: 'Z' },
        },
      ],
      { actor: 'check', origin: 'person' },
    );
    if (made?.kind !== 'created')
      found.deviation('product GTXPro', `was not created: ${JSON.stringify(made)}`);
    await settled(sync);
    const releaseSeconds = (performance.now() - released) / 1000;
    found.title('after product GTXPro was created');
    await checkCrmSales(sql, folder, found, { gtxProKnown: true });

    const before = await fingerprint(sql);
    await importAll(sql, systems, refused);
    await settled(sync);
    const after = await fingerprint(sql);
    found.title('after everything was imported a second time');
    for (const [table, was] of Object.entries(before)) found.count(table, after[table] ?? 'gone', was);

    found.print();
    if (memory >= 400)
      found.deviation('memory', `is ${memory.toFixed(0)} MB after the import, 400 MB are allowed`);
    for (const message of new Set(errors)) found.deviation('error log', message);
    console.log(
      `Imported in ${((imported - began) / 1000).toFixed(1)} s; everything settled after ${seconds.toFixed(1)} s.`,
    );
    console.log(
      `${links} links: ${Math.round(links / seconds)} links per second. GTXPro released its quotes in ${releaseSeconds.toFixed(1)} s.`,
    );
    console.log(
      `Memory of the process: ${memory.toFixed(0)} MB after the import had settled, ${peak.toFixed(0)} MB at its peak.`,
    );
    return report(found);
  } finally {
    await sync.stop();
    await systems.close();
    await database.close();
    // For root the data lies elsewhere, since PostgreSQL does not run as root.
    const elsewhere = join(home, 'postgres.location');
    if (existsSync(elsewhere))
      rmSync(readFileSync(elsewhere, 'utf8').trim(), { recursive: true, force: true });
    rmSync(home, { recursive: true, force: true });
  }
}

/** Waits until nothing is left to do; what takes longer than this has stopped. */
async function settled(sync: { quiet(signal: AbortSignal): Promise<void> }): Promise<void> {
  const patience = AbortSignal.timeout(300_000);
  await sync.quiet(patience);
  if (patience.aborted) throw new Error('The sync did not come to rest within five minutes.');
}

async function importAll(
  sql: Sql,
  systems: ReturnType<typeof openSystems>,
  refused: RefusedRows,
): Promise<void> {
  const progress = { tick() {}, say() {} };
  for (const name of ['northwind', 'crm-sales']) {
    const project = join(import.meta.dirname, name, 'import.json');
    for (const job of await readProject(project, join(folder, name))) {
      await importFile({ sql, systems, refused, progress }, job, {});
    }
  }
}

async function linksOf(sql: Sql): Promise<number> {
  const [row] = await sql<{ n: number }[]>`select count(*)::int as n from sync.link where state <> 'ended'`;
  return row!.n;
}

/** Rows and versions of every table of both systems: the same twice means that nothing was written between. */
async function fingerprint(sql: Sql): Promise<Readonly<Record<string, string>>> {
  const tables = await sql<{ schema: string; name: string }[]>`
    select c.table_schema as schema, c.table_name as name from information_schema.columns c
    where c.table_schema in ('crm', 'erp') and c.column_name = 'create_key' order by 1, 2`;
  const entries = await Promise.all(
    tables.map(async ({ schema, name }) => {
      const [row] = await sql<{ rows: number; versions: string }[]>`
        select count(*)::int as rows, coalesce(sum(version), 0)::text as versions from ${sql(schema)}.${sql(name)}`;
      return [`${schema}.${name}`, `${row!.rows} rows, versions ${row!.versions}`] as const;
    }),
  );
  return Object.fromEntries(entries);
}

function report(found: Findings): number {
  const deviations = found.deviations();
  if (deviations.length === 0) {
    console.log('Everything is equal or listed.');
    return 0;
  }
  console.log(`${deviations.length} DEVIATIONS, by kind with one example each:`);
  const kinds = Map.groupBy(deviations, (deviation) =>
    deviation.replace(/"[^"]*"|(?<=opportunity:)\S+|[^ ]*\d[^ ]*/g, '…'),
  );
  for (const same of [...kinds.values()].sort((a, b) => b.length - a.length).slice(0, 40))
    console.log(`  ${String(same.length).padStart(5)} × ${same[0]}`);
  return 1;
}
