import { createSystemSubgraph, type SystemSubgraph } from '../system/schema.ts';
import type { System } from '../system/system.ts';

/** The CRM's subgraph over a CRM that was opened elsewhere. */
export function createCrmSubgraph({ system }: { readonly system: System }): SystemSubgraph {
  return createSystemSubgraph('crm', system);
}
