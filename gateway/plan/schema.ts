import { transformSupergraphToPublicSchema } from '@theguild/federation-composition';
import {
  buildASTSchema,
  type ConstDirectiveNode,
  type DocumentNode,
  type GraphQLSchema,
  isAbstractType,
  isInterfaceType,
  Kind,
  parse,
} from 'graphql';
import { DEFER_DEFINITION } from './defer-directive.ts';
import type { VagueTypes } from './merge.ts';
import { createTrustProvided, type TrustProvided } from './trust-provided.ts';

/** The types of a supergraph: what clients see, and what plans speak of. */
export type PlanSchema = {
  /** What clients may ask for: no `@inaccessible` elements, no federation machinery. */
  readonly api: GraphQLSchema;
  /** Everything the subgraphs define, for type conditions of plans. */
  readonly full: GraphQLSchema;
  /** The type names a condition covers: itself, and for an abstract type all that belong to it. */
  matching(condition: readonly string[]): ReadonlySet<string>;
  /** Interfaces that some subgraph has as an object, and whose name it answers for each of theirs. */
  readonly vague: VagueTypes;
  /** Whether plans ask subgraphs only for what these know. */
  readonly trustProvided: TrustProvided;
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
  return {
    api,
    full,
    matching: (condition) => matching(full, condition),
    vague: interfaceObjects(document),
    trustProvided: createTrustProvided(full),
  };
}

function interfaceObjects(document: DocumentNode): VagueTypes {
  return new Set(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.INTERFACE_TYPE_DEFINITION && definition.directives?.some(isOfInterfaceObject)
        ? [definition.name.value]
        : [],
    ),
  );
}

function isOfInterfaceObject({ name, arguments: given }: ConstDirectiveNode): boolean {
  const told = given?.find((argument) => argument.name.value === 'isInterfaceObject')?.value;
  return name.value === 'join__type' && told?.kind === Kind.BOOLEAN && told.value;
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
