import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How long running requests may take to end when a server stops, milliseconds. */
const DRAIN_MS = 8_000;

/** Between looks for connections that have become idle while a server stops, milliseconds. */
const IDLE_CHECK_MS = 50;

/** Listens; resolves with the address, or rejects when the port is taken. */
export async function listen(
  server: Server,
  port: number,
  host: string,
): Promise<{ readonly url: string; readonly port: number }> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port: taken } = server.address() as AddressInfo;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`, port: taken };
}

/** Stops listening, lets requests under way end, and cuts those that take too long. */
export async function drain(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
  const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  server.closeIdleConnections();
  await closed;
  clearInterval(idle);
  clearTimeout(cut);
}
