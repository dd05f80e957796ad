import { createSourceEventStream, execute, parse } from 'graphql';
import { afterAll, expect } from 'vitest';
import { assembleSync, openSystems, type Systems } from '../../console/assemble.ts';
import type { Sql } from '../../drizzle/postgres/open.ts';
import { createSyncSubgraph, type SyncSubgraph } from '../../subgraphs/sync/subgraph.ts';
import type { Json, SystemRecord } from '../../sync/core/types.ts';
import type { Sync } from '../../sync/index.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { testDatabase } from '../support/database.ts';
import type { Tree } from './fixture.ts';

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
