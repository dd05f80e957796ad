import { isAway } from '../../drizzle/postgres/away.ts';
import { takesNoWrites } from '../../drizzle/postgres/takes-no-writes.ts';
import type { Connector, EditsAsked, WriteResult } from '../core/connector.ts';
import { SyncError } from '../core/errors.ts';
import { maskedText } from '../core/secrets.ts';
import type { Side } from '../core/types.ts';
import { type Breaker, createBreaker, type Kind, reasonOf } from './breaker.ts';
import type { Budget } from './budget.ts';

/**
 * A connector with a circuit breaker before it: all flows share it, so a system that is down is asked by one probe only.
 * What the system says when it refuses leaves it without secrets: it may quote the request, with its credentials.
 */
export interface Guard {
  readonly connector: Connector;
  /** The same for what runs ask: it waits for live work. */
  readonly patient: Connector;
  /** Resolves once the system answers; at once while nothing is wrong. Probes with growing pauses. */
  ready(signal: AbortSignal): Promise<void>;
  readonly state: () => BreakerState;
}

/** What the breaker of a system says. */
export interface BreakerState {
  readonly open: boolean;
  /** ISO instant since which the system has not answered; null while it does. */
  readonly since: string | null;
  readonly reason: string | null;
  /** Of a system that answers: entities whose records it holds up, such as a table that somebody has locked. */
  readonly heldUp: readonly HeldUp[];
}

/** An entity whose calls are not answered, while others' are. */
export interface HeldUp {
  readonly entity: string;
  /** ISO instant. */
  readonly since: string;
  readonly reason: string;
}

/** A system that stays away is asked at most this often, in ms; an entity that is held up, more often. */
const longestProbeMs = 30_000;
const longestLookMs = 5_000;

/** Guards one system's connector. */
export function createGuard(
  side: Side,
  budget: Pick<Budget, 'of'>,
  onChange: (state: BreakerState) => void,
  stopping: AbortSignal,
): Guard {
  const [live, patient] = [budget.of(0), budget.of(1)];
  const name = side.toUpperCase();
  const entities = new Map<string, Breaker>();
  const changed = (): void => onChange(state());
  const whole = createBreaker({
    probe: async () => void (await live.check()),
    longestMs: longestProbeMs,
    onChange: changed,
  });
  const state = (): BreakerState => ({
    open: whole.isOpen(),
    since: whole.since(),
    reason: whole.reason(),
    heldUp: [...entities].flatMap(([entity, breaker]) =>
      breaker.isOpen() ? [{ entity, since: breaker.since()!, reason: breaker.reason()! }] : [],
    ),
  });

  function breakerOf(entity: string): Breaker {
    const known = entities.get(entity);
    if (known) return known;
    const made = createBreaker({
      probe: async () => void (await live.list(entity, null, 1)),
      longestMs: longestLookMs,
      onChange() {
        changed();
        // It is looked at although nobody takes its work meanwhile.
        if (made.isOpen()) void made.ready(stopping);
      },
    });
    entities.set(entity, made);
    return made;
  }

  /** `asked`: the entities that a call is about, and whether it writes. What speaks of one of them is none of the system's. */
  async function call<T>(asked: { of: readonly string[]; to: Kind }, work: () => Promise<T>): Promise<T> {
    if (whole.isOpen())
      throw new SyncError(
        'BREAKER_OPEN',
        `The ${name} has not answered since ${whole.since()}: ${whole.reason()}`,
      );
    const names = [...new Set(asked.of)];
    const closed = names.find((entity) => entities.get(entity)?.isOpen());
    if (closed !== undefined)
      throw new SyncError(
        'BREAKER_OPEN',
        `The ${name} has held up its ${closed} since ${breakerOf(closed).since()}: ${breakerOf(closed).reason()}`,
        { detail: { heldUp: closed } },
      );
    try {
      const result = await work();
      whole.answered('write');
      for (const entity of names) entities.get(entity)?.answered(asked.to);
      return result;
    } catch (error) {
      if (isHeldUp(error) && names.length > 0) {
        // Which of several is held up is known once they are asked one by one.
        if (names.length === 1) breakerOf(names[0]!).failed(error, asked.to);
        throw new SyncError(
          'SYSTEM_UNAVAILABLE',
          `The ${name} holds up its ${names.join(', ')}: ${reasonOf(error)}`,
          { cause: error, detail: { heldUp: names.join(', ') } },
        );
      }
      if (!isOutage(error)) throw withoutSecrets(error);
      whole.failed(error, 'read');
      // What a connector says for itself names the system already.
      const message =
        error instanceof SyncError ? whole.reason()! : `The ${name} cannot be reached: ${whole.reason()}`;
      throw new SyncError('SYSTEM_UNAVAILABLE', message, { cause: error });
    }
  }

  return {
    state,
    ready: whole.ready,
    connector: guarded(live),
    patient: guarded(patient),
  };

  function guarded(connector: Connector): Connector {
    const reading = (...of: readonly string[]) => ({ of, to: 'read' }) as const;
    return {
      ...(connector.capabilities && { capabilities: connector.capabilities }),
      read: (entity, ids) => call(reading(entity), () => connector.read(entity, ids)),
      find: (lookups) => call(reading(...lookups.map(({ entity }) => entity)), () => connector.find(lookups)),
      list: (entity, after, limit) => call(reading(entity), () => connector.list(entity, after, limit)),
      ...(connector.count && {
        count: (entity: string) => call(reading(entity), () => connector.count!(entity)),
      }),
      write: (writes, author) =>
        call({ of: writes.map(({ entity }) => entity), to: 'write' }, async () =>
          (await connector.write(writes, author)).map(refusedWithoutSecrets),
        ),
      head: () => call(reading(), () => connector.head()),
      ...(connector.edits && {
        edits: (asked: EditsAsked) => call(reading(), () => connector.edits!(asked)),
      }),
      check: () => connector.check().catch((error: unknown) => Promise.reject(withoutSecrets(error))),
      changes: (after, signal) => connector.changes(after, signal),
    };
  }
}

function refusedWithoutSecrets(result: WriteResult): WriteResult {
  if (result.kind !== 'failed') return result;
  return { kind: 'failed', failure: { ...result.failure, message: maskedText(result.failure.message) } };
}

/** The same error, its words masked. */
function withoutSecrets(error: unknown): unknown {
  if (error instanceof Error) error.message = maskedText(error.message);
  return error;
}

/** Codes of the table that say the system as a whole is away. */
const outages = new Set([
  'SYSTEM_UNAVAILABLE',
  'TIMEOUT',
  'RATE_LIMITED',
  'AUTH',
  'DISK_FULL',
  'UNKNOWN_OUTCOME',
]);

/** Whether an error speaks of the system rather than of a record: the network, a database that is starting or full. */
function isOutage(error: unknown): boolean {
  const code = String((error as { code?: unknown } | null)?.code ?? '');
  return (
    outages.has(code) ||
    isAway(error) ||
    /^(E(CONN|HOST|NET|AI_)|53|58)/.test(code) ||
    takesNoWrites(error) !== null ||
    isHeldUp(error)
  );
}

/** PostgreSQL's codes of a statement that was ended because it took too long, and of a lock that was not to be had. */
const heldUp = new Set(['57014', '55P03']);

/** Whether an error says that something else holds up a statement: a table, or a record. */
const isHeldUp = (error: unknown): boolean =>
  heldUp.has(String((error as { code?: unknown } | null)?.code ?? ''));

/** Whether a step failed because a system is away, or our own database: its lanes wait without using up attempts. */
export const isSystemAway = (error: unknown): boolean =>
  error instanceof SyncError
    ? error.code === 'BREAKER_OPEN' || outages.has(error.code)
    : isAway(error) || isHeldUp(error) || takesNoWrites(error) !== null;

/** Whether it failed because a system holds up some of its records: others of the same step may go on. */
export const isPartlyHeldUp = (error: unknown): boolean =>
  error instanceof SyncError && error.detail.heldUp !== undefined;
