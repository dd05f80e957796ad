import type { HealthPart } from '../options.ts';
import type { Served } from '../served.ts';
import type { Connection } from '../transport/transport.ts';

/** How long an answer about readiness is good for, milliseconds, so that probes cannot become load. */
const FRESH_MS = 1_000;

/** What is served, null before there is anything, and why it is not the present supergraph. */
export type ServedNow = { readonly served: Served | null; readonly problem: string | null };

/** Whether requests can be answered, and every part that has a say in it. */
export type Readiness = { readonly ready: boolean; readonly parts: readonly HealthPart[] };

/**
 * Tells of everything the gateway needs: the supergraph, each subgraph, and what others add. It is ready while it can
 * answer: a subgraph that is away is told, but only where all are is there nothing to send a client here for. Else one
 * system that is down would take every gateway out of service.
 */
export function createReadiness(
  now: () => ServedNow,
  others: () => Promise<readonly HealthPart[]>,
): () => Promise<Readiness> {
  let last: { readonly at: number; readonly readiness: Promise<Readiness> } | undefined;
  const look = async () => {
    const { served, problem } = now();
    const rest = others().catch((error: unknown) => [
      { name: 'health', ready: false, detail: error instanceof Error ? error.message : String(error) },
    ]);
    const subgraphs = await Promise.all([...(served?.connections ?? [])].map(lookAt));
    const needed = [supergraphPart(served !== null, problem), ...(await rest)];
    const canAnswer = subgraphs.length === 0 || subgraphs.some(({ ready }) => ready);
    return { ready: canAnswer && needed.every(({ ready }) => ready), parts: [...needed, ...subgraphs] };
  };
  return () => {
    const at = Date.now();
    if (!last || at - last.at > FRESH_MS) last = { at, readiness: look() };
    return last.readiness;
  };
}

function supergraphPart(ready: boolean, problem: string | null): HealthPart {
  const part = { name: 'supergraph', ready };
  if (problem === null) return part;
  return { ...part, detail: ready ? `The last good one is served. ${problem}` : problem };
}

async function lookAt([name, { check }]: readonly [string, Connection]): Promise<HealthPart> {
  const problem = check ? await check() : null;
  return { name: `subgraph ${name}`, ready: problem === null, ...(problem ? { detail: problem } : {}) };
}
