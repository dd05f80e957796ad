import type { HealthPart } from './options.ts';
import type { Served } from './served.ts';

/** How long an answer about readiness is good for, milliseconds, so that probes cannot become load. */
const FRESH_MS = 1_000;

/** Tells whether everything the gateway needs is there: the supergraph, each subgraph, and what others add. */
export function createReadiness(
  served: () => Served,
  others: () => Promise<readonly HealthPart[]>,
): () => Promise<readonly HealthPart[]> {
  let last: { readonly at: number; readonly parts: Promise<readonly HealthPart[]> } | undefined;
  const look = async () => {
    const subgraphs = [...served().connections].map(async ([name, { check }]): Promise<HealthPart> => {
      const problem = check ? await check() : null;
      return { name: `subgraph ${name}`, ready: problem === null, ...(problem ? { detail: problem } : {}) };
    });
    const rest = others().catch((error: unknown) => [
      { name: 'health', ready: false, detail: error instanceof Error ? error.message : String(error) },
    ]);
    return [{ name: 'supergraph', ready: true }, ...(await Promise.all(subgraphs)), ...(await rest)];
  };
  return () => {
    const now = Date.now();
    if (!last || now - last.at > FRESH_MS) last = { at: now, parts: look() };
    return last.parts;
  };
}
