import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type DocumentNode, type ExecutionResult, parse } from 'graphql';
import { expect, test } from 'vitest';
import type { Caller } from '../../gateway/caller.ts';
import { composeSupergraph } from '../../gateway/compose/supergraph.ts';
import { createEngine } from '../../gateway/plan/engine.ts';
import { connectRemote } from '../../gateway/transport/remote.ts';
import { routeBySubgraph } from '../../gateway/transport/transport.ts';
import { CALLER } from './run.ts';
import { testSubgraph } from './shop.ts';

type Answering = (request: IncomingMessage, response: ServerResponse) => void;

const { sdl } = testSubgraph(
  'stock',
  `type Query { item(id: ID!): Item }
   type Mutation { take(id: ID!): Item }
   type Item { id: ID! name: String tags: Tags }
   scalar Tags`,
  {},
);

/** An engine over one subgraph elsewhere that answers as a test wants; what it was sent is in `bodies`. */
async function stock(answering: Answering, secret?: string) {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    bodies.push(Buffer.concat(chunks).toString());
    answering(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const connection = connectRemote(
    { kind: 'remote', name: 'stock', url, ...(secret === undefined ? {} : { secret }) },
    5_000,
  );
  const supergraph = composeSupergraph([{ name: 'stock', sdl, url }]);
  const engine = createEngine(
    supergraph,
    routeBySubgraph(new Map([['stock', connection]]), () => {}),
  );
  // Read once each, as the gateway does: those who ask the same have one plan.
  const documents = new Map<string, DocumentNode>();
  return {
    bodies,
    connection,
    ask: (query: string, as: Partial<Caller> = {}, signal = new AbortController().signal) => {
      const document = documents.get(query) ?? parse(query);
      documents.set(query, document);
      return engine.execute({ document, caller: { ...CALLER, ...as }, signal });
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await connection.close?.();
    },
  };
}

const item: Answering = (_request, response) =>
  response.end('{"data":{"item":{"id":"7","name":"Lamp","tags":{"new":true}},"take":{"id":"7"}}}');

const ITEM = '{ item(id: "7") { id name tags } }';

test('what is asked in the same turn is sent once, and each gets an answer of its own', async () => {
  await using subgraph = await stock(item);
  // With something of the schema nothing is copied as text, which would hide what is shared.
  const parsed = '{ item(id: "7") { id name tags } __schema { queryType { name } } }';
  const answers = await Promise.all([
    subgraph.ask(parsed, { requestId: 'one' }),
    subgraph.ask(parsed, { requestId: 'two' }),
    subgraph.ask('query Other { item(id: "7") { name id tags } }'),
    subgraph.ask('{ item(id: "8") { id name tags } }'),
  ]);
  expect(subgraph.bodies).toHaveLength(3);
  const expected = { data: { item: { id: '7', name: 'Lamp', tags: { new: true } } } };
  for (const answer of answers) expect(answer).toMatchObject(expected);
  const tagsOf = ({ data }: ExecutionResult) => (data as { item: { tags: { new: boolean } } }).item.tags;
  tagsOf(answers[0]!).new = false;
  expect(tagsOf(answers[1]!).new).toBe(true);
});

test('nobody joins a request that is on its way: who reads after a write gets what is there after it', async () => {
  const names = ['before', 'after'];
  const held: ServerResponse[] = [];
  let arrived = () => {};
  await using subgraph = await stock((_request, response) => {
    held.push(response);
    arrived();
  });
  const arrival = () =>
    new Promise<void>((resolve) => {
      arrived = resolve;
    });
  const firstCame = arrival();
  const first = subgraph.ask(ITEM);
  await firstCame;
  const secondCame = arrival();
  const second = subgraph.ask(ITEM);
  await secondCame;
  for (const [i, response] of held.entries())
    response.end(`{"data":{"item":{"id":"7","name":"${names[i]}","tags":null}}}`);
  expect(await first).toMatchObject({ data: { item: { name: 'before' } } });
  expect(await second).toMatchObject({ data: { item: { name: 'after' } } });
});

test('callers between whom a subgraph can tell do not share, nor do mutations', async () => {
  await using open = await stock(item);
  await Promise.all([
    open.ask(ITEM),
    open.ask(ITEM, { headers: { 'x-sync-token': 'later' } }),
    open.ask(ITEM, { subject: 'nobody is told of a subject without a secret' }),
  ]);
  expect(open.bodies).toHaveLength(2);
  await Promise.all([
    open.ask('mutation { take(id: "7") { id } }'),
    open.ask('mutation { take(id: "7") { id } }'),
  ]);
  expect(open.bodies).toHaveLength(4);

  await using signed = await stock(item, 'a secret between gateway and subgraphs');
  await Promise.all([
    signed.ask(ITEM, { subject: 'ann', scopes: ['read'] }),
    signed.ask(ITEM, { subject: 'ann', scopes: ['read'], requestId: 'another' }),
    signed.ask(ITEM, { subject: 'ann', scopes: ['read', 'read:cost'] }),
    signed.ask(ITEM, { subject: 'ben', scopes: ['read'] }),
  ]);
  expect(signed.bodies).toHaveLength(3);
});

test('who leaves takes nothing from the others, and when all have left, the request is given up', async () => {
  const held: ServerResponse[] = [];
  let arrived = () => {};
  const came = () =>
    new Promise<void>((resolve) => {
      arrived = resolve;
    });
  await using subgraph = await stock((_request, response) => {
    held.push(response);
    arrived();
  });
  const [gone, staying] = [new AbortController(), new AbortController()];
  const firstCame = came();
  const left = subgraph.ask(ITEM, {}, gone.signal);
  const stayed = subgraph.ask(ITEM, {}, staying.signal);
  await firstCame;
  gone.abort();
  expect(await left).toMatchObject({ errors: [{ extensions: { code: 'SYSTEM_UNAVAILABLE' } }] });
  item(held[0]!.req, held[0]!);
  expect(await stayed).toMatchObject({ data: { item: { id: '7' } } });

  const both = [new AbortController(), new AbortController()];
  const secondCame = came();
  const answers = both.map(({ signal }) => subgraph.ask(ITEM, {}, signal));
  await secondCame;
  const closed = once(held[1]!, 'close');
  for (const one of both) one.abort();
  await closed;
  for (const answer of await Promise.all(answers))
    expect(answer).toMatchObject({ errors: [{ extensions: { code: 'SYSTEM_UNAVAILABLE' } }] });
  expect(subgraph.bodies).toHaveLength(2);
});

test('a failure is told to all who shared it, and is one failure of the subgraph', async () => {
  await using subgraph = await stock((_request, response) => response.end('<html>'));
  const answers = await Promise.all(Array.from({ length: 20 }, () => subgraph.ask(ITEM)));
  for (const answer of answers)
    expect(answer).toMatchObject({
      data: { item: null },
      errors: [{ path: ['item'], extensions: { code: 'SYSTEM_UNAVAILABLE' } }],
    });
  // Once, and once more as queries are.
  expect(subgraph.bodies).toHaveLength(2);
  expect(subgraph.connection.isLeftAlone?.()).toBe(false);
});
