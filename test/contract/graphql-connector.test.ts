import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { CALLER_HEADER, signCaller } from '../../gateway/caller.ts';
import { serveSubgraph } from '../../gateway/subgraph-server.ts';
import { openCrm } from '../../subgraphs/crm/main.ts';
import { createGraphqlConnector, type GraphqlConnector } from '../../sync/connectors/graphql.ts';
import { feedOver } from '../../sync/connectors/graphql-feed.ts';
import type { Write } from '../../sync/core/connector.ts';
import { testDatabase } from '../support/database.ts';
import { openDeafProxy } from '../support/deaf-proxy.ts';

const { sql } = await testDatabase();
const author = { actor: 'tandem', origin: 'sync' } as const;
const create: Write = { kind: 'create', entity: 'Customer', fields: { name: 'Kari' } };

/** A connector to a peer that answers as told, for the time of one act. */
async function withPeer(
  answer: RequestListener,
  act: (connector: GraphqlConnector) => Promise<void>,
): Promise<void> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const connector = createGraphqlConnector({
    prefix: 'crm',
    url: `http://127.0.0.1:${port}/graphql`,
    timeoutMs: 2_000,
  });
  try {
    await act(connector);
  } finally {
    await connector.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

describe('a system that does not answer', () => {
  it('that cannot be reached has not written', async () => {
    const connector = createGraphqlConnector({ prefix: 'crm', url: 'http://127.0.0.1:1/graphql' });
    const unavailable = { code: 'SYSTEM_UNAVAILABLE' };
    await expect(connector.check()).rejects.toMatchObject(unavailable);
    await expect(connector.write([create], author)).rejects.toMatchObject(unavailable);
    const feed = connector.changes(null, new AbortController().signal)[Symbol.asyncIterator]();
    await expect(feed.next()).rejects.toMatchObject(unavailable);
    await connector.close();
  });

  // A name may stand for several addresses, and then only a code says why none of them could be connected to.
  it.each(['127.0.0.1', 'localhost'])(
    'at %s tells why it cannot be reached, to its feed, too',
    async (host) => {
      const connector = createGraphqlConnector({ prefix: 'crm', url: `http://${host}:1/graphql` });
      const why = /^The CRM cannot be reached: .*ECONNREFUSED.*\.$/;
      await expect(connector.check()).rejects.toThrow(why);
      const feed = connector.changes(null, new AbortController().signal)[Symbol.asyncIterator]();
      await expect(feed.next()).rejects.toThrow(why);
      await connector.close();
    },
  );

  const silences: readonly [string, RequestListener][] = [
    ['hangs up', (request) => request.socket.destroy()],
    ['answers with a page', (_, response) => response.writeHead(502).end('<html>Bad gateway</html>')],
    ['fails within', (_, response) => response.end('{"errors":[{"message":"oops"}],"data":null}')],
    ['answers nothing', (_, response) => response.end('{"data":{}}')],
  ];
  it.each(silences)('that %s may have written, and is asked again for what it shows', async (_, answer) => {
    let requests = 0;
    await withPeer(
      (request, response) => {
        requests += 1;
        request.resume().on('end', () => answer(request, response));
      },
      async (connector) => {
        await expect(connector.write([create], author)).rejects.toMatchObject({ code: 'UNKNOWN_OUTCOME' });
        expect(requests).toBe(1);
        await expect(connector.read('Customer', ['x'])).rejects.toMatchObject({ code: 'SYSTEM_UNAVAILABLE' });
      },
    );
  });

  it('on a line that went dead without a word ends its feed, so that the reader comes again', async () => {
    const crm = openCrm({ sql });
    const secret = 'a secret of at least thirty-two bytes';
    const server = await serveSubgraph({ ...crm.subgraph, port: 0, secret });
    const caller = { subject: 'tandem', scopes: ['system'], headers: {}, requestId: 'test' };
    const proxy = await openDeafProxy('127.0.0.1', server.port);
    const url = new URL(server.url);
    url.port = String(proxy.port);
    const connector = createGraphqlConnector({
      prefix: 'crm',
      url: url.href,
      credentials: (text) => ({ [CALLER_HEADER]: signCaller(caller, text, secret) }),
      // A starved machine is not dead.
      pingMs: 1_000,
    });
    const feed = connector.changes('now', new AbortController().signal)[Symbol.asyncIterator]();
    const first = feed.next();
    // Alive, it is let alone however quiet it is.
    await expect.poll(() => proxy.answers()).toBeGreaterThan(3);
    proxy.deafen();
    await expect(first).rejects.toMatchObject({ code: 'SYSTEM_UNAVAILABLE' });
    await connector.close();
    await proxy.close();
    await server.stop();
    await crm.close();
  });

  it('says by its code what it knows', async () => {
    const body = JSON.stringify({
      errors: [{ message: 'no', extensions: { code: 'FORBIDDEN', scope: 'system' } }],
    });
    await withPeer(
      (_, response) => response.end(body),
      async (connector) => {
        await expect(connector.write([create], author)).rejects.toMatchObject({
          code: 'FORBIDDEN',
          detail: { scope: 'system' },
        });
      },
    );
  });
});

describe('a system that wants signatures', () => {
  it('answers those who sign, over HTTP and over its feed, and nobody else', async () => {
    const { subgraph, close } = openCrm({ sql });
    const secret = 'a secret of at least thirty-two bytes';
    const server = await serveSubgraph({ ...subgraph, port: 0, secret });
    const caller = { subject: 'tandem', scopes: ['system'], headers: {}, requestId: 'test' };
    const stranger = createGraphqlConnector({ prefix: 'crm', url: server.url });
    const friend = createGraphqlConnector({
      prefix: 'crm',
      url: server.url,
      credentials: (text) => ({ [CALLER_HEADER]: signCaller(caller, text, secret) }),
    });
    try {
      await expect(stranger.check()).rejects.toMatchObject({ code: 'AUTH' });
      expect((await friend.check()).version).toMatch(/PostgreSQL/);
      await friend.write([create], author);
      const stop = new AbortController();
      for await (const batch of friend.changes(null, stop.signal)) {
        expect(batch.map(({ kind }) => kind)).toContain('created');
        stop.abort();
      }
    } finally {
      await Promise.all([stranger.close(), friend.close()]);
      await server.stop();
      await close();
    }
  });
});

describe('a reader slower than the feed', () => {
  it('closes it, opens it again where the reader stands, and misses nothing', async () => {
    const opened: (string | null)[] = [];
    let closed = 0;
    const stop = new AbortController();
    const feed = feedOver<{ readonly cursor: string }>({
      open: (after, sink) => {
        opened.push(after);
        // Pushes everything at once, as a socket does.
        for (let at = Number(after ?? 0) + 1; at <= 300; at++)
          sink.next({ data: { feed: [{ cursor: String(at) }] } });
        return () => {
          closed += 1;
        };
      },
      batchOf: (data) => data.feed as readonly { readonly cursor: string }[],
      failureOf: (failure) => new Error(String(failure)),
      after: null,
      signal: stop.signal,
    });
    const read: number[] = [];
    for await (const batch of feed) {
      read.push(...batch.map(({ cursor }) => Number(cursor)));
      if (read.length === 300) stop.abort();
    }
    expect(read).toEqual(Array.from({ length: 300 }, (_, at) => at + 1));
    expect(opened.length).toBeGreaterThan(2);
    expect(closed).toBe(opened.length);
  });
});
