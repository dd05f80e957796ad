import { type DocumentNode, Kind, type ObjectTypeExtensionNode, OperationTypeNode } from 'graphql';
import type { Service } from './composed-services.ts';
import { argument, join, joins } from './join-directives.ts';
import { importedAs } from './linked-directives.ts';
import { namedTypeOf } from './named-type.ts';

/**
 * Gives the query root a key where a field of some subgraph leads back to it (`type Renamed { query: Query! }`): every
 * subgraph can be asked for its root fields anywhere, which version 0.27.0 of the composition only believes of a type with
 * a key, and refuses the graph otherwise. It leaves the key of a root out of the supergraph.
 */
export function keyRoots<S extends Service>(services: readonly S[]): readonly S[] {
  if (services.length < 2 || !services.some(({ typeDefs }) => leadsToRoot(typeDefs))) return services;
  return services.map((service) => {
    const root = rootOf(service.typeDefs);
    const isDefined = service.typeDefs.definitions.some(
      (definition) => 'fields' in definition && definition.name.value === root,
    );
    if (!isDefined) return service;
    const keyed: ObjectTypeExtensionNode = {
      kind: Kind.OBJECT_TYPE_EXTENSION,
      name: { kind: Kind.NAME, value: root },
      directives: [join(keyName(service.typeDefs), { fields: '"__typename"' })],
    };
    return {
      ...service,
      typeDefs: { ...service.typeDefs, definitions: [...service.typeDefs.definitions, keyed] },
    };
  });
}

function leadsToRoot(typeDefs: DocumentNode): boolean {
  const root = rootOf(typeDefs);
  return typeDefs.definitions.some(
    (definition) =>
      (definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.OBJECT_TYPE_EXTENSION) &&
      definition.fields?.some(({ type }) => namedTypeOf(type) === root),
  );
}

/** What a subgraph calls its query root. */
function rootOf({ definitions }: DocumentNode): string {
  for (const definition of definitions)
    if (definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION)
      for (const { operation, type } of definition.operationTypes ?? [])
        if (operation === OperationTypeNode.QUERY) return type.name.value;
  return 'Query';
}

/** What a subgraph calls `@key`, by its link to federation; the first version has none. */
function keyName({ definitions }: DocumentNode): string {
  for (const definition of definitions)
    if (definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION)
      for (const link of joins(definition, 'link'))
        if (/\/federation\/v\d/.test(String(argument(link, 'url'))))
          return importedAs(link, 'key') ?? `${String(argument(link, 'as') ?? 'federation')}__key`;
  return 'key';
}
