import type { ExecutionResult, GraphQLError } from 'graphql';
import type { FirstPatch, NextPatch } from './incremental.ts';
import type { IncrementalAnswer } from './plan/incremental.ts';

/** A whole answer, or one piece of it. */
export type Piece = ExecutionResult | FirstPatch | NextPatch;

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
