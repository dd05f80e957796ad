import { createRequire } from 'node:module';
import type * as Native from '@graphql-hive/router-query-planner';
import { type DocumentNode, GraphQLError, parse, print } from 'graphql';
import { createTrimUnions } from './trim-unions.ts';
import { createDropUnknownKinds } from './unknown-kinds.ts';
import { partialUnions, withWholeUnions } from './whole-unions.ts';
import { withoutCosts } from './without-costs.ts';

/** Plans operations over one supergraph. Kept this small so that another planner can take its place. */
export type Planner = {
  /**
   * @param chance 0 to 100, compared with the percentages of progressive `@override`s: a field moves while it is
   * below the percentage.
   */
  plan(document: string, chance: number): Native.QueryPlan;
  /** The percentages in use, ascending; plans differ only between them. */
  readonly percentages: readonly number[];
};

/**
 * Loads the native planner. Throws when the supergraph is not one; `plan` throws a GraphQLError with code
 * PLANNING_FAILED. Known limits of version 0.0.38, each with a test: within an entity fetch it cannot plan a field
 * whose `@requires` leads out of the subgraph it is in and back again (`product { reviews { product { verdict } } }` in
 * our tests); where objects begin at an `@interfaceObject`, of several kinds whose own fields lead back to the same
 * subgraph it fetches but one; of a field that is required with several arguments it mixes up the values; and where
 * `@provides` leads to the type it began with, it takes the fields there for provided, too: the engine takes such
 * operations apart. It also drops type conditions from paths, so that entities are asked for what they lack a
 * requirement of: these are passed over. Of a shared field of a union it leaves out the members that not all subgraphs
 * know: it plans over whole unions first. What it makes a fragment of may name a type that its subgraph does not know.
 */
export function createPlanner(supergraphSdl: string): Planner {
  const native = openNative(supergraphSdl);
  const supergraph = parse(supergraphSdl, { noLocation: true });
  const whole = overWholeUnions(supergraph);
  const dropUnknownKinds = createDropUnknownKinds(supergraph);
  return {
    plan: (document, chance) => {
      try {
        const plan = whole?.(document, chance) ?? native.plan(document, chance);
        return dropUnknownKinds && plan.node ? { ...plan, node: dropUnknownKinds(plan.node) } : plan;
      } catch (error) {
        throw unplannable(error);
      }
    },
    percentages: native.percentages,
  };
}

function openNative(supergraphSdl: string): Planner {
  const native = new (loadNative().QueryPlanner)(withoutCosts(supergraphSdl));
  const noLabels = new Set<string>();
  return {
    plan: (document, chance) => native.plan(document, null, noLabels, chance),
    percentages: [...native.overridePercentages].sort((a, b) => a - b),
  };
}

/** Plans with all members of every union; undefined where it cannot, or where every subgraph knows them all anyway. */
function overWholeUnions(
  supergraph: DocumentNode,
): ((...asked: Parameters<Planner['plan']>) => Native.QueryPlan | undefined) | undefined {
  const unions = partialUnions(supergraph);
  if (unions.size === 0) return undefined;
  const whole = openNative(print(withWholeUnions(supergraph, unions)));
  const trim = createTrimUnions(supergraph, unions);
  const planWhole = (...asked: Parameters<Planner['plan']>) => {
    try {
      return whole.plan(...asked);
    } catch {
      return undefined;
    }
  };
  return (...asked) => {
    const plan = planWhole(...asked);
    return plan?.node ? { ...plan, node: trim(plan.node) } : plan;
  };
}

/** What is thrown where an operation has no plan, or one that cannot be right. */
export function unplannable(reason: unknown): GraphQLError {
  return new GraphQLError('This operation cannot be planned over the subgraphs.', {
    originalError: reason instanceof Error ? reason : new Error(String(reason)),
    extensions: { code: 'PLANNING_FAILED' },
  });
}

/** Whether this is what `plan` throws. */
export function isUnplannable(error: unknown): boolean {
  return error instanceof GraphQLError && error.extensions.code === 'PLANNING_FAILED';
}

/** Why the native planner cannot be had here, or null: it comes for Linux with glibc and for macOS. */
export function whyNoPlanner(): string | null {
  try {
    loadNative();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Loaded when it is first needed: importing it fails where there is no binary for the machine. */
function loadNative(): typeof Native {
  return createRequire(import.meta.url)('@graphql-hive/router-query-planner') as typeof Native;
}
