import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as a collector receives it. */
export type ReceivedSpan = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
  readonly status: { readonly code?: number; readonly message?: string };
  readonly service: string;
};

type Message = {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: ReceivedSpan['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly Omit<ReceivedSpan, 'service'>[] }[];
  }[];
};

/** An OpenTelemetry collector that takes OTLP/HTTP as JSON; ends with the test's scope (`await using`). */
export async function startCollector() {
  const spans: ReceivedSpan[] = [];
  const headers: Record<string, unknown>[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    headers.push({ ...request.headers, path: request.url });
    for (const { resource, scopeSpans } of (JSON.parse(text) as Message).resourceSpans) {
      const service = String(
        resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue,
      );
      for (const scope of scopeSpans) spans.push(...scope.spans.map((span) => ({ ...span, service })));
    }
    response.setHeader('content-type', 'application/json').end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    headers,
    /** The names from a span up to the first of its trace. */
    lineOf: (span: ReceivedSpan): readonly string[] => {
      const line: string[] = [];
      let at: ReceivedSpan | undefined = span;
      while (at) {
        line.push(at.name);
        const { parentSpanId }: ReceivedSpan = at;
        at = spans.find(({ spanId }) => spanId === parentSpanId);
      }
      return line;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
