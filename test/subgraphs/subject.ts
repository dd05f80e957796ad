import { type ExecutionResult, execute, parse, validate } from 'graphql';
import { expect } from 'vitest';
import { createCrmSubgraph } from '../../subgraphs/crm/schema.ts';
import { createCrm } from '../../subgraphs/crm/system.ts';
import { createErpSubgraph } from '../../subgraphs/erp/schema.ts';
import { createErp } from '../../subgraphs/erp/system.ts';
import { defaultCompany } from '../../subgraphs/system/company.ts';
import type { Caller } from '../../subgraphs/system/rights.ts';
import type { SystemSubgraph } from '../../subgraphs/system/schema.ts';
import type { System } from '../../subgraphs/system/system.ts';
import type { Author, Write } from '../../sync/core/connector.ts';
import type { Json, SystemRecord } from '../../sync/core/types.ts';
import { testDatabase } from '../support/database.ts';

/** One subgraph over a database of its own. */
export interface Subject {
  readonly system: System;
  readonly subgraph: SystemSubgraph;
  /** Executes a valid operation and answers what a client would get, as JSON. */
  readonly ask: (text: string, variables?: object, caller?: Caller | null) => Promise<Answer>;
  /** Like `ask`, for operations that have to succeed. */
  readonly data: (text: string, variables?: object, caller?: Caller | null) => Promise<Data>;
  /** Makes a record as the sync does, in whatever state. */
  readonly put: (entity: string, fields: Readonly<Record<string, Json>>) => Promise<SystemRecord>;
  /** Changes a record as the sync does. */
  readonly change: (
    entity: string,
    id: string,
    fields: Readonly<Record<string, Json>>,
  ) => Promise<SystemRecord>;
  /** How many SQL statements the act sent. */
  readonly statements: (act: () => Promise<unknown>) => Promise<number>;
}

/** An answer, loosely typed: tests look into it. */
export type Answer = ExecutionResult<Data>;
// biome-ignore lint/suspicious/noExplicitAny: what an operation answers depends on its text.
type Data = any;

const sync: Author = { actor: 'tandem', origin: 'sync' };

/** Opens the CRM's or the ERP's subgraph; await it at the top of a test file. */
export async function openSubject(side: 'crm' | 'erp'): Promise<Subject> {
  const { sql } = await testDatabase();
  const system = (side === 'crm' ? createCrm : createErp)({ sql, company: defaultCompany });
  const subgraph = side === 'crm' ? createCrmSubgraph({ system }) : createErpSubgraph({ system });
  const ask: Subject['ask'] = async (text, variables = {}, caller = null) => {
    const document = parse(text);
    expect(validate(subgraph.schema, document).map(({ message }) => message)).toEqual([]);
    const answer = await execute({
      schema: subgraph.schema,
      document,
      variableValues: variables as Readonly<Record<string, unknown>>,
      contextValue: subgraph.context(caller),
    });
    return JSON.parse(JSON.stringify(answer));
  };
  return {
    system,
    subgraph,
    ask,
    data: async (text, variables, caller) => {
      const { data, errors } = await ask(text, variables, caller);
      expect(errors ?? []).toEqual([]);
      return data;
    },
    put: (entity, fields) => write(system, { kind: 'create', entity, fields }),
    change: (entity, id, fields) => write(system, { kind: 'update', entity, id, fields }),
    statements: async (act) => {
      let count = 0;
      // The feed rings its bell a little after a write, whoever is being counted then.
      sql.options.debug = (_connection, statement) => {
        if (!/pg_notify|_changes\(/.test(statement)) count += 1;
      };
      await act();
      sql.options.debug = false;
      return count;
    },
  };
}

async function write(system: System, one: Write): Promise<SystemRecord> {
  const [result] = await system.write([one], sync);
  if (result && 'record' in result) return result.record;
  throw new Error(`${one.entity}: ${JSON.stringify(result)}`);
}
