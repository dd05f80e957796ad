import type { Json } from '../../core/types.ts';
import { isLeaseLost, type Lane } from '../../store/lanes.ts';
import { takenBackOn } from '../../store/taking-back.ts';
import { isOfAct, linkOfAct, notesOf } from '../../store/unfinished.ts';
import type { InlineParts } from '../inline.ts';
import { goOnMerging } from './follow-merge.ts';
import { goOnTakingBack } from './taking-back.ts';
import { type NotedAsk, over, toGoOn } from './under-way.ts';
import { goOnReliving } from './undo.ts';
import { goOnParting } from './undo-merge.ts';

/** Goes on, as a worker that holds its lane, with an act whose process died or met something that was in its way. */
export async function goOnWithAct(parts: InlineParts, lane: Lane, token: number): Promise<void> {
  if (takenBackOn(lane.key) !== null) return goOnTakingBack(parts, lane, token);
  if (!isOfAct(lane.key)) return;
  try {
    await goOn(parts, lane.key, token);
  } catch (error) {
    // Another process goes on with it, or has come to the end.
    if (!isLeaseLost(error)) throw error;
  }
}

/** An act as it was noted: who asked for it, and all that it needs to go on. */
type Noted = { readonly kind: 'merge' | 'unmerge' | 'relive'; readonly by: NotedAsk } & Readonly<
  Record<string, Json>
>;

async function goOn(parts: InlineParts, lane: string, token: number): Promise<void> {
  const [first, ...next] = await notesOf(parts.sql, lane);
  const note = first as unknown as Noted | undefined;
  const act = toGoOn(lane, token, note?.by ?? { actor: 'sync', correlationId: parts.newId() });
  const linkId = linkOfAct(lane);
  switch (note?.kind) {
    case 'merge':
      return goOnMerging(parts, act, note, next);
    case 'unmerge':
      return goOnParting(parts, linkId, act, note);
    case 'relive':
      return goOnReliving(parts, linkId, act, note);
    default:
      // A letter was retried of what has come to its end since.
      return over(parts, act);
  }
}
