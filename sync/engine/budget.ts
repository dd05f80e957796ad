import type { Connector, EditsAsked, RateLimit, WriteResult } from '../core/connector.ts';
import { SyncError } from '../core/errors.ts';
import type { Side } from '../core/types.ts';
import { book, bookedAhead, bookNow, holdBudget, openBudget, type Pace } from '../store/budgets.ts';
import type { Priority } from '../store/lanes.ts';
import type { Sql } from '../store/sql.ts';
import { rest } from './rest.ts';

/** The calls that a system takes, shared by all flows and all processes. */
export interface Budget {
  /** The system, spoken to within its budget. Live work books ahead of what runs ask, and finds a part of it kept free. */
  of(priority: Priority): Connector;
  state(): Promise<BudgetState | null>;
}

/** How a system's budget stands. */
export interface BudgetState {
  readonly calls: number;
  readonly withinMs: number;
  /** Calls that may be sent at once. */
  readonly available: number;
  /** Milliseconds until live work may call again; 0: now. */
  readonly waitMs: number;
}

/** Of the calls within the limit's time: how many may come at once, and how many are used in all. A tenth is never used. */
const burstShare = 0.2;
const usedShare = 0.9;
/** Of what may come at once, the part that runs may use. */
const runShare = 0.5;
/** A system that asks for a pause without saying how long gets this one, in ms. */
const pauseMs = 1_000;
/** A call that has to wait longer is given up, and its lanes wait in the queue, in ms. */
const patienceMs = 15_000;

/** Opens a system's budget: the limit that its connector tells, and pauses that it asks for in either case. */
export function createBudget(sql: Sql, side: Side, connector: Connector, signal: AbortSignal): Budget {
  const limit = connector.capabilities?.rateLimit;
  const pace = limit && paceOf(limit);
  const opened = pace ? openBudget(sql, side) : Promise.resolve();
  // Whoever asks first hears of it.
  opened.catch(() => {});
  let pausedUntil = 0;

  async function admit(priority: Priority): Promise<void> {
    for (let left = pausedUntil - performance.now(); left > 0; left = pausedUntil - performance.now())
      await wait(left);
    if (!pace) return;
    await opened;
    if (priority === 0) return wait(await book(sql, side, pace));
    const patient = { ...pace, aheadMs: pace.aheadMs * runShare };
    for (let ms = await bookNow(sql, side, patient); ms !== null; ms = await bookNow(sql, side, patient))
      await rest(ms, signal);
  }

  async function wait(ms: number): Promise<void> {
    if (ms <= 0) return;
    if (ms > patienceMs)
      throw new SyncError(
        'RATE_LIMITED',
        `The ${side.toUpperCase()} takes no more calls for ${Math.ceil(ms / 1000)} s.`,
        { detail: { afterMs: ms } },
      );
    await rest(ms, signal);
  }

  async function pause(ms: number): Promise<void> {
    pausedUntil = Math.max(pausedUntil, performance.now() + ms);
    if (pace) await holdBudget(sql, side, pace, ms);
  }

  /** What the system refuses for now was not carried out: it is sent again after the pause that it asks for. */
  async function call<T>(priority: Priority, work: () => Promise<T>): Promise<T> {
    for (const from = performance.now(); ; ) {
      await admit(priority);
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof SyncError) || error.code !== 'RATE_LIMITED') throw error;
        await pause(afterOf(error.detail.afterMs));
        if (performance.now() - from > patienceMs || signal.aborted) throw error;
      }
    }
  }

  return {
    of: (priority) => ({
      ...connector,
      read: (entity, ids) => call(priority, () => connector.read(entity, ids)),
      find: (lookups) => call(priority, () => connector.find(lookups)),
      list: (entity, after, most) => call(priority, () => connector.list(entity, after, most)),
      ...(connector.count && { count: (entity: string) => call(priority, () => connector.count!(entity)) }),
      write: async (writes, author) => {
        const results = await call(priority, () => connector.write(writes, author));
        const refused = results.filter(isLimited);
        if (refused.length > 0)
          await pause(Math.max(...refused.map(({ failure }) => afterOf(failure.afterMs))));
        return results;
      },
      head: () => call(priority, () => connector.head()),
      ...(connector.edits && {
        edits: (asked: EditsAsked) => call(priority, () => connector.edits!(asked)),
      }),
    }),
    async state() {
      if (!limit || !pace) return null;
      const ahead = (await bookedAhead(sql, side)) ?? 0;
      const free = Math.floor((pace.aheadMs - ahead) / pace.everyMs) + 1;
      return { ...limit, available: Math.max(0, free), waitMs: Math.max(0, ahead - pace.aheadMs) };
    },
  };
}

/** In any stretch of the limit's length: what may come at once, and what is paid for meanwhile. */
function paceOf({ calls, withinMs }: RateLimit): Pace {
  const burst = Math.max(1, Math.floor(calls * burstShare));
  const everyMs = withinMs / Math.max(calls * usedShare - burst, 0.9);
  return { everyMs, aheadMs: (burst - 1) * everyMs };
}

const afterOf = (ms: unknown): number => (typeof ms === 'number' && ms > 0 ? ms : pauseMs);

const isLimited = (result: WriteResult): result is Extract<WriteResult, { kind: 'failed' }> =>
  result.kind === 'failed' && result.failure.code === 'RATE_LIMITED';
