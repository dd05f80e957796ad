import { execute, parse, subscribe } from 'graphql';
import { afterAll, expect, it } from 'vitest';
import { connect } from '../../drizzle/postgres/open.ts';
import { openCrm } from '../../subgraphs/crm/main.ts';
import { codesOf } from './ground.ts';

// Nobody listens on port 1.
const { sql, close: closeDatabase } = connect('postgres://nobody@127.0.0.1:1/nothing');
const { subgraph, close } = openCrm({ sql });
afterAll(async () => {
  await close();
  await closeDatabase();
});

it.each([
  '{ crmCustomer(id: "x") { id } }',
  '{ crmCustomers { nodes { id } } }',
  '{ _entities(representations: [{ __typename: "CrmOrderLine", lineId: "x" }]) { __typename } }',
  'mutation { createCrmCustomer(input: { name: "x" }) { id } }',
  'mutation { deleteCrmCustomer(id: "x") { id } }',
  '{ crmHead }',
  'mutation { crmWrite(writes: [{ kind: "archive", entity: "Customer", id: "x" }], author: { actor: "x", origin: "sync" }) }',
])('a system whose database is away says so: %s', async (text) => {
  const answer = await execute({
    schema: subgraph.schema,
    document: parse(text),
    contextValue: subgraph.context(null),
  });
  expect(codesOf(answer)).toEqual(['SYSTEM_UNAVAILABLE']);
});

it('and ends its feed with the same', async () => {
  const document = parse('subscription { crmChanges { id } }');
  const stream = await subscribe({ schema: subgraph.schema, document, contextValue: subgraph.context(null) });
  const events = stream as AsyncGenerator<Parameters<typeof codesOf>[0]>;
  expect(codesOf((await events.next()).value)).toEqual(['SYSTEM_UNAVAILABLE']);
  expect((await events.next()).done).toBe(true);
});
