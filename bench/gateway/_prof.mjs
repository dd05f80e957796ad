import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { GRAPHS } from '/work/main/bench/gateway/graphs.ts';
import { ask } from '/work/main/bench/gateway/load.ts';
import { composeSupergraph } from '/work/main/gateway/supergraph.ts';
import { Agent } from '/work/main/node_modules/undici/index.js';

const gi = Number(process.argv[2] ?? 0),
  si = Number(process.argv[3] ?? 0),
  engine = process.argv[4] ?? 'tandem.ts',
  N = Number(process.argv[5] ?? 1500),
  extra = process.argv[6];
const s = fork('/work/main/bench/gateway/subgraphs.ts', [GRAPHS[gi].name, '0']);
const [{ port }] = await once(s, 'message');
await writeFile(
  '/tmp/u.graphql',
  composeSupergraph(
    GRAPHS[gi].subgraphs.map(({ name, sdl }) => ({ name, sdl, url: `http://127.0.0.1:${port}/${name}` })),
  ),
);
const e = fork(
  '/work/main/bench/gateway/' + engine,
  ['/tmp/u.graphql', ...(extra === 'rust' ? ['rust'] : [])],
  {
    env: { ...process.env, NODE_ENV: 'production' },
    execArgv: extra === 'prof' ? ['--cpu-prof', '--cpu-prof-dir=/tmp/prof'] : [],
  },
);
const [{ port: p }] = await once(e, 'message');
const cpu = () => {
  const f = readFileSync(`/proc/${e.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(f[11]) + Number(f[12])) * 10;
};
const body = JSON.stringify({ query: GRAPHS[gi].scenarios[si].query });
const agent = new Agent({ connections: 20 });
const go = async (n) => {
  let left = n;
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      while (left-- > 0) await ask(`http://127.0.0.1:${p}/graphql`, body, agent);
    }),
  );
};
await go(Math.ceil(N / 2));
const c = cpu();
await go(N);
console.log(engine, extra ?? '', ((cpu() - c) / N).toFixed(3), 'ms/query');
const x = once(e, 'exit');
e.disconnect();
await x;
s.kill();
process.exit();
