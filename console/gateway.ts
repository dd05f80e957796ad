import type { Settings } from './settings.ts';

/** What to serve: a composed supergraph, or subgraphs by name and address, asked for changes every `poll` seconds. */
export type GatewayCommand = {
  readonly supergraph?: string;
  readonly subgraph: Readonly<Record<string, string>>;
  readonly poll?: number;
};

/** The gateway in a process of its own. Returns the exit code once it was stopped. */
export async function gateway(_settings: Settings, _command: GatewayCommand): Promise<number> {
  throw new Error('tandem gateway is not part of this version; tandem start runs everything in one process.');
}
