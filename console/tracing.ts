import type { WatchStatement } from '../drizzle/postgres/watch.ts';
import type { Log } from '../gateway/options.ts';
import type { Tracer } from '../gateway/trace/tracer.ts';
import type { Settings } from './settings.ts';

/** Traces of a process: who makes the spans, and who watches the statements for it. */
export type Tracing = { readonly tracer: Tracer; readonly watch: WatchStatement };

/** Longest statement shown in a trace, characters. */
const MAX_TEXT = 2_000;

/** Opens tracing when a collector is set; otherwise nothing of it is even loaded. */
export async function openTracing(settings: Settings, part: string, log: Log): Promise<Tracing | undefined> {
  const url =
    settings.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? tracesBelow(settings.OTEL_EXPORTER_OTLP_ENDPOINT);
  if (url === undefined) return undefined;
  const [{ createTracer }, { createOtlpSink }] = await Promise.all([
    import('../gateway/trace/tracer.ts'),
    import('../gateway/trace/otlp.ts'),
  ]);
  const sink = createOtlpSink({
    url,
    headers: settings.OTEL_EXPORTER_OTLP_HEADERS,
    service: settings.OTEL_SERVICE_NAME ?? `tandem-${part}`,
    log,
  });
  const tracer = createTracer(sink, settings.OTEL_TRACES_SAMPLER_ARG);
  return { tracer, watch: watchFor(tracer) };
}

/** Statements of what is traced; what the workers do by themselves belongs to no request. */
function watchFor(tracer: Tracer): WatchStatement {
  return (text) => {
    if (!tracer.current()) return undefined;
    const [operation = ''] = text.trim().split(/\s/, 1);
    const span = tracer.start(`sql ${operation.toLowerCase()}`, 'client', {
      'db.system.name': 'postgresql',
      'db.query.text': text.trim().slice(0, MAX_TEXT),
    });
    return (error) => span.end(error === undefined ? undefined : stateOf(error));
  };
}

function tracesBelow(endpoint: string | undefined): string | undefined {
  return endpoint === undefined ? undefined : `${endpoint.replace(/\/$/, '')}/v1/traces`;
}

/** PostgreSQL's code of an error; its message may show values. */
function stateOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? code : 'failed';
}
