import { Kind, parse, print, visit } from 'graphql';

const COSTS: ReadonlySet<string> = new Set(['cost', 'listSize']);

/**
 * A supergraph without its weights and sizes. The native planner has no use for them, and ends the whole process where
 * it reads one it does not expect: below nothing, or written as text, as IBM's specification does.
 */
export function withoutCosts(supergraphSdl: string): string {
  if (!/@(cost|listSize)\b/.test(supergraphSdl)) return supergraphSdl;
  return print(
    visit(parse(supergraphSdl, { noLocation: true }), {
      [Kind.DIRECTIVE]: ({ name }) => (COSTS.has(name.value) ? null : undefined),
    }),
  );
}
