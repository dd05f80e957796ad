import type { DocumentNode, FieldDefinitionNode } from 'graphql';
import { graphsByName } from './join-directives.ts';

/** A subgraph that was composed. */
export type Service = { readonly name: string; readonly typeDefs: DocumentNode };

/** The subgraphs of a supergraph by the names that its directives give them. */
export function servicesByGraph(
  supergraph: DocumentNode,
  services: readonly Service[],
): ReadonlyMap<string, Service> {
  const byGraph = new Map<string, Service>();
  const graphOf = graphsByName(supergraph);
  for (const service of services) {
    const graph = graphOf.get(service.name);
    if (graph !== undefined) byGraph.set(graph, service);
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
