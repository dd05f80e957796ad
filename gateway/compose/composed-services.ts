import { type DocumentNode, type FieldDefinitionNode, Kind } from 'graphql';
import { argument, joins } from './join-directives.ts';

/** A subgraph that was composed. */
export type Service = { readonly name: string; readonly typeDefs: DocumentNode };

/** The subgraphs of a supergraph by the names that its directives give them. */
export function servicesByGraph(
  supergraph: DocumentNode,
  services: readonly Service[],
): ReadonlyMap<string, Service> {
  const byGraph = new Map<string, Service>();
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.ENUM_TYPE_DEFINITION || definition.name.value !== 'join__Graph') continue;
    for (const value of definition.values ?? []) {
      const [subgraph] = joins(value, 'join__graph').map((directive) => argument(directive, 'name'));
      const service = services.find(({ name }) => name === subgraph);
      if (service) byGraph.set(value.name.value, service);
    }
  }
  return byGraph;
}

/** A field as a subgraph defines it; more than one where extensions repeat it. */
export function fieldsIn(
  service: Service | undefined,
  typeName: string,
  field: string,
): readonly FieldDefinitionNode[] {
  return (service?.typeDefs.definitions ?? []).flatMap((definition) =>
    'fields' in definition && definition.name.value === typeName
      ? ((definition.fields ?? []) as readonly FieldDefinitionNode[]).filter(
          ({ name }) => name.value === field,
        )
      : [],
  );
}
