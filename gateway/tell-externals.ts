import { type FieldDefinitionNode, type InterfaceTypeDefinitionNode, parse, print, visit } from 'graphql';
import { fieldsIn, type Service, servicesByGraph } from './composed-services.ts';
import { argument, join, joins } from './join-directives.ts';

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

function graphsOf(type: InterfaceTypeDefinitionNode): readonly string[] {
  return [...new Set(joins(type, 'join__type').map((directive) => String(argument(directive, 'graph'))))];
}

type Place = readonly [
  service: Service | undefined,
  type: InterfaceTypeDefinitionNode,
  field: FieldDefinitionNode,
];

function has(...[service, type, field]: Place): boolean {
  return fieldsIn(service, type.name.value, field.name.value).length > 0;
}

function isExternal(...[service, type, field]: Place): boolean {
  return fieldsIn(service, type.name.value, field.name.value).some(({ directives }) =>
    directives?.some(({ name }) => name.value === 'external' || name.value === 'federation__external'),
  );
}
