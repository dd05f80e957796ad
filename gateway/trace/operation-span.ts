import type { ExecutionResult } from 'graphql';
import type { AdmittedRequest, runStream } from '../pipeline.ts';
import { readTraceparent } from './trace-context.ts';
import type { Span, Tracer } from './tracer.ts';

/** The span of one operation: below the HTTP request it came in, or below what its client names. */
export function operationSpan(tracer: Tracer, { operation, caller }: AdmittedRequest): Span {
  const { operation: type, name } = operation.definition;
  const attributes = {
    'graphql.operation.type': type,
    'graphql.operation.name': name?.value,
    'tandem.request_id': caller.requestId,
  };
  const title = name ? `${type} ${name.value}` : type;
  // Over a WebSocket there is no request that it is a part of.
  if (tracer.current()) return tracer.start(title, 'internal', attributes);
  return tracer.start(title, 'server', attributes, readTraceparent(caller.headers.traceparent));
}

/** A stream of which everything its events need is part of one span, from its beginning to its end. */
export async function tracedStream(
  tracer: Tracer | undefined,
  request: AdmittedRequest,
  begin: () => ReturnType<typeof runStream>,
): ReturnType<typeof runStream> {
  if (!tracer) return begin();
  const span = operationSpan(tracer, request);
  const stream = await tracer.within(span, begin);
  if (Symbol.asyncIterator in stream) return spanned(tracer, span, stream);
  span.end('refused');
  return stream;
}

function spanned(
  tracer: Tracer,
  span: Span,
  stream: AsyncIterableIterator<ExecutionResult>,
): AsyncIterableIterator<ExecutionResult> {
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: async () => {
      const event = await tracer.within(span, () => stream.next());
      if (event.done) span.end();
      return event;
    },
    return: async () => {
      span.end();
      return (await stream.return?.()) ?? { done: true, value: undefined };
    },
  };
}
