import {
  type DirectiveNode,
  type FieldNode,
  type InlineFragmentNode,
  Kind,
  type NamedTypeNode,
  type SelectionSetNode,
} from 'graphql';

/** Asks for the type of an object. */
export const TYPENAME: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };

/** An inline fragment on a type. */
export function inlineFragment(
  typeName: string,
  selectionSet: SelectionSetNode,
  directives: readonly DirectiveNode[] = [],
): InlineFragmentNode {
  const typeCondition: NamedTypeNode = {
    kind: Kind.NAMED_TYPE,
    name: { kind: Kind.NAME, value: typeName },
  };
  return { kind: Kind.INLINE_FRAGMENT, typeCondition, directives, selectionSet };
}

/** A field under another name. */
export function aliased(alias: string, name: string, selectionSet?: SelectionSetNode): FieldNode {
  return {
    kind: Kind.FIELD,
    alias: { kind: Kind.NAME, value: alias },
    name: { kind: Kind.NAME, value: name },
    ...(selectionSet ? { selectionSet } : {}),
  };
}
