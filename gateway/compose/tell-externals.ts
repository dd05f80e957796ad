import {
  type FieldDefinitionNode,
  type InterfaceTypeDefinitionNode,
  type ObjectTypeDefinitionNode,
  parse,
  print,
  visit,
} from 'graphql';
import { fieldsIn, type Service, servicesByGraph } from './composed-services.ts';
import { graphsOf, join } from './join-directives.ts';

/**
 * Writes into a supergraph which fields are external to a subgraph that has them for an interface's sake: those of an
 * `@interfaceObject`, and those of an object of an interface in the first version of federation. Version 0.27.0 of the
 * composition leaves that out, and a planner would ask the subgraph for them.
 */
export function tellExternals(supergraphSdl: string, services: readonly Service[]): string {
  const document = parse(supergraphSdl, { noLocation: true });
  const serviceOf = servicesByGraph(document, services);
  let changed = false;
  const told = visit(document, {
    ObjectTypeDefinition: (type) => ({
      ...type,
      fields: (type.fields ?? []).map((field) => {
        const joined = graphsOf(field, 'join__field');
        if (joined.size === 0 || !type.interfaces?.length) return field;
        const external = [...graphsOf(type)].filter(
          (graph) => !joined.has(graph) && isExternal(serviceOf.get(graph), type, field),
        );
        if (external.length === 0) return field;
        changed = true;
        const added = external.map((graph) => join('join__field', { graph, external: 'true' }));
        return { ...field, directives: [...(field.directives ?? []), ...added] };
      }),
    }),
    InterfaceTypeDefinition: (type) => ({
      ...type,
      fields: (type.fields ?? []).map((field) => {
        if (field.directives?.some(({ name }) => name.value === 'join__field')) return field;
        const graphs = [...graphsOf(type)];
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

type Typed = InterfaceTypeDefinitionNode | ObjectTypeDefinitionNode;

type Place = readonly [service: Service | undefined, type: Typed, field: FieldDefinitionNode];

function has(...[service, type, field]: Place): boolean {
  return fieldsIn(service, type.name.value, field.name.value).length > 0;
}

function isExternal(...[service, type, field]: Place): boolean {
  return fieldsIn(service, type.name.value, field.name.value).some(({ directives }) =>
    directives?.some(({ name }) => name.value === 'external' || name.value === 'federation__external'),
  );
}
