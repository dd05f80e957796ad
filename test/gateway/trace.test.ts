import { createClient } from 'graphql-ws';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { readSettings } from '../../console/settings.ts';
import { openTracing } from '../../console/tracing.ts';
import { QUIET } from '../../gateway/log.ts';
import type { RemoteSubgraph } from '../../gateway/options.ts';
import { serveSubgraph } from '../../gateway/subgraph-server.ts';
import { readTraceparent, writeTraceparent } from '../../gateway/trace/trace-context.ts';
import { startCollector } from '../support/collector.ts';
import { createFeed } from './feed.ts';
import { startGateway } from './run.ts';
import { shop } from './shop.ts';

const SECRET = 'a secret between gateway and subgraphs';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

const tracingTo = async (url: string, part: string, more: Record<string, string> = {}) =>
  (await openTracing(readSettings({}, {}, { OTEL_EXPORTER_OTLP_ENDPOINT: url, ...more }), part, QUIET))!;

describe('traces', () => {
  test('go on from the client through gateway and remote subgraphs, with the outcome of each', async () => {
    await using collector = await startCollector();
    const [front, behind] = await Promise.all([
      tracingTo(collector.url, 'gateway', { OTEL_EXPORTER_OTLP_HEADERS: 'x-key=a%20b' }),
      tracingTo(collector.url, 'subgraph'),
    ]);
    const servers = await Promise.all(
      shop().map((source) => serveSubgraph({ ...source, port: 0, secret: SECRET, tracer: behind.tracer })),
    );
    const sources = servers.map(
      ({ url }, i): RemoteSubgraph => ({ kind: 'remote', name: shop()[i]!.name, url, secret: SECRET }),
    );
    {
      await using gateway = await startGateway({ subgraphs: sources, tracer: front.tracer });
      const answer = await gateway.ask(
        'query Shelf { products { name verdict } }',
        {},
        {
          traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
        },
      );
      expect(answer.data?.products).toHaveLength(3);
    }
    await Promise.all([front.tracer.stop(), behind.tracer.stop(), ...servers.map((server) => server.stop())]);
    const ours = collector.spans.filter(({ traceId }) => traceId === TRACE);
    const lines = ours.map((span) => collector.lineOf(span).join(' < '));
    const request = 'POST /graphql';
    expect(lines.sort()).toEqual([
      `POST /graphql`,
      `fetch catalogue < query Shelf < ${request}`,
      `fetch reviews < query Shelf < ${request}`,
      `query Shelf < ${request}`,
      `subgraph catalogue < fetch catalogue < query Shelf < ${request}`,
      `subgraph reviews < fetch reviews < query Shelf < ${request}`,
    ]);
    expect(ours.find(({ name }) => name === request)?.parentSpanId).toBe('00f067aa0ba902b7');
    const reviews = ours.find(({ name }) => name === 'fetch reviews');
    expect(reviews?.status).toEqual({ code: 2, message: 'NO_VERDICT' });
    expect(reviews?.attributes).toContainEqual({
      key: 'tandem.representations',
      value: { intValue: '3' },
    });
    expect(ours.every(({ startTimeUnixNano: from, endTimeUnixNano: to }) => BigInt(from) <= BigInt(to))).toBe(
      true,
    );
    expect(new Set(ours.map(({ service }) => service))).toEqual(
      new Set(['tandem-gateway', 'tandem-subgraph']),
    );
    expect(collector.headers[0]).toMatchObject({ path: '/v1/traces' });
    expect(collector.headers.some((headers) => headers['x-key'] === 'a b')).toBe(true);
  });

  test('of a subscription hold what its events needed, deferred parts stand below their operation', async () => {
    await using collector = await startCollector();
    const { tracer } = await tracingTo(collector.url, 'gateway');
    const feed = createFeed();
    {
      await using gateway = await startGateway({ subgraphs: feed.subgraphs, tracer });
      const client = createClient({ url: gateway.socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
      const events = client.iterate({ query: 'subscription Watch { feed { id text } }' });
      const first = events.next();
      await feed.whenBegun(1);
      feed.emit({ id: '1' });
      await first;
      await client.dispose();
      await feed.whenEnded(1);
    }
    {
      await using gateway = await startGateway({ subgraphs: shop(), tracer });
      const response = await gateway.send({
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'multipart/mixed;deferSpec=20220824' },
        body: JSON.stringify({
          query: 'query Later { product(id: 1) { name ... @defer { reviews { stars } } } }',
        }),
      });
      await response.text();
    }
    await tracer.stop();
    const lines = collector.spans.map((span) => collector.lineOf(span).join(' < '));
    expect(lines).toContain('fetch details < subscription Watch');
    expect(lines).toContain('fetch reviews < query Later < POST /graphql');
  });

  test('are not recorded where the client or the sampler says so, and a collector that is down harms nothing', async () => {
    await using collector = await startCollector();
    const { tracer } = await tracingTo(collector.url, 'gateway', { OTEL_TRACES_SAMPLER_ARG: '0' });
    const lost = await tracingTo('http://127.0.0.1:9', 'gateway');
    await using gateway = await startGateway({ subgraphs: shop(), tracer });
    await using losing = await startGateway({ subgraphs: shop(), tracer: lost.tracer });
    const asked = [
      gateway.ask('{ products { name } }'),
      gateway.ask('{ products { name } }', {}, { traceparent: `00-${TRACE}-00f067aa0ba902b7-00` }),
      losing.ask('{ products { name } }'),
    ];
    for (const { status } of await Promise.all(asked)) expect(status).toBe(200);
    await Promise.all([tracer.stop(), lost.tracer.stop()]);
    expect(collector.spans).toEqual([]);
  });

  test('are not opened without a collector', async () => {
    expect(await openTracing(readSettings({}, {}, {}), 'gateway', QUIET)).toBeUndefined();
  });
});

describe('traceparent', () => {
  test.each([
    ['missing', undefined],
    ['empty', ''],
    ['no ids', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`],
    ['no span', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['a version that cannot be', `ff-${TRACE}-00f067aa0ba902b7-01`],
    ['more than version 0 has', `00-${TRACE}-00f067aa0ba902b7-01-more`],
    ['upper case', `00-${TRACE.toUpperCase()}-00f067aa0ba902b7-01`],
  ])('%s begins a new trace', (_name, header) => expect(readTraceparent(header)).toBeUndefined());

  test('is read and written back, of later versions as far as it is known', () => {
    const header = `00-${TRACE}-00f067aa0ba902b7-01`;
    expect(writeTraceparent(readTraceparent(header)!)).toBe(header);
    expect(readTraceparent(`01-${TRACE}-00f067aa0ba902b7-03-later`)).toEqual({
      traceId: TRACE,
      spanId: '00f067aa0ba902b7',
      sampled: true,
    });
  });
});
