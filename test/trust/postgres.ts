import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { serverAccount } from '../../drizzle/postgres/account.ts';
import { findBinaries } from '../../drizzle/postgres/binaries.ts';
import { startEmbedded } from '../../drizzle/postgres/embedded.ts';
import {
  freePort,
  isAlive,
  launch,
  readPostmaster,
  socketFolder,
} from '../../drizzle/postgres/postmaster.ts';
import { smallMachine } from '../../drizzle/postgres/tuning.ts';
import { createFromTemplate, urlOf } from '../support/databases.ts';

/** A PostgreSQL that the test stops and starts as it likes, with a migrated database. */
export interface Postgres {
  readonly url: string;
  readonly socketFolder: string | undefined;
  /** Stops it as `pg_ctl stop -m immediate` does: nothing is written down, every connection is cut. Down when it resolves. */
  stopImmediately(): Promise<void>;
  start(): Promise<void>;
}

/** Makes a server of its own, with the settings of the product: what was committed must survive. */
export async function openPostgres(): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-f4-'));
  // Flushing to the disk matters when the machine dies; here only the server does.
  const settings = { ...smallMachine, fsync: 'off' };
  const made = await startEmbedded({ folder, settings });
  const { data } = made;
  await createFromTemplate(made.url, 'storm');
  await made.stop();
  const account = serverAccount(data);
  const { bin } = findBinaries(account, undefined, () => {});
  const port = await freePort(Number(new URL(made.url).port));
  const start = async (): Promise<void> => {
    const launched = await launch({
      bin,
      data,
      port,
      account,
      settings,
      logFile: join(folder, 'postgres.log'),
    });
    // Processes of the server before may still be leaving.
    if (launched.kind === 'ended') {
      if (!/still in use|already exists/.test(launched.text)) throw new Error(launched.text);
      await delay(20);
      await start();
    }
  };
  const stopImmediately = async (): Promise<void> => {
    const postmaster = readPostmaster(data);
    if (!postmaster) return;
    process.kill(postmaster.pid, 'SIGQUIT');
    while (isAlive(postmaster, data)) await delay(5);
  };
  await start();
  afterAll(async () => {
    await stopImmediately();
    rmSync(folder, { recursive: true, force: true });
    rmSync(data, { recursive: true, force: true });
  });
  const url = new URL(urlOf(made.url, 'storm'));
  url.port = String(port);
  return { url: url.href, socketFolder: socketFolder(data), stopImmediately, start };
}
