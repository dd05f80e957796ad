// Serves every subgraph of a graph at /<name>, with an IPC message when it listens. Answers are remembered by the
// request's body, so that what is measured is gateways and not graphql-js in here.
import { createServer } from 'node:http';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { graphql, parse } from 'graphql';
import { GRAPHS } from './graphs.ts';

const [, , graphName, delay = '0'] = process.argv;
const graph = GRAPHS.find(({ name }) => name === graphName);
if (!graph) throw new Error(`There is no graph ${graphName}.`);
const schemas = new Map(
  graph.subgraphs.map(({ name, sdl, resolvers }) => [
    `/${name}`,
    buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: resolvers as never }]),
  ]),
);
const remembered = new Map<string, string>();
let requests = 0;

const server = createServer(async (request, response) => {
  if (request.url === '/count') {
    response.end(String(requests));
    return;
  }
  requests++;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString();
  const key = request.url + body;
  let answer = remembered.get(key);
  if (answer === undefined) {
    const { query, variables } = JSON.parse(body) as { query: string; variables?: Record<string, unknown> };
    const schema = schemas.get(request.url ?? '');
    if (!schema) throw new Error(`There is no subgraph ${request.url}.`);
    answer = JSON.stringify(await graphql({ schema, source: query, variableValues: variables ?? {} }));
    remembered.set(key, answer);
  }
  const send = () => response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
  if (delay === '0') send();
  else setTimeout(send, Number(delay));
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }));

process.once('disconnect', () => process.exit());
