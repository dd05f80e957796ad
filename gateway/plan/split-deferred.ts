import {
  type DirectiveNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { type Entity, isObject } from './merge.ts';
import { OWN_NAMES } from './own-names.ts';
import type { Place } from './paths.ts';
import { aliased, inlineFragment, TYPENAME } from './selections.ts';

/** A fragment that is answered after what it stands in. */
export type DeferredFragment = {
  readonly label: string | undefined;
  readonly typeName: string;
  readonly selectionSet: SelectionSetNode;
};

/** Selections without their deferred fragments. */
export type SplitSelections = {
  /** For the planner: asks for what the deferred fragments begin with. */
  readonly planned: SelectionSetNode;
  /** For the projector: shows a mark wherever a deferred fragment applies. */
  readonly shown: SelectionSetNode;
  readonly marks: MarkTree;
  readonly fragments: readonly DeferredFragment[];
};

/** Where marks can be in an answer, by response keys; so that only there they are looked for. */
export type MarkTree = { readonly marks: number[]; readonly fields: Map<string, MarkTree> };

/** A place where a deferred fragment applies. */
export type Position = {
  readonly fragment: number;
  /** The concrete type there. */
  readonly typeName: string;
  readonly path: Place;
  /** What subgraphs answered for it so far. */
  readonly raw: Entity;
};

/** What splitting has to know. */
export type SplitScope = {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Readonly<Record<string, unknown>>;
  /**
   * What a plan that begins at objects of a type has to know of them; undefined where none can begin.
   * It is asked of the whole object, which is of the type `objectType` or a member of it.
   */
  beginning(
    typeName: string,
    objectType: string,
    deferred: SelectionSetNode,
  ): readonly SelectionNode[] | undefined;
};

/** Fragments deferred of one stage: each costs a plan and its requests. Those beyond come with what they stand in. */
const MAX_DEFERRED = 20;

const markKey = (fragment: number) => `${OWN_NAMES.deferred}${fragment}`;

/** Whether an operation has `@defer` anywhere. */
export function asksToDefer(
  set: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  seen: Set<string> = new Set(),
): boolean {
  return set.selections.some((selection) => {
    if (selection.kind !== Kind.FIELD && deferOf(selection.directives)) return true;
    if (selection.kind !== Kind.FRAGMENT_SPREAD)
      return selection.selectionSet !== undefined && asksToDefer(selection.selectionSet, fragments, seen);
    const name = selection.name.value;
    if (seen.has(name)) return false;
    seen.add(name);
    const fragment = fragments.get(name);
    return fragment !== undefined && asksToDefer(fragment.selectionSet, fragments, seen);
  });
}

/** The values of variables that switch `@defer` on and off, as a key. */
export function deferKey(
  set: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): (variables: SplitScope['variables']) => string {
  const names = new Set<string>();
  const scan = (inner: SelectionSetNode) => {
    for (const selection of inner.selections) {
      const condition = deferOf(selection.directives)?.condition;
      if (condition?.kind === Kind.VARIABLE) names.add(condition.name.value);
      if (selection.kind !== Kind.FRAGMENT_SPREAD && selection.selectionSet) scan(selection.selectionSet);
    }
  };
  scan(set);
  for (const fragment of fragments.values()) scan(fragment.selectionSet);
  const sorted = [...names];
  return (variables) => sorted.map((name) => (variables[name] === false ? '0' : '1')).join('');
}

/** Takes the deferred fragments out of selections on a type. Where a plan cannot begin, nothing is deferred. */
export function splitDeferred(set: SelectionSetNode, typeName: string, scope: SplitScope): SplitSelections {
  const fragments: DeferredFragment[] = [];
  const marks: MarkTree = { marks: [], fields: new Map() };
  return { ...splitObject(set, typeName, { scope, marks, fragments }), marks, fragments };
}

/** Takes the marks out of an answer; `raw` is the data it was made from. */
export function takeMarks(tree: MarkTree, shown: unknown, raw: unknown, path: Place, into: Position[]): void {
  if (!isObject(shown) || !isObject(raw)) return;
  if (Array.isArray(shown)) {
    shown.forEach((item, i) => {
      takeMarks(tree, item, (raw as unknown as unknown[])[i], [...path, i], into);
    });
    return;
  }
  for (const fragment of tree.marks) {
    const typeName = shown[markKey(fragment)];
    if (typeof typeName !== 'string') continue;
    delete shown[markKey(fragment)];
    into.push({ fragment, typeName, path, raw });
  }
  for (const [key, inner] of tree.fields) takeMarks(inner, shown[key], raw[key], [...path, key], into);
}

type Halves = { readonly planned: SelectionSetNode; readonly shown: SelectionSetNode };

type Splitting = {
  readonly scope: SplitScope;
  readonly fragments: DeferredFragment[];
  readonly marks: MarkTree;
};

/** One object of the answer, however many fragments its selections stand in. */
type ObjectSplitting = Splitting & {
  readonly objectType: string;
  /** What the plans of its deferred fragments begin with. */
  readonly asked: SelectionNode[];
};

function splitObject(set: SelectionSetNode, typeName: string, splitting: Splitting): Halves {
  const asked: SelectionNode[] = [];
  const { planned, shown } = splitSelections(set, typeName, { ...splitting, objectType: typeName, asked });
  return { planned: { ...planned, selections: [...asked, ...planned.selections] }, shown };
}

function splitSelections(set: SelectionSetNode, typeName: string, splitting: ObjectSplitting): Halves {
  const planned: SelectionNode[] = [];
  const shown: SelectionNode[] = [];
  for (const selection of set.selections) {
    const halves =
      selection.kind === Kind.FIELD
        ? splitField(selection, typeName, splitting)
        : splitFragment(selection, typeName, splitting);
    if (halves.planned) planned.push(halves.planned);
    shown.push(halves.shown);
  }
  // All of it may be deferred; an empty selection is none.
  if (planned.length === 0) planned.push(TYPENAME);
  return { planned: { ...set, selections: planned }, shown: { ...set, selections: shown } };
}

type HalfSelections = { readonly planned: SelectionNode | undefined; readonly shown: SelectionNode };

function splitField(field: FieldNode, typeName: string, splitting: ObjectSplitting): HalfSelections {
  const { scope, marks } = splitting;
  const returned = returnedType(scope.schema, typeName, field.name.value);
  if (!field.selectionSet || returned === undefined || !asksToDefer(field.selectionSet, scope.fragments))
    return { planned: field, shown: field };
  const key = field.alias?.value ?? field.name.value;
  const inner = marks.fields.get(key) ?? { marks: [], fields: new Map() };
  marks.fields.set(key, inner);
  const { planned, shown } = splitObject(field.selectionSet, returned, { ...splitting, marks: inner });
  return { planned: { ...field, selectionSet: planned }, shown: { ...field, selectionSet: shown } };
}

function splitFragment(
  selection: Exclude<SelectionNode, FieldNode>,
  typeName: string,
  splitting: ObjectSplitting,
): HalfSelections {
  const { scope, marks, fragments, asked, objectType } = splitting;
  const fragment =
    selection.kind === Kind.FRAGMENT_SPREAD ? scope.fragments.get(selection.name.value) : selection;
  const defer = deferOf(selection.directives);
  if (!fragment || (!defer && !asksToDefer(fragment.selectionSet, scope.fragments)))
    return { planned: selection, shown: selection };
  const on = fragment.typeCondition?.name.value ?? typeName;
  const directives = (selection.directives ?? []).filter(({ name }) => name.value !== 'defer');
  const wrap = (selectionSet: SelectionSetNode) => inlineFragment(on, selectionSet, directives);
  const mayDefer = isActive(defer, scope.variables) && fragments.length < MAX_DEFERRED;
  const beginning = mayDefer ? scope.beginning(on, objectType, fragment.selectionSet) : undefined;
  if (!beginning) {
    const { planned, shown } = splitSelections(fragment.selectionSet, on, splitting);
    return { planned: wrap(planned), shown: wrap(shown) };
  }
  const index = fragments.length;
  fragments.push({ label: defer?.label, typeName: on, selectionSet: fragment.selectionSet });
  marks.marks.push(index);
  asked.push(...beginning);
  const mark = aliased(markKey(index), '__typename');
  return { planned: undefined, shown: wrap({ kind: Kind.SELECTION_SET, selections: [mark] }) };
}

type Defer = {
  readonly label: string | undefined;
  readonly condition: NonNullable<DirectiveNode['arguments']>[number]['value'] | undefined;
};

function deferOf(directives: readonly DirectiveNode[] | undefined): Defer | undefined {
  const directive = directives?.find(({ name }) => name.value === 'defer');
  if (!directive) return undefined;
  const argument = (wanted: string) => directive.arguments?.find(({ name }) => name.value === wanted)?.value;
  const label = argument('label');
  return { label: label?.kind === Kind.STRING ? label.value : undefined, condition: argument('if') };
}

function isActive(defer: Defer | undefined, variables: SplitScope['variables']): boolean {
  if (!defer) return false;
  if (defer.condition?.kind === Kind.VARIABLE) return variables[defer.condition.name.value] !== false;
  return !(defer.condition?.kind === Kind.BOOLEAN && !defer.condition.value);
}

function returnedType(schema: GraphQLSchema, typeName: string, fieldName: string): string | undefined {
  const type = schema.getType(typeName);
  if (!isObjectType(type) && !isInterfaceType(type)) return undefined;
  const field = type.getFields()[fieldName];
  return field && getNamedType(field.type).name;
}
