import type { Sql } from '../drizzle/postgres/open.ts';
import { crm } from '../subgraphs/crm/entities.ts';
import { createCrm } from '../subgraphs/crm/system.ts';
import { erp } from '../subgraphs/erp/entities.ts';
import { createErp } from '../subgraphs/erp/system.ts';
import type { Company } from '../subgraphs/system/company.ts';
import { defaultCompany } from '../subgraphs/system/company.ts';
import type { System } from '../subgraphs/system/system.ts';
import {
  type Connector,
  checkMappings,
  createSync,
  newId,
  type RateLimit,
  type Sync,
  type SyncOptions,
} from '../sync/index.ts';
import { mappings } from '../sync/mappings/index.ts';
import { references } from '../sync/mappings/references.ts';

/** Both built-in systems over one database. */
export interface Systems {
  readonly crm: System;
  readonly erp: System;
  close(): Promise<void>;
}

/** Opens both built-in systems. */
export function openSystems(sql: Sql, company?: Partial<Company>): Systems {
  const parts = { sql, withSync: true, ...(company && { company }) };
  const systems = { crm: createCrm(parts), erp: createErp(parts) };
  return {
    ...systems,
    close: async () => void (await Promise.all([systems.crm.close(), systems.erp.close()])),
  };
}

/** Connectors with the rate limits that the settings name in place of their own. */
export function limited<C extends { readonly crm: Connector; readonly erp: Connector }>(
  connectors: C,
  rates: { readonly crm?: RateLimit | undefined; readonly erp?: RateLimit | undefined },
): { readonly crm: Connector; readonly erp: Connector } {
  const withRate = (connector: Connector, rateLimit: RateLimit | undefined): Connector =>
    rateLimit ? { ...connector, capabilities: { ...connector.capabilities, rateLimit } } : connector;
  return { crm: withRate(connectors.crm, rates.crm), erp: withRate(connectors.erp, rates.erp) };
}

/** The sync over two connectors, with the mappings of this product; not started yet. Throws where a mapping could write nonsense. */
export async function assembleSync(
  sql: Sql,
  connectors: { readonly crm: Connector; readonly erp: Connector },
  log: SyncOptions['log'],
  company: Company = defaultCompany,
  {
    callMs,
    lookMs,
    massEditShare,
    ...keeping
  }: NonNullable<SyncOptions['keeping']> & Pick<SyncOptions, 'callMs' | 'lookMs' | 'massEditShare'> = {},
): Promise<Sync> {
  const problems = checkMappings(mappings, { crm: crm.entities, erp: erp.entities });
  if (problems.length > 0) throw new Error(`The mappings are not sound:\n${problems.join('\n')}`);
  return createSync({
    sql,
    connectors,
    mappings: Object.fromEntries(
      mappings.map((mapping) => [mapping.name, mapping]),
    ) as SyncOptions['mappings'],
    references,
    company: {
      baseCurrency: company.currency,
      country: company.country,
      timeZone: company.timeZone,
      writeInItem: company.writeInItem.itemNo,
    },
    newId,
    keeping,
    callMs,
    lookMs,
    massEditShare,
    log,
  });
}
