import type { Log } from '../options.ts';
import type { EndedSpan, SpanKind, SpanSink } from './tracer.ts';

/** Where traces go, as OpenTelemetry's environment variables say it. */
export type OtlpOptions = {
  /** The whole address, such as `http://collector:4318/v1/traces`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The name of this process in the traces. */
  readonly service: string;
  readonly log: Log;
};

/** Spans sent at once, and the longest they wait for company, milliseconds. */
const BATCH = 512;
const WAIT_MS = 1_000;

/** Spans that may wait while a collector is slow; more are dropped and counted, never the process's memory. */
const MAX_WAITING = 8_192;

/** How long a collector has to take a batch, milliseconds. */
const SEND_MS = 10_000;

/**
 * Sends spans to an OpenTelemetry collector in OTLP/HTTP's JSON. Our own, because the official packages for this are
 * twelve with 28 MB, and what is needed of them is the one message below.
 */
export function createOtlpSink({ url, headers, service, log }: OtlpOptions): SpanSink {
  let waiting: EndedSpan[] = [];
  let dropped = 0;
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> = Promise.resolve();
  let lastProblem: string | undefined;

  const send = async (spans: readonly EndedSpan[]) => {
    const problem = await post(url, headers, JSON.stringify(messageOf(spans, service)));
    if (problem !== undefined && problem !== lastProblem)
      log.warn({ problem, url }, 'traces cannot be delivered');
    lastProblem = problem;
  };
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (dropped > 0) log.warn({ dropped }, 'traces were dropped: the collector takes them too slowly');
    dropped = 0;
    const all = waiting;
    waiting = [];
    for (let i = 0; i < all.length; i += BATCH) {
      const batch = all.slice(i, i + BATCH);
      sending = sending.then(() => send(batch));
    }
    return sending;
  };
  return {
    take: (span) => {
      if (waiting.length >= MAX_WAITING) {
        dropped++;
        return;
      }
      waiting.push(span);
      timer ??= setTimeout(flush, WAIT_MS).unref();
    },
    stop: flush,
  };
}

/** What stood in the way, or undefined. Traces are never worth a failure of anything else. */
async function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(SEND_MS),
    });
    await response.arrayBuffer();
    return response.ok ? undefined : `the collector answers ${response.status}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const KINDS: Readonly<Record<SpanKind, number>> = { internal: 1, server: 2, client: 3 };

function messageOf(spans: readonly EndedSpan[], service: string) {
  return {
    resourceSpans: [
      {
        resource: { attributes: attributesOf({ 'service.name': service }) },
        scopeSpans: [{ scope: { name: 'tandem' }, spans: spans.map(spanOf) }],
      },
    ],
  };
}

function spanOf({ context, parentId, name, kind, from, to, attributes, failure }: EndedSpan) {
  return {
    traceId: context.traceId,
    spanId: context.spanId,
    ...(parentId === undefined ? {} : { parentSpanId: parentId }),
    name,
    kind: KINDS[kind],
    startTimeUnixNano: String(from),
    endTimeUnixNano: String(to),
    attributes: attributesOf(attributes),
    status: failure === undefined ? {} : { code: 2, message: failure },
  };
}

function attributesOf(attributes: EndedSpan['attributes']) {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ({ key, value: asValue(value!) }));
}

function asValue(value: string | number | boolean) {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
