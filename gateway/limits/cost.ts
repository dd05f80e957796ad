import {
  type ArgumentNode,
  type ConstDirectiveNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql';
import { linkedNames } from '../compose/linked-directives.ts';
import type { Operation } from '../plan/operation.ts';
import { createWeighArguments, type GivenList, type WeighArguments } from './argument-cost.ts';

type Variables = Readonly<Record<string, unknown>>;

/** What an operation would cost at most. */
export type Estimate = {
  readonly cost: number;
  /** The largest page it asks for, or one below nothing where it asks for such. */
  readonly page: Asked | null;
  /** The longest list in its arguments. */
  readonly longest: Asked | null;
};

/** A size that an argument asks for, and where: of `{ all: orders { nodes { lines(first: 9) } } }` 9. */
export type Asked = GivenList & {
  /** The field by all names that lead to it: `all.nodes.lines`. */
  readonly name: string;
  /** Of these the part before the first list, since no error can name an item that there is not: `all`, `nodes`. */
  readonly path: readonly string[];
};

/** Estimates an operation before it runs. */
export type Estimator = (operation: Operation, variables: Variables) => Estimate;

/** Items assumed of a list that says nothing of its size. */
const ASSUMED_LIST = 10;

/** Items assumed of a page whose size the client leaves to the server. */
const ASSUMED_PAGE = 20;

const PAGE_ARGUMENTS = ['first', 'last', 'limit'];
const PAGE_FIELDS = ['nodes', 'edges', 'items'];

type ListSize = {
  readonly assumed: number | undefined;
  readonly arguments: readonly string[];
  /** Fields below that have the size, when the field itself is no list. */
  readonly fields: readonly string[];
};

/**
 * Estimates by the supergraph's `@cost` and `@listSize`, and by convention where they are missing: an object
 * costs 1, a leaf 0, and `first`, `last` and `limit` say how many `nodes`, `edges` or `items` there are. What a field is
 * given is weighed as argument-cost.ts says.
 */
export function createEstimator(schema: GraphQLSchema): Estimator {
  const listSizes = new Map<string, ListSize | null>();
  const weights = new Map<string, number>();
  const costs = linkedNames(schema, { feature: 'cost', name: 'cost' });
  const sizes = linkedNames(schema, { feature: 'cost', name: 'listSize' });
  const weighArguments = createWeighArguments((directives) => weightOf(directives, costs));
  for (const type of Object.values(schema.getTypeMap())) {
    const own = weightOf(type.astNode?.directives, costs);
    if (own !== undefined) weights.set(type.name, own);
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const key = `${type.name}.${field.name}`;
      listSizes.set(key, listSizeOf(field, sizes));
      const weight = weightOf(field.astNode?.directives, costs);
      if (weight !== undefined) weights.set(key, weight);
    }
  }
  // What takes no variables costs the same every time.
  const fixed = new WeakMap<Operation, Estimate>();
  return (operation, variables) => {
    const known = fixed.get(operation);
    if (known) return known;
    const defaults = defaultsOf(operation);
    const root = schema.getRootType(operation.definition.operation);
    const walker: Walker = {
      schema,
      listSizes,
      weights,
      weighArguments,
      fragments: operation.fragments,
      variables: { __proto__: null, ...defaults, ...variables },
      at: [],
      page: null,
      longest: null,
    };
    const cost = root ? costOf(walker, operation.definition.selectionSet, root.name, new Map()) : 0;
    const estimate = { cost, page: walker.page, longest: walker.longest };
    if (!operation.definition.variableDefinitions?.length) fixed.set(operation, estimate);
    return estimate;
  };
}

type Walker = {
  readonly schema: GraphQLSchema;
  readonly listSizes: ReadonlyMap<string, ListSize | null>;
  readonly weights: ReadonlyMap<string, number>;
  readonly weighArguments: WeighArguments;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Variables;
  /** The fields that lead to where it is. */
  readonly at: { readonly name: string; readonly isList: boolean }[];
  page: Asked | null;
  longest: Asked | null;
};

/** @param sized sizes that a parent's page arguments give to fields of this selection */
function costOf(
  walker: Walker,
  set: SelectionSetNode,
  typeName: string,
  sized: ReadonlyMap<string, number>,
): number {
  let cost = 0;
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      cost += costOfField(walker, selection, typeName, sized);
      continue;
    }
    const fragment =
      selection.kind === Kind.FRAGMENT_SPREAD ? walker.fragments.get(selection.name.value) : selection;
    if (fragment)
      cost += costOf(walker, fragment.selectionSet, fragment.typeCondition?.name.value ?? typeName, sized);
  }
  return cost;
}

function costOfField(
  walker: Walker,
  selection: SelectionSetNode['selections'][number] & { readonly kind: Kind.FIELD },
  typeName: string,
  sized: ReadonlyMap<string, number>,
): number {
  const type = walker.schema.getType(typeName);
  const name = selection.name.value;
  const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
  if (!field) return 0;
  const key = `${typeName}.${name}`;
  const returned = getNamedType(field.type);
  const weight =
    walker.weights.get(key) ?? walker.weights.get(returned.name) ?? (isCompositeType(returned) ? 1 : 0);
  const isList = isListType(getNullableType(field.type));
  const listSize = walker.listSizes.get(key) ?? null;
  const given = selection.arguments ?? [];
  walker.at.push({ name: selection.alias?.value ?? name, isList });
  const asked = listSize && askedSize(walker, listSize, field, given);
  const weighed = walker.weighArguments(field, given, walker.variables);
  const list = weighed.longest?.size ?? 0;
  if (weighed.longest && list > (walker.longest?.size ?? 0)) walker.longest = placed(walker, weighed.longest);
  // Of a list of ids comes a list of what they name.
  const size = isList ? (asked ?? sized.get(name) ?? Math.max(ASSUMED_LIST, list)) : 1;
  const below =
    !isList && asked !== null && listSize
      ? new Map(listSize.fields.map((inner) => [inner, asked]))
      : new Map();
  const inner = selection.selectionSet ? costOf(walker, selection.selectionSet, returned.name, below) : 0;
  walker.at.pop();
  // Weights can be negative; nothing pays for the rest of an operation.
  return Math.max(0, size * weight + weighed.cost) + size * inner;
}

/** Below nothing, a subgraph may take it for all there is, which no estimate would have counted. */
function isFurtherOut(size: number, than: number | undefined): boolean {
  if (than === undefined) return true;
  return size < 0 ? size < than : than >= 0 && size > than;
}

/** What is asked for at the field where the walker is. */
function placed({ at }: Walker, given: GivenList): Asked {
  const names = at.map(({ name }) => name);
  const list = at.findIndex(({ isList }) => isList);
  return { ...given, name: names.join('.'), path: list < 0 ? names : names.slice(0, list + 1) };
}

function askedSize(
  walker: Walker,
  listSize: ListSize,
  field: GraphQLField<unknown, unknown>,
  given: readonly ArgumentNode[],
): number | null {
  let largest: number | null = null;
  for (const name of listSize.arguments) {
    const node = given.find((argument) => argument.name.value === name);
    const value = node
      ? valueFromASTUntyped(node.value, walker.variables)
      : field.args.find((argument) => argument.name === name)?.defaultValue;
    if (typeof value !== 'number') continue;
    if (node && isFurtherOut(value, walker.page?.size))
      walker.page = placed(walker, { argumentPath: [name], size: value });
    // Never below nothing: a negative page would pay for the rest of the operation.
    largest = Math.max(largest ?? 0, value);
  }
  return largest ?? listSize.assumed ?? (listSize.arguments.length > 0 ? ASSUMED_PAGE : null);
}

function listSizeOf(field: GraphQLField<unknown, unknown>, names: ReadonlySet<string>): ListSize | null {
  const directive = field.astNode?.directives?.find(({ name }) => names.has(name.value));
  const paging = field.args.filter(({ name }) => PAGE_ARGUMENTS.includes(name)).map(({ name }) => name);
  if (!directive)
    return paging.length === 0 ? null : { assumed: undefined, arguments: paging, fields: PAGE_FIELDS };
  const argument = (name: string): unknown => {
    const found = directive.arguments?.find((given) => given.name.value === name);
    return found && valueFromASTUntyped(found.value);
  };
  const assumed = argument('assumedSize');
  return {
    assumed: typeof assumed === 'number' ? Math.max(0, assumed) : undefined,
    arguments: (argument('slicingArguments') as string[] | undefined) ?? paging,
    fields: (argument('sizedFields') as string[] | undefined) ?? PAGE_FIELDS,
  };
}

function weightOf(
  directives: readonly ConstDirectiveNode[] | undefined,
  names: ReadonlySet<string>,
): number | undefined {
  const directive = directives?.find(({ name }) => names.has(name.value));
  const value = directive?.arguments?.[0]?.value;
  const weight = value && Number(valueFromASTUntyped(value));
  // What is no number would make a sum that no limit is below.
  return Number.isFinite(weight) ? weight : undefined;
}

function defaultsOf(operation: Operation): Variables {
  const defaults: Record<string, unknown> = {};
  for (const { variable, defaultValue } of operation.definition.variableDefinitions ?? [])
    if (defaultValue) defaults[variable.name.value] = valueFromASTUntyped(defaultValue);
  return defaults;
}
