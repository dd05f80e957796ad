import type { HealthPart } from '../options.ts';
import type { Served } from '../served.ts';
import type { Connection } from '../transport/transport.ts';

/** How long an answer about readiness is good for, milliseconds, so that probes cannot become load. */
const FRESH_MS = 1_000;

/** What is served, null before there is anything, and why it is not the present supergraph. */
export type ServedNow = { readonly served: Served | null; readonly problem: string | null };

/** Whether all is there, or else enough to answer some requests, and every part that has a say in it. */
export type Readiness = {
  readonly ready: boolean;
  /** All but some of the subgraphs is there: who asks for what they have gets partial data. */
  readonly partly: boolean;
  readonly parts: readonly HealthPart[];
};

/**
 * Tells of everything the gateway needs: the supergraph, each subgraph, and what others add. It is ready when all of it is
 * there. A balancer that goes by this takes every gateway out of service when one subgraph is down; where partial data is
 * better than none, it goes by `partly`.
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
    const [base, all] = [needed.every(isReady), subgraphs.every(isReady)];
    const partly = base && (all || subgraphs.some(isReady));
    return { ready: base && all, partly, parts: [...needed, ...subgraphs] };
  };
  return () => {
    const at = Date.now();
    if (!last || at - last.at > FRESH_MS) last = { at, readiness: look() };
    return last.readiness;
  };
}

const isReady = ({ ready }: HealthPart): boolean => ready;

function supergraphPart(ready: boolean, problem: string | null): HealthPart {
  const part = { name: 'supergraph', ready };
  if (problem === null) return part;
  return { ...part, detail: ready ? `The last good one is served. ${problem}` : problem };
}

async function lookAt([name, { check }]: readonly [string, Connection]): Promise<HealthPart> {
  const problem = check ? await check() : null;
  return { name: `subgraph ${name}`, ready: problem === null, ...(problem ? { detail: problem } : {}) };
}
