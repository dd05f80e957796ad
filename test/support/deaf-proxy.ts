import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A stretch of network before a server that can lose what the server answers, without a word to anybody. */
export interface DeafProxy {
  readonly port: number;
  /** From now on nothing that the server says on the connections of now gets through; new connections are whole. */
  deafen(): void;
  /** Connections of now that have lost something. */
  readonly lost: () => number;
  /** Pieces that the server said and that got through. */
  readonly answers: () => number;
  /** Connections so far, those of before included. */
  readonly opened: () => number;
  close(): Promise<void>;
}

/** Opens one before a host and port. */
export async function openDeafProxy(host: string, port: number): Promise<DeafProxy> {
  const pairs = new Set<{ deaf: boolean; lost: boolean; readonly client: Socket; readonly server: Socket }>();
  let answers = 0;
  let opened = 0;
  const listener = createServer((client) => {
    const server = connect(port, host);
    const pair = { deaf: false, lost: false, client, server };
    pairs.add(pair);
    opened++;
    client.on('data', (bytes) => server.write(bytes));
    server.on('data', (bytes) => {
      if (pair.deaf) pair.lost = true;
      else {
        answers++;
        client.write(bytes);
      }
    });
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('error', () => {});
      from.on('close', () => {
        to.destroy();
        pairs.delete(pair);
      });
    }
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    port: (listener.address() as { port: number }).port,
    deafen() {
      for (const pair of pairs) pair.deaf = true;
    },
    answers: () => answers,
    opened: () => opened,
    lost: () => [...pairs].filter((pair) => pair.lost).length,
    async close() {
      for (const { client, server } of pairs) {
        client.destroy();
        server.destroy();
      }
      listener.close();
      await once(listener, 'close');
    },
  };
}
