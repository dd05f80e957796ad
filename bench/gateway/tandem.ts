import { readFile } from 'node:fs/promises';
import { createGateway } from '../../gateway/gateway.ts';

const supergraphSdl = await readFile(process.argv[2]!, 'utf8');
const { port } = await createGateway({ supergraphSdl, port: 0, production: true });
process.send?.({ port });

process.once('disconnect', () => process.exit());
