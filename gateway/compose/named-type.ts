import { Kind, type TypeNode } from 'graphql';

/** The name of a type as it is written, without lists and exclamation marks. */
export function namedTypeOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedTypeOf(type.type);
}
