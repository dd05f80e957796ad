import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createBells } from '../../sync/engine/doorbell.ts';
import { startStream } from '../../sync/engine/stream.ts';
import { tokenOf, untilSettled } from '../../sync/engine/sync-token.ts';
import { tell } from '../../sync/engine/tell.ts';
import { appendEvents, eventBounds, readEvents, type SyncEvent } from '../../sync/store/events.ts';
import { claimPlannedAct, keepPlannedAct } from '../../sync/store/planned-acts.ts';
import { prune } from '../../sync/store/retention.ts';
import { testDatabase } from '../support/database.ts';
import { holdingBack } from '../support/held.ts';
import { patienceMs } from '../support/patience.ts';

const { sql } = await testDatabase();

const told = (outcome = 'updated') => ({
  id: randomUUID(),
  mapping: 'customer' as const,
  linkId: null,
  outcome,
  cause: { kind: 'change' } as const,
  fields: [],
  detail: null,
  attempt: 1,
  correlationId: 'test',
});

/** Reads on until so many events have come. */
async function read(events: AsyncIterable<readonly SyncEvent[]>, most: number): Promise<number[]> {
  const got: number[] = [];
  for await (const batch of events) {
    got.push(...batch.map((event) => Number(event.cursor)));
    if (got.length >= most) break;
  }
  return got;
}

describe('the event log', () => {
  test('gives every event one position, without a hole, and a reader goes on after its cursor', async () => {
    const stream = await startStream(sql, () => {});
    const { last } = await eventBounds(sql);
    for (let n = 0; n < 3; n++) await appendEvents(sql, [told(), told()]);
    expect(await stream.sequenced()).toBe(last + 6);
    const signal = AbortSignal.timeout(patienceMs);
    const whole = [1, 2, 3, 4, 5, 6].map((n) => last + n);
    expect(await read(stream.events(String(last), signal), 6), 'from memory').toEqual(whole);
    expect(await read(stream.events(String(last + 2), signal), 4)).toEqual(whole.slice(2));
    await stream.stop();
    const other = await startStream(sql, () => {});
    expect(await read(other.events(String(last + 2), signal), 4), 'from the table').toEqual(whole.slice(2));
    const news = read(other.events(String(last + 6), signal), 1);
    await appendEvents(sql, [told()]);
    expect(await news).toEqual([last + 7]);
    await other.stop();
  });

  test('shows what is told by this process, by another, and without a place, once and in order', async () => {
    const stream = await startStream(sql, () => {});
    const { last } = await eventBounds(sql);
    const signal = AbortSignal.timeout(patienceMs);
    const news = read(stream.events(String(last), signal), 60);
    const work = Array.from({ length: 20 }, (_, n) => {
      if (n % 3 === 0) return appendEvents(sql, [told(), told(), told()])!.then(() => {});
      return tell({ sql, onTold: n % 3 === 1 ? stream.told : () => {} }, [told(), told(), told()]);
    });
    await Promise.all(work);
    expect(await news).toEqual(Array.from({ length: 60 }, (_, n) => last + 1 + n));
    await stream.stop();
  });

  /** A stream with somebody who follows it and has had one event from memory; `hold` keeps what it reads meanwhile back. */
  async function followed() {
    let kept: Promise<unknown> = Promise.resolve();
    const stream = await startStream(
      holdingBack(sql, 'sync.next_events', () => kept),
      () => {},
    );
    const last = await stream.sequenced();
    const follower = stream.events(String(last), AbortSignal.timeout(patienceMs))[Symbol.asyncIterator]();
    const first = follower.next();
    await tell({ sql, onTold: stream.told }, [told()]);
    expect((await first).value).toHaveLength(1);
    const store = async (): Promise<readonly SyncEvent[]> => {
      let stored: readonly SyncEvent[] = [];
      await tell(
        {
          sql,
          onTold: (events) => {
            stored = events;
          },
        },
        [told()],
      );
      return stored;
    };
    const next = async (n: number): Promise<readonly string[]> => {
      const got: string[] = [];
      while (got.length < n)
        got.push(...(await follower.next()).value!.map(({ cursor }: SyncEvent) => cursor));
      return got;
    };
    const end = async () => {
      await follower.return?.();
      await stream.stop();
    };
    return {
      stream,
      store,
      next,
      end,
      hold: (until: Promise<unknown>) => {
        kept = until;
      },
    };
  }

  test('shows what was told before what stands in front of it, behind that', async () => {
    const { stream, store, next, end, hold } = await followed();
    const open = Promise.withResolvers<void>();
    hold(open.promise);
    const [front, behind] = [await store(), await store()];
    stream.told(behind);
    open.resolve();
    expect(await next(2)).toEqual([...front, ...behind].map(({ cursor }) => cursor));
    await end();
  });

  test('shows once what is told while it is being read', async () => {
    const { stream, store, next, end, hold } = await followed();
    const open = Promise.withResolvers<void>();
    hold(open.promise);
    const one = await store();
    const read = stream.sequenced();
    stream.told(one);
    open.resolve();
    await read;
    const other = await store();
    stream.told(other);
    expect(await next(2)).toEqual([...one, ...other].map(({ cursor }) => cursor));
    await end();
  });

  test('forgets what is old, tells so to a cursor behind it, and keeps the proof of an erasure', async () => {
    const stream = await startStream(sql, () => {});
    await appendEvents(sql, [told(), told('erased')]);
    const old = await stream.sequenced();
    await sql`update sync.event set at = now() - interval '100 days'`;
    await appendEvents(sql, [told()]);
    const kept = await stream.sequenced();
    expect((await prune(sql, 90))!.events).toBe(old - 1);
    expect(await sql`select outcome from sync.event order by pos`).toEqual([
      { outcome: 'erased' },
      { outcome: 'updated' },
    ]);
    expect(await eventBounds(sql)).toEqual({ last: kept, oldest: kept });
    const signal = AbortSignal.timeout(patienceMs);
    await expect(read(stream.events(String(kept - 2), signal), 1)).rejects.toMatchObject({
      code: 'CURSOR_EXPIRED',
    });
    expect(await read(stream.events(String(kept - 1), signal), 1)).toEqual([kept]);
    await stream.stop();
  });

  test('shows an event from memory as the table has it, and no longer once its person was erased', async () => {
    const stream = await startStream(sql, () => {});
    // Else it may still be looking, as for nobody, when somebody follows.
    const last = await stream.sequenced();
    const signal = AbortSignal.timeout(patienceMs);
    const follower = stream.events(String(last), signal)[Symbol.asyncIterator]();
    const first = follower.next();
    const name = { field: 'name', side: 'erp', before: null, after: 'Kari', winner: 'crm', why: 'created' };
    await tell({ sql, onTold: stream.told }, [{ ...told(), fields: [name as never], detail: { a: 1 } }]);
    expect((await first).value).toEqual(await readEvents(sql, last, 9));
    await sql`update sync.event set fields = '[]' where pos = ${last + 1}`;
    await tell({ sql, onTold: stream.told }, [told('erased')]);
    await follower.next();
    for await (const batch of stream.events(String(last), signal)) {
      expect(batch.map(({ fields }) => fields)).toEqual([[], []]);
      break;
    }
    await follower.return?.();
    await stream.stop();
  });
});

describe('a previewed plan', () => {
  test('is applied once, within a day', async () => {
    await keepPlannedAct(sql, 'today', { act: 1 }, { 'crm:Customer:1': '7' });
    await keepPlannedAct(sql, 'old', { act: 2 }, {});
    await sql`update sync.planned_act set at = now() - interval '25 hours' where token = 'old'`;
    expect(await claimPlannedAct(sql, 'old')).toBeNull();
    expect(await claimPlannedAct(sql, 'today')).toEqual({
      act: { act: 1 },
      versions: { 'crm:Customer:1': '7' },
    });
    expect(await claimPlannedAct(sql, 'today')).toBeNull();
  });
});

describe('a sync token', () => {
  test('names the sides that have not been read as far as it says', async () => {
    await sql`insert into sync.feed (side) values ('crm'), ('erp') on conflict do nothing`;
    const at = (crm: string | null, erp: string | null) => sql`
      update sync.feed set cursor = case side when 'crm' then ${crm} else ${erp} end`;
    const bells = { read: createBells(), settled: createBells() };
    const lagging = async (token: string) =>
      (await untilSettled({ sql, isUnread: async () => false }, token, 0, bells)).lagging;
    await at('10', '9');
    const token = await tokenOf(sql);
    expect(await lagging(token)).toEqual([]);
    await at('9', '10');
    expect(await lagging(token)).toEqual(['crm']);
    await at('100', '8');
    expect(await lagging(token)).toEqual(['erp']);
    await at(null, null);
    expect(await lagging(token)).toEqual(['crm', 'erp']);
    await expect(lagging('nonsense')).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});
