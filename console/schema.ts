import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { printSchema as printTypes } from 'graphql';
import { compareSupergraphs } from '../gateway/compose/schema-changes.ts';
import {
  CompositionError,
  composeSupergraph,
  problemOfSupergraph,
  type SubgraphDefinition,
} from '../gateway/compose/supergraph.ts';
import { readSchema } from '../gateway/plan/schema.ts';
import { fetchSubgraphSdl, SdlUnavailable } from '../gateway/transport/remote.ts';
import { readSettings, SettingsError } from './settings.ts';

/** The parts of this version's graph, and the addresses they take each in a process of its own. */
const PARTS = { crm: 4001, erp: 4002, sync: 4003 } as const;

type Part = keyof typeof PARTS;

/** How long a subgraph has to tell its SDL, milliseconds. */
const SDL_MS = 10_000;

/** Prints the composed graph of this version as clients see it (`api`), its supergraph, or one of its parts. */
export async function printSchema(part: string): Promise<number> {
  await put(await textOf(part));
  return 0;
}

/**
 * Compares a supergraph that is in use with this version's and prints every difference a client could notice.
 * Returns 1 if a client could break.
 */
export async function checkSchema(file: string): Promise<number> {
  const inUse = await readSupergraph(file);
  const { breaking, dangerous, safe } = compareSupergraphs(inUse, await currentSupergraph());
  const lines = [
    ...section('Breaking', breaking),
    ...section('Could surprise a client', dangerous),
    ...section('Safe', safe),
  ];
  await put(`${lines.length === 0 ? 'Nothing a client could notice.' : lines.join('\n')}\n`);
  return breaking.length > 0 ? 1 : 0;
}

/** Composes subgraphs, each a file or an address, into a supergraph. Returns 1 if they do not compose, or one is away. */
export async function composeSchema(
  parts: Readonly<Record<string, string>>,
  output?: string,
): Promise<number> {
  try {
    const supergraph = composeSupergraph(await Promise.all(Object.entries(parts).map(definitionOf)));
    if (output === undefined) await put(`${supergraph}\n`);
    else await write(output, `${supergraph}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof CompositionError || error instanceof SdlUnavailable)) throw error;
    console.error(error.message);
    return 1;
  }
}

async function textOf(part: string): Promise<string> {
  if (part === 'supergraph') return `${await currentSupergraph()}\n`;
  if (part === 'api') return `${printTypes(readSchema(await currentSupergraph()).api)}\n`;
  if (part in PARTS) return readFile(fileOf(part as Part), 'utf8');
  throw new SettingsError(`There is no part ${part}: it has to be supergraph, api, crm, erp or sync.`);
}

async function currentSupergraph(): Promise<string> {
  const parts = Object.entries(PARTS).map(async ([name, port]) => ({
    name,
    url: `http://127.0.0.1:${port}/graphql`,
    sdl: await readFile(fileOf(name as Part), 'utf8'),
  }));
  return composeSupergraph(await Promise.all(parts));
}

/** Where the SDL of a part is kept; `npm run check` keeps it equal to the declarations. */
function fileOf(part: Part): string {
  return join(import.meta.dirname, '..', 'subgraphs', part, 'schema.graphql');
}

async function definitionOf([name, from]: readonly [string, string]): Promise<SubgraphDefinition> {
  if (!/^https?:\/\//.test(from)) return { name, url: '', sdl: await readText(from) };
  const secret = readSettings().TANDEM_SUBGRAPH_SECRET;
  const source = { kind: 'remote' as const, name, url: from, ...(secret && { secret }) };
  return { name, url: from, sdl: await fetchSubgraphSdl(source, SDL_MS) };
}

/** A supergraph that can be compared; throws a SettingsError where it is none. */
async function readSupergraph(file: string): Promise<string> {
  const text = await readText(file);
  const problem = problemOfSupergraph(text);
  if (problem !== null) throw new SettingsError(`${file} is no supergraph: ${problem}`);
  return text;
}

function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw new SettingsError(`${file} cannot be read: ${error instanceof Error ? error.message : error}`);
  });
}

function write(file: string, text: string): Promise<void> {
  return writeFile(file, text).catch((error: Error) => {
    throw new SettingsError(`${file} cannot be written (${error.message}). Name another file with --output.`);
  });
}

function section(title: string, changes: readonly string[]): readonly string[] {
  return changes.length === 0 ? [] : [`${title} (${changes.length}):`, ...changes.map((line) => `  ${line}`)];
}

/**
 * A pipe takes long texts in pieces, and the command ends the process: so it waits until all is written, or until
 * nobody reads on.
 */
function put(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EPIPE' ? resolve() : reject(error),
    );
    process.stdout.write(text, () => resolve());
  });
}
