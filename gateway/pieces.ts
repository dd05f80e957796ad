import type { ServerResponse } from 'node:http';
import type { ExecutionResult, GraphQLError } from 'graphql';
import type { Desk } from './desk.ts';
import { type FirstPatch, type NextPatch, type PatchFormat, patchesOf } from './incremental.ts';
import { runInTurn } from './once.ts';
import type { AdmittedRequest } from './pipeline.ts';
import type { IncrementalAnswer } from './plan/incremental.ts';
import { createEventBuffer } from './transport/event-buffer.ts';

/** A whole answer, or one piece of it. */
export type Piece = ExecutionResult | FirstPatch | NextPatch;

/**
 * Answers an operation in pieces, or at once where it defers nothing. It is worked on when its turn comes and to
 * its end, however slowly the pieces are read: what waits to be read holds no place. Reading rejects with a Refusal
 * when too many wait.
 */
export function answerInPieces(
  desk: Desk,
  request: AdmittedRequest,
  from: { readonly response: ServerResponse | null; readonly address: string },
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

/** The same answer with its errors changed, those of later pieces too. */
export function withErrors(
  { initial, begun, rest }: IncrementalAnswer,
  changeInitial: (result: ExecutionResult) => ExecutionResult,
  change: (errors: readonly GraphQLError[]) => readonly GraphQLError[],
): IncrementalAnswer {
  return {
    initial: changeInitial(initial),
    begun,
    rest: (async function* () {
      for await (const delivery of rest)
        yield {
          ...delivery,
          parts: delivery.parts.map((part) =>
            part.errors.length === 0 ? part : { ...part, errors: change(part.errors) },
          ),
        };
    })(),
  };
}

function neverFull(): never {
  throw new Error('A buffer without a bound is full.');
}
