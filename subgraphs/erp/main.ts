import type { Sql } from '../../drizzle/postgres/open.ts';
import type { Company } from '../system/company.ts';
import type { SystemSubgraph } from '../system/schema.ts';
import type { System } from '../system/system.ts';
import { createErpSubgraph } from './schema.ts';
import { createErp } from './system.ts';

/** An opened ERP: the system, and the subgraph over it. Closing ends its feed; the database stays the caller's. */
export interface OpenErp {
  readonly system: System;
  readonly subgraph: SystemSubgraph;
  readonly close: () => Promise<void>;
}

/** Opens the ERP over a migrated database, with the company settings that differ from the defaults: to be served alone, or beside the others in one process. */
export function openErp(options: { readonly sql: Sql; readonly company?: Partial<Company> }): OpenErp {
  const system = createErp(options);
  return { system, subgraph: createErpSubgraph({ system }), close: () => system.close() };
}
