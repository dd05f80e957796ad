import { createHash } from 'node:crypto';
import { createClient } from 'graphql-ws';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import type { AuthOptions } from '../../gateway/options.ts';
import { createFeed, type Feed } from './feed.ts';
import { startGateway, type TestGateway } from './run.ts';

const KEYS = ['ann-s-key', 'bob-s-key'] as const;
const AUTH: AuthOptions = {
  kind: 'tokens',
  apiKeys: KEYS.map((key) => ({
    name: key,
    sha256: createHash('sha256').update(key).digest('hex'),
    scopes: [],
  })),
};
const FEED = 'subscription { feed { id } }';

/** A stream that was asked for: how it was refused, or how to end it. */
type Opened = { readonly refused: unknown } | { end(): Promise<unknown> };

/** Opens a stream; resolves when its source has begun, or when it was refused. */
type Open = (gateway: TestGateway, feed: Feed, key: string) => Promise<Opened>;

/** Ends one stream; resolves when its source has ended. */
function ended(feed: Feed, end: () => void): Promise<void> {
  const before = feed.ended();
  end();
  return feed.whenEnded(before + 1);
}

const overHttp =
  (accept: string): Open =>
  async (gateway, feed, key) => {
    const begun = feed.begun();
    const leave = new AbortController();
    onTestFinished(() => leave.abort());
    const response = await gateway.send({
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, 'x-api-key': key },
      body: JSON.stringify({ query: FEED }),
      signal: leave.signal,
    });
    if (response.status !== 200)
      return { refused: [response.status, ...((await response.json()) as { errors: unknown[] }).errors] };
    // Of an answer that nobody reads fetch lets go with its next collection of garbage.
    response.text().catch(() => {});
    await feed.whenBegun(begun + 1);
    return { end: () => ended(feed, () => leave.abort()) };
  };

const overSocket: Open = async (gateway, feed, key) => {
  const begun = feed.begun();
  const client = createClient({
    url: gateway.socketUrl,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: { 'x-api-key': key },
  });
  onTestFinished(async () => client.dispose());
  const first = client.iterate({ query: FEED }).next();
  const refused = await Promise.race([
    first.then(({ value }) => value?.errors),
    feed.whenBegun(begun + 1).then(() => undefined),
  ]);
  if (refused) return { refused: [429, ...refused] };
  first.catch(() => {});
  return { end: () => ended(feed, () => client.terminate()) };
};

const WAYS: Readonly<Record<string, Open>> = {
  WebSocket: overSocket,
  SSE: overHttp('text/event-stream'),
  multipart: overHttp('multipart/mixed;subscriptionSpec=1.0'),
};

const counted = async (gateway: TestGateway, name: string) =>
  Number(
    new RegExp(`^${name} (\\d+)$`, 'm').exec(await (await gateway.send({}, '/metrics')).text())?.[1] ?? 0,
  );

describe('the streams of one caller have a limit', () => {
  test.each(Object.keys(WAYS))('over %s, whichever way he has the others', async (name) => {
    const feed = createFeed();
    await using gateway = await startGateway({
      subgraphs: feed.subgraphs,
      auth: AUTH,
      limits: { streamsPerCaller: 3 },
    });
    const [ann, bob] = KEYS;
    const others = [];
    for (const way of Object.values(WAYS)) others.push(await way(gateway, feed, ann));
    const open = WAYS[name]!;
    expect(await open(gateway, feed, ann)).toEqual({
      refused: [
        429,
        {
          message: 'You have 3 subscriptions open; the limit is 3. End one of them first.',
          extensions: { code: 'LIMIT_EXCEEDED' },
        },
      ],
    });
    // Nobody else suffers, and a place that is given back can be taken.
    expect(await open(gateway, feed, bob)).toHaveProperty('end');
    expect(await counted(gateway, 'graphql_subscriptions_open')).toBe(4);
    expect(await counted(gateway, 'graphql_subscriptions_refused_total')).toBe(1);
    const [first] = others;
    if (!first || 'refused' in first) throw new Error('The first was refused.');
    await first.end();
    await expect.poll(() => counted(gateway, 'graphql_subscriptions_open')).toBe(3);
    expect(await open(gateway, feed, ann)).toHaveProperty('end');
  });

  test('one that does not begin takes no place', async () => {
    const feed = createFeed();
    await using gateway = await startGateway({ subgraphs: feed.subgraphs, limits: { streamsPerCaller: 1 } });
    const client = createClient({ url: gateway.socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
    onTestFinished(async () => client.dispose());
    for (let i = 0; i < 3; i++)
      expect((await client.iterate({ query: 'subscription { refused }' }).next()).value).toMatchObject({
        errors: [{ extensions: { code: 'CURSOR_EXPIRED' } }],
      });
    expect(await counted(gateway, 'graphql_subscriptions_open')).toBe(0);
  });
});
