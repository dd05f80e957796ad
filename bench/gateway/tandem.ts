import { readFile } from 'node:fs/promises';
import { createGateway } from '../../gateway/gateway.ts';

/** What the process holds on to, told when asked for over IPC; memory after a collection where `--expose-gc` is on. */
export type Holdings = { readonly heapMb: number; readonly rssMb: number; readonly handles: number };

const supergraphSdl = await readFile(process.argv[2]!, 'utf8');
const { port } = await createGateway({ supergraphSdl, port: 0, production: true });
process.send?.({ port });

process.on('message', () => {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  const holdings: Holdings = {
    heapMb: heapUsed / 2 ** 20,
    rssMb: rss / 2 ** 20,
    handles: process.getActiveResourcesInfo().filter((kind) => kind !== 'Immediate' && kind !== 'Timeout')
      .length,
  };
  process.send?.(holdings);
});
process.once('disconnect', () => process.exit());
