import {
  type ConstDirectiveNode,
  type DocumentNode,
  Kind,
  parseConstValue,
  valueFromASTUntyped,
} from 'graphql';

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

/** Subgraphs as the directives of a supergraph call them, by their names. */
export function graphsByName(supergraph: DocumentNode): ReadonlyMap<string, string> {
  const graphs = new Map<string, string>();
  for (const definition of supergraph.definitions)
    if (definition.kind === Kind.ENUM_TYPE_DEFINITION && definition.name.value === 'join__Graph')
      for (const value of definition.values ?? [])
        for (const directive of joins(value, 'join__graph'))
          graphs.set(String(argument(directive, 'name')), value.name.value);
  return graphs;
}

/** The subgraphs that a type of a supergraph, or a part of one, is said to be in, as its directives call them. */
export function graphsOf(
  node: { readonly directives?: readonly ConstDirectiveNode[] | undefined },
  name = 'join__type',
): ReadonlySet<string> {
  return new Set(joins(node, name).map((directive) => String(argument(directive, 'graph'))));
}
