import { transformSupergraphToPublicSchema } from '@theguild/federation-composition';
import {
  buildASTSchema,
  type DocumentNode,
  type GraphQLSchema,
  isAbstractType,
  isInterfaceType,
  Kind,
  parse,
} from 'graphql';
import { DEFER_DEFINITION } from './defer-directive.ts';

/** The types of a supergraph: what clients see, and what plans speak of. */
export type PlanSchema = {
  /** What clients may ask for: no `@inaccessible` elements, no federation machinery. */
  readonly api: GraphQLSchema;
  /** Everything the subgraphs define, for type conditions of plans. */
  readonly full: GraphQLSchema;
  /** The type names a condition covers: itself, and for an abstract type all that belong to it. */
  matching(condition: readonly string[]): ReadonlySet<string>;
};

/** Reads a supergraph's types. Throws on SDL that does not parse. */
export function readSchema(supergraphSdl: string): PlanSchema {
  const document = parse(supergraphSdl, { noLocation: true });
  const full = buildASTSchema(document, { assumeValid: true, assumeValidSDL: true });
  const { definitions } = transformSupergraphToPublicSchema(document);
  const shown: DocumentNode = {
    kind: Kind.DOCUMENT,
    definitions: [...definitions, ...DEFER_DEFINITION.definitions],
  };
  const api = buildASTSchema(shown, { assumeValid: true, assumeValidSDL: true });
  return { api, full, matching: (condition) => matching(full, condition) };
}

function matching(schema: GraphQLSchema, condition: readonly string[]): ReadonlySet<string> {
  const names = new Set(condition);
  for (const name of condition) {
    const type = schema.getType(name);
    if (!isAbstractType(type)) continue;
    for (const member of schema.getPossibleTypes(type)) names.add(member.name);
    // A subgraph with @interfaceObject answers the interface's own name.
    if (isInterfaceType(type))
      for (const member of schema.getImplementations(type).interfaces) names.add(member.name);
  }
  return names;
}
