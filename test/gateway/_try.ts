import { serverAudits } from 'graphql-http';
import { createClient as sseClient } from 'graphql-sse';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { createGateway } from '../../gateway/gateway.ts';
import { serveSubgraph } from '../../gateway/subgraph-server.ts';
import { shop } from './graphs/shop.ts';

const log = { debug() {}, info: console.log, warn: console.log, error: console.log };
const subs = shop();
const secret = 'x'.repeat(40);
const servers = await Promise.all(subs.map((s) => serveSubgraph({ ...s, port: 0, secret, log })));
for (const mode of ['local', 'remote'] as const) {
  const g = await createGateway({
    subgraphs:
      mode === 'local'
        ? subs
        : servers.map((s, i) => ({ kind: 'remote' as const, name: subs[i]!.name, url: s.url, secret })),
    port: 0,
    log,
  });
  const ask = async (query: string, variables = {}) => {
    const r = await fetch(`${g.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    console.log(r.status, await r.text());
  };
  await ask('{ products { name reviews { stars product { name price } } verdict } }');
  const c = createClient({ url: g.url.replace('http', 'ws') + '/graphql', webSocketImpl: WebSocket });
  for await (const e of c.iterate({
    query: 'subscription { renamed(id: 1) { name price reviews { stars } verdict } }',
  }))
    console.log(JSON.stringify(e));
  for await (const e of c.iterate({ query: '{ products { name } }' })) console.log(JSON.stringify(e));
  for await (const e of c.iterate({ query: 'subscription { renamed(id: 2) { name verdict } }' }))
    console.log(JSON.stringify(e));
  try {
    for await (const e of c.iterate({ query: '{ products { nam' })) console.log(JSON.stringify(e));
  } catch (e) {
    console.log(JSON.stringify(e));
  }
  const s = sseClient({ url: g.url + '/graphql' });
  for await (const e of s.iterate({
    query: 'subscription { renamed(id: 1) { name price reviews { stars } } }',
  }))
    console.log(JSON.stringify(e));
  await c.dispose();
  if (mode === 'local')
    for (const a of serverAudits({ url: g.url + '/graphql' })) {
      const r = await a.fn();
      if (r.status !== 'ok')
        console.log(
          a.id,
          a.name,
          r.status,
          r.reason,
          await r.response
            .clone()
            .text()
            .catch(() => ''),
        );
    }
  await g.stop();
}
await ((r) => r.text().then((t) => console.log(r.status, t)))(
  await fetch(servers[0]!.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"{__typename}"}',
  }),
);
for (const s of servers) await s.stop();
