import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metrics } from './metrics.ts';
import type { Connection } from './transport/transport.ts';

/** What is read when metrics are asked for. */
export type Readings = {
  readonly running: () => number;
  readonly waiting: () => number;
  readonly sockets: () => number;
  readonly streams: () => number;
  readonly connections: () => ReadonlyMap<string, Connection>;
  /** Whether the present supergraph is served, an older one as the present one cannot be had, or none yet. */
  readonly supergraph: () => SupergraphState;
};

/** What is served, as metrics tell it. */
export type SupergraphState = (typeof STATES)[number];

const STATES = ['current', 'last_good', 'none'] as const;

/** Registers the gateway's gauges and the process's, under the names in use; returns how to stop measuring. */
export function registerGauges(metrics: Metrics, readings: Readings): () => void {
  const { running, waiting, sockets, streams, connections, supergraph } = readings;
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  metrics.gauge('graphql_operations_running', 'Operations at work.', running);
  metrics.gauge('graphql_operations_waiting', 'Operations waiting for a place.', waiting);
  metrics.gauge('graphql_websocket_connections', 'Open WebSockets.', sockets);
  metrics.gauge('graphql_subscriptions_open', 'Subscriptions that are open.', streams);
  metrics.gauge(
    'graphql_supergraph_state',
    'Which supergraph is served: the current one, the last good one, or none yet.',
    () => STATES.map((state) => ({ labels: { state }, value: supergraph() === state ? 1 : 0 })),
  );
  metrics.gauge('graphql_subgraph_breaker_open', 'Whether a subgraph is left alone as it kept failing.', () =>
    [...connections()].map(([subgraph, { isLeftAlone }]) => ({
      labels: { subgraph },
      value: isLeftAlone?.() ? 1 : 0,
    })),
  );
  metrics.gauge('process_resident_memory_bytes', 'Memory of the process.', () => process.memoryUsage.rss());
  metrics.gauge('process_cpu_seconds_total', 'CPU time of the process.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  metrics.gauge('nodejs_eventloop_lag_p99_seconds', 'How late the event loop runs, 99th percentile.', () => {
    const p99 = delay.percentile(99) / 1e9;
    delay.reset();
    return p99;
  });
  return () => delay.disable();
}
