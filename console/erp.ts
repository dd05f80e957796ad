import type { Settings } from './settings.ts';

/** The ERP subgraph in a process of its own. Returns the exit code once it was stopped. */
export async function erp(_settings: Settings): Promise<number> {
  throw new Error('tandem erp is not part of this version; tandem start runs everything in one process.');
}
