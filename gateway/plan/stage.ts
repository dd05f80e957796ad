import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { applies } from './collect-fields.ts';
import { conditionKey, conditionVariables } from './conditions.ts';
import { deferEntities, deferInFragments, rootsToSpare } from './defer-entities.ts';
import { askForKeys, askForSharedKey, takeKey } from './entry.ts';
import { type EntryPoints, entryField } from './entry-points.ts';
import type { Entity } from './merge.ts';
import { compileOperationOf, type Operation, type OperationParts } from './operation.ts';
import { isUnplannable, type Planner } from './planner.ts';
import { createProjectors, type Projectors } from './projectors.ts';
import { inlineFragment, TYPENAME } from './selections.ts';
import { type ShownKeys, shownKeys } from './shown-keys.ts';
import {
  type DeferredFragment,
  deferKey,
  type MarkTree,
  type Position,
  splitDeferred,
} from './split-deferred.ts';

/** What of an operation is answered at once, and what comes after it. */
export type Stage = {
  /** Plans and runs it; its own projector shows too much. */
  readonly operation: Operation;
  readonly projectors: Projectors;
  readonly marks: MarkTree;
  readonly fragments: readonly DeferredFragment[];
  readonly type: GraphQLObjectType;
  /** What it asks of objects of that type, without what is deferred. */
  readonly selectionSet: SelectionSetNode;
  /** Where the plan puts the entities it began with; undefined where it begins at the root. */
  readonly entryKey: string | undefined;
  /** The stage of a deferred fragment where it applies to a concrete type. Throws what the planner throws. */
  after(fragment: number, typeName: string): Stage;
  /**
   * The same stage taken apart at every entity in it, for a planner that cannot plan it whole: first at those below
   * its root fields alone, which takes fewer requests, then at those of the root fields, too.
   */
  apart(): readonly Stage[];
  /** A stage for each field of its entities, for a planner that cannot plan them together. */
  fieldByField(): readonly Stage[];
  /** What of its own selections an answer shows. */
  readonly keys: ShownKeys;
};

/** A planner for plans that begin at entities. */
export type EntryPlanner = { readonly points: EntryPoints; readonly planner: Planner };

/** An operation to be taken apart, for one set of values that switch parts of it on and off. */
type StageSource = {
  readonly definition: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly parts: OperationParts;
  readonly entry: EntryPlanner;
};

/** Finds the first stage of an operation; null when nothing of it is deferred. */
export type FindStage = (operation: Operation, variables: StageSource['variables']) => Stage | null;

/** Stages kept per operation, one for each set of values that switch parts of it on and off. */
const MAX_VARIANTS = 16;

/** Takes operations apart at their deferred fragments, each once. @param openEntry called when it is first needed */
export function createFindStage(parts: OperationParts, openEntry: () => EntryPlanner): FindStage {
  const byOperation = new WeakMap<Operation, (variables: StageSource['variables']) => Stage | null>();
  const prepare = ({ definition, fragments, defers }: Operation) => {
    if (!defers) return () => null;
    const deferOf = deferKey(definition.selectionSet, fragments);
    const conditions = conditionVariables(definition, fragments);
    const keyOf = (variables: StageSource['variables']) =>
      `${deferOf(variables)} ${conditionKey(conditions, variables)}`;
    const stages = new Map<string, Stage | null>();
    return (variables: StageSource['variables']) => {
      const key = keyOf(variables);
      const known = stages.get(key);
      if (known !== undefined) return known;
      if (stages.size >= MAX_VARIANTS) stages.clear();
      const fresh = compileFirst({ definition, fragments, variables, parts, entry: openEntry() });
      stages.set(key, fresh);
      return fresh;
    };
  };
  return (operation, variables) => {
    const find = byOperation.get(operation) ?? prepare(operation);
    byOperation.set(operation, find);
    return find(variables);
  };
}

/**
 * Takes an operation apart at every entity below its root fields, for a planner that cannot plan it whole; and at
 * those of the root fields, too. Empty when there is nothing to take apart. All stages belong to one answer.
 */
export function compileInParts(
  { definition, fragments }: Operation,
  variables: StageSource['variables'],
  parts: OperationParts,
  entry: EntryPlanner,
): readonly Stage[] {
  const { api } = parts.schema;
  const root = api.getRootType(definition.operation) as GraphQLObjectType;
  return rootsToSpare(api).flatMap((spared) => {
    const stage = compileFirst({
      definition: {
        ...definition,
        selectionSet: deferEntities(definition.selectionSet, root.name, api, spared),
      },
      fragments: deferInFragments(fragments, api, spared),
      variables,
      parts,
      entry,
    });
    return stage ? [stage] : [];
  });
}

function compileFirst(source: StageSource): Stage | null {
  const { definition, parts } = source;
  const root = parts.schema.api.getRootType(definition.operation) as GraphQLObjectType;
  const stage = compileStage(source, definition.operation, root, definition.selectionSet, false);
  return stage.fragments.length === 0 ? null : stage;
}

/** The entities that a stage begins with, in the order of their positions. */
export function entriesOf(
  { type }: Stage,
  positions: readonly Position[],
  { points }: EntryPlanner,
): readonly Entity[] {
  return positions.map(({ raw }) => takeKey(raw, type, points));
}

/** A fragment that no plan can begin at comes with what it stands in. */
function compileStage(...given: readonly [...Selected, atEntities: boolean]): Stage {
  const together = new Set<SelectionSetNode>();
  for (;;) {
    const stage = compileApart(together, ...given);
    const hopeless = stage.fragments.filter((_, fragment) => !canFollow(stage, fragment, given[0]));
    if (hopeless.length === 0) return stage;
    for (const { selectionSet } of hopeless) together.add(selectionSet);
  }
}

type Selected = readonly [
  source: StageSource,
  kind: OperationTypeNode,
  type: GraphQLObjectType,
  set: SelectionSetNode,
];

function canFollow(stage: Stage, fragment: number, source: StageSource): boolean {
  const { api } = source.parts.schema;
  const type = api.getType(stage.fragments[fragment]!.typeName);
  const members = isAbstractType(type) ? api.getPossibleTypes(type) : isObjectType(type) ? [type] : [];
  // What no object can have told is not told later either.
  return members.length > 0 && members.every(({ name }) => canRun(stage.after(fragment, name), source));
}

/** Whether a stage can be planned somehow, as a whole or in parts. */
function canRun(stage: Stage, source: StageSource): boolean {
  if (canPlan(stage, source)) return true;
  if (stage.apart().some((apart) => canPlan(apart, source))) return true;
  const fields = stage.fieldByField();
  return fields.length > 1 && fields.every((field) => canRun(field, source));
}

function canPlan({ operation }: Stage, { variables, parts }: StageSource): boolean {
  return [0, ...parts.planner.percentages].every((chance) => {
    try {
      operation.plan(chance, variables);
      return true;
    } catch (error) {
      if (!isUnplannable(error)) throw error;
      return false;
    }
  });
}

function compileApart(
  together: ReadonlySet<SelectionSetNode>,
  source: StageSource,
  kind: OperationTypeNode,
  type: GraphQLObjectType,
  set: SelectionSetNode,
  atEntities: boolean,
): Stage {
  const { definition, fragments, parts, entry } = source;
  const { api } = parts.schema;
  const split = splitDeferred(set, type.name, {
    schema: api,
    fragments,
    variables: source.variables,
    beginning: (typeName, objectType, deferred) =>
      together.has(deferred) ? undefined : beginning(typeName, objectType, source),
  });
  const planned = atEntities ? entrySelection(type.name, split.planned) : split.planned;
  const operation = compileOperationOf(
    fragments,
    { ...definition, operation: kind, selectionSet: planned },
    atEntities ? { ...parts, planner: entry.planner } : parts,
  );
  const projectors = createProjectors(
    { ...definition, selectionSet: split.shown },
    type,
    parts.schema,
    fragments,
  );
  const later = new Map<string, Stage>();
  let apart: readonly Stage[] | undefined;
  let fieldByField: readonly Stage[] | undefined;
  return {
    operation,
    projectors,
    marks: split.marks,
    fragments: split.fragments,
    type,
    selectionSet: split.planned,
    entryKey: atEntities ? entryField(type.name) : undefined,
    keys: shownKeys(set, fragments),
    after: (fragment, typeName) => {
      const key = `${fragment} ${typeName}`;
      let stage = later.get(key);
      if (!stage) {
        const concrete = api.getType(typeName);
        if (!isObjectType(concrete)) throw new Error(`Nothing can be deferred on ${typeName}.`);
        const narrowed = narrow(split.fragments[fragment]!.selectionSet, concrete, source);
        const atRoot = concrete === api.getQueryType();
        stage = compileStage(source, OperationTypeNode.QUERY, concrete, narrowed, !atRoot);
        later.set(key, stage);
      }
      return stage;
    },
    apart: () => {
      apart ??= rootsToSpare(api).map((spared) => {
        const inParts = { ...source, fragments: deferInFragments(fragments, api, spared) };
        const taken = deferEntities(split.planned, type.name, api, spared);
        return compileStage(inParts, kind, type, taken, atEntities);
      });
      return apart;
    },
    fieldByField: () => {
      fieldByField ??= fieldsOf(set, fragments).map((field) =>
        compileStage(source, kind, type, { ...set, selections: [field] }, atEntities),
      );
      return fieldByField;
    },
  };
}

/** Selections one by one, those in fragments that hold unconditionally among them. */
function fieldsOf(set: SelectionSetNode, fragments: StageSource['fragments']): readonly SelectionNode[] {
  return set.selections.flatMap((selection) => {
    const fragment =
      selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
    if (!fragment || fragment.kind === Kind.FIELD || selection.directives?.length) return [selection];
    return fieldsOf(fragment.selectionSet, fragments);
  });
}

/** A plan can begin at the root's type, and at entities whose key clients may see. */
function beginning(
  typeName: string,
  objectType: string,
  { parts, entry }: StageSource,
): readonly SelectionNode[] | undefined {
  const { api } = parts.schema;
  const type = api.getType(typeName);
  if (!type) return undefined;
  if (type === api.getQueryType()) return [TYPENAME];
  const around = api.getType(objectType);
  const shared = isInterfaceType(around) ? askForSharedKey(around, entry.points, api) : undefined;
  if (shared) return shared;
  const asked = askForKeys(type, entry.points, api);
  return asked && [inlineFragment(typeName, { kind: Kind.SELECTION_SET, selections: asked })];
}

/** The condition around the selections lets readers of types know where they are, though the root field is ours. */
function entrySelection(typeName: string, set: SelectionSetNode): SelectionSetNode {
  const field: FieldNode = {
    kind: Kind.FIELD,
    name: { kind: Kind.NAME, value: entryField(typeName) },
    selectionSet: { kind: Kind.SELECTION_SET, selections: [TYPENAME, inlineFragment(typeName, set)] },
  };
  return { kind: Kind.SELECTION_SET, selections: [field] };
}

/** Selections of an abstract type as they apply to one of its members. */
function narrow(set: SelectionSetNode, type: GraphQLObjectType, source: StageSource): SelectionSetNode {
  const selections = set.selections.flatMap((selection): readonly SelectionNode[] => {
    if (selection.kind === Kind.FIELD) return [selection];
    const fragment =
      selection.kind === Kind.FRAGMENT_SPREAD ? source.fragments.get(selection.name.value) : selection;
    if (!fragment || !applies(fragment.typeCondition?.name.value, type, source.parts.schema.api)) return [];
    const inner = narrow(fragment.selectionSet, type, source);
    return [inlineFragment(type.name, inner, selection.directives)];
  });
  // Nothing of it may apply; an empty selection is none.
  return { ...set, selections: selections.length === 0 ? [TYPENAME] : selections };
}
