import { type ConstDirectiveNode, type GraphQLSchema, valueFromASTUntyped } from 'graphql';

/** A directive of a supergraph: the feature it belongs to, as in `https://specs.apollo.dev/cost/v0.1`, and its name there. */
export type LinkedDirective = { readonly feature: string; readonly name: string };

type Import = string | { readonly name?: string; readonly as?: string };

/**
 * The names by which a supergraph may apply a directive: `@link` can give it another one, by import or to its whole
 * feature, and whoever looked for the usual name alone would find nothing to enforce.
 */
export function linkedNames(
  supergraph: GraphQLSchema,
  { feature, name }: LinkedDirective,
): ReadonlySet<string> {
  const names = new Set([name, `${feature}__${name}`]);
  for (const link of supergraph.astNode?.directives ?? []) {
    if (link.name.value !== 'link') continue;
    const { url, as, import: imports } = argumentsOf(link);
    if (typeof url !== 'string' || !url.includes(`/${feature}/`)) continue;
    if (typeof as === 'string') names.add(name === feature ? as : `${as}__${name}`);
    for (const entry of (Array.isArray(imports) ? imports : []) as readonly Import[])
      if (typeof entry === 'object' && entry.name === `@${name}` && entry.as) names.add(entry.as.slice(1));
  }
  return names;
}

/** A directive's arguments by name. */
function argumentsOf({ arguments: given = [] }: ConstDirectiveNode): Readonly<Record<string, unknown>> {
  return Object.fromEntries(given.map(({ name, value }) => [name.value, valueFromASTUntyped(value)]));
}
