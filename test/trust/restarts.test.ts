import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import type { Sql } from '../../drizzle/postgres/open.ts';
import type { Sync } from '../../sync/index.ts';
import { ground } from './people.ts';
import { openPostgres } from './postgres.ts';
import { seeded } from './referee/random.ts';
import { judged } from './referee/story.ts';
import { act } from './storm.ts';
import { worldOver } from './world.ts';

const minutes = Number(process.env.SOAK_MINUTES ?? 0);
/** The soak brings a seed that nobody has seen yet. */
const seed = Number(process.env.TRUST_SEED ?? (minutes > 0 ? Math.floor(Math.random() * 2 ** 31) : 1));
/** Ten minutes of the soak are 5,000 edits. */
const edits = minutes > 0 ? Math.round(500 * minutes) : 400;
/** Milliseconds between two stops, from and up to: a matter of seconds in the soak, shorter in the test command. */
const [soonest, latest] = minutes > 0 ? [5_000, 10_000] : [500, 1_500];
const longestDown = minutes > 0 ? 2_000 : 500;
const fewest = minutes > 0 ? 4 * minutes + 1 : 4;

const server = await openPostgres();
const w = await worldOver(server.url, server.socketFolder);
afterAll(() => w.close());

// F4. An error that nobody catches would end the process, and fails this file: vitest reports it.
test(`PostgreSQL is stopped again and again while ${edits} edits flow (TRUST_SEED=${seed}): the process goes on, nothing is lost`, {
  timeout: minutes > 0 ? (2 * minutes + 2) * 60_000 : 60_000,
}, async () => {
  const random = seeded(seed);
  const on = await ground(w);
  const life = await w.live();
  const heard = follow(life.sync);
  let flowing = true;
  let stops = 0;
  const stopping = (async () => {
    while (flowing) {
      await delay(soonest + random.below(latest - soonest));
      await server.stopImmediately();
      stops++;
      await delay(random.below(longestDown));
      await server.start();
    }
  })();
  const pauseMs = minutes > 0 ? (minutes * 60_000) / edits : 15;
  // A machine that is slow to start a server stops it less often meanwhile.
  for (let n = 0; n < edits || stops < fewest; n++) {
    act(w, on, random);
    await delay(pauseMs);
  }
  flowing = false;
  await stopping;
  await w.settled(life);
  expect(await w.letters()).toEqual([]);
  expect(await judged(w)).toEqual([]);
  const told = await heard.untilNow(w.sql);
  expect(told.length).toBeGreaterThan(edits / 4);
  // What a crash took back was told to nobody: no cursor has stood for two events.
  const logged = await w.sql<{ id: string; cursor: string }[]>`
    select id, pos::text as cursor from sync.event where pos between ${told[0]!.cursor} and ${told.at(-1)!.cursor} order by pos`;
  expect(told).toEqual([...logged]);
  await life.stop();
});

/** Follows the log as a subscriber would, and resumes after his last cursor whenever the stream breaks off. */
function follow(sync: Sync) {
  const stopping = new AbortController();
  const told: { readonly id: string; readonly cursor: string }[] = [];
  const reached = new Map<string, () => void>();
  const following = (async () => {
    while (!stopping.signal.aborted)
      try {
        for await (const batch of sync.events(told.at(-1)?.cursor ?? 'now', stopping.signal))
          for (const { id, cursor } of batch) {
            told.push({ id, cursor: cursor! });
            reached.get(cursor!)?.();
          }
      } catch {
        await delay(20);
      }
  })();
  return {
    /** Everything heard, once that is all that the log holds. */
    async untilNow(sql: Sql) {
      const [{ pos }] = (await sql`select pos::text from sync.event_head`) as unknown as [{ pos: string }];
      if (told.at(-1)?.cursor !== pos) await new Promise<void>((resolve) => reached.set(pos, resolve));
      stopping.abort();
      await following;
      return told;
    },
  };
}
