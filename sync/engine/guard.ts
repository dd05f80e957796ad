import type { Connector, WriteResult } from '../core/connector.ts';
import { SyncError } from '../core/errors.ts';
import { maskedText } from '../core/secrets.ts';
import type { Side } from '../core/types.ts';
import type { Budget } from './budget.ts';
import { rest } from './rest.ts';

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
}

/** Failures in a row that open the breaker: one may be an accident of the network. */
const tolerance = 3;
const firstProbeMs = 250;
/** A system that stays away is asked at most this often, in ms. */
const longestProbeMs = 30_000;

/** Guards one system's connector. */
export function createGuard(
  side: Side,
  budget: Pick<Budget, 'of'>,
  onChange: (state: BreakerState) => void,
): Guard {
  const [live, patient] = [budget.of(0), budget.of(1)];
  let failures = 0;
  let since: string | null = null;
  let reason: string | null = null;
  let probing: Promise<void> | null = null;
  const state = (): BreakerState => ({ open: failures >= tolerance, since, reason });

  function failed(error: unknown): void {
    failures++;
    since ??= new Date().toISOString();
    reason = reasonOf(error);
    if (failures === tolerance) onChange(state());
  }

  function answered(): void {
    if (failures === 0) return;
    const wasOpen = failures >= tolerance;
    failures = 0;
    since = null;
    reason = null;
    if (wasOpen) onChange(state());
  }

  async function call<T>(work: () => Promise<T>): Promise<T> {
    if (failures >= tolerance)
      throw new SyncError(
        'BREAKER_OPEN',
        `The ${side.toUpperCase()} has not answered since ${since}: ${reason}`,
      );
    try {
      const result = await work();
      answered();
      return result;
    } catch (error) {
      if (!isOutage(error)) throw withoutSecrets(error);
      failed(error);
      // What a connector says for itself names the system already.
      const message =
        error instanceof SyncError ? reason! : `The ${side.toUpperCase()} cannot be reached: ${reason}`;
      throw new SyncError('SYSTEM_UNAVAILABLE', message, { cause: error });
    }
  }

  async function probe(signal: AbortSignal): Promise<void> {
    let pause = firstProbeMs;
    while (failures >= tolerance && !signal.aborted) {
      await rest(pause, signal);
      if (signal.aborted) return;
      try {
        await live.check();
        answered();
      } catch (error) {
        reason = reasonOf(error);
        pause = Math.min(pause * 2, longestProbeMs);
      }
    }
  }

  return {
    state,
    async ready(signal) {
      if (failures < tolerance) return;
      probing ??= probe(signal).finally(() => {
        probing = null;
      });
      await probing;
    },
    connector: guarded(live),
    patient: guarded(patient),
  };

  function guarded(connector: Connector): Connector {
    return {
      ...(connector.capabilities && { capabilities: connector.capabilities }),
      read: (entity, ids) => call(() => connector.read(entity, ids)),
      find: (lookups) => call(() => connector.find(lookups)),
      list: (entity, after, limit) => call(() => connector.list(entity, after, limit)),
      ...(connector.count && { count: (entity: string) => call(() => connector.count!(entity)) }),
      write: (writes, author) =>
        call(async () => (await connector.write(writes, author)).map(refusedWithoutSecrets)),
      head: () => call(() => connector.head()),
      check: () => connector.check().catch((error: unknown) => Promise.reject(withoutSecrets(error))),
      changes: (after, signal) => connector.changes(after, signal),
    };
  }
}

const reasonOf = (error: unknown): string =>
  maskedText(error instanceof Error ? error.message : String(error));

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
    /^(CONNECT|CONNECTION_|E(CONN|PIPE|TIMEDOUT|HOST|NET|AI_|NOTFOUND))/.test(code) ||
    /^(08|53|57P|58)/.test(code) ||
    heldUp.has(code)
  );
}

/** PostgreSQL's codes of a statement that was ended because it took too long, and of a lock that was not to be had. */
const heldUp = new Set(['57014', '55P03']);

/** Whether a step failed because a system is away, or our own database: its lanes wait without using up attempts. */
export const isSystemAway = (error: unknown): boolean =>
  error instanceof SyncError ? error.code === 'BREAKER_OPEN' || outages.has(error.code) : isLost(error);

/** Whether an error speaks of a connection that broke, or of a server that goes down or comes up. */
const isLost = (error: unknown): boolean =>
  /^(CONNECT|CONNECTION_|E(CONN|PIPE|TIMEDOUT)|08|57P)/.test(
    String((error as { code?: unknown } | null)?.code ?? ''),
  );
