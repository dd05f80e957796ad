import {
  type DocumentNode,
  type FieldDefinitionNode,
  type InterfaceTypeDefinitionNode,
  Kind,
  parse,
  print,
  visit,
} from 'graphql';
import { argument, join } from './join-directives.ts';

/** A subgraph that was composed. */
type Service = { readonly name: string; readonly typeDefs: DocumentNode };

/**
 * Writes into a supergraph which fields of an `@interfaceObject` are external to it: version 0.27.0 of the composition
 * leaves that out, and a planner would ask the subgraph for them.
 */
export function tellExternals(supergraphSdl: string, services: readonly Service[]): string {
  if (!supergraphSdl.includes('isInterfaceObject: true')) return supergraphSdl;
  const document = parse(supergraphSdl, { noLocation: true });
  const serviceOf = servicesByGraph(document, services);
  let changed = false;
  const told = visit(document, {
    InterfaceTypeDefinition: (type) => ({
      ...type,
      fields: (type.fields ?? []).map((field) => {
        if (field.directives?.some(({ name }) => name.value === 'join__field')) return field;
        const graphs = graphsOf(type);
        const external = graphs.filter((graph) => isExternal(serviceOf.get(graph), type, field));
        if (external.length === 0) return field;
        changed = true;
        const owners = graphs.filter(
          (graph) => !external.includes(graph) && has(serviceOf.get(graph), type, field),
        );
        return {
          ...field,
          directives: [
            ...(field.directives ?? []),
            ...owners.map((graph) => join('join__field', { graph })),
            ...external.map((graph) => join('join__field', { graph, external: 'true' })),
          ],
        };
      }),
    }),
  });
  return changed ? print(told) : supergraphSdl;
}

function servicesByGraph(document: DocumentNode, services: readonly Service[]): ReadonlyMap<string, Service> {
  const byGraph = new Map<string, Service>();
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.ENUM_TYPE_DEFINITION || definition.name.value !== 'join__Graph') continue;
    for (const { name, directives = [] } of definition.values ?? []) {
      const subgraph = directives.map((one) => argument(one, 'name')).find((found) => found !== undefined);
      const service = services.find((one) => one.name === subgraph);
      if (service) byGraph.set(name.value, service);
    }
  }
  return byGraph;
}

function graphsOf({ directives = [] }: InterfaceTypeDefinitionNode): readonly string[] {
  const joined = directives.filter(({ name }) => name.value === 'join__type');
  return [...new Set(joined.map((directive) => String(argument(directive, 'graph'))))];
}

function fieldsIn(
  service: Service | undefined,
  type: InterfaceTypeDefinitionNode,
  field: FieldDefinitionNode,
): readonly FieldDefinitionNode[] {
  return (service?.typeDefs.definitions ?? []).flatMap((definition) =>
    'fields' in definition && definition.name.value === type.name.value
      ? ((definition.fields ?? []) as readonly FieldDefinitionNode[]).filter(
          ({ name }) => name.value === field.name.value,
        )
      : [],
  );
}

function has(...place: Parameters<typeof fieldsIn>): boolean {
  return fieldsIn(...place).length > 0;
}

function isExternal(...place: Parameters<typeof fieldsIn>): boolean {
  return fieldsIn(...place).some(({ directives }) =>
    directives?.some(({ name }) => name.value === 'external' || name.value === 'federation__external'),
  );
}
