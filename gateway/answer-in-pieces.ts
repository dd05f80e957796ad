import type { Desk } from './desk.ts';
import { type PatchFormat, patchesOf } from './incremental.ts';
import type { Piece } from './pieces.ts';
import type { AdmittedRequest } from './pipeline.ts';
import { type Asker, runInTurn } from './run-in-turn.ts';
import { createEventBuffer } from './transport/event-buffer.ts';

/**
 * Answers an operation in pieces, or at once where it defers nothing. It is worked on when its turn comes and to
 * its end, however slowly the pieces are read: what waits to be read holds no place. Reading rejects with a Refusal
 * when too many wait.
 */
export function answerInPieces(
  desk: Desk,
  request: AdmittedRequest,
  from: Asker,
  format: PatchFormat,
): AsyncIterableIterator<Piece> {
  const buffer = createEventBuffer<Piece>(Number.POSITIVE_INFINITY, neverFull, () => {});
  runInTurn(desk, request, from, async ({ inPieces }) => {
    const answer = await inPieces();
    if (!('rest' in answer)) return buffer.push(answer);
    const { initial, rest } = patchesOf(answer, format);
    buffer.push(initial);
    for await (const patch of rest) buffer.push(patch);
  }).then(buffer.end, buffer.fail);
  return buffer.events;
}

function neverFull(): never {
  throw new Error('A buffer without a bound is full.');
}
