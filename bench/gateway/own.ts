// Our own graph in one process: a unified list of 100 customers with orders, lines and both sides. Subgraphs executed
// as they are, and by graphql-js, in interleaved rounds of one run; and how many statements the list takes.
import { cpus, loadavg } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { execute, type GraphQLSchema, parse } from 'graphql';
import { composeSupergraph } from '../../gateway/compose/supergraph.ts';
import { createExecutor, type Executor } from '../../gateway/execute/execute.ts';
import type { LocalSubgraph } from '../../gateway/options.ts';
import { createEngine } from '../../gateway/plan/engine.ts';
import type { Transport } from '../../gateway/plan/run.ts';
import { connectLocal } from '../../gateway/transport/local.ts';
import { createCrmSubgraph } from '../../subgraphs/crm/schema.ts';
import { createErpSubgraph } from '../../subgraphs/erp/schema.ts';
import { createSyncSubgraph } from '../../subgraphs/sync/subgraph.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { median, openStage, type Stage, writeAll } from '../sync/stage.ts';

const CUSTOMERS = 100;
const ROUNDS = 30;
const WARM_UP = 10;

const list = parse(`{ customers(first: ${CUSTOMERS}) { nodes {
  id name phone crm { id name phone email } erp { id name customerNo balance }
  orders(first: 5) { nodes { id status totalAmount crm { id status } erp { id status amount vatAmount }
    lines { id quantity unitPrice product { sku name } crm { lineId quantity } erp { lineId quantity } } } } } } }`);

let statements = 0;
const stage = await openStage(() => {
  statements++;
  return undefined;
});
try {
  await fill(stage);
  const { house, sql } = stage;
  // What counts is the reading: nothing else is to run meanwhile.
  await house.sync.stop();
  const subgraphs: readonly LocalSubgraph[] = [
    createCrmSubgraph({ system: house.crm }),
    createErpSubgraph({ system: house.erp }),
    createSyncSubgraph({ sql, sync: house.sync, mappings }),
  ].map((subgraph) => ({ ...subgraph, kind: 'local' as const }));
  const sdl = composeSupergraph(subgraphs.map(({ name, sdl }) => ({ name, sdl, url: `local://${name}` })));
  const ours = createEngine(sdl, transportOf(subgraphs, createExecutor));
  const byGraphqlJs = createEngine(sdl, transportOf(subgraphs, graphqlJs));
  const ask = async (engine: typeof ours) => {
    const caller = { subject: 'bench', scopes: ['*'], headers: {}, requestId: 'bench' };
    const before = process.cpuUsage();
    const started = performance.now();
    const sent = statements;
    const answer = await engine.execute({ document: list, caller, signal: new AbortController().signal });
    const text = JSON.stringify(answer);
    const { user, system } = process.cpuUsage(before);
    if (answer.errors) throw new Error(text.slice(0, 500));
    return {
      text,
      cpu: (user + system) / 1_000,
      ms: performance.now() - started,
      statements: statements - sent,
    };
  };
  const [first, second] = [await ask(ours), await ask(byGraphqlJs)];
  if (!isDeepStrictEqual(JSON.parse(first.text), JSON.parse(second.text)))
    throw new Error('The two answer differently.');
  const rounds: { ours: typeof first; theirs: typeof first }[] = [];
  for (let n = -WARM_UP; n < ROUNDS; n++) {
    const round = { ours: await ask(ours), theirs: await ask(byGraphqlJs) };
    if (n >= 0) rounds.push(round);
  }
  const of = (pick: (round: (typeof rounds)[number]) => number) => median(rounds.map(pick)).toFixed(1);
  console.log(`${cpus().length} cores, load ${loadavg()[0]!.toFixed(1)}, Node ${process.version}`);
  console.log(
    `${CUSTOMERS} customers, orders, lines, both sides: ${Math.round(first.text.length / 1024)} kB, ${first.statements} statements`,
  );
  console.log(`as it is:      ${of(({ ours }) => ours.cpu)} ms of CPU, ${of(({ ours }) => ours.ms)} ms`);
  console.log(
    `by graphql-js: ${of(({ theirs }) => theirs.cpu)} ms of CPU, ${of(({ theirs }) => theirs.ms)} ms`,
  );
  const ratio = median(rounds.map((round) => round.theirs.cpu / round.ours.cpu));
  console.log(`graphql-js : as it is = ${ratio.toFixed(2)}`);
} finally {
  await stage.close();
}

/** An executor as subgraphs have elsewhere. */
function graphqlJs(schema: GraphQLSchema): Executor {
  return (args) => execute({ schema, ...args });
}

function transportOf(subgraphs: readonly LocalSubgraph[], executorOf: typeof createExecutor): Transport {
  const connections = new Map(
    subgraphs.map((source) => [source.name, connectLocal(source, 60_000, executorOf(source.schema))]),
  );
  return {
    execute: (call) => connections.get(call.operation.subgraph)!.execute(call),
    subscribe: () => Promise.reject(new Error('The bench reads no streams.')),
  };
}

async function fill({ house }: Stage): Promise<void> {
  const create = (entity: string, fields: object) => ({
    kind: 'create' as const,
    entity,
    fields: fields as never,
  });
  const count = (length: number) => Array.from({ length }, (_, n) => n);
  const customers = await writeAll(
    house.crm,
    count(CUSTOMERS).map((n) => create('Customer', { name: `Customer ${n} AS`, email: `c${n}@example.com` })),
  );
  const products = await writeAll(
    house.crm,
    count(20).map((n) =>
      create('Product', { sku: `OWN-${n}`, name: `Product ${n}`, listPrice: '10', status: 'ACTIVE' }),
    ),
  );
  const lines = (n: number) =>
    count(3).map((m) => ({ productId: products[(n + m) % 20]!, quantity: '2', unitPrice: '9.5' }));
  await writeAll(
    house.crm,
    customers.flatMap((customerId, n) =>
      count(3).map((k) => create('Order', { customerId, lines: lines(n + k) })),
    ),
  );
  await house.sync.quiet();
}
