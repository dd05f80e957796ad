import type { Settings } from './settings.ts';

/** The CRM subgraph in a process of its own. Returns the exit code once it was stopped. */
export async function crm(_settings: Settings): Promise<number> {
  throw new Error('tandem crm is not part of this version; tandem start runs everything in one process.');
}
