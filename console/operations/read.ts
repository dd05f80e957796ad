import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { operationName, type Texts, withFragments } from './with-fragments.ts';

/** The operations that the console and the command line send, by name, each with the fragments that it needs. */
export function readOperations(): Texts {
  const fragments = readFragments();
  return new Map(
    [...readFolder(import.meta.dirname)].map(([name, text]) => [name, withFragments(text, fragments)]),
  );
}

/** The fragments by name, for operations that are made from what the graph tells (record.ts). */
export function readFragments(): Texts {
  return readFolder(join(import.meta.dirname, 'fragments'));
}

function readFolder(folder: string): Texts {
  return new Map(
    readdirSync(folder)
      .filter((name) => name.endsWith('.graphql'))
      .map((name) => [operationName(basename(name, '.graphql')), readFileSync(join(folder, name), 'utf8')]),
  );
}
