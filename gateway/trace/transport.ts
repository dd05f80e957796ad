import type { SubgraphCall, Transport } from '../plan/run.ts';
import { shownDocument } from './shown-document.ts';
import { writeTraceparent } from './trace-context.ts';
import { codeOf, type Span, type Tracer, traced } from './tracer.ts';

/** The same transport, with a span around every request to a subgraph, which the subgraph can go on from. */
export function tracedTransport(tracer: Tracer, transport: Transport): Transport {
  return {
    execute: (call) => {
      const span = fetchSpan(tracer, call);
      return traced(
        tracer,
        span,
        async () => transport.execute(passOn(call, span)),
        ({ errors }) => (errors?.length ? [codeOf(errors[0]!.extensions?.code)] : []),
      );
    },
    subscribe: (call) => {
      const span = fetchSpan(tracer, call);
      return traced(tracer, span, () => transport.subscribe(passOn(call, span)));
    },
  };
}

function fetchSpan(tracer: Tracer, { operation, variables }: SubgraphCall): Span {
  const { representations } = variables() ?? {};
  return tracer.start(`fetch ${operation.subgraph}`, 'client', {
    'tandem.subgraph': operation.subgraph,
    'graphql.operation.type': operation.kind,
    'graphql.document': shownDocument(operation.document),
    'tandem.representations': Array.isArray(representations) ? representations.length : undefined,
  });
}

function passOn(call: SubgraphCall, span: Span): SubgraphCall {
  const { run } = call;
  const headers = { ...run.caller.headers, traceparent: writeTraceparent(span.context) };
  return { ...call, run: { ...run, caller: { ...run.caller, headers } } };
}
