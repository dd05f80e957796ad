import { expect, test } from 'vitest';
import { born, edited, ground } from './people.ts';
import { seeded } from './referee/random.ts';
import { openWorld } from './world.ts';

const w = await openWorld();
const on = await ground(w);

// F12 and F13
test('100 subscribers that drop and resume with their cursor see every event once; one that does not read hinders nobody', async () => {
  const life = await w.live();
  const random = seeded(7);
  const done = new AbortController();
  const idle = life.sync.events('now', done.signal)[Symbol.asyncIterator]();
  const follow = (start: string | null) => {
    const seen: string[] = [];
    const reached = new Map<string, () => void>();
    const following = (async () => {
      let cursor = start;
      while (!done.signal.aborted) {
        const drop = new AbortController();
        const signal = AbortSignal.any([done.signal, drop.signal]);
        for await (const batch of life.sync.events(cursor, signal)) {
          // It drops in the middle of a batch: what it has not taken comes again.
          const taken = batch.slice(0, 1 + random.below(batch.length));
          for (const { cursor: at } of taken) {
            seen.push(at!);
            reached.get(at!)?.();
          }
          cursor = taken.at(-1)!.cursor;
          if (taken.length < batch.length || random.chance(0.2)) {
            drop.abort();
            break;
          }
        }
      }
      return seen;
    })();
    /** Until this one has been heard. */
    const until = async (cursor: string): Promise<void> => {
      if (!seen.includes(cursor)) await new Promise<void>((resolve) => reached.set(cursor, resolve));
    };
    return { following, until };
  };
  const all = Array.from({ length: 100 }, () => follow(null));
  const ids = Array.from({ length: 50 }, () => born(w, 'customer', 'crm', on).id);
  await w.settled(life);
  for (const id of ids) edited(w, 'customer', 'crm', id);
  await w.settled(life);
  const [{ pos }] = (await w.sql<{ pos: number }[]>`select pos from sync.event_head`) as unknown as [
    { pos: number },
  ];
  await Promise.all(all.map(({ until }) => until(String(pos))));
  done.abort();
  const expected = Array.from({ length: pos }, (_, n) => String(n + 1));
  for (const { following } of all) expect(await following).toEqual(expected);
  await idle.return?.();
  await life.stop();
});
