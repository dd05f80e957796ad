import { maskedText } from '../core/secrets.ts';
import { rest } from './rest.ts';

/** What a call does: who can read may still be unable to write. */
export type Kind = 'read' | 'write';

/** Counts failures in a row, and says when it is time to leave alone what fails, and to try it again. */
export interface Breaker {
  isOpen(): boolean;
  /** ISO instant of the first of the failures in a row; null while there is none. */
  since(): string | null;
  /** What the last of them said, without secrets. */
  reason(): string | null;
  failed(error: unknown, at: Kind): void;
  answered(what: Kind): void;
  /** Resolves once it is closed; at once while it is. Probes with growing pauses. */
  ready(signal: AbortSignal): Promise<void>;
}

/** Failures in a row that open a breaker: one may be an accident of the network. */
const tolerance = 3;
const firstProbeMs = 250;

/** Makes a breaker for what `probe` reads. */
export function createBreaker({
  probe,
  longestMs,
  onChange,
}: {
  /** Fails as long as what it asks does not answer. */
  readonly probe: () => Promise<void>;
  /** Pauses between probes grow up to this, in ms. */
  readonly longestMs: number;
  readonly onChange: () => void;
}): Breaker {
  let failures = 0;
  let since: string | null = null;
  let reason: string | null = null;
  let lastKind: Kind = 'read';
  let probing: Promise<void> | null = null;
  let pause = firstProbeMs;
  const isOpen = (): boolean => failures >= tolerance;

  function close(left: number): void {
    const wasOpen = isOpen();
    failures = left;
    if (left === 0) {
      since = null;
      reason = null;
      pause = firstProbeMs;
    }
    if (wasOpen) onChange();
  }

  async function look(signal: AbortSignal): Promise<void> {
    while (isOpen() && !signal.aborted) {
      await rest(pause, signal);
      if (signal.aborted) return;
      pause = Math.min(pause * 2, longestMs);
      try {
        await probe();
        // What was read tells nothing of a write that failed: the next failure opens it again.
        close(lastKind === 'read' ? 0 : tolerance - 1);
      } catch (error) {
        reason = reasonOf(error);
      }
    }
  }

  return {
    isOpen,
    since: () => since,
    reason: () => reason,
    failed(error, at) {
      failures++;
      lastKind = at;
      since ??= new Date().toISOString();
      reason = reasonOf(error);
      if (failures === tolerance) onChange();
    },
    answered(what) {
      if (failures > 0 && (what === 'write' || lastKind === 'read')) close(0);
    },
    async ready(signal) {
      if (!isOpen()) return;
      probing ??= look(signal).finally(() => {
        probing = null;
      });
      await probing;
    },
  };
}

/** What an error says, without secrets. */
export const reasonOf = (error: unknown): string =>
  maskedText(error instanceof Error ? error.message : String(error));
