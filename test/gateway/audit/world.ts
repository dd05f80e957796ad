import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type GraphQLResolveInfo,
  getNamedType,
  type InterfaceTypeDefinitionNode,
  type InterfaceTypeExtensionNode,
  isObjectType,
  Kind,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  parse,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql';
import type { LocalSubgraph } from '../../../gateway/options.ts';

/** Something of the world: its type where that can be in doubt, its fields, and functions for fields with arguments. */
export type Thing = { readonly __typename?: string; readonly [field: string]: unknown };

/** All that is true of a case, told once: every subgraph answers from it, and so does the oracle. */
export type World = {
  readonly query: Thing;
  /** Every entity that a reference may ask for. */
  readonly entities: readonly Thing[];
};

/** SDL of each subgraph by name, without the link to the specification where it speaks its second version. */
export type Sdls = { readonly [subgraph: string]: string };

const LINK = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@requires", "@provides",
    "@external", "@extends", "@inaccessible", "@override", "@interfaceObject", "@tag", "@composeDirective"])\n`;

/** Marks SDL of federation's first version, which has no link. */
export const VERSION_1 = '# version 1\n';

/**
 * Subgraphs that know of the world what their SDL says and refuse the rest: a field that is external and neither
 * provided nor given, a required value that is missing or another than it is, a reference by no key of theirs.
 */
export function subgraphsOf(sdls: Sdls, world: World): LocalSubgraph[] {
  const members = membersOf(Object.values(sdls).map((sdl) => parse(sdl)));
  return Object.entries(sdls).map(([name, own]) => {
    const sdl = own.startsWith(VERSION_1) || own.startsWith('extend schema') ? own : LINK + own;
    const resolvers = resolversOf(name, parse(sdl), world, members);
    const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: resolvers as never }]);
    return { kind: 'local', name, sdl, schema, context: () => ({}) };
  });
}

/** What a subgraph holds of a thing: what the gateway gave it and what it may tell although others own it. */
type Held = {
  readonly __typename: string;
  readonly thing: Thing;
  readonly given: Thing;
  readonly provided: SelectionSetNode | undefined;
};

type Members = ReadonlyMap<string, ReadonlySet<string>>;
type Composite =
  | ObjectTypeDefinitionNode
  | ObjectTypeExtensionNode
  | InterfaceTypeDefinitionNode
  | InterfaceTypeExtensionNode;

const COMPOSITE = new Set<string>([
  Kind.OBJECT_TYPE_DEFINITION,
  Kind.OBJECT_TYPE_EXTENSION,
  Kind.INTERFACE_TYPE_DEFINITION,
  Kind.INTERFACE_TYPE_EXTENSION,
]);

const compositesOf = (document: DocumentNode) =>
  document.definitions.filter((definition): definition is Composite => COMPOSITE.has(definition.kind));

/** The objects of each interface in any subgraph: an `@interfaceObject` stands for all of them. */
function membersOf(documents: readonly DocumentNode[]): Members {
  const members = new Map<string, Set<string>>();
  for (const type of documents.flatMap(compositesOf))
    for (const parent of type.interfaces ?? [])
      members.set(parent.name.value, (members.get(parent.name.value) ?? new Set()).add(type.name.value));
  return members;
}

function resolversOf(subgraph: string, document: DocumentNode, world: World, members: Members) {
  const resolvers: Record<string, Record<string, unknown>> = {};
  for (const definition of document.definitions)
    if (definition.kind === Kind.UNION_TYPE_DEFINITION)
      resolvers[definition.name.value] = { __resolveType: (held: Held) => held.__typename };
  for (const type of compositesOf(document)) {
    const name = type.name.value;
    const own = resolvers[name] ?? {};
    resolvers[name] = own;
    const keys = keysOf(compositesOf(document).filter((other) => other.name.value === name));
    const isInterface =
      type.kind === Kind.INTERFACE_TYPE_DEFINITION || type.kind === Kind.INTERFACE_TYPE_EXTENSION;
    const known = { entities: world.entities, members, isInterface };
    if (keys.length > 0)
      own.__resolveReference = (given: Thing) => findBy(subgraph, name, keys, given, known);
    if (isInterface) own.__resolveType = (held: Held) => held.__typename;
    else
      for (const field of type.fields ?? [])
        own[field.name.value] = (
          held: Held | undefined,
          args: object,
          _: unknown,
          info: GraphQLResolveInfo,
        ) => tell(subgraph, type, field, held ?? root(world), args, info);
  }
  return resolvers;
}

const root = (world: World): Held => ({
  __typename: 'Query',
  thing: world.query,
  given: {},
  provided: undefined,
});

/** The value of a field, if this subgraph has a right to tell it. */
function tell(
  subgraph: string,
  type: Composite,
  field: FieldDefinitionNode,
  held: Held,
  args: object,
  info: GraphQLResolveInfo,
): unknown {
  const name = field.name.value;
  const place = `${subgraph}: ${type.name.value}.${name}`;
  const provided = innerOf(held.provided, name);
  if (isExternal(type, field) && provided === null) {
    if (!(name in held.given)) throw new Error(`${place} is external and was neither given nor provided`);
    return hold(valueIn(held.thing, name, args), held.given[name], undefined, info);
  }
  const required = fieldsOf(directive(field, 'requires'));
  if (required) expectGiven(place, required, held.thing, held.given);
  const told = fieldsOf(directive(field, 'provides')) ?? provided ?? undefined;
  return hold(valueIn(held.thing, name, args), undefined, told, info);
}

function hold(
  value: unknown,
  given: unknown,
  provided: SelectionSetNode | undefined,
  info: GraphQLResolveInfo,
) {
  const type = getNamedType(info.returnType);
  const wrap = (one: unknown, of: unknown): unknown => {
    if (Array.isArray(one)) return one.map((item, i) => wrap(item, Array.isArray(of) ? of[i] : undefined));
    if (typeof one !== 'object' || one === null) return one;
    const thing = one as Thing;
    const __typename = isObjectType(type) ? type.name : thing.__typename;
    return { __typename, thing, given: (of as Thing | undefined) ?? {}, provided };
  };
  return wrap(value, given);
}

function valueIn(thing: Thing, name: string, args: object): unknown {
  const value = thing[name];
  return typeof value === 'function' ? (value.call(thing, args) as unknown) : value;
}

/** The thing of a reference; throws where it has no whole key of this subgraph's. */
function findBy(
  subgraph: string,
  type: string,
  keys: readonly SelectionSetNode[],
  given: Thing,
  { entities, members, isInterface }: { entities: World['entities']; members: Members; isInterface: boolean },
): Held | null {
  const usable = keys.filter((key) => has(given, key));
  if (usable.length === 0)
    throw new Error(`${subgraph}: ${JSON.stringify(given)} has no whole key of ${type}`);
  const thing = entities.find(
    (entity) =>
      (entity.__typename === type || members.get(type)?.has(entity.__typename!)) &&
      usable.every((key) => sameBy(entity, given, key)),
  );
  if (!thing) return null;
  return { __typename: isInterface ? thing.__typename! : type, thing, given, provided: undefined };
}

function has(given: unknown, key: SelectionSetNode): boolean {
  if (Array.isArray(given)) return given.every((item) => has(item, key));
  return key.selections.every(
    (selection) =>
      selection.kind === Kind.FIELD &&
      (given as Thing)[selection.name.value] !== undefined &&
      (!selection.selectionSet || has((given as Thing)[selection.name.value], selection.selectionSet)),
  );
}

function sameBy(thing: unknown, given: unknown, key: SelectionSetNode): boolean {
  if (Array.isArray(thing))
    return (
      Array.isArray(given) &&
      given.length === thing.length &&
      thing.every((item, i) => sameBy(item, given[i], key))
    );
  return key.selections.every((selection) => {
    if (selection.kind !== Kind.FIELD) return true;
    const [mine, theirs] = [thing, given].map((one) => (one as Thing)[selection.name.value]);
    return selection.selectionSet
      ? sameBy(mine, theirs, selection.selectionSet)
      : String(mine) === String(theirs);
  });
}

/** Throws unless every required value was given, and as it is. */
function expectGiven(place: string, required: SelectionSetNode, thing: Thing, given: unknown): void {
  for (const selection of required.selections) {
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const condition = selection.typeCondition?.name.value;
      if (!condition || condition === thing.__typename)
        expectGiven(place, selection.selectionSet, thing, given);
      continue;
    }
    if (selection.kind !== Kind.FIELD || selection.name.value === '__typename') continue;
    const name = selection.name.value;
    const args = Object.fromEntries(
      (selection.arguments ?? []).map((arg) => [arg.name.value, valueFromASTUntyped(arg.value)]),
    );
    const value = valueIn(thing, name, args);
    const got = (given as Thing)[name];
    const inner = selection.selectionSet;
    const compare = (one: unknown, other: unknown): void => {
      if (Array.isArray(one) && Array.isArray(other) && one.length === other.length)
        for (const [i, item] of one.entries()) compare(item, other[i]);
      else if (inner && one && other) expectGiven(`${place}, ${name}`, inner, one as Thing, other);
      else if ((one ?? null) !== (other ?? null))
        throw new Error(
          `${place} requires ${name}: ${JSON.stringify(one)}, was given ${JSON.stringify(other)}`,
        );
    };
    compare(value, got);
  }
}

/** What is provided below a field: null where the field itself is not. */
function innerOf(provided: SelectionSetNode | undefined, name: string): SelectionSetNode | null | undefined {
  for (const selection of provided?.selections ?? []) {
    if (selection.kind === Kind.FIELD && selection.name.value === name) return selection.selectionSet;
    if (selection.kind !== Kind.INLINE_FRAGMENT) continue;
    const inner = innerOf(selection.selectionSet, name);
    if (inner !== null) return inner;
  }
  return null;
}

/** A key that is marked external is owned all the same where the type is an extension, as in the first version. */
function isExternal(type: Composite, field: FieldDefinitionNode): boolean {
  if (!directive(field, 'external') && !directive(type, 'external')) return false;
  const extension = type.kind === Kind.OBJECT_TYPE_EXTENSION || directive(type, 'extends') !== undefined;
  return !(extension && keysOf([type]).some((key) => innerOf(key, field.name.value) !== null));
}

function keysOf(types: readonly Composite[]): SelectionSetNode[] {
  return types
    .flatMap((type) => type.directives ?? [])
    .filter((one) => one.name.value === 'key' && argumentOf(one, 'resolvable') !== false)
    .map((one) => fieldsOf(one)!);
}

function directive(node: Composite | FieldDefinitionNode, name: string): ConstDirectiveNode | undefined {
  return node.directives?.find((one) => one.name.value === name);
}

function fieldsOf(one: ConstDirectiveNode | undefined): SelectionSetNode | undefined {
  if (!one) return undefined;
  const [definition] = parse(`{ ${String(argumentOf(one, 'fields'))} }`, { noLocation: true }).definitions;
  return definition?.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet : undefined;
}

function argumentOf(one: ConstDirectiveNode, name: string): unknown {
  const argument = one.arguments?.find((candidate) => candidate.name.value === name);
  return argument && valueFromASTUntyped(argument.value);
}
