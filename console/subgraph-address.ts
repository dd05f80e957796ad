import { problemOfSecret } from '../gateway/subgraph-server.ts';
import { type Settings, SettingsError } from './settings.ts';

/** Where a subgraph listens and whose requests it takes, as the settings say. Throws a SettingsError where it would take anybody's. */
export function subgraphAddress(name: string, settings: Settings) {
  const address = {
    port: settings.PORT,
    host: settings.TANDEM_HOST,
    production: settings.NODE_ENV === 'production',
    ...(settings.TANDEM_SUBGRAPH_SECRET !== undefined && { secret: settings.TANDEM_SUBGRAPH_SECRET }),
  };
  const problem = problemOfSecret({ name, ...address });
  if (problem !== null) throw new SettingsError(problem);
  return address;
}
