import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type TypeDefinitionNode,
  type UnionTypeDefinitionNode,
} from 'graphql';
import { argument, graphsOf, join, joins } from '../compose/join-directives.ts';
import { namedTypeOf } from '../compose/named-type.ts';

/** The members that each subgraph knows of each union that has others elsewhere: by union, then by graph. */
export type PartialUnions = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;

/** The unions of a supergraph of which some subgraph lacks members. */
export function partialUnions(supergraph: DocumentNode): PartialUnions {
  const partial = new Map<string, ReadonlyMap<string, ReadonlySet<string>>>();
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.UNION_TYPE_DEFINITION) continue;
    const known = membersByGraph(definition);
    const all = new Set([...known.values()].flatMap((members) => [...members]));
    if ([...known.values()].some(({ size }) => size < all.size)) partial.set(definition.name.value, known);
  }
  return partial;
}

/**
 * A supergraph that says of every subgraph with a part of a union that it knows the whole: version 0.0.38 of the planner
 * asks of a shared field for those members alone that all its subgraphs have in common, and so leaves out what the one
 * it asks could tell of the others. A member is nothing that a plan could begin or arrive at in a subgraph that lacks
 * it, so that nothing but its fragments comes into requests; they have to be taken out again.
 */
export function withWholeUnions(supergraph: DocumentNode, unions: PartialUnions): DocumentNode {
  const types = new Map<string, TypeDefinitionNode>();
  for (const definition of supergraph.definitions)
    if (isType(definition)) types.set(definition.name.value, definition);
  for (const [union, known] of unions) {
    for (const graph of known.keys())
      for (const [owner, members] of known)
        for (const member of members) {
          if (known.get(graph)!.has(member)) continue;
          lend(member, owner, graph, types);
          addTo(union, join('join__unionMember', { graph, member: JSON.stringify(member) }), types);
        }
  }
  const definitions = supergraph.definitions.map((definition) =>
    isType(definition) ? types.get(definition.name.value)! : definition,
  );
  return { ...supergraph, definitions };
}

type Types = Map<string, TypeDefinitionNode>;

function isType(definition: DefinitionNode): definition is TypeDefinitionNode {
  return definition.kind.endsWith('TypeDefinition');
}

function membersByGraph(union: UnionTypeDefinitionNode): ReadonlyMap<string, ReadonlySet<string>> {
  const known = new Map<string, Set<string>>();
  for (const graph of graphsOf(union)) known.set(graph, new Set());
  for (const directive of joins(union, 'join__unionMember'))
    known.get(String(argument(directive, 'graph')))?.add(String(argument(directive, 'member')));
  return known;
}

/** Gives a subgraph a type that it lacks, as its owner has it, and what its fields lead to that it lacks as well. */
function lend(name: string, owner: string, graph: string, types: Types): void {
  const type = types.get(name);
  if (!type || graphsOf(type).has(graph)) return;
  addTo(name, join('join__type', { graph }), types);
  switch (type.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_DEFINITION: {
      const fields = (type.fields ?? []).map((field) => withGraph(field, owner, graph));
      types.set(name, { ...(types.get(name) as typeof type), fields });
      for (const field of type.fields ?? [])
        if (isIn(field, owner)) lend(namedTypeOf(field.type), owner, graph, types);
      if (type.kind === Kind.INTERFACE_TYPE_DEFINITION) lendObjects(name, owner, graph, types);
      return;
    }
    case Kind.UNION_TYPE_DEFINITION:
      for (const member of membersByGraph(type).get(owner) ?? []) {
        lend(member, owner, graph, types);
        addTo(name, join('join__unionMember', { graph, member: JSON.stringify(member) }), types);
      }
      return;
    case Kind.ENUM_TYPE_DEFINITION: {
      const values = (type.values ?? []).map((value) => ({
        ...value,
        directives: [...(value.directives ?? []), join('join__enumValue', { graph })],
      }));
      types.set(name, { ...(types.get(name) as typeof type), values });
    }
  }
}

function lendObjects(name: string, owner: string, graph: string, types: Types): void {
  for (const type of [...types.values()]) {
    const implemented = joins(type, 'join__implements').some(
      (directive) => argument(directive, 'graph') === owner && argument(directive, 'interface') === name,
    );
    if (!implemented) continue;
    lend(type.name.value, owner, graph, types);
    addTo(type.name.value, join('join__implements', { graph, interface: JSON.stringify(name) }), types);
  }
}

function withGraph(field: FieldDefinitionNode, owner: string, graph: string): FieldDefinitionNode {
  const own = joins(field, 'join__field').find((directive) => argument(directive, 'graph') === owner);
  // A field that names no subgraph is in all of its type's.
  if (!own || !isIn(field, owner)) return field;
  const type = argument(own, 'type');
  const lent = join('join__field', {
    graph,
    ...(typeof type === 'string' && { type: JSON.stringify(type) }),
  });
  return { ...field, directives: [...(field.directives ?? []), lent] };
}

function isIn(field: FieldDefinitionNode, graph: string): boolean {
  const joined = joins(field, 'join__field');
  return (
    joined.length === 0 ||
    joined.some((one) => argument(one, 'graph') === graph && argument(one, 'external') !== true)
  );
}

function addTo(name: string, directive: ConstDirectiveNode, types: Types): void {
  const type = types.get(name);
  if (type) types.set(name, { ...type, directives: [...(type.directives ?? []), directive] });
}
