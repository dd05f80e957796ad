import { openErp } from '../subgraphs/erp/main.ts';
import { serveSystem } from './serve-system.ts';
import type { Settings } from './settings.ts';

/** The ERP subgraph in a process of its own. Returns the exit code once it was stopped. */
export async function erp(settings: Settings): Promise<number> {
  return serveSystem('erp', openErp, settings);
}
