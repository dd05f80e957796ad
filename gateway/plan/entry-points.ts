import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  getNamedType,
  isLeafType,
  isObjectType,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  parseType,
  print,
  type SelectionSetNode,
} from 'graphql';
import { argument, graphsOf, join, joins } from '../compose/join-directives.ts';
import { OWN_NAMES } from './own-names.ts';
import type { PlanSchema } from './schema.ts';

/** The subgraph that hands out the entities we hold already; it exists in plans only. */
export const ENTRY_SUBGRAPH = 'tandem:entry';

const ENTRY_GRAPH = 'TANDEM_ENTRY';

/** A supergraph in which a plan can begin at entities whose keys are known, instead of at the root. */
export type EntryPoints = {
  readonly sdl: string;
  /** The key by which entities of an object type are handed out; undefined where it has none clients may see. */
  keyOf(typeName: string): SelectionSetNode | undefined;
};

/** The root field that hands out entities of a type. */
export function entryField(typeName: string): string {
  return `${OWN_NAMES.entry}${typeName}`;
}

/** Adds the entry subgraph to a supergraph: one root field per entity type, which has its key and nothing else. */
export function createEntryPoints(supergraphSdl: string, schema: PlanSchema): EntryPoints {
  const document = parse(supergraphSdl, { noLocation: true });
  const keys = new Map<string, SelectionSetNode>();
  const needed = new Map<string, Set<string>>();
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    const key = bestKey(definition, schema);
    if (!key) continue;
    keys.set(definition.name.value, key);
    need(key, definition.name.value, schema, needed);
  }
  return { sdl: print(withEntries(document, keys, needed, schema)), keyOf: (name) => keys.get(name) };
}

/** The key most subgraphs know, so that the fewest requests are made only to learn it. */
function bestKey(type: ObjectTypeDefinitionNode, schema: PlanSchema): SelectionSetNode | undefined {
  const uses = new Map<string, number>();
  for (const directive of joins(type, 'join__type')) {
    const key = argument(directive, 'key');
    if (typeof key === 'string') uses.set(key, (uses.get(key) ?? 0) + 1);
  }
  return [...uses]
    .sort(([, a], [, b]) => b - a)
    .map(([text]) => parseFieldSet(text))
    .find((set) => isUsable(set, type.name.value, schema));
}

/** Whether a client's operation could ask for all of a key. */
function isUsable(set: SelectionSetNode, typeName: string, schema: PlanSchema): boolean {
  const type = schema.api.getType(typeName);
  if (!isObjectType(type)) return false;
  return set.selections.every((selection) => {
    if (selection.kind !== Kind.FIELD) return false;
    const field = type.getFields()[selection.name.value];
    if (!field) return false;
    const inner = getNamedType(field.type);
    return selection.selectionSet ? isUsable(selection.selectionSet, inner.name, schema) : isLeafType(inner);
  });
}

function need(
  set: SelectionSetNode,
  typeName: string,
  schema: PlanSchema,
  into: Map<string, Set<string>>,
): void {
  const type = schema.api.getType(typeName);
  const fields = into.get(typeName) ?? new Set();
  into.set(typeName, fields);
  if (!isObjectType(type)) return;
  for (const selection of set.selections) {
    if (selection.kind !== Kind.FIELD) continue;
    fields.add(selection.name.value);
    const inner = getNamedType(type.getFields()[selection.name.value]!.type).name;
    need(selection.selectionSet ?? { kind: Kind.SELECTION_SET, selections: [] }, inner, schema, into);
  }
}

function withEntries(
  document: DocumentNode,
  keys: ReadonlyMap<string, SelectionSetNode>,
  needed: ReadonlyMap<string, ReadonlySet<string>>,
  schema: PlanSchema,
): DocumentNode {
  const queryName = schema.full.getQueryType()?.name;
  const definitions = document.definitions.map((definition) => {
    if (definition.kind === Kind.ENUM_TYPE_DEFINITION && definition.name.value === 'join__Graph')
      return { ...definition, values: [...(definition.values ?? []), entryGraph()] };
    const name = 'name' in definition ? definition.name?.value : undefined;
    if (name === undefined) return definition;
    if (definition.kind === Kind.OBJECT_TYPE_DEFINITION && name === queryName)
      return withRootFields(definition, keys);
    const fields = needed.get(name);
    if (!fields) return definition;
    if (definition.kind === Kind.OBJECT_TYPE_DEFINITION)
      return withKeyFields(definition, fields, keys.get(name));
    if (definition.kind === Kind.SCALAR_TYPE_DEFINITION)
      return { ...definition, directives: [...(definition.directives ?? []), joinType()] };
    if (definition.kind !== Kind.ENUM_TYPE_DEFINITION) return definition;
    return {
      ...definition,
      directives: [...(definition.directives ?? []), joinType()],
      values: (definition.values ?? []).map((value) => ({
        ...value,
        directives: [...(value.directives ?? []), join('join__enumValue', { graph: ENTRY_GRAPH })],
      })),
    };
  });
  return { ...document, definitions };
}

function withRootFields(
  query: ObjectTypeDefinitionNode,
  keys: ReadonlyMap<string, SelectionSetNode>,
): ObjectTypeDefinitionNode {
  const entries = [...keys].map(
    ([typeName, key]): FieldDefinitionNode => ({
      kind: Kind.FIELD_DEFINITION,
      name: { kind: Kind.NAME, value: entryField(typeName) },
      type: parseType(`[${typeName}]`),
      directives: [join('join__field', { graph: ENTRY_GRAPH, ...provided(key) })],
    }),
  );
  const { fields = [], directives = [] } = withKeyFields(query, new Set(), undefined);
  return { ...query, directives, fields: [...fields, ...entries] };
}

/** What stands deeper in a key is known of the objects there and of no others of their types. */
function provided(key: SelectionSetNode): Readonly<Record<string, string>> {
  const isDeep = key.selections.some((selection) => selection.kind === Kind.FIELD && selection.selectionSet);
  return isDeep ? { provides: JSON.stringify(textOf(key)) } : {};
}

function withKeyFields(
  type: ObjectTypeDefinitionNode,
  fields: ReadonlySet<string>,
  key: SelectionSetNode | undefined,
): ObjectTypeDefinitionNode {
  const graphs = graphsOf(type);
  const own = new Set(
    key?.selections.flatMap((selection) => (selection.kind === Kind.FIELD ? [selection.name.value] : [])),
  );
  return {
    ...type,
    directives: [...(type.directives ?? []), joinType(key)],
    fields: (type.fields ?? []).map((field) => {
      const directives = field.directives ?? [];
      const joined = joins(field, 'join__field').length > 0;
      const ofKey = own.has(field.name.value);
      if (ofKey && !joined) return field;
      // A field that names no subgraph is in all of its type's: from now on it has to name them.
      const named = joined ? [] : [...graphs].map((graph) => join('join__field', { graph }));
      const entry = ofKey ? [{}] : fields.has(field.name.value) ? [{ external: 'true' }] : [];
      const added = entry.map((given) => join('join__field', { graph: ENTRY_GRAPH, ...given }));
      return { ...field, directives: [...directives, ...named, ...added] };
    }),
  };
}

function entryGraph() {
  return {
    kind: Kind.ENUM_VALUE_DEFINITION,
    name: { kind: Kind.NAME, value: ENTRY_GRAPH },
    directives: [join('join__graph', { name: `"${ENTRY_SUBGRAPH}"`, url: '""' })],
  } as const;
}

function joinType(key?: SelectionSetNode): ConstDirectiveNode {
  if (!key) return join('join__type', { graph: ENTRY_GRAPH });
  return join('join__type', { graph: ENTRY_GRAPH, key: JSON.stringify(textOf(key)), resolvable: 'false' });
}

function textOf(key: SelectionSetNode): string {
  return print(key).replace(/\s+/g, ' ').slice(1, -1).trim();
}

function parseFieldSet(text: string): SelectionSetNode {
  const [operation] = parse(`{${text}}`, { noLocation: true }).definitions;
  return (operation as { readonly selectionSet: SelectionSetNode }).selectionSet;
}
