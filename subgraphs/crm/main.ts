import type { Sql } from '../../drizzle/postgres/open.ts';
import type { Company } from '../system/company.ts';
import type { SystemSubgraph } from '../system/schema.ts';
import type { System } from '../system/system.ts';
import { createCrmSubgraph } from './schema.ts';
import { createCrm } from './system.ts';

/** An opened CRM: the system, and the subgraph over it. Closing ends its feed; the database stays the caller's. */
export interface OpenCrm {
  readonly system: System;
  readonly subgraph: SystemSubgraph;
  readonly close: () => Promise<void>;
}

/** Opens the CRM over a migrated database, with the company settings that differ from the defaults: to be served alone, or beside the others in one process. */
export function openCrm(options: { readonly sql: Sql; readonly company?: Partial<Company> }): OpenCrm {
  const system = createCrm(options);
  return { system, subgraph: createCrmSubgraph({ system }), close: () => system.close() };
}
