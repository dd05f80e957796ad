import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExampleOperation, GatewayOptions } from '../gateway/options.ts';

/** The GraphiQL page at `/` and the operations it shows as tabs. */
export function examplePage(): Required<Pick<GatewayOptions, 'graphiql' | 'examples'>> {
  return {
    graphiql: { folder: join(import.meta.dirname, 'web', 'generated') },
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
