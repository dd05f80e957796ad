import type { Settings } from './settings.ts';

/** The sync subgraph with its workers in a process of its own. Returns the exit code once it was stopped. */
export async function sync(_settings: Settings): Promise<number> {
  throw new Error('tandem sync is not part of this version; tandem start runs everything in one process.');
}
