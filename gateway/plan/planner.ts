import { type QueryPlan, QueryPlanner } from '@graphql-hive/router-query-planner';

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

/** Loads the native planner. Throws when the supergraph is not one. */
export function createPlanner(supergraphSdl: string): Planner {
  const native = new QueryPlanner(supergraphSdl);
  const noLabels = new Set<string>();
  return {
    plan: (document, chance) => native.plan(document, null, noLabels, chance),
    percentages: [...native.overridePercentages].sort((a, b) => a - b),
  };
}
