import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExampleOperation, GatewayOptions } from '../gateway/options.ts';

/** What the gateway serves to browsers: GraphiQL at `/` with its examples as tabs, the operators' console at `/console`. */
export function pages(): Required<Pick<GatewayOptions, 'graphiql' | 'examples' | 'console'>> {
  const web = join(import.meta.dirname, 'web');
  return {
    graphiql: { folder: join(web, 'generated') },
    console: { folder: join(web, 'console', 'generated') },
    examples: exampleOperations(),
  };
}

/** The files of `examples/operations`, in the order of their names. */
function exampleOperations(): readonly ExampleOperation[] {
  const folder = join(import.meta.dirname, '..', 'examples', 'operations');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.graphql'))
    .sort()
    .map((name) => ({
      name: name.replace(/^\d+-|\.graphql$/g, '').replaceAll('-', ' '),
      document: readFileSync(join(folder, name), 'utf8'),
    }));
}
