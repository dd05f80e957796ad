import type { EngineKind, Log } from '../options.ts';
import { createEngine, type Engine } from './engine.ts';
import { whyNoPlanner } from './planner.ts';
import type { Transport } from './run.ts';

/**
 * Opens the engine of a supergraph; without a wish the native one, and where the machine has no planner for it the
 * stitched one, with a warning. Throws when the SDL is not a supergraph.
 */
export async function openEngine(
  supergraphSdl: string,
  transport: Transport,
  { engine, log }: { readonly engine: EngineKind | undefined; readonly log: Log },
): Promise<Engine> {
  const reason = engine === undefined ? whyNoPlanner() : null;
  if (engine !== 'stitched' && reason === null) return createEngine(supergraphSdl, transport);
  log.warn(
    { platform: `${process.platform}-${process.arch}`, ...(reason === null ? {} : { reason }) },
    'serving without the native query planner: right, but several times slower; run on Linux with glibc or macOS for speed',
  );
  const { createStitchedEngine } = await import('./stitched-engine.ts');
  return createStitchedEngine(supergraphSdl, transport);
}
