import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readPostmaster } from '../../drizzle/postgres/postmaster.ts';
import { newFolder, runPart } from './part.ts';

/** Systems that nobody finds: none of a process beside this one. */
const nowhere = {
  TANDEM_CRM_URL: 'http://127.0.0.1:1/graphql',
  TANDEM_ERP_URL: 'http://127.0.0.1:1/graphql',
};

/** A port that another program has. */
async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test.each(['crm', 'erp', 'sync'])('%s on a port that is taken leaves no database running', async (part) => {
  const folder = newFolder();
  const port = await takenPort();
  const { code, said } = await runPart([part, '--port', `${port}`, '--data', folder], nowhere);
  expect(code).toBe(1);
  expect(said).toBe(`127.0.0.1:${port} is taken by another program. Take another port: --port or PORT.\n`);
  expect(readPostmaster(join(folder, 'postgres'))).toBeUndefined();
});
