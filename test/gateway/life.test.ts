import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { CompositionError, composeSupergraph } from '../../gateway/compose/supergraph.ts';
import { pollForChanges } from '../../gateway/life/poll.ts';
import { serveSubgraph } from '../../gateway/subgraph-server.ts';
import { createFeed } from './feed.ts';
import { engineOf, startGateway } from './run.ts';
import { shop, testSubgraph } from './shop.ts';

const versioned = (version: number) => [
  testSubgraph('v', `type Query { version: Int! only${version}: Int }`, {
    Query: {
      version: async () => {
        await new Promise(setImmediate);
        return version;
      },
    },
  }),
];

describe('composition', () => {
  test('names what does not fit', () => {
    const [catalogue] = shop();
    const other = testSubgraph(
      'other',
      'type Query { a: Int } type Product @key(fields: "id") { id: ID! name: String! }',
      {},
    );
    expect(() =>
      composeSupergraph([catalogue!, other].map(({ name, sdl }) => ({ name, sdl, url: '' }))),
    ).toThrow(/Product\.name/);
    expect(() => composeSupergraph([{ name: 'x', sdl: 'type {', url: '' }])).toThrow('[x] Syntax Error');
    expect(() => composeSupergraph([])).toThrow(CompositionError);
  });

  test('takes the SDL that a subgraph built with @apollo/subgraph tells of itself', async () => {
    const { engine } = engineOf(shop());
    const told = await Promise.all(
      shop().map(async ({ name, schema }) => {
        const { graphql } = await import('graphql');
        const result = await graphql({ schema, source: '{ _service { sdl } }' });
        return { name, url: '', sdl: (result.data as { _service: { sdl: string } })._service.sdl };
      }),
    );
    const { createEngine } = await import('../../gateway/plan/engine.ts');
    const { printSchema } = await import('graphql');
    const recomposed = createEngine(composeSupergraph(told), {
      execute: () => ({}),
      subscribe: async () => ({}),
    });
    expect(printSchema(recomposed.schema)).toBe(printSchema(engine.schema));
  });
});

describe('swapping the supergraph', () => {
  test('under load fails no request, and each answer is of one version', async () => {
    await using gateway = await startGateway({ subgraphs: versioned(0) });
    let running = true;
    const answers: unknown[] = [];
    const askOn = async () => {
      while (running) answers.push((await gateway.ask('{ a: version b: version }')).data);
    };
    const load = Array.from({ length: 8 }, askOn);
    for (let version = 1; version <= 7; version++) {
      await gateway.gateway.swap(versioned(version));
      expect((await gateway.ask(`{ version only${version} }`)).data).toEqual({
        version,
        [`only${version}`]: null,
      });
    }
    running = false;
    await Promise.all(load);
    for (const answer of answers) {
      const { a, b } = answer as { a: number; b: number };
      expect(a).toBe(b);
    }
    expect(answers.length).toBeGreaterThan(7);
  });

  test('to something that does not compose is refused, and the last good one goes on', async () => {
    await using gateway = await startGateway({ subgraphs: versioned(1) });
    const bad = testSubgraph('w', 'type Query { version: String! }', {});
    await expect(gateway.gateway.swap([...versioned(2), bad])).rejects.toThrow(CompositionError);
    expect((await gateway.ask('{ version }')).data).toEqual({ version: 1 });
    await expect(gateway.gateway.swap({ supergraphSdl: 'nonsense' })).rejects.toThrow();
    expect((await gateway.ask('{ version }')).data).toEqual({ version: 1 });
  });

  test('leaves running streams on the old one', async () => {
    const feed = createFeed();
    await using gateway = await startGateway({ subgraphs: feed.subgraphs });
    const response = await gateway.send({
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: '{"query":"subscription { feed { text } }"}',
    });
    await feed.whenBegun(1);
    await gateway.gateway.swap(versioned(1));
    feed.emit({ id: '1' });
    feed.end();
    expect(await response.text()).toContain('{"data":{"feed":{"text":"text of 1"}}}');
  });
});

test('polling swaps on change, says once what is wrong, and keeps looking', async () => {
  const looks = [async () => {}, fail('gone'), fail('gone'), fail('other'), async () => {}];
  const said: (string | null)[] = [];
  const done = Promise.withResolvers<void>();
  const stop = await pollForChanges(
    async () => {
      const look = looks.shift();
      if (look) return look();
      done.resolve();
    },
    { everyMs: 1, retryMs: 1 },
    (problem) => said.push(problem),
  );
  await done.promise;
  await stop();
  expect(said).toEqual(['gone', 'other', null]);
});

function fail(message: string) {
  return async () => {
    throw new Error(message);
  };
}

describe('stopping', () => {
  test('lets a request under way end, and leaves no handle', async () => {
    const arrived = Promise.withResolvers<void>();
    const go = Promise.withResolvers<number>();
    const slow = testSubgraph('slow', 'type Query { slow: Int }', {
      Query: {
        slow: () => {
          arrived.resolve();
          return go.promise;
        },
      },
    });
    const gateway = await startGateway({ subgraphs: [slow] });
    const asked = gateway.ask('{ slow }');
    await arrived.promise;
    const stopped = gateway.gateway.stop();
    go.resolve(7);
    expect((await asked).data).toEqual({ slow: 7 });
    await stopped;
    await expect(fetch(gateway.endpoint)).rejects.toThrow();
  });
});

describe('the command', () => {
  type Started = { readonly url: string; readonly child: ChildProcess; readonly lines: string[] };

  async function start(args: readonly string[], env: Record<string, string> = {}): Promise<Started> {
    const child = spawn(process.execPath, ['console/tandem.ts', 'gateway', '--port', '0', ...args], {
      env: { ...process.env, NODE_ENV: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const lines: string[] = [];
    const listening = Promise.withResolvers<string>();
    let errors = '';
    child.stderr!.on('data', (data) => {
      errors += data;
    });
    createInterface({ input: child.stdout! }).on('line', (line) => {
      lines.push(line);
      const found = /^GraphQL: (.*)\/graphql$/.exec(line);
      if (found) listening.resolve(found[1]!);
    });
    child.once('exit', () => listening.reject(new Error(errors)));
    return { url: await listening.promise, child, lines };
  }

  const ask = async (url: string, query: string) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    return (await response.json()) as { data?: unknown };
  };

  async function end(child: ChildProcess): Promise<unknown> {
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    return (await exit)[0];
  }

  test('runs where the native planner cannot be loaded, and says so', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tandem-gateway-'));
    const served = await serveSubgraph({ ...versioned(1)[0]!, port: 0 });
    const file = join(folder, 'supergraph.graphql');
    await writeFile(
      file,
      composeSupergraph(versioned(1).map(({ name, sdl }) => ({ name, sdl, url: served.url }))),
    );
    // The loader of the planner takes no other binary where this names one.
    const nowhere = { NAPI_RS_NATIVE_LIBRARY_PATH: join(folder, 'not-there.node') };
    const { url, child, lines } = await start(['--supergraph', file], nowhere);
    expect(await ask(url, '{ version only1 }')).toEqual({ data: { version: 1, only1: null } });
    expect(lines.join()).toContain('serving without the native query planner');
    expect(await end(child)).toBe(0);
    await Promise.all([served.stop(), rm(folder, { recursive: true })]);
  });

  test('serves a supergraph file, takes up its changes, and ends on SIGTERM', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tandem-gateway-'));
    const [one, two] = await Promise.all(
      [1, 2].map(async (version) => serveSubgraph({ ...versioned(version)[0]!, port: 0 })),
    );
    const write = (version: number, url: string) =>
      writeFile(
        join(folder, 'supergraph.graphql'),
        composeSupergraph(versioned(version).map(({ name, sdl }) => ({ name, sdl, url }))),
      );
    await write(1, one!.url);
    const { url, child } = await start(['--supergraph', join(folder, 'supergraph.graphql'), '--poll', '1']);
    expect(await ask(url, '{ version only1 }')).toEqual({ data: { version: 1, only1: null } });
    expect(await (await fetch(`${url}/`)).text()).toContain('GraphiQL');
    await write(2, two!.url);
    let answer = await ask(url, '{ version only2 }');
    // Each answer is an event of its own: asked on until the new file has been read.
    while (!answer.data) answer = await ask(url, '{ version only2 }');
    expect(answer).toEqual({ data: { version: 2, only2: null } });
    expect(await end(child)).toBe(0);
    await Promise.all([one!.stop(), two!.stop(), rm(folder, { recursive: true })]);
  });

  test('composes from addresses with the secret of the environment', async () => {
    const secret = 'a secret between gateway and subgraphs';
    const servers = await Promise.all(shop().map((source) => serveSubgraph({ ...source, port: 0, secret })));
    const names = shop().map(({ name }) => name);
    const { url, child } = await start(
      ['--subgraph', ...servers.map((server, i) => `${names[i]}=${server.url}`)],
      { TANDEM_SUBGRAPH_SECRET: secret },
    );
    expect(await ask(url, '{ product(id: 1) { name reviews { stars } } }')).toEqual({
      data: { product: { name: 'Table', reviews: [{ stars: 3 }] } },
    });
    expect(await end(child)).toBe(0);
    await Promise.all(servers.map((server) => server.stop()));
  });

  test('executes only trusted documents, and no more of them than a caller is allowed, when told so', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tandem-gateway-'));
    const served = await serveSubgraph({ ...versioned(1)[0]!, port: 0 });
    const write = async (name: string, text: string) => {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    };
    const sdl = composeSupergraph(versioned(1).map(({ name, sdl }) => ({ name, sdl, url: served.url })));
    const supergraph = await write('supergraph.graphql', sdl);
    const known = '{ version }';
    const manifest = { format: 'apollo-persisted-query-manifest', operations: [{ id: 'v', body: known }] };
    for (const documents of [{ v: known }, manifest]) {
      const file = await write('documents.json', JSON.stringify(documents));
      const env = { TANDEM_TRUSTED_DOCUMENTS: file, TANDEM_REQUESTS_PER_MINUTE: '3' };
      const { url, child } = await start(['--supergraph', supergraph], env);
      expect(await ask(url, known)).toEqual({ data: { version: 1 } });
      expect(await ask(url, '{ only1 }')).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
      await ask(url, known);
      expect(await ask(url, known)).toMatchObject({ errors: [{ extensions: { code: 'RATE_LIMITED' } }] });
      expect(await end(child)).toBe(0);
    }
    const nothing = await write('wrong.json', '["{ version }"]');
    await expect(start(['--supergraph', supergraph], { TANDEM_TRUSTED_DOCUMENTS: nothing })).rejects.toThrow(
      /wrong\.json has to be .*names and documents/,
    );
    await Promise.all([served.stop(), rm(folder, { recursive: true })]);
  });

  test.each<[string, readonly string[], string]>([
    [
      'two sources',
      ['--supergraph', 'SDL', '--subgraph', 'a=http://127.0.0.1:1/graphql'],
      'exclude each other',
    ],
    ['a source without a name', ['--subgraph', 'http://x'], 'has to be name=address'],
    ['a source without an address', ['--subgraph', 'x=y'], 'has to be name=http://address'],
    [
      'a missing file',
      ['--supergraph', '/nowhere.graphql'],
      "The supergraph /nowhere.graphql cannot be read (ENOENT: no such file or directory, open '/nowhere.graphql'). Compose one there, or name another file.\n",
    ],
    ['a schema that is no supergraph', ['--supergraph', 'PLAIN'], 'p.graphql is no supergraph: it names no'],
    ['an open gateway for everybody', ['--supergraph', 'SDL', '--host', '0.0.0.0'], 'would let everyone in'],
  ])('%s is said in one line', async (_name, args, message) => {
    const folder = await mkdtemp(join(tmpdir(), 'tandem-gateway-'));
    const file = join(folder, 's.graphql');
    await writeFile(
      file,
      composeSupergraph(versioned(1).map(({ name, sdl }) => ({ name, sdl, url: 'http://127.0.0.1:1' }))),
    );
    const plain = join(folder, 'p.graphql');
    await writeFile(plain, 'type Query { version: Int }');
    const files: Readonly<Record<string, string>> = { SDL: file, PLAIN: plain };
    await expect(start(args.map((arg) => files[arg] ?? arg))).rejects.toThrow(message);
    await rm(folder, { recursive: true });
  });

  test('a port that is taken is an error', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    await expect(startGateway({ subgraphs: versioned(1), port })).rejects.toThrow('EADDRINUSE');
    server.close();
  });
});
