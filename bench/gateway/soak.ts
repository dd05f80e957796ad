// Keeps a gateway under mixed load for as long as told, and checks that it holds on to no more at the end than it did
// soon after the start: heap after a collection, and open handles.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createClient } from 'graphql-ws';
import { Agent, request } from 'undici';
import { WebSocket } from 'ws';
import { start, startSubgraphs, stop } from './children.ts';
import { GRAPHS } from './graphs.ts';
import type { Holdings } from './tandem.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '50' },
  },
});

/** Documents never seen before that are sent at the start, so that every cache is full when measuring begins. */
const FILL = 1_500;

/** Between samples, milliseconds. */
const SAMPLE_MS = 15_000;

/** After the last request, until idle connections to the subgraphs, which keep theirs for 60 s, are closed too. */
const CALM_MS = 63_000;

/** What the heap may be larger at the end than at the start: the noise between two collections. */
const HEAP_SLACK_MB = 3;

const [unified] = GRAPHS;
if (!unified) throw new Error('There is no graph to ask.');
const queryOf = (start: string) => unified.scenarios.find(({ name }) => name.startsWith(start))!.query;
const [many, one] = [queryOf('20 customers'), queryOf('one customer')];

const folder = await mkdtemp(join(tmpdir(), 'tandem-soak-'));
const file = join(folder, 'supergraph.graphql');
const subgraphs = await startSubgraphs(unified, '4', file);
const gateway = await start('tandem.ts', [file], ['--expose-gc']);
const url = `http://127.0.0.1:${gateway.port}/graphql`;
let agent = new Agent({ connections: 50 });
const seen = new Map<string, number>();
let documents = 0;

async function ask(query: string, signal?: AbortSignal): Promise<string> {
  const { body } = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
    dispatcher: agent,
    ...(signal ? { signal } : {}),
  });
  const answer = (await body.json()) as { data?: unknown; errors?: unknown };
  return answer.errors ? 'errors' : 'data';
}

/** What clients do, and how often in a hundred. */
const KINDS: readonly (readonly [number, string, () => Promise<string>])[] = [
  [60, 'one customer', () => ask(one)],
  [20, '20 customers', () => ask(many)],
  [5, 'a document never seen', () => ask(`{ customer(id: "7") { a${documents++}: name } }`)],
  [5, 'an unknown field', () => ask(`{ customer(id: "7") { a${documents++} } }`)],
  [5, 'a client that goes', () => ask(many, AbortSignal.timeout(3)).catch(() => 'gone')],
  [5, 'a socket', askBySocket],
];

async function askBySocket(): Promise<string> {
  const client = createClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 });
  const { value } = await client.iterate({ query: one }).next();
  await client.dispose();
  return value?.errors ? 'errors' : 'data';
}

const DRAWN = KINDS.flatMap(([share, name, run]) => Array.from({ length: share }, () => ({ name, run })));

async function act(): Promise<void> {
  const { name, run } = DRAWN[Math.floor(Math.random() * DRAWN.length)]!;
  const outcome = `${name}: ${await run().catch((error: unknown) => String(error))}`;
  seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
}

/** What the gateway still holds when every client has gone. */
async function sampleInCalm(): Promise<Holdings> {
  await agent.close();
  agent = new Agent({ connections: 50 });
  await new Promise((resolve) => setTimeout(resolve, CALM_MS));
  return sample();
}

async function sample(): Promise<Holdings> {
  gateway.child.send('sample');
  const [holdings] = (await once(gateway.child, 'message')) as [Holdings];
  return holdings;
}

for (let i = 0; i < FILL; i++) {
  await ask(`{ customer(id: "7") { a${documents++}: name } }`);
  await ask(`{ customer(id: "7") { a${documents++} } }`);
}
const before = await sampleInCalm();
const samples: Holdings[] = [];
const end = Date.now() + Number(values.minutes) * 60_000;
const acting = setInterval(() => void act(), 1_000 / Number(values.rate));
while (Date.now() < end) {
  await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
  const holdings = await sample();
  samples.push(holdings);
  const { heapMb, rssMb, handles } = holdings;
  console.log(
    `${new Date().toISOString()} heap ${heapMb.toFixed(1)} MB, rss ${rssMb.toFixed(0)} MB, ${handles} handles`,
  );
}
clearInterval(acting);

const after = await sampleInCalm();

// The heap is compared under load: caches and compiled code settle in its first minutes.
const quarter = Math.max(1, Math.floor(samples.length / 4));
const least = (of: readonly Holdings[]) => Math.min(...of.map(({ heapMb }) => heapMb));
const heap = least(samples.slice(-quarter)) - least(samples.slice(0, quarter));
const handles = after.handles - before.handles;
console.log([...seen].map(([outcome, count]) => `${count} × ${outcome}`).join('\n'));
console.log(`grown: heap ${heap.toFixed(1)} MB, handles ${handles} of ${before.handles}`);
const flat = heap <= HEAP_SLACK_MB && handles <= 0;
console.log(flat ? 'flat' : 'NOT flat');
await agent.close();
await stop(gateway);
await stop(subgraphs);
await rm(folder, { recursive: true });
process.exit(flat ? 0 : 1);
