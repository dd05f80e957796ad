import {
  type DirectiveNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  Kind,
  type SelectionSetNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { Fragments } from './fragments.ts';
import { inlineFragment } from './selections.ts';

/** Types whose fields are not taken apart, fewest parts first. */
export function rootsToSpare(api: GraphQLSchema): readonly Spared[] {
  return [[api.getQueryType(), api.getMutationType()], []];
}

/** Types that are spared. */
export type Spared = readonly (GraphQLObjectType | null | undefined)[];

/** The same below fragments. */
export function deferInFragments(fragments: Fragments, api: GraphQLSchema, spared: Spared): Fragments {
  return new Map(
    [...fragments].map(([name, fragment]) => {
      const { typeCondition, selectionSet } = fragment;
      return [
        name,
        { ...fragment, selectionSet: deferEntities(selectionSet, typeCondition.name.value, api, spared) },
      ];
    }),
  );
}

/** Selections in which whatever a field returns is deferred, but where that field is of a spared type. */
export function deferEntities(
  set: SelectionSetNode,
  typeName: string,
  api: GraphQLSchema,
  spared: Spared,
): SelectionSetNode {
  const types = new TypeInfo(api);
  const apart = visit(
    inlineFragment(typeName, set),
    visitWithTypeInfo(types, {
      Field: {
        leave: (field) => {
          const returned = getNamedType(types.getType());
          if (!field.selectionSet || !returned || spared.includes(types.getParentType() as GraphQLObjectType))
            return undefined;
          const deferred = inlineFragment(returned.name, field.selectionSet, [DEFER]);
          return { ...field, selectionSet: { kind: Kind.SELECTION_SET, selections: [deferred] } };
        },
      },
    }),
  );
  return apart.selectionSet;
}

const DEFER: DirectiveNode = { kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: 'defer' } };
