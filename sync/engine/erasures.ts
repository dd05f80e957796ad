import { meaningOf, SyncError } from '../core/errors.ts';
import type { RecordRef } from '../core/types.ts';
import {
  dueErasures,
  type Erasure,
  erasingAlone,
  erasingIfFree,
  erasureIssue,
  forgetErasure,
  hasBegun,
  noteErasure,
  postponeErasure,
} from '../store/erasures.ts';
import { saveIssues } from '../store/issues.ts';
import { carryOut, nameOf, previewErasure } from './acts/erase.ts';
import type { Ask, Erased } from './api.ts';
import { isSystemAway } from './guard.ts';
import type { InlineParts } from './inline.ts';
import { recordName, refKey, refOf } from './records.ts';
import { rest } from './rest.ts';

/** Erases persons, one after the other, and goes on with what was interrupted. */
export interface Erasures {
  erase(ref: RecordRef, ask: Ask): Promise<Erased>;
  /** Goes on with erasures that failed, or whose process died, until the signal aborts. */
  tend(tending: Tending): Promise<void>;
}

interface Tending {
  readonly signal: AbortSignal;
  readonly report: (error: unknown, what?: string) => void;
}

/** How often it looks for erasures that are to go on, in ms. */
const tendMs = 1_000;
/** The longest that one which failed waits, in ms. */
const longestMs = 600_000;

/** Nothing goes on by itself before `tend`. */
export function createErasures(parts: InlineParts): Erasures {
  const { sql } = parts;
  let last: Promise<unknown> = Promise.resolve();
  // The lock takes a connection each: a process that waits for itself would run out of them.
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
  return {
    async erase(ref, { mode, actor, correlationId = null }) {
      nameOf(parts, ref);
      if (mode === 'preview') return previewErasure(parts, ref, actor);
      return inTurn(() =>
        erasingAlone(sql, async () =>
          attempt(parts, await noteErasure(sql, { ref: refKey(ref), actor, correlationId })),
        ),
      );
    },
    async tend({ signal, report }) {
      let underWay = false;
      while (!signal.aborted) {
        // Beside: searching may take long, and whoever stops the sync does not wait for it. It is gone on with at the next start.
        if (!underWay) {
          underWay = true;
          goOn(parts, inTurn)
            .catch((error) => {
              if (!isSystemAway(error) && !signal.aborted) report(error, 'erasure');
            })
            .finally(() => {
              underWay = false;
            });
        }
        await rest(tendMs, signal);
      }
    },
  };
}

/** Goes on with what is due, unless another process does. One that fails is due later, and holds up no other for long. */
async function goOn(parts: InlineParts, inTurn: <T>(work: () => Promise<T>) => Promise<T>): Promise<void> {
  const { sql } = parts;
  if ((await dueErasures(sql)).length === 0) return;
  await inTurn(() =>
    erasingIfFree(sql, async () => {
      for (const erasure of await dueErasures(sql)) await attempt(parts, erasure);
    }),
  );
}

/** One erasure. What is in its way is told, and it is noted to go on; what may not be erased is forgotten. */
async function attempt(parts: InlineParts, erasure: Erasure): Promise<Erased> {
  const ref = refOf(erasure.ref);
  try {
    return await carryOut(parts, ref, erasure);
  } catch (error) {
    if (isRefusal(error) && !(await hasBegun(parts.sql, erasure.ref))) {
      await forgetErasure(parts.sql, erasure.ref);
      throw error;
    }
    await putOff(parts, ref, erasure, error).catch(() => {
      // Our own database is away: it is noted, and due.
    });
    if (!(error instanceof SyncError)) throw error;
    throw new SyncError(error.code, `${error.message} ${goesOn(ref)}`, {
      detail: error.detail,
      cause: error,
    });
  }
}

const goesOn = (ref: RecordRef): string =>
  `The erasure of ${recordName(ref)} is noted and goes on by itself.`;

/** Whether the record may not be erased, or is not there. */
const isRefusal = (error: unknown): boolean =>
  error instanceof SyncError && (error.code === 'BAD_USER_INPUT' || error.code === 'NOT_FOUND');

async function putOff(parts: InlineParts, ref: RecordRef, erasure: Erasure, error: unknown): Promise<void> {
  const { sql, newId, homes } = parts;
  const code = error instanceof SyncError ? error.code : 'INTERNAL';
  const message = error instanceof SyncError ? error.message : meaningOf(code);
  await postponeErasure(sql, erasure.ref, Math.min(longestMs, tendMs * 2 ** erasure.tries));
  await saveIssues(
    sql,
    [],
    [
      {
        id: newId(),
        key: erasureIssue(erasure.ref),
        code,
        mapping: homes[ref.side][ref.entity]!,
        linkId: null,
        side: ref.side,
        entity: ref.entity,
        recordId: ref.id,
        field: null,
        value: null,
        message: `${message} ${goesOn(ref)}`,
      },
    ],
  );
}
