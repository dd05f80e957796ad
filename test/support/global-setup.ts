import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { startEmbedded } from '../../drizzle/postgres/embedded.ts';
import { withoutDurability } from '../../drizzle/postgres/tuning.ts';
import { dropForgotten } from './databases.ts';
import { testFolder } from './folder.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly server: { readonly url: string; readonly socketFolder: string | undefined };
    readonly seed: number;
  }
}

/**
 * One PostgreSQL for the whole run, and one seed for all property tests. Runs of the same project that overlap share
 * the server; its folder is kept from run to run, which saves making it.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const seed = Number(process.env.TANDEM_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`Seed ${seed}: repeat with TANDEM_TEST_SEED=${seed}`);
  const server = await startServer();
  await dropForgotten(server.url);
  project.provide('server', { url: server.url, socketFolder: server.socketFolder });
  project.provide('seed', seed);
  return async () => {
    await dropForgotten(server.url);
    await server.stop();
  };
}

async function startServer() {
  const options = {
    folder: testFolder,
    log: console.log,
    settings: { ...withoutDurability, max_connections: 200 },
  };
  mkdirSync(testFolder, { recursive: true });
  chmodSync(testFolder, 0o755);
  try {
    return await startEmbedded(options);
  } catch (error) {
    // Without durability a machine that went down leaves a folder that cannot be repaired.
    console.log(`Making the test server anew: ${error}`);
    rmSync(testFolder, { recursive: true, force: true });
    return startEmbedded(options);
  }
}
