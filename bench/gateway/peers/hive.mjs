import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';

const supergraph = await readFile(process.argv[2], 'utf8');
const options = { supergraph, logging: false, landingPage: false, graphiql: false };
if (process.argv[3] === 'rust')
  options.unifiedGraphHandler = (await import('@graphql-hive/router-runtime')).unifiedGraphHandler;
const server = createServer(createGatewayRuntime(options));
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));

process.once('disconnect', () => process.exit());
