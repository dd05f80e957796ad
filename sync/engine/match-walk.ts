import type { Mapping } from '../core/mapping.ts';
import { sides } from '../core/sides.ts';
import type { Side } from '../core/types.ts';
import { noteWalk, walkedTo } from '../store/match-keys.ts';
import { isSought, learnPage } from './alike.ts';
import { rest } from './rest.ts';
import { type EngineParts, type MatchWalk, stepContext } from './step-context.ts';

/** Records per page. */
const page = 500;
/** Pause before a system that did not answer is asked again, in ms. */
const pauseMs = 1_000;

/** Which flows' match keys are known, and the walk that learns them. */
export interface MatchWalking extends MatchWalk {
  /**
   * Walks both systems once, in the background, for the match keys of what was there before the sync; afterwards the
   * feeds keep them up. It goes on where a process was stopped, and starts anew when a flow has other match keys.
   */
  walk(parts: EngineParts, hooks: WalkHooks): Promise<void>;
}

/** Knows nothing yet of the flows whose records are sought by what they look like. */
export function createMatchWalk(mappings: EngineParts['mappings']): MatchWalking {
  const sought = Object.values(mappings).filter(isSought);
  const open = new Set(sought.map((mapping) => mapping.name));
  return {
    knows: (mapping) => !open.has(mapping),
    async walk(parts, { signal, onKnown, onError }) {
      for (const mapping of sought) {
        while (!signal.aborted) {
          try {
            for (const side of sides) await walkSide(parts, mapping, side, signal);
            break;
          } catch (error) {
            onError(error);
            await rest(pauseMs, signal);
          }
        }
        if (signal.aborted) return;
        open.delete(mapping.name);
        onKnown();
      }
    },
  };
}

/** What a walk tells, and when it ends. */
interface WalkHooks {
  readonly signal: AbortSignal;
  /** One more flow is known: what waited for it may go on. */
  readonly onKnown: () => void;
  readonly onError: (error: unknown) => void;
}

async function walkSide(
  parts: EngineParts,
  mapping: Mapping,
  side: Side,
  signal: AbortSignal,
): Promise<void> {
  const which = { mapping: mapping.name, side, keys: JSON.stringify(mapping.match) };
  let upTo = await walkedTo(parts.sql, which);
  while (upTo !== null && !signal.aborted) {
    const records = await parts.patient[side].list(mapping[side], upTo === '' ? null : upTo, page);
    await learnPage(stepContext(parts), mapping, side, records);
    upTo = records.length < page ? null : records.at(-1)!.id;
    await noteWalk(parts.sql, which, upTo);
  }
}
