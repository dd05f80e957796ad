import type { QueryPlan } from '@graphql-hive/router-query-planner';
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  type GraphQLObjectType,
  Kind,
  type OperationDefinitionNode,
  print,
} from 'graphql';
import { coerceVariables } from './coerce.ts';
import { type CompiledPlan, compilePlan } from './compile.ts';
import { conditionKey, conditionVariables, withoutConditions } from './conditions.ts';
import type { Readers } from './copied.ts';
import { findCopied } from './find-copied.ts';
import type { Fragments } from './fragments.ts';
import type { RevealHidden } from './hidden-members.ts';
import { type SplitOperation, splitIntrospection } from './introspection.ts';
import { asksForManyKinds } from './many-kinds.ts';
import { isUnplannable, type Planner, unplannable } from './planner.ts';
import { createProjectors, type Projectors } from './projectors.ts';
import type { Transport } from './run.ts';
import type { PlanSchema } from './schema.ts';
import { asksToDefer } from './split-deferred.ts';
import { compileWriter, type Writer } from './write-copied.ts';

type Variables = Readonly<Record<string, unknown>>;

/** Plans kept per operation, one for each set of `@skip` and `@include` values: few are used, an attacker's are bounded. */
const MAX_VARIANTS = 64;

/** An operation of a document, analysed once and run many times. */
export type Operation = {
  readonly definition: OperationDefinitionNode;
  readonly fragments: Fragments;
  readonly split: SplitOperation;
  /** Whether it has `@defer` anywhere. */
  readonly defers: boolean;
  /** The plan for a request that drew `chance` (0 to 100); null when only the schema is asked. */
  plan(chance: number, variables: Variables): OperationPlan | null;
  /** What variables switch by `@skip` and `@include`, as a key. */
  variant(variables: Variables): string;
  /** The plan that runs with these variables, for people to read; or why it is taken apart into several. */
  explain(variables: Variables): unknown;
  readonly projector: Projectors;
};

/** How answers are read and written where fields are copied as text. */
export type Copying = { readonly readers: Readers; readonly write: Writer };

/** A plan of an operation. */
export type OperationPlan = CompiledPlan & {
  /** Null where too little can be copied to be worth it, and for what asks for the schema, too. */
  copying(): Copying | null;
};

/** What operations of one supergraph are compiled with. */
export type OperationParts = {
  readonly schema: PlanSchema;
  readonly planner: Planner;
  readonly transport: Transport;
  readonly reveal: RevealHidden;
  /** Fields copied for each value that is built, from which on a plan copies. */
  readonly worth: number;
};

/** Prepares one operation of a validated document. Throws what the planner throws. */
export function compileOperationOf(
  fragments: Operation['fragments'],
  definition: OperationDefinitionNode,
  { schema, planner, transport, reveal, worth }: OperationParts,
): Operation {
  const split = splitIntrospection(definition, fragments);
  const root = schema.api.getRootType(definition.operation) as GraphQLObjectType;
  const { data } = split;
  const textOf = (asked: OperationDefinitionNode, by: Operation['fragments']) =>
    print(reveal(planningDocument(asked, by)));
  const text = data && textOf(data, fragments);
  const manyKinds = data !== null && asksForManyKinds(planningDocument(data, fragments), schema);
  const conditions = conditionVariables(definition, fragments);
  const resolvedText = (asked: OperationDefinitionNode, variables: Variables) => {
    const resolved = [...fragments].map(
      ([name, fragment]) => [name, withoutConditions(fragment, variables)] as const,
    );
    return textOf(withoutConditions(asked, variables), new Map(resolved));
  };
  const variant = (variables: Variables) => conditionKey(conditions, variables);
  const planned = (chance: number, variables: Variables) => {
    if (manyKinds) throw unplannable('It asks for several kinds of an interface object.');
    const plan = planner.plan(conditions.length === 0 ? text! : resolvedText(data!, variables), chance);
    return { plan, compiled: compilePlan(plan, schema, transport) };
  };
  const copyingOf = (plan: QueryPlan, variables: Variables): Copying | null => {
    const asked = { operation: definition, root, fragments, variables };
    const copied = split.introspection ? null : findCopied(plan, asked, schema, worth);
    if (!copied) return null;
    const { api, full } = schema;
    const scope = { schema: api, full, fragments, variables, stretches: copied.stretches };
    return { readers: copied.readers, write: compileWriter(definition, root, scope) };
  };
  const plans = new Map<string, OperationPlan>();
  return {
    definition,
    fragments,
    split,
    defers: asksToDefer(definition.selectionSet, fragments),
    variant,
    plan: (chance, variables) => {
      if (data === null) return null;
      const bucket = planner.percentages.findLastIndex((percentage) => chance >= percentage);
      const key = `${bucket} ${variant(variables)}`;
      const known = plans.get(key);
      if (known) return known;
      const { plan, compiled } = planned(chance, variables);
      let found: Copying | null | undefined;
      // Found out when first asked for: what defers is never copied.
      const copying = () => {
        if (found === undefined) found = copyingOf(plan, variables);
        return found;
      };
      const fresh: OperationPlan = { ...compiled, copying };
      if (plans.size >= MAX_VARIANTS) plans.clear();
      plans.set(key, fresh);
      return fresh;
    },
    explain: (variables) => {
      if (data === null) return null;
      try {
        const { coerced = {} } = coerceVariables(schema.api, definition, variables);
        return planned(0, coerced).plan;
      } catch (error) {
        if (!isUnplannable(error)) throw error;
        return { kind: 'TakenApart', reason: (error as GraphQLError).originalError?.message };
      }
    },
    projector: createProjectors(definition, root, schema, fragments),
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
