import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createLastGood } from '../../gateway/life/last-good.ts';
import type { Log } from '../../gateway/options.ts';
import { serve } from '../../gateway/serve.ts';
import { type SubgraphServer, serveSubgraph } from '../../gateway/subgraph-server.ts';
import { shop } from './shop.ts';

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-last-good-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** A log, and the messages of its warnings. */
function listening(): { readonly log: Log; readonly warnings: string[] } {
  const warnings: string[] = [];
  const nothing = () => {};
  return {
    warnings,
    log: {
      debug: nothing,
      info: nothing,
      error: nothing,
      warn: (_fields, message) => warnings.push(message),
    },
  };
}

const [catalogue] = shop();
const serveCatalogue = (): Promise<SubgraphServer> => serveSubgraph({ ...catalogue!, port: 0 });
const remote = (name: string, url: string) => ({ kind: 'remote' as const, name, url });
const NOWHERE = 'http://127.0.0.1:9/graphql';

/** The supergraph of the catalogue alone, as a gateway kept it. */
async function keptBy(lastGoodFile: string): Promise<string> {
  const server = await serveCatalogue();
  const subgraphs = [remote('catalogue', server.url)];
  const { log } = listening();
  const gateway = await serve({ source: { kind: 'subgraphs', subgraphs, lastGoodFile }, port: 0, log });
  await gateway.stop();
  await server.stop();
  return readFile(lastGoodFile, 'utf8');
}

test('what was composed is kept, and served by who starts without its subgraphs', async () => {
  const file = join(await newFolder(), 'not', 'there', 'supergraph.graphql');
  const kept = await keptBy(file);
  const { log } = listening();
  const source = {
    kind: 'subgraphs' as const,
    subgraphs: [remote('catalogue', NOWHERE)],
    lastGoodFile: file,
  };
  const gateway = await serve({ source, port: 0, log });
  expect(gateway.supergraphSdl()).toBe(kept);
  await gateway.stop();
});

test.each<[string, (kept: string) => string, readonly string[], RegExp]>([
  ['half written', (kept) => kept.slice(0, kept.length / 2), ['catalogue'], /is not used: Syntax Error/],
  ['empty', () => '', ['catalogue'], /is not used: Syntax Error/],
  ['of no supergraph', () => 'type Query { a: Int }', ['catalogue'], /is not used: it names no subgraph/],
  [
    'of other subgraphs',
    (kept) => kept,
    ['catalogue', 'reviews'],
    /is not used: it is of the subgraphs catalogue, and not of catalogue, reviews$/,
  ],
])('one that is %s is not served, and the log says why', async (_how, change, names, why) => {
  const file = join(await newFolder(), 'supergraph.graphql');
  await writeFile(file, change(await keptBy(file)));
  const { log, warnings } = listening();
  const subgraphs = names.map((name) => remote(name, NOWHERE));
  const gateway = await serve({ source: { kind: 'subgraphs', subgraphs, lastGoodFile: file }, port: 0, log });
  expect(gateway.supergraphSdl()).toBeNull();
  expect(warnings).toEqual([expect.stringMatching(why)]);
  await gateway.stop();
});

test('where it cannot be written, that is said once, and it is written as soon as it can be', async () => {
  const folder = await newFolder();
  const blocking = join(folder, 'a-file');
  await writeFile(blocking, '');
  const { log, warnings } = listening();
  const lastGood = createLastGood(join(blocking, 'supergraph.graphql'), log);
  for (const sdl of ['1', '1', '2']) await lastGood.keep(sdl);
  expect(warnings).toEqual([expect.stringMatching(/cannot be written.*Give --data \(TANDEM_DATA\)/)]);
  await rm(blocking);
  await lastGood.keep('2');
  expect(await readFile(join(blocking, 'supergraph.graphql'), 'utf8')).toBe('2');
});

test.runIf(process.platform === 'linux')('where the system makes no folders, that is said, too', async () => {
  const { log, warnings } = listening();
  await createLastGood('/proc/x/y/supergraph.graphql', log).keep('1');
  expect(warnings).toEqual([expect.stringMatching(/cannot be written.*Give --data \(TANDEM_DATA\)/)]);
});
