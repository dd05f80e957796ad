import { adminMutations } from './mutations/admin.ts';
import { findingMutations } from './mutations/findings.ts';
import { pairMutations } from './mutations/pairs.ts';
import type { Resolvers } from './resolvers-unified.ts';
import type { Unified } from './unified.ts';

/** The resolvers of Mutation: each checks its right and its arguments, then knocks at the engine's door. */
export const mutationResolvers = (unified: Unified): Resolvers => ({
  Mutation: { ...pairMutations(unified), ...findingMutations, ...adminMutations },
});
