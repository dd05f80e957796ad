import {
  type DocumentNode,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';

/**
 * Asks for `__typename` wherever an interface or union has members that clients may not see: otherwise a plan
 * for fields of the interface alone would not tell them from the others, and show them.
 */
export type RevealHidden = (document: DocumentNode) => DocumentNode;

/** Made once per supergraph; without hidden members it changes nothing and costs nothing. */
export function createRevealHidden(api: GraphQLSchema, full: GraphQLSchema): RevealHidden {
  const withHidden = new Set<string>();
  for (const type of Object.values(full.getTypeMap()))
    if (isAbstractType(type) && full.getPossibleTypes(type).some(({ name }) => !api.getType(name)))
      withHidden.add(type.name);
  if (withHidden.size === 0) return (document) => document;
  return (document) => {
    const types = new TypeInfo(api);
    return visit(
      document,
      visitWithTypeInfo(types, {
        SelectionSet: {
          leave: (set) => {
            if (!withHidden.has(types.getParentType()?.name ?? '')) return undefined;
            const typename = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } } as const;
            return { ...set, selections: [typename, ...set.selections] };
          },
        },
      }),
    );
  };
}
