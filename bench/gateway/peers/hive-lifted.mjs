// Hive's executor over its native planner, in Apollo Server behind its `gateway` option, with undici as transport and a
// handler straight on node:http: the fastest way to put these parts together that we know.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { ApolloServer, HeaderMap } from '@apollo/server';
import { unifiedGraphHandler } from '@graphql-hive/router-runtime';
import { buildASTSchema, parse, print } from 'graphql';
import { Pool } from 'undici';

const supergraphSdl = await readFile(process.argv[2], 'utf8');
const supergraph = buildASTSchema(parse(supergraphSdl, { noLocation: true }), { assumeValidSDL: true });
const endpoints = new Map(
  [...supergraphSdl.matchAll(/@join__graph\(name: "([^"]+)", url: "([^"]+)"\)/g)].map(([, name, url]) => {
    const { origin, pathname } = new URL(url);
    return [name.toLowerCase(), { path: pathname, pool: new Pool(origin, { connections: 128 }) }];
  }),
);

const texts = new WeakMap();
function textOf(document) {
  const known = texts.get(document) ?? print(document);
  texts.set(document, known);
  return known;
}

async function onSubgraphExecute(name, { document, variables }) {
  const { path, pool } = endpoints.get(name.toLowerCase());
  const { body } = await pool.request({
    path,
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query: textOf(document), variables }),
  });
  return JSON.parse(await body.text());
}

const { unifiedGraph, executor } = await unifiedGraphHandler({
  unifiedGraph: supergraph,
  getUnifiedGraphSDL: () => supergraphSdl,
  onSubgraphExecute,
});
let announce;
const gateway = {
  onSchemaLoadOrUpdate: (callback) => {
    announce = callback;
    return () => {};
  },
  load: async () => {
    announce({ apiSchema: unifiedGraph, coreSupergraphSdl: supergraphSdl });
    return {
      executor: async ({ document, operationName, request, context }) =>
        executor({ document, operationName, variables: request.variables ?? {}, context }),
    };
  },
  stop: async () => {},
};
const server = new ApolloServer({ gateway });
await server.start();

const http = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const answer = await server.executeHTTPGraphQLRequest({
    httpGraphQLRequest: {
      method: 'POST',
      headers: new HeaderMap(Object.entries(request.headers)),
      search: '',
      body: JSON.parse(Buffer.concat(chunks).toString()),
    },
    context: async () => ({}),
  });
  for (const [name, value] of answer.headers) response.setHeader(name, value);
  response.statusCode = answer.status ?? 200;
  response.end(answer.body.string);
});
http.listen(0, '127.0.0.1', () => process.send({ port: http.address().port }));

process.once('disconnect', () => process.exit());
