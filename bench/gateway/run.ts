// Measures gateways against each other: the same subgraphs, the same load, rounds interleaved so that what else the
// machine does hits all alike. CPU per query is the gateway process's own and hardly depends on its neighbours.
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { start, startSubgraphs, stop } from './children.ts';
import { type BenchGraph, GRAPHS } from './graphs.ts';
import { ask, load } from './load.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '50' },
    delay: { type: 'string', default: '4' },
    only: { type: 'string' },
    graph: { type: 'string' },
    scenario: { type: 'string' },
    profile: { type: 'string' },
  },
});

type Engine = {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly flags?: readonly string[];
};

/** Of Node, as `npm start` and the first line of the `tandem` command have them. */
const OUR_FLAGS = ['--max-semi-space-size=32', '--max-old-space-size=512'];

const ENGINES: readonly Engine[] = [
  { name: 'tandem', file: 'tandem.ts', args: [], flags: OUR_FLAGS },
  { name: '@apollo/gateway', file: 'peers/apollo.mjs', args: [] },
  { name: 'hive gateway with rust planner', file: 'peers/hive.mjs', args: ['rust'] },
  { name: 'hive executor in apollo server, undici', file: 'peers/hive-lifted.mjs', args: [] },
  { name: 'hive gateway', file: 'peers/hive.mjs', args: [] },
].filter(({ name }) => !values.only || values.only.split(';').includes(name));

/**
 * Before anything is counted, requests to each engine: code has to be compiled first, which takes a number of runs and
 * not a time. On a busy machine some seconds were too few of them, and the same engine needed 1.1 or 1.8 ms a query.
 */
const WARM_UP_REQUESTS = 2_000;

/** Warming is interleaved, too: else the first to be warmed gets its load from a client and subgraphs that are cold. */
const WARM_UP_ROUNDS = 4;

/** Ticks of /proc/<pid>/stat per second, on every Linux in use. */
const TICKS = 100;

type Running = { readonly name: string; readonly child: ChildProcess; readonly url: string };
type Sum = { requests: number; cpu: number; seconds: number; latencies: number[]; memory: number };

function cpuSeconds({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

function memoryMb({ pid }: ChildProcess): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
}

async function measure(graph: BenchGraph, folder: string): Promise<void> {
  const file = join(folder, `${graph.name}.graphql`);
  const subgraphs = await startSubgraphs(graph, values.delay, file);
  const base = `http://127.0.0.1:${subgraphs.port}`;
  const engines: Running[] = [];
  for (const { name, file: script, args, flags = [] } of ENGINES) {
    const profiling =
      values.profile === undefined || name !== 'tandem'
        ? []
        : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`];
    const { child, port } = await start(script, [file, ...args], [...flags, ...profiling]);
    engines.push({ name, child, url: `http://127.0.0.1:${port}/graphql` });
  }
  for (const scenario of graph.scenarios)
    if (!values.scenario || scenario.name.includes(values.scenario))
      for (const connections of values.connections.split(','))
        await compare(graph, scenario, engines, base, Number(connections));
  for (const engine of [subgraphs, ...engines]) await stop(engine, values.profile ? 'by itself' : 'now');
}

async function compare(
  graph: BenchGraph,
  { name, query }: BenchGraph['scenarios'][number],
  engines: readonly Running[],
  base: string,
  connections: number,
): Promise<void> {
  const body = JSON.stringify({ query });
  const sums = new Map<string, Sum>();
  const expected = new Map<string, string>();
  const fetches = new Map<string, number>();
  const count = async () => Number(await (await fetch(`${base}/count`)).text());
  let first: unknown;
  for (const engine of engines) {
    await ask(engine.url, body);
    const before = await count();
    const text = await ask(engine.url, body);
    fetches.set(engine.name, (await count()) - before);
    const { data, errors } = JSON.parse(text) as { data: unknown; errors?: unknown };
    first ??= data;
    if (errors || !isDeepStrictEqual(data, first))
      throw new Error(`${engine.name} answers otherwise: ${text.slice(0, 500)}`);
    expected.set(engine.name, text);
    sums.set(engine.name, { requests: 0, cpu: 0, seconds: 0, latencies: [], memory: 0 });
  }
  for (let round = 0; round < WARM_UP_ROUNDS; round++)
    for (const { name, url } of engines)
      await load(url, body, expected.get(name)!, connections, {
        requests: WARM_UP_REQUESTS / WARM_UP_ROUNDS,
      });
  for (let round = 0; round < Number(values.rounds); round++)
    for (const engine of engines) {
      const sum = sums.get(engine.name)!;
      const cpu = cpuSeconds(engine.child);
      const started = performance.now();
      const { requests, latencies } = await load(engine.url, body, expected.get(engine.name)!, connections, {
        ms: Number(values.seconds) * 1_000,
      });
      sum.requests += requests;
      sum.cpu += cpuSeconds(engine.child) - cpu;
      sum.seconds += (performance.now() - started) / 1_000;
      sum.latencies.push(...latencies);
      sum.memory = Math.max(sum.memory, memoryMb(engine.child));
    }
  const bytes = Math.round(expected.values().next().value!.length / 1024);
  console.log(
    `\n### ${graph.name}: ${name} (${bytes} kB, ${connections} connections, subgraphs answer in ${values.delay} ms)\n`,
  );
  console.log(
    '| engine | CPU per query | against tandem | requests/s | p50 | p99 | p99 : p50 | memory | subgraph requests |',
  );
  console.log('|--|--|--|--|--|--|--|--|--|');
  const ours = cpuPerQuery(sums.values().next().value!);
  for (const [engine, sum] of sums) {
    const sorted = sum.latencies.toSorted((a, b) => a - b);
    const at = (share: number) => sorted[Math.floor(sorted.length * share)]!;
    const cells = [
      engine,
      `${cpuPerQuery(sum).toFixed(2)} ms`,
      `${(cpuPerQuery(sum) / ours).toFixed(1)} ×`,
      (sum.requests / sum.seconds).toFixed(0),
      `${at(0.5).toFixed(0)} ms`,
      `${at(0.99).toFixed(0)} ms`,
      (at(0.99) / at(0.5)).toFixed(1),
      `${sum.memory.toFixed(0)} MB`,
      fetches.get(engine),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

function cpuPerQuery({ cpu, requests }: Sum): number {
  return (cpu * 1_000) / requests;
}

const folder = await mkdtemp(join(tmpdir(), 'tandem-bench-'));
console.log(
  `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`,
);
for (const graph of GRAPHS) if (!values.graph || graph.name === values.graph) await measure(graph, folder);
await rm(folder, { recursive: true });
