import type { PlanNode, QueryPlan } from '@graphql-hive/router-query-planner';
import { compileEntityFetch, compileFlatten } from './entity-fetch.ts';
import { compileEntry } from './entry.ts';
import { ENTRY_SUBGRAPH } from './entry-points.ts';
import { compileFetch, compileFetchAt, compileRootFetch, type PlanStep, type RootFetch } from './fetch.ts';
import type { Transport } from './run.ts';
import type { PlanSchema } from './schema.ts';
import { trustPlan } from './trust-plan.ts';

/** A plan ready to run. */
export type CompiledPlan =
  | { readonly kind: 'once'; readonly run: PlanStep }
  /** `primary` is a stream; `rest` enriches each of its events. */
  | { readonly kind: 'stream'; readonly primary: RootFetch; readonly rest: PlanStep };

/** Compiles a query plan into closures. Throws where it cannot be right, as the planner does where it has none. */
export function compilePlan(plan: QueryPlan, schema: PlanSchema, transport: Transport): CompiledPlan {
  const node = plan.node;
  if (!node) return { kind: 'once', run: () => undefined };
  trustPlan(node);
  schema.trustProvided(node);
  const [first, ...others] = node.kind === 'Sequence' ? node.nodes : [node];
  if (first?.kind !== 'Subscription') return { kind: 'once', run: compileNode(node, schema, transport) };
  return {
    kind: 'stream',
    primary: compileRootFetch(first.primary, schema),
    rest: sequence(others.map((other) => compileNode(other, schema, transport))),
  };
}

function compileNode(node: PlanNode, schema: PlanSchema, transport: Transport): PlanStep {
  const compile = (inner: PlanNode) => compileNode(inner, schema, transport);
  switch (node.kind) {
    case 'Sequence':
      return sequence(node.nodes.map(compile));
    case 'Parallel':
      return parallel(node.nodes.map(compile));
    case 'Condition': {
      const whenTrue = node.ifClause ? compile(node.ifClause) : undefined;
      const whenFalse = node.elseClause ? compile(node.elseClause) : undefined;
      return (run) => (run.variables[node.condition] === true ? whenTrue : whenFalse)?.(run);
    }
    case 'Fetch':
      if (node.serviceName === ENTRY_SUBGRAPH) return compileEntry(node);
      return compileFetch(node, schema, transport);
    case 'BatchFetch':
      return compileEntityFetch(node, node.entityBatch.aliases, schema, transport);
    case 'Flatten':
      if (node.node.kind !== 'Fetch') throw new Error(`A plan flattens a ${node.node.kind} node.`);
      // What requires nothing of what is there are fields of the root.
      return node.node.requires
        ? compileFlatten(node.node, node.path, schema, transport)
        : compileFetchAt(node.node, node.path, schema, transport);
    case 'Subscription':
    case 'Defer':
      throw new Error(`A plan has a ${node.kind} node where it cannot be run.`);
  }
}

function sequence(steps: readonly PlanStep[]): PlanStep {
  const [only] = steps;
  if (only && steps.length === 1) return only;
  return async (run) => {
    for (const step of steps) {
      const pending = step(run);
      if (pending) await pending;
    }
  };
}

function parallel(steps: readonly PlanStep[]): PlanStep {
  return (run) => {
    const pending = steps.map((step) => step(run)).filter((promise) => promise !== undefined);
    if (pending.length === 0) return undefined;
    return pending.length === 1 ? pending[0] : Promise.all(pending).then(() => undefined);
  };
}
