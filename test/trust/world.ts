import { afterAll, expect, inject } from 'vitest';
import { assembleSync } from '../../console/assemble.ts';
import { openClient, type Sql, type Statement } from '../../drizzle/postgres/client.ts';
import type { Connector, Write } from '../../sync/core/connector.ts';
import type { Json, Side, SystemRecord } from '../../sync/core/types.ts';
import type { Sync } from '../../sync/index.ts';
import { testDatabase } from '../support/database.ts';
import { createFromTemplate, giveUpDatabase, urlOf } from '../support/databases.ts';
import { patienceMs } from '../support/patience.ts';
import { createFake, type Fake, type FakeOptions } from './referee/fake-system.ts';
import type { Fields } from './referee/shapes.ts';

/** A point at which a process may die. */
export type Point =
  | 'change read'
  | 'lane claimed'
  | 'before the call'
  | 'after the call'
  | 'before record'
  | 'within record'
  | 'after record'
  | 'after event';

/** All of them, in the order in which a change passes them. */
export const points: readonly Point[] = [
  'change read',
  'lane claimed',
  'before the call',
  'after the call',
  'before record',
  'within record',
  'after record',
  'after event',
];

/** One life of a sync process. */
export interface Life {
  readonly sync: Sync;
  readonly errors: string[];
  /** Dies at this point, the next time it comes there, and `when` holds. */
  dieAt(point: Point, when?: () => boolean): void;
  /** Resolves when it is dead. */
  readonly dead: Promise<void>;
  /** Ends it at once: nothing of it reaches a system or the database any more. */
  kill(): Promise<void>;
  /** Ends it in order. */
  stop(): Promise<void>;
}

export type World = Awaited<ReturnType<typeof openWorld>>;

/** Two fakes that keep books, and a database of one's own; the sync over them lives and dies at will. */
export async function openWorld(options: { readonly crm?: FakeOptions; readonly erp?: FakeOptions } = {}) {
  const database = await testDatabase();
  const { socketFolder } = inject('server');
  const world = await worldOver(database.url, socketFolder, options);
  afterAll(() => world.close());
  return world;
}

let ownWorlds = 0;

/** The same for one piece of work, which nothing that came before it can spoil: its database is dropped afterwards. */
export async function inOwnWorld(work: (w: World) => Promise<void>): Promise<void> {
  const { url: server, socketFolder } = inject('server');
  const name = `test_${Date.now().toString(36)}_${process.pid}_own${++ownWorlds}`;
  await createFromTemplate(server, name);
  const world = await worldOver(urlOf(server, name), socketFolder);
  try {
    await work(world);
  } finally {
    await world.close();
    await giveUpDatabase(server, name);
  }
}

/** The same over a database that is there already. */
export async function worldOver(
  url: string,
  socketFolder: string | undefined,
  options: { readonly crm?: FakeOptions; readonly erp?: FakeOptions } & Patience = {},
) {
  const sql: Sql = openClient(url, socketFolder, { max: 3 });
  const crm = createFake('crm', options.crm);
  const erp = createFake('erp', options.erp);
  const fakes: Readonly<Record<Side, Fake>> = { crm, erp };
  const lives = new Set<Life>();

  /** Starts a process; the ones before may be alive, too. `around`: stands before its database. */
  async function live(around?: (sql: Sql) => Sql): Promise<Life> {
    const life = await startLife(url, socketFolder, fakes, options, around);
    lives.add(life);
    return life;
  }

  /** A dead worker counts as dead only after a while: here the while is over at once. */
  const bury = () => sql`update sync.worker set alive_until = now() - interval '1 second'`;

  /** Waits until the sync is at rest: no lane is due and both feeds are read. */
  async function settled({ sync, errors }: Life, ms = patienceMs): Promise<void> {
    const giveUp = AbortSignal.timeout(ms);
    await sync.quiet(giveUp);
    if (!giveUp.aborted) return;
    const lanes =
      await sql`select key, mapping, n, attempts, run_at, locked_until, token, rung from sync.lane limit 5`;
    const workers = await sql`select * from sync.worker`;
    const intents = await sql`select * from sync.intent`;
    const feeds = await sql`select side, cursor from sync.feed order by side`;
    throw new Error(
      `The sync did not come to rest: ${JSON.stringify(lanes)} workers ${JSON.stringify(workers)} intents ${JSON.stringify(intents)} feeds ${JSON.stringify(feeds)} ${errors.slice(-5).join('\n')}`,
    );
  }

  const letters = () =>
    sql<
      {
        id: string;
        lane: string;
        linkId: string | null;
        code: string;
        message: string;
        attempts: number;
        request: Json;
        answer: Json;
      }[]
    >`select id, lane, link_id as "linkId", code, message, attempts, request, answer from sync.dead_letter where closed_at is null`;

  return {
    url,
    sql,
    crm,
    erp,
    fakes,
    live,
    bury,
    settled,
    async close(): Promise<void> {
      await Promise.all([...lives].map((life) => life.kill()));
      await sql.end({ timeout: 1 });
    },
    create: (side: Side, entity: string, fields: Fields): SystemRecord =>
      fakes[side].person({ kind: 'create', entity, fields })!,
    edit: (side: Side, entity: string, id: string, fields: Fields): SystemRecord =>
      fakes[side].person({ kind: 'update', entity, id, fields })!,
    act: (side: Side, write: Write): SystemRecord | null => fakes[side].person(write),
    issues: () => sql<
      { code: string; key: string; linkId: string | null; mapping: string; message: string }[]
    >`
      select code, key, link_id as "linkId", mapping, message from sync.issue where closed_at is null`,
    letters,
    /** Waits until a lane has been given up. The pauses between its attempts, up to half a minute, are over at once. */
    async firstLetter() {
      await expect
        .poll(
          async () => {
            await sql`update sync.lane set run_at = now() where attempts > 0`;
            return (await letters()).length;
          },
          { interval: 20 },
        )
        .toBeGreaterThan(0);
      return (await letters())[0]!;
    },
  };
}

/** For how long a process waits for an answer: of its database to a statement, of a system to a call; in ms. */
interface Patience {
  readonly statementMs?: number;
  readonly callMs?: number;
}

async function startLife(
  url: string,
  socketFolder: string | undefined,
  fakes: Readonly<Record<Side, Fake>>,
  { statementMs, callMs }: Patience,
  around: (sql: Sql) => Sql = (sql) => sql,
): Promise<Life> {
  const client: Sql = openClient(url, socketFolder, { max: 6, ...(statementMs && { statementMs }) });
  const errors: string[] = [];
  let dying: Point | null = null;
  let isTime = (): boolean => true;
  let isDead = false;
  let gone: Promise<void> = Promise.resolve();
  let tellDead = (): void => {};
  const dead = new Promise<void>((go) => {
    tellDead = go;
  });
  const never = (): Promise<never> => Promise.reject(new Error('dead'));

  /** Dies here if this is the point. What was being done is never heard of again, as after kill -9. */
  function pass(point: Point): void {
    if (isDead) throw new Error('dead');
    if (dying !== point || !isTime()) return;
    die();
    throw new Error('dead');
  }
  function die(): void {
    if (isDead) return;
    isDead = true;
    gone = client.end({ timeout: 0 }).catch(() => {});
    tellDead();
  }

  const connectorOf = ({ connector }: Fake): Connector => ({
    ...connector,
    read: (entity, ids) => (isDead ? never() : connector.read(entity, ids)),
    find: (lookups) => (isDead ? never() : connector.find(lookups)),
    async write(writes, author) {
      pass('before the call');
      const results = await connector.write(writes, author);
      pass('after the call');
      return results;
    },
    async *changes(after, signal) {
      for await (const batch of connector.changes(after, signal)) {
        pass('change read');
        yield batch;
      }
    },
  });

  const sql = watched(
    around(client),
    {
      'before record': () => pass('before record'),
      'within record': () => pass('within record'),
      'after record': () => pass('after record'),
      'lane claimed': () => pass('lane claimed'),
    },
    (point) => dying === point,
  );
  const sync = await assembleSync(
    sql,
    { crm: connectorOf(fakes.crm), erp: connectorOf(fakes.erp) },
    {
      error: (detail, message) => {
        if (!isDead) errors.push(`${message} ${JSON.stringify(detail).slice(0, 800)}`);
      },
      info: () => {},
    },
    undefined,
    { callMs },
  );
  await sync.start();
  void follow();
  const life: Life = {
    sync,
    errors,
    dead,
    dieAt(point, when = () => true) {
      dying = point;
      isTime = when;
    },
    async kill() {
      die();
      await sync.stop().catch(() => {});
      await gone;
    },
    async stop() {
      await sync.stop();
      isDead = true;
      await client.end({ timeout: 1 });
    },
  };
  return life;

  /** A subscriber: the process may die as soon as somebody has heard of what it did. */
  async function follow(): Promise<void> {
    try {
      for await (const _ of sync.events('now', new AbortController().signal)) pass('after event');
    } catch (error) {
      if (!isDead) errors.push(`subscriber: ${String(error)}`);
    }
  }
}

type Hooks = Readonly<Partial<Record<Point, () => void>>>;

/** The client with the points of a step marked: by what the statements touch, since the engine names no points. */
function watched<S extends { begin: unknown }>(sql: S, hooks: Hooks, isDying: (point: Point) => boolean): S {
  return new Proxy(sql as object, {
    apply(target, self, args: unknown[]) {
      const text = Array.isArray(args[0]) ? (args[0] as string[]).join('?') : '';
      const made = Reflect.apply(target as never, self, args) as PromiseLike<unknown>;
      if (text.includes('update sync.lane l set locked_until = now() +'))
        return after(made, hooks['lane claimed']);
      if (text.includes('insert into sync.lane') && text.includes('update sync.feed'))
        return after(made, hooks['lane claimed'], ([row]) => (row as { taken: [] }).taken.length > 0);
      return made;
    },
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name === 'atOnce')
        return async (work: (tx: object) => readonly (Statement | null)[], behind?: unknown) => {
          hooks['before record']?.();
          const flight = (tx: object) => {
            const statements = work(tx);
            if (isDying('within record')) {
              // Whoever dies here has sent everything but the commit, and hears nothing any more.
              const begin = (tx as Sql)`begin`;
              for (const each of [begin, ...statements]) each?.execute().catch(() => {});
              hooks['within record']?.();
            }
            return statements;
          };
          await (value as (w: typeof work, b: unknown) => Promise<void>).call(target, flight, behind);
          hooks['after record']?.();
        };
      if (name !== 'begin') return value;
      return async (work: (tx: object) => Promise<unknown>) => {
        hooks['before record']?.();
        const result = await (value as (w: typeof work) => Promise<unknown>).call(
          target,
          async (tx: object) => {
            const done = await work(tx);
            hooks['within record']?.();
            return done;
          },
        );
        hooks['after record']?.();
        return result;
      };
    },
  }) as S;
}

const after = async (
  made: PromiseLike<unknown>,
  hook: (() => void) | undefined,
  when: (rows: readonly unknown[]) => boolean = (rows) => rows.length > 0,
) => {
  const rows = await made;
  if (when(rows as readonly unknown[])) hook?.();
  return rows;
};
