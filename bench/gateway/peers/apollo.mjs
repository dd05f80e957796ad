import { readFile } from 'node:fs/promises';
import { ApolloGateway } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';

const supergraphSdl = await readFile(process.argv[2], 'utf8');
const quiet = { debug() {}, info() {}, warn() {}, error: console.error };
const server = new ApolloServer({
  gateway: new ApolloGateway({ supergraphSdl, logger: quiet }),
  logger: quiet,
});
const { url } = await startStandaloneServer(server, { listen: { port: 0, host: '127.0.0.1' } });
process.send({ port: Number(new URL(url).port) });

process.once('disconnect', () => process.exit());
