// Measures gateways against each other: the same subgraphs, the same load, rounds interleaved so that what else the
// machine does hits all alike. CPU per query is the gateway process's own and hardly depends on its neighbours.
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { start, startSubgraphs, stop } from './children.ts';
import { compare, type Running } from './compare.ts';
import { type BenchGraph, GRAPHS } from './graphs.ts';
import { table } from './table.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
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
const OUR_FLAGS = [
  '--no-allocation-site-pretenuring',
  '--max-semi-space-size=32',
  '--max-old-space-size=512',
];

const ENGINES: readonly Engine[] = [
  { name: 'tandem', file: 'tandem.ts', args: [], flags: OUR_FLAGS },
  { name: '@apollo/gateway', file: 'peers/apollo.mjs', args: [] },
  { name: 'hive gateway with rust planner', file: 'peers/hive.mjs', args: ['rust'] },
  { name: 'hive executor in apollo server, undici', file: 'peers/hive-lifted.mjs', args: [] },
  { name: 'hive gateway', file: 'peers/hive.mjs', args: [] },
].filter(({ name }) => !values.only || values.only.split(';').includes(name));

async function startEngines(supergraph: string): Promise<readonly Running[]> {
  const engines: Running[] = [];
  for (const { name, file, args, flags = [] } of ENGINES) {
    const profiling =
      values.profile === undefined || name !== 'tandem'
        ? []
        : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`];
    const { child, port } = await start(file, [supergraph, ...args], [...flags, ...profiling]);
    engines.push({ name, child, url: `http://127.0.0.1:${port}/graphql` });
  }
  return engines;
}

async function measure(graph: BenchGraph, folder: string): Promise<void> {
  const file = join(folder, `${graph.name}.graphql`);
  const subgraphs = await startSubgraphs(graph, values.delay, file);
  const engines = await startEngines(file);
  const countFetches = async () =>
    Number(await (await fetch(`http://127.0.0.1:${subgraphs.port}/count`)).text());
  const scenarios = graph.scenarios.filter(({ name }) => !values.scenario || name.includes(values.scenario));
  for (const scenario of scenarios)
    for (const connections of values.connections.split(',')) {
      const extent = {
        connections: Number(connections),
        rounds: Number(values.rounds),
        ms: Number(values.seconds) * 1_000,
      };
      const shown = await compare(scenario, engines, countFetches, extent);
      console.log(
        `\n### ${graph.name}: ${scenario.name} (${connections} connections, subgraphs answer in ${values.delay} ms)\n`,
      );
      console.log(table(shown));
    }
  for (const engine of [subgraphs, ...engines]) await stop(engine, values.profile ? 'by itself' : 'now');
}

const folder = await mkdtemp(join(tmpdir(), 'tandem-bench-'));
console.log(
  `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, load ${loadavg()[0]!.toFixed(1)}`,
);
for (const graph of GRAPHS) if (!values.graph || graph.name === values.graph) await measure(graph, folder);
await rm(folder, { recursive: true });
