import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openSystems, type Systems } from '../../console/assemble.ts';
import { migrate } from '../../drizzle/migrate.ts';
import { openDatabase, type Sql } from '../../drizzle/postgres/open.ts';
import { percentile, writeAll } from '../sync/stage.ts';

/**
 * `npm run bench:recovery -- --kills 10`: how long work rests after `kill -9`. One of two sync processes is killed with lanes in its
 * hands: until the other has taken them all. Then all are killed: until one that is started works again, its own start
 * included.
 */
const { values } = parseArgs({ options: { kills: { type: 'string', default: '10' } } });
const kills = Number(values.kills);
/** Customers that are edited all the time. */
const customers = 500;

const folder = mkdtempSync(join(tmpdir(), 'tandem-recovery-'));
// Open to the server's account, or its data would lie elsewhere and stay there.
chmodSync(folder, 0o755);
const database = await openDatabase({ dataFolder: folder });
await migrate(database.url);
const systems = openSystems(database.sql);
const children = new Set<ChildProcess>();
try {
  console.log(`${cpus().length} cores, load ${loadavg()[0]!.toFixed(1)}, Node ${process.version}`);
  await measure(database.sql, systems);
} finally {
  for (const child of children) await kill(child);
  await systems.close();
  await database.close();
  rmSync(folder, { recursive: true, force: true });
}

async function measure(sql: Sql, { crm }: Systems): Promise<void> {
  const ids = await writeAll(
    crm,
    Array.from({ length: customers }, (_, n) => ({
      kind: 'create' as const,
      entity: 'Customer',
      fields: { name: `Customer ${n}`, email: `customer${n}@example.com` },
    })),
  );
  const stopping = new AbortController();
  const editing = edit(crm, ids, stopping.signal);
  try {
    await killOne(sql);
    await killAll(sql);
  } finally {
    stopping.abort();
    await editing;
  }
}

async function edit(crm: Systems['crm'], ids: readonly string[], signal: AbortSignal): Promise<void> {
  for (let n = 0; !signal.aborted; n++) {
    const from = (n * 50) % customers;
    const part = ids.slice(from, from + 50);
    await writeAll(
      crm,
      part.map((id) => ({ kind: 'update', entity: 'Customer', id, fields: { name: `Edit ${n}` } })),
    );
  }
}

async function killOne(sql: Sql): Promise<void> {
  const survivor = await begin(sql);
  const times: number[] = [];
  for (let n = 0; n < kills; n++) {
    const victim = await begin(sql);
    await until('the victim has lanes', async () => (await heldBy(sql, victim.token)) > 0);
    await kill(victim.child);
    const at = performance.now();
    await until('its lanes are free', async () => (await heldBy(sql, victim.token)) === 0);
    await until('the other works', async () => (await heldBy(sql, survivor.token)) > 0);
    times.push(performance.now() - at);
  }
  await kill(survivor.child);
  tell('one of two workers killed, its lanes taken by the other', times, 500);
}

async function killAll(sql: Sql): Promise<void> {
  const times: number[] = [];
  for (let n = 0; n < 3; n++) {
    const [one, other] = [await begin(sql), await begin(sql)];
    await Promise.all([kill(one.child), kill(other.child)]);
    const at = performance.now();
    const before = await eventsOf(sql);
    const fresh = await begin(sql);
    await until('work goes on', async () => (await eventsOf(sql)) > before);
    times.push(performance.now() - at);
    await kill(fresh.child);
  }
  tell('all killed, one started again and back at work', times, 10_000);
}

interface Worker {
  readonly child: ChildProcess;
  readonly token: number;
}

async function begin(sql: Sql): Promise<Worker> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'worker.ts')], {
    env: { ...process.env, DATABASE_URL: database.url, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  let isReady = false;
  for await (const text of child.stdout!)
    if (String(text).includes('ready')) {
      isReady = true;
      break;
    }
  if (!isReady) throw new Error('A worker ended before it was ready.');
  const [row] = await sql<{ token: number }[]>`select max(token) as token from sync.worker`;
  return { child, token: row!.token };
}

async function kill(child: ChildProcess): Promise<void> {
  children.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function heldBy(sql: Sql, token: number): Promise<number> {
  const [row] = await sql<{ n: number }[]>`select count(*) as n from sync.lane where token = ${token}`;
  return row!.n;
}

async function eventsOf(sql: Sql): Promise<number> {
  const [row] = await sql<{ n: number }[]>`select count(*) as n from sync.event`;
  return row!.n;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const giveUp = Date.now() + 30_000; Date.now() < giveUp; ) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`It does not come to this within 30 s: ${what}.`);
}

function tell(what: string, times: readonly number[], reach: number): void {
  console.log(
    `${what}: median ${percentile(times, 0.5).toFixed(0)} ms, longest ${Math.max(...times).toFixed(0)} ms of ${times.length} (reach ${reach} ms)`,
  );
}
