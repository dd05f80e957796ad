import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  parse,
  print,
  type TypeNode,
  visit,
} from 'graphql';
import { fieldsIn, type Service, servicesByGraph } from './composed-services.ts';
import { argument, join, joins } from './join-directives.ts';
import { namedTypeOf } from './named-type.ts';

/**
 * Gives each field of a supergraph the widest of the types that its subgraphs give it, and says which gives which:
 * where one says `Book` and another a union or an interface of books and more, version 0.27.0 of the composition takes
 * the first, and clients could not ask for what the others may tell.
 */
export function tellWidest(supergraphSdl: string, services: readonly Service[]): string {
  const document = parse(supergraphSdl, { noLocation: true });
  const serviceOf = servicesByGraph(document, services);
  const kinds = kindsOf(document);
  let changed = false;
  const tell = (typeName: string, field: FieldDefinitionNode): FieldDefinitionNode => {
    const types = new Map<string, TypeNode>();
    for (const [graph, service] of serviceOf)
      for (const { type } of fieldsIn(service, typeName, field.name.value)) types.set(graph, type);
    const names = [...new Set([...types.values()].map(namedTypeOf))];
    if (names.length < 2) return field;
    const widest = names.find((name) => names.every((other) => other === name || kinds(name).has(other)));
    if (widest === undefined) return field;
    changed = true;
    return { ...field, type: withName(field.type, widest), directives: withTypes(field, types) };
  };
  const told = visit(document, {
    ObjectTypeDefinition: (type) => ({
      ...type,
      fields: type.fields?.map((field) => tell(type.name.value, field)) ?? [],
    }),
    InterfaceTypeDefinition: (type) => ({
      ...type,
      fields: type.fields?.map((field) => tell(type.name.value, field)) ?? [],
    }),
  });
  return changed ? print(told) : supergraphSdl;
}

/** What belongs to an interface or a union. */
function kindsOf(document: DocumentNode): (abstract: string) => ReadonlySet<string> {
  const kinds = new Map<string, Set<string>>();
  const put = (abstract: string, kind: string) => {
    kinds.set(abstract, (kinds.get(abstract) ?? new Set()).add(kind));
  };
  for (const definition of document.definitions) {
    if (definition.kind === Kind.UNION_TYPE_DEFINITION)
      for (const member of definition.types ?? []) put(definition.name.value, member.name.value);
    if (definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION)
      for (const parent of definition.interfaces ?? []) put(parent.name.value, definition.name.value);
  }
  const none: ReadonlySet<string> = new Set();
  return (abstract) => kinds.get(abstract) ?? none;
}

function withTypes(
  field: FieldDefinitionNode,
  types: ReadonlyMap<string, TypeNode>,
): readonly ConstDirectiveNode[] {
  const joined = joins(field, 'join__field');
  const typed = (graph: string, values: Readonly<Record<string, string>> = {}) =>
    join('join__field', { graph, ...values, type: JSON.stringify(print(types.get(graph)!)) });
  if (joined.length === 0)
    return [...(field.directives ?? []), ...[...types.keys()].map((graph) => typed(graph))];
  return (field.directives ?? []).map((directive) => {
    const graph = String(argument(directive, 'graph'));
    if (!joined.includes(directive) || !types.has(graph)) return directive;
    const others = (directive.arguments ?? []).filter(
      ({ name }) => name.value !== 'graph' && name.value !== 'type',
    );
    return typed(graph, Object.fromEntries(others.map(({ name, value }) => [name.value, print(value)])));
  });
}

function withName<T extends TypeNode>(type: T, name: string): T {
  return type.kind === Kind.NAMED_TYPE
    ? { ...type, name: { ...type.name, value: name } }
    : { ...type, type: withName(type.type, name) };
}
