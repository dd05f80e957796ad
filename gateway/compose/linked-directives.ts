import type { ConstDirectiveNode, GraphQLSchema } from 'graphql';
import { argument } from './join-directives.ts';

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
    const [url, as] = [argument(link, 'url'), argument(link, 'as')];
    if (typeof url !== 'string' || !url.includes(`/${feature}/`)) continue;
    if (typeof as === 'string') names.add(name === feature ? as : `${as}__${name}`);
    const imported = importedAs(link, name);
    if (imported !== undefined) names.add(imported);
  }
  return names;
}

/** The name that a `@link` gives a directive which it imports; undefined where it imports none of that name. */
export function importedAs(link: ConstDirectiveNode, name: string): string | undefined {
  const imports = argument(link, 'import');
  for (const entry of (Array.isArray(imports) ? imports : []) as readonly Import[]) {
    if (entry === `@${name}`) return name;
    if (typeof entry === 'object' && entry.name === `@${name}`) return (entry.as ?? entry.name).slice(1);
  }
  return undefined;
}
