import { createSourceEventStream, execute, parse } from 'graphql';
import { afterAll, expect } from 'vitest';
import { assembleSync, openSystems, type Systems } from '../../console/assemble.ts';
import type { Sql } from '../../drizzle/postgres/open.ts';
import { createGateway } from '../../gateway/gateway.ts';
import type { Gateway, Limits } from '../../gateway/options.ts';
import { createCrmSubgraph } from '../../subgraphs/crm/schema.ts';
import { createErpSubgraph } from '../../subgraphs/erp/schema.ts';
import { createSyncSubgraph, type SyncSubgraph } from '../../subgraphs/sync/subgraph.ts';
import type { Json, SystemRecord } from '../../sync/core/types.ts';
import type { Sync } from '../../sync/index.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { testDatabase } from '../support/database.ts';
import { at, type Tree } from './fixture.ts';

/** Both systems, the engine at work, and the subgraph over it. */
export interface Live {
  readonly sql: Sql;
  readonly systems: Systems;
  readonly sync: Sync;
  readonly subgraph: SyncSubgraph;
  /** Makes or changes a record as a person does. */
  create(side: 'crm' | 'erp', entity: string, fields: Readonly<Record<string, Json>>): Promise<SystemRecord>;
  update(
    side: 'crm' | 'erp',
    entity: string,
    id: string,
    fields: Readonly<Record<string, Json>>,
  ): Promise<SystemRecord>;
  /** Deletes a record as a person does, and waits until that is through. */
  remove(side: 'crm' | 'erp', entity: string, id: string): Promise<void>;
}

/** Starts everything over a database of its own; await it at the top of a test file. */
export async function startLive(): Promise<Live> {
  const { sql } = await testDatabase();
  const systems = openSystems(sql);
  const failures: string[] = [];
  const log = { info: () => {}, error: (_: object, message: string) => void failures.push(message) };
  const sync = await assembleSync(sql, systems, log);
  await sync.start();
  afterAll(async () => {
    await sync.stop();
    await systems.close();
    expect(failures).toEqual([]);
  });
  const subgraph = createSyncSubgraph({ sql, sync, mappings });
  const person = { actor: 'kari', origin: 'person' } as const;
  const write = async (
    side: 'crm' | 'erp',
    given: Parameters<Sync['connectors']['crm']['write']>[0][number],
  ) => {
    const [result] = await systems[side].write([given], person);
    if (result === undefined || !('record' in result)) throw new Error(JSON.stringify(result));
    return result.record;
  };
  return {
    sql,
    systems,
    sync,
    subgraph,
    create: (side, entity, fields) => write(side, { kind: 'create', entity, fields }),
    update: (side, entity, id, fields) => write(side, { kind: 'update', entity, id, fields }),
    async remove(side, entity, id) {
      const [result] = await systems[side].write([{ kind: 'delete', entity, id }], person);
      expect(result).not.toHaveProperty('failure');
      await sync.quiet();
    },
  };
}

/** A subscription as a server runs it: the source's events, each answered on its own. */
export async function subscribed(
  subgraph: SyncSubgraph,
  document: string,
): Promise<
  AsyncIterator<{
    data?: Tree;
    errors?: readonly { message: string; extensions: Readonly<Record<string, unknown>> }[];
  }> & { close(): Promise<void> }
> {
  const parsed = parse(document);
  const contextValue = subgraph.context(null);
  const source = await createSourceEventStream({ schema: subgraph.schema, document: parsed, contextValue });
  if (!(Symbol.asyncIterator in source)) throw new Error(JSON.stringify(source));
  const events = source[Symbol.asyncIterator]();
  return {
    async next() {
      const event = await events.next();
      if (event.done) return event;
      const answer = await execute({
        schema: subgraph.schema,
        document: parsed,
        rootValue: event.value,
        contextValue,
      });
      return { done: false, value: JSON.parse(JSON.stringify(answer)) };
    },
    close: async () => void (await events.return?.()),
  };
}

/** A gateway over all three subgraphs, for as long as the test file runs; await it at the top. */
export async function gatewayOver(
  { systems, subgraph }: Pick<Live, 'systems' | 'subgraph'>,
  limits: Partial<Limits> = {},
): Promise<Gateway> {
  const gateway = await createGateway({
    port: 0,
    subgraphs: [
      createCrmSubgraph({ system: systems.crm }),
      createErpSubgraph({ system: systems.erp }),
      subgraph,
    ],
    limits,
  });
  afterAll(() => gateway.stop());
  return gateway;
}

/** What a gateway answers to a query that has no error. */
export async function post(
  { url }: Pick<Gateway, 'url'>,
  query: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Tree> {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  const body = (await answer.json()) as { data: Tree; errors?: unknown };
  expect(body.errors).toBeUndefined();
  return body.data;
}

/** A pair of customers, by the id of its unified record, those of its records and that of its link. */
export interface CustomerPair {
  readonly id: string;
  readonly crmId: string;
  readonly erpId: string;
  readonly link: string;
}

/** The pair that a CRM customer is in, asked for through `ask`. */
export async function customerPair(
  ask: (query: string) => Promise<Tree>,
  crmId: string,
): Promise<CustomerPair> {
  const { customer } = await ask(`{ customer(crmId: "${crmId}") { id erpId link { id } } }`);
  return {
    id: String(at(customer, 'id')),
    crmId,
    erpId: String(at(customer, 'erpId')),
    link: String(at(customer, 'link.id')),
  };
}
