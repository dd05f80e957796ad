import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSystems, type Systems } from '../../console/assemble.ts';
import { migrate } from '../../drizzle/migrate.ts';
import { openDatabase, type Sql } from '../../drizzle/postgres/open.ts';
import { importer, percentile, writeAll } from '../sync/stage.ts';

/**
 * `npm run bench:recovery`: how long work rests after `kill -9`. One of two sync processes is killed with lanes in its
 * hands: until the other has taken them all. Then all are killed: until one that is started works again, its own start
 * included.
 */
const kills = 10;
/** Customers that are edited all the time. */
const customers = 500;

const folder = mkdtempSync(join(tmpdir(), 'tandem-recovery-'));
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
  let going = true;
  const editing = (async () => {
    for (let n = 0; going; n++) {
      const part = ids.slice((n * 50) % customers, ((n * 50) % customers) + 50);
      await crm.write(
        part.map((id) => ({ kind: 'update', entity: 'Customer', id, fields: { notes: `Edit ${n}` } })),
        importer,
      );
    }
  })();
  const one: number[] = [];
  let survivor = await begin(sql);
  for (let n = 0; n < kills; n++) {
    const victim = await begin(sql);
    const held = await until(async () => {
      const lanes = await heldBy(sql, victim.token);
      return lanes.length > 0 ? lanes : null;
    });
    const at = performance.now();
    await kill(victim.child);
    await until(async () => ((await heldBy(sql, victim.token)).length === 0 ? true : null));
    const claimed = await until(async () => ((await heldBy(sql, survivor.token)).length > 0 ? true : null));
    if (claimed) one.push(performance.now() - at);
    console.log(`kill ${n + 1}: ${held.length} lanes held, ${one.at(-1)?.toFixed(0)} ms`);
    if (held.length === 0) throw new Error('The victim held nothing.');
  }
  const all: number[] = [];
  for (let n = 0; n < 3; n++) {
    const [before] = await sql<{ n: number }[]>`select count(*) as n from sync.event`;
    await kill(survivor.child);
    const at = performance.now();
    survivor = await begin(sql);
    await until(async () => {
      const [now] = await sql<{ n: number }[]>`select count(*) as n from sync.event`;
      return now!.n > before!.n ? true : null;
    });
    all.push(performance.now() - at);
  }
  going = false;
  await editing;
  tell('one of two workers killed, its lanes taken by the other', one, 500);
  tell('all killed, one started again and back at work', all, 10_000);
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

const heldBy = (sql: Sql, token: number) =>
  sql<{ key: string }[]>`select key from sync.lane where token = ${token}`;

async function until<T>(look: () => Promise<T | null>): Promise<T> {
  for (const giveUp = Date.now() + 30_000; Date.now() < giveUp; ) {
    const found = await look();
    if (found !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('It does not come to that within 30 s.');
}

function tell(what: string, times: readonly number[], reach: number): void {
  console.log(
    `${what}: median ${percentile(times, 0.5).toFixed(0)} ms, longest ${Math.max(...times).toFixed(0)} ms of ${times.length} (reach ${reach} ms)`,
  );
}
