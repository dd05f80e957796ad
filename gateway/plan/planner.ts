import { type QueryPlan, QueryPlanner } from '@graphql-hive/router-query-planner';
import { GraphQLError } from 'graphql';

/** Plans operations over one supergraph. Kept this small so that another planner can take its place. */
export type Planner = {
  /**
   * @param chance 0 to 100, compared with the percentages of progressive `@override`s: a field moves while it is
   * below the percentage.
   */
  plan(document: string, chance: number): QueryPlan;
  /** The percentages in use, ascending; plans differ only between them. */
  readonly percentages: readonly number[];
};

/**
 * Loads the native planner. Throws when the supergraph is not one; `plan` throws a GraphQLError with code
 * PLANNING_FAILED. Known limits of version 0.0.38, each with a test that says when it is gone: within an entity
 * fetch it cannot plan a field whose `@requires` leads out of the subgraph it is in and back again
 * (`product { reviews { product { verdict } } }` in our tests); and where objects begin at an `@interfaceObject`,
 * of several kinds whose own fields lead back to the same subgraph it fetches but one.
 */
export function createPlanner(supergraphSdl: string): Planner {
  const native = new QueryPlanner(supergraphSdl);
  const noLabels = new Set<string>();
  return {
    plan: (document, chance) => {
      try {
        return native.plan(document, null, noLabels, chance);
      } catch (error) {
        throw new GraphQLError('This operation cannot be planned over the subgraphs.', {
          originalError: error instanceof Error ? error : null,
          extensions: { code: 'PLANNING_FAILED' },
        });
      }
    },
    percentages: [...native.overridePercentages].sort((a, b) => a - b),
  };
}
