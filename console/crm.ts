import { openCrm } from '../subgraphs/crm/main.ts';
import { serveSystem } from './serve-system.ts';
import type { Settings } from './settings.ts';

/** The CRM subgraph in a process of its own. Returns the exit code once it was stopped. */
export async function crm(settings: Settings): Promise<number> {
  return serveSystem('crm', openCrm, settings);
}
