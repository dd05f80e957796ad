import type { ExecutionResult, GraphQLError } from 'graphql';
import type { DeferredPart, DeliveredPart, Delivery, IncrementalAnswer } from './plan/incremental.ts';
import type { Place } from './plan/paths.ts';

/**
 * The two ways in use to write an answer in pieces: `20220824` as Apollo Client 3, Relay and urql read it, and
 * `v0.2` of the incremental delivery specification, where parts are announced under an id first.
 */
export type PatchFormat = '20220824' | 'v0.2';

/** The first piece: the answer without its deferred parts. */
export type FirstPatch = ExecutionResult & {
  readonly hasNext: true;
  readonly pending?: readonly PendingPatch[];
};

/** A later piece. */
export type NextPatch = {
  readonly incremental?: readonly object[];
  readonly pending?: readonly PendingPatch[];
  readonly completed?: readonly { readonly id: string; readonly errors?: readonly GraphQLError[] }[];
  readonly hasNext: boolean;
};

type PendingPatch = { readonly id: string; readonly path: Place; readonly label?: string };

/** An answer in pieces, written as a client reads it. */
export type Patches = { readonly initial: FirstPatch; readonly rest: AsyncGenerator<NextPatch, void> };

/** Writes an answer in pieces in a format. */
export function patchesOf({ initial, begun, rest }: IncrementalAnswer, format: PatchFormat): Patches {
  const write = format === 'v0.2' ? announcedPatch : labelledPatch;
  return {
    initial: {
      ...initial,
      ...(format === 'v0.2' ? { pending: begun.map(pendingPatch) } : {}),
      hasNext: true,
    },
    rest: (async function* () {
      for await (const delivery of rest) yield write(delivery);
    })(),
  };
}

function labelledPatch({ parts, hasNext }: Delivery): NextPatch {
  const incremental = parts.map(({ path, label, data, errors }) => ({
    ...(errors.length > 0 ? { errors } : {}),
    data,
    path,
    ...(label === undefined ? {} : { label }),
  }));
  return { incremental, hasNext };
}

function announcedPatch({ parts, begun, hasNext }: Delivery): NextPatch {
  const whole = parts.filter(({ data }) => data !== null);
  return {
    ...(begun.length > 0 ? { pending: begun.map(pendingPatch) } : {}),
    ...(whole.length > 0 ? { incremental: whole.map(identifiedPatch) } : {}),
    completed: parts.map(({ id, data, errors }) => (data === null ? { id, errors } : { id })),
    hasNext,
  };
}

function identifiedPatch({ id, data, errors }: DeliveredPart) {
  return { id, data, ...(errors.length > 0 ? { errors } : {}) };
}

function pendingPatch({ id, path, label }: DeferredPart): PendingPatch {
  return { id, path, ...(label === undefined ? {} : { label }) };
}
