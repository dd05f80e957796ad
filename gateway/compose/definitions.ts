import type { SubgraphSource } from '../options.ts';
import { fetchSubgraphSdl, SdlUnavailable } from '../transport/remote.ts';
import type { SubgraphDefinition } from './supergraph.ts';

/**
 * What subgraphs are to be composed of: the SDL they were given with, or else tell themselves within `ms` milliseconds.
 * Throws an SdlUnavailable that names every subgraph that does not.
 */
export async function readDefinitions(
  sources: readonly SubgraphSource[],
  ms: number,
): Promise<readonly SubgraphDefinition[]> {
  const told = await Promise.allSettled(sources.map((source) => definitionOf(source, ms)));
  const away = told.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []));
  if (away.length > 0) throw new SdlUnavailable(away.map(({ message }) => message).join(' '));
  return told.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

async function definitionOf(source: SubgraphSource, ms: number): Promise<SubgraphDefinition> {
  const { name } = source;
  if (source.kind === 'local') return { name, url: `local://${name}`, sdl: source.sdl };
  return { name, url: source.url, sdl: source.sdl ?? (await fetchSubgraphSdl(source, ms)) };
}
