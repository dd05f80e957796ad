import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  Kind,
  type OperationDefinitionNode,
  print,
} from 'graphql';
import { type CompiledPlan, compilePlan } from './compile.ts';
import type { RevealHidden } from './hidden-members.ts';
import { type SplitOperation, splitIntrospection } from './introspection.ts';
import type { Planner } from './planner.ts';
import { compileProjector, conditionVariables, type Projector } from './project.ts';
import type { Transport } from './run.ts';
import type { PlanSchema } from './schema.ts';

/** An operation of a document, analysed once and run many times. */
export type Operation = {
  readonly definition: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly split: SplitOperation;
  /** The plan for a request that drew `chance` (0 to 100); null when only the schema is asked. */
  plan(chance: number): CompiledPlan | null;
  /** The planner's own plan, for people to read. */
  explain(): unknown;
  projector(variables: Readonly<Record<string, unknown>>): Projector;
};

/** What operations of one supergraph are compiled with. */
export type OperationParts = {
  readonly schema: PlanSchema;
  readonly planner: Planner;
  readonly transport: Transport;
  readonly reveal: RevealHidden;
};

/** Compiled variants kept per operation: enough for a handful of switches, bounded against an attacker's. */
const MAX_VARIANTS = 64;

/** Prepares one operation of a validated document. Throws what the planner throws. */
export function compileOperationOf(
  document: DocumentNode,
  definition: OperationDefinitionNode,
  { schema, planner, transport, reveal }: OperationParts,
): Operation {
  const fragments = new Map(
    document.definitions.flatMap((found) =>
      found.kind === Kind.FRAGMENT_DEFINITION ? [[found.name.value, found] as const] : [],
    ),
  );
  const split = splitIntrospection(definition, fragments);
  const root = schema.api.getRootType(definition.operation) as GraphQLObjectType;
  const text = split.data ? print(reveal(planningDocument(split.data, fragments))) : null;
  const conditions = conditionVariables(definition, fragments);
  const plans = new Map<number, CompiledPlan>();
  const projectors = new Map<string, Projector>();
  return {
    definition,
    fragments,
    split,
    plan: (chance) => {
      if (text === null) return null;
      const bucket = planner.percentages.findLastIndex((percentage) => chance >= percentage);
      let plan = plans.get(bucket);
      if (!plan) {
        plan = compilePlan(planner.plan(text, chance), schema, transport);
        plans.set(bucket, plan);
      }
      return plan;
    },
    explain: () => (text === null ? null : planner.plan(text, 0)),
    projector: (variables) => {
      let key = '';
      for (const name of conditions) key += variables[name] === true ? '1' : '0';
      let projector = projectors.get(key);
      if (!projector) {
        if (projectors.size >= MAX_VARIANTS) projectors.clear();
        projector = compileProjector(definition, root, { schema: schema.api, fragments, variables });
        projectors.set(key, projector);
      }
      return projector;
    },
  };
}

/** Only what the operation reaches: a planner is not asked to read a document's other operations. */
function planningDocument(
  definition: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): DocumentNode {
  const used = new Set<FragmentDefinitionNode>();
  const visit = (set: OperationDefinitionNode['selectionSet']) => {
    for (const selection of set.selections) {
      if (selection.kind !== Kind.FRAGMENT_SPREAD) {
        if (selection.selectionSet) visit(selection.selectionSet);
        continue;
      }
      const fragment = fragments.get(selection.name.value);
      if (!fragment || used.has(fragment)) continue;
      used.add(fragment);
      visit(fragment.selectionSet);
    }
  };
  visit(definition.selectionSet);
  return { kind: Kind.DOCUMENT, definitions: [definition, ...used] };
}
