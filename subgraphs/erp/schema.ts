import { createSystemSubgraph, type SystemSubgraph } from '../system/schema.ts';
import type { System } from '../system/system.ts';

/** The ERP's subgraph over an ERP that was opened elsewhere. */
export function createErpSubgraph({ system }: { readonly system: System }): SystemSubgraph {
  return createSystemSubgraph('erp', system);
}
