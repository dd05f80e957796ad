import type { Random } from './random.ts';

/** A call as the fault plan sees it: what is asked, and of a write each single one. */
export interface Asked {
  readonly call: 'read' | 'find' | 'list' | 'write' | 'head' | 'check';
  /** Of a write: which one of the call. */
  readonly entity: string | null;
  readonly kind: string | null;
  readonly key: string | null;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What goes wrong: before anything is applied, or after it was and the caller never learns it. */
export interface Fault {
  readonly when: 'before' | 'after';
  /** `call`: the whole call throws, as when a connection is cut. `write`: this write alone is answered so. */
  readonly as: 'call' | 'write';
  readonly code: string;
  readonly message?: string;
  readonly field?: string;
}

/** Decides per call, or per write of a call, what goes wrong. */
export type FaultPlan = (asked: Asked) => Fault | null;

/** Nothing goes wrong. */
export const calm: FaultPlan = () => null;

/** An error as a network or a system throws it. */
export function thrown({ code, message }: Pick<Fault, 'code' | 'message'>): Error {
  return Object.assign(new Error(message ?? `the referee answers ${code}`), { code });
}

/** Every write goes wrong with this chance, applied or not, as a whole call or by itself; `most` times at most. */
export function unreliable(random: Random, chance: number, most = Number.POSITIVE_INFINITY): FaultPlan {
  let left = most;
  return ({ call }) => {
    if (left <= 0 || !random.chance(chance)) return null;
    left--;
    if (call !== 'write') return { when: 'before', as: 'call', code: 'ECONNRESET' };
    const when = random.chance(0.5) ? 'after' : 'before';
    return random.chance(0.5)
      ? { when, as: 'call', code: random.pick(['ECONNRESET', 'TIMEOUT', 'UNKNOWN_OUTCOME']) }
      : { when, as: 'write', code: 'UNKNOWN_OUTCOME' };
  };
}
