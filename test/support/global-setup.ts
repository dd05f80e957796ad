import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEmbedded } from '../../drizzle/postgres/embedded.ts';
import { withoutDurability } from '../../drizzle/postgres/tuning.ts';
import { dropForgotten } from './databases.ts';

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
  const project = createHash('sha256')
    .update(import.meta.dirname)
    .digest('hex')
    .slice(0, 8);
  const folder = join(tmpdir(), `tandem-test-${process.getuid?.() ?? 'user'}-${project}`);
  const options = { folder, log: console.log, settings: { ...withoutDurability, max_connections: 200 } };
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
  try {
    return await startEmbedded(options);
  } catch (error) {
    // Without durability a machine that went down leaves a folder that cannot be repaired.
    console.log(`Making the test server anew: ${error}`);
    rmSync(folder, { recursive: true, force: true });
    return startEmbedded(options);
  }
}
