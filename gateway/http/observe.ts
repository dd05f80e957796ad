import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Labels, Metrics } from '../metrics.ts';
import { readTraceparent } from '../trace/trace-context.ts';
import type { Tracer } from '../trace/tracer.ts';

/** Answers a request, and tells metrics and traces of it. */
export type ObserveHttp = (
  request: IncomingMessage,
  response: ServerResponse,
  answer: () => Promise<void>,
) => Promise<void>;

/** Paths that are told apart; whatever else is asked for is one more, so that strangers cannot make series. */
const ROUTES = new Set(['/', '/graphql', '/metrics', '/health/live', '/health/ready']);
const METHODS = new Set(['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH']);

/** Observes by the names of OpenTelemetry's conventions for HTTP servers. */
export function createObserveHttp(metrics: Metrics, tracer: Tracer | undefined): ObserveHttp {
  const labels = new Map<string, Labels>();
  const labelsOf = (method: string, route: string, status: number): Labels => {
    const key = `${method} ${route} ${status}`;
    let known = labels.get(key);
    if (!known) {
      known = {
        http_request_method: method,
        http_route: route,
        http_response_status_code: String(status),
      };
      labels.set(key, known);
    }
    return known;
  };
  return (request, response, answer) => {
    const started = performance.now();
    const method = METHODS.has(request.method ?? '') ? request.method! : '_OTHER';
    const route = routeOf(request.url ?? '/');
    response.once('close', () =>
      metrics.observe(
        'http_server_request_duration_seconds',
        'HTTP requests from their first line to the last byte of the answer.',
        labelsOf(method, route, response.statusCode),
        (performance.now() - started) / 1000,
      ),
    );
    if (!tracer || route !== '/graphql') return answer();
    const given = request.headers.traceparent;
    const parent = readTraceparent(typeof given === 'string' ? given : undefined);
    const attributes = { 'http.request.method': method, 'http.route': route, 'url.path': route };
    const span = tracer.start(`${method} ${route}`, 'server', attributes, parent);
    response.once('close', () => {
      const status = response.statusCode;
      span.end(status >= 500 ? `HTTP ${status}` : undefined, { 'http.response.status_code': status });
    });
    return tracer.within(span, answer);
  };
}

function routeOf(url: string): string {
  const end = url.indexOf('?');
  const path = end < 0 ? url : url.slice(0, end);
  return ROUTES.has(path) ? path : '/*';
}
