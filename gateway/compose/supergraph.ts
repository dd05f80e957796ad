import { composeServices } from '@theguild/federation-composition';
import { Kind, parse } from 'graphql';
import { argument, joins } from './join-directives.ts';
import { keyRoots } from './keyed-roots.ts';
import { spellOutKinds } from './required-kinds.ts';
import { tellExternals } from './tell-externals.ts';
import { tellWidest } from './widest-types.ts';

/** A subgraph as composition sees it. */
export type SubgraphDefinition = { readonly name: string; readonly url: string; readonly sdl: string };

/** The subgraphs do not fit together; `problems` says why, one readable line each. */
export class CompositionError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The subgraphs do not compose:\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
    this.name = 'CompositionError';
    this.problems = problems;
  }
}

/** Composes subgraphs into a supergraph's SDL. Throws a CompositionError. */
export function composeSupergraph(subgraphs: readonly SubgraphDefinition[]): string {
  if (subgraphs.length === 0) throw new CompositionError(['there are none']);
  const services = subgraphs.map(({ name, url, sdl }) => {
    try {
      return { name, url, typeDefs: spellOutKinds(parse(sdl, { noLocation: true })) };
    } catch (error) {
      throw new CompositionError([`[${name}] ${error instanceof Error ? error.message : String(error)}`]);
    }
  });
  const { errors, supergraphSdl } = composeServices([...keyRoots(services)]);
  if (errors) throw new CompositionError(errors.map(({ message }) => message));
  return tellWidest(tellExternals(supergraphSdl, services), services);
}

/** The subgraphs a supergraph names, with the addresses it gives them. */
export function subgraphAddresses(supergraphSdl: string): ReadonlyMap<string, string> {
  const addresses = new Map<string, string>();
  for (const definition of parse(supergraphSdl, { noLocation: true }).definitions) {
    if (definition.kind !== Kind.ENUM_TYPE_DEFINITION || definition.name.value !== 'join__Graph') continue;
    for (const value of definition.values ?? [])
      for (const graph of joins(value, 'join__graph')) {
        const [name, url] = [argument(graph, 'name'), argument(graph, 'url')];
        if (typeof name === 'string') addresses.set(name, typeof url === 'string' ? url : '');
      }
  }
  return addresses;
}

/** Why a text cannot be served as a supergraph, or null: a file may be half written, or hold a subgraph. */
export function problemOfSupergraph(text: string): string | null {
  try {
    if (subgraphAddresses(text).size > 0) return null;
    return 'it names no subgraph. Take what a composition printed, such as "tandem schema compose".';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
