import { createClient } from 'graphql-ws';
import { describe, expect, inject, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Log } from '../../gateway/options.ts';
import { createStitchedEngine } from '../../gateway/plan/stitched-engine.ts';
import { createFeed } from './feed.ts';
import { randomFrom, selectionOf } from './random-operation.ts';
import { engineOf, startGateway } from './run.ts';
import { shop } from './shop.ts';

function heard() {
  const warnings: string[] = [];
  const quiet = () => {};
  const log: Log = {
    debug: quiet,
    info: quiet,
    error: quiet,
    warn: (_fields, text) => void warnings.push(text),
  };
  return { log, warnings };
}

describe('without the native planner', () => {
  test('a gateway starts with a warning and answers, with its limits, rights and errors', async () => {
    const { log, warnings } = heard();
    await using gateway = await startGateway({ subgraphs: shop(), engine: 'stitched', log });
    expect(warnings).toEqual([expect.stringContaining('without the native query planner')]);
    expect(await gateway.ask('{ products { name verdict } }')).toMatchObject({
      status: 200,
      data: { products: [{ name: 'Table', verdict: '120' }, { verdict: null }, { verdict: 'no price' }] },
      errors: [{ extensions: { code: 'NO_VERDICT', serviceName: 'reviews' } }],
    });
    expect(
      (await gateway.ask('mutation { rename(id: 1, name: "Desk") { name reviews { stars } } }')).data,
    ).toEqual({
      rename: { name: 'Desk', reviews: [{ stars: 3 }] },
    });
    expect((await gateway.ask('query($id: ID!) { product(id: $id) { name } }')).errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT' } },
    ]);
    expect((await gateway.ask('{ products(first: 101) { id } }')).errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT' } },
    ]);
    expect((await gateway.ask('{ broken }')).errors?.[0]?.message).toMatch(/^Something went wrong/);
    expect((await gateway.ask('{ product(id: 2) { ... @defer { name } } }')).data).toEqual({
      product: { name: 'Chair' },
    });
  });

  test('a subscription is enriched, and the error of one event is not in the next', async () => {
    const feed = createFeed();
    await using gateway = await startGateway({ subgraphs: feed.subgraphs, engine: 'stitched' });
    const client = createClient({ url: gateway.socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
    const events = client.iterate({ query: 'subscription { feed { id text } }' });
    const first = events.next();
    await feed.whenBegun(1);
    for (const id of ['1', 'bad', '2']) feed.emit({ id });
    feed.end();
    expect((await first).value).toEqual({ data: { feed: { id: '1', text: 'text of 1' } } });
    expect((await events.next()).value).toMatchObject({ data: { feed: { id: 'bad', text: null } } });
    expect((await events.next()).value).toEqual({ data: { feed: { id: '2', text: 'text of 2' } } });
    await client.dispose();
  });

  test('300 random operations are answered as with it', async () => {
    const [native, stitched] = [engineOf(shop()), engineOf(shop(), createStitchedEngine)];
    const random = randomFrom(inject('seed'));
    for (let i = 0; i < 300; i++) {
      const text = `query($b: Boolean = false) { a: __typename @skip(if: $b) ${selectionOf(native.engine.schema, 'Query', 3, random).slice(1)}`;
      const [theirs, ours] = await Promise.all([stitched.run(text), native.run(text)]);
      expect(theirs.data, text).toEqual(ours.data);
      expect(theirs.errors === undefined, text).toBe(ours.errors === undefined);
    }
  });
});
