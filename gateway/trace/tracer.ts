import { AsyncLocalStorage } from 'node:async_hooks';
import { newContext, type TraceContext } from './trace-context.ts';

/** What a span says of itself, by the names of OpenTelemetry's semantic conventions. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Who is on the other side: we answer someone, ask someone, or work by ourselves. */
export type SpanKind = 'internal' | 'server' | 'client';

/** Something that takes time. */
export type Span = {
  readonly context: TraceContext;
  /** @param failure what kind of thing went wrong, if anything did · @param more attributes known only now */
  end(failure?: string, more?: Attributes): void;
};

/** A span that has ended. Times are nanoseconds since 1970. */
export type EndedSpan = {
  readonly context: TraceContext;
  readonly parentId: string | undefined;
  readonly name: string;
  readonly kind: SpanKind;
  readonly from: bigint;
  readonly to: bigint;
  readonly attributes: Attributes;
  readonly failure: string | undefined;
};

/** Records what takes time, and which part of what it is. There is one only where traces are wanted. */
export type Tracer = {
  /** Begins a span below `parent`; without one, below the span that is under way. */
  start(name: string, kind: SpanKind, attributes: Attributes, parent?: TraceContext): Span;
  /** Runs work of which everything it starts is a part of the span, however late. */
  within<T>(span: Span, work: () => T): T;
  /** The span that is under way here. */
  current(): Span | undefined;
  /** Sends what has ended and was not sent yet. */
  stop(): Promise<void>;
};

/** Takes spans that have ended. */
export type SpanSink = { take(span: EndedSpan): void; stop(): Promise<void> };

/** @param ratio share of the traces begun here that is recorded, 0 to 1; those begun elsewhere say so themselves */
export function createTracer(sink: SpanSink, ratio = 1): Tracer {
  const storage = new AsyncLocalStorage<Span>();
  return {
    start: (name, kind, attributes, given) => {
      const parent = given ?? storage.getStore()?.context;
      const context = newContext(parent, parent ? parent.sampled : Math.random() < ratio);
      const from = now();
      let ended = false;
      return {
        context,
        end: (failure, more) => {
          if (ended || !context.sampled) return;
          ended = true;
          const all = more ? { ...attributes, ...more } : attributes;
          sink.take({
            context,
            parentId: parent?.spanId,
            name,
            kind,
            from,
            to: now(),
            attributes: all,
            failure,
          });
        },
      };
    },
    within: (span, work) => storage.run(span, work),
    current: () => storage.getStore(),
    stop: () => sink.stop(),
  };
}

/** Runs work as a span; it fails as the work does. */
export async function traced<T>(
  tracer: Tracer,
  span: Span,
  work: () => Promise<T>,
  outcome: (result: T) => readonly [failure?: string, more?: Attributes] = () => [],
): Promise<T> {
  try {
    const result = await tracer.within(span, work);
    span.end(...outcome(result));
    return result;
  } catch (error) {
    span.end(error instanceof Error ? error.name : 'failed');
    throw error;
  }
}

/** What a trace says of an error: its code alone, as messages may hold anybody's data. */
export function codeOf(code: unknown): string {
  return typeof code === 'string' ? code : 'INTERNAL_SERVER_ERROR';
}

/** Wall-clock time that never runs backwards within a process. */
function now(): bigint {
  return BIRTH + process.hrtime.bigint();
}

const BIRTH = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
