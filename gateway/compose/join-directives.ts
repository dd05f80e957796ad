import { type ConstDirectiveNode, Kind, parseConstValue, valueFromASTUntyped } from 'graphql';

/** A directive by which a supergraph says which subgraph has what. @param values arguments as they are written in SDL */
export function join(name: string, values: Readonly<Record<string, string>>): ConstDirectiveNode {
  return {
    kind: Kind.DIRECTIVE,
    name: { kind: Kind.NAME, value: name },
    arguments: Object.entries(values).map(([argumentName, value]) => ({
      kind: Kind.ARGUMENT,
      name: { kind: Kind.NAME, value: argumentName },
      value: parseConstValue(value),
    })),
  };
}

/** The directives of one name that stand at an element of a supergraph. */
export function joins(
  node: { readonly directives?: readonly ConstDirectiveNode[] | undefined },
  name: string,
): readonly ConstDirectiveNode[] {
  return (node.directives ?? []).filter((directive) => directive.name.value === name);
}

/** What such a directive is given, as a plain value; undefined where it is not. */
export function argument(directive: ConstDirectiveNode, name: string): unknown {
  const found = directive.arguments?.find((given) => given.name.value === name);
  return found && valueFromASTUntyped(found.value);
}
