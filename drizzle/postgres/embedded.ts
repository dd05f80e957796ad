import { existsSync, realpathSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type PostgresJs from 'postgres';
import { type Account, serverAccount } from './account.ts';
import { isAway } from './away.ts';
import { findBinaries } from './binaries.ts';
import { createData, majorOf, placeData, readSecret, syncLater, writeSecret } from './data-folder.ts';
import { DataFolderError } from './data-folder-error.ts';
import { postgres } from './driver.ts';
import { makeFolder } from './make-folder.ts';
import {
  freePort,
  isAlive,
  launch,
  type Postmaster,
  readPostmaster,
  removeEmpty,
  removeStale,
  shutDown,
  socketFolder,
} from './postmaster.ts';
import { type ServerSettings, smallMachine } from './tuning.ts';

/** A PostgreSQL of our own, running for as long as any process that started it needs it. */
export type EmbeddedServer = {
  /** Connection string over the loopback, with the password. */
  readonly url: string;
  /** Folder of the server's Unix socket, which is faster than the loopback; undefined where there is none. */
  readonly socketFolder: string | undefined;
  /** Where the data lies. */
  readonly data: string;
  /** Milliseconds until it answered. */
  readonly startedIn: number;
  /** Whether it was made anew, started, or found running. */
  readonly how: 'created' | 'started' | 'adopted';
  /** Why it is not there at present, in the words of its log; null while it is. */
  away(): string | null;
  /** Gives the server up. It is stopped in order, unless another process still uses it. */
  stop(): Promise<void>;
};

/** What to start: the folder to keep everything in, where to say what happens, settings over the usual ones. */
export type EmbeddedOptions = {
  readonly folder: string;
  readonly log?: (line: string) => void;
  readonly settings?: ServerSettings;
};

/**
 * Every process that uses a server holds this advisory lock, shared, for as long as it lives. Whoever can take it
 * exclusively on the way out is the last, and stops the server. The server itself forgets killed processes.
 */
const stakeKey = 0x7a4d_e301;

/** How long a server may take to answer, in milliseconds: recovery after a crash under load can take a while. */
const patienceMs = 60_000;

/** The server's log starts anew when it has grown beyond this. */
const maxLogBytes = 10_000_000;

/**
 * Starts the PostgreSQL of a folder, or joins the one already running there (also one left over by a killed
 * process). If the server dies while we use it, it is started again, and tried again and again where that fails: its disk
 * may be full. Throws when no PostgreSQL can be run, with the remedy.
 */
export async function startEmbedded({
  folder,
  log = () => {},
  settings = {},
}: EmbeddedOptions): Promise<EmbeddedServer> {
  const began = performance.now();
  makeFolder(folder);
  const data = placeData(realpathSync(folder), log);
  const account = serverAccount(data);
  const isNew = !existsSync(data);
  const binaries = findBinaries(account, isNew ? undefined : majorOf(data), log);
  if (isNew) await createData(binaries, data, account);
  const logFile = join(folder, 'postgres.log');
  if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > maxLogBytes) rmSync(logFile);
  const place: Place = {
    bin: binaries.bin,
    data,
    account,
    logFile,
    password: readSecret(data).password,
    settings: { ...smallMachine, ...settings },
  };

  const stopping = new AbortController();
  let away: string | null = null;
  const onLost = () => {
    if (stopping.signal.aborted || !existsSync(data)) return;
    away = 'PostgreSQL has gone away; starting it again.';
    log(away);
    // Under the port it had: that is where its clients look for it.
    stake = upAgain({ ...place, port }, onLost, stopping.signal, (why) => {
      if (why !== away) log(why);
      away = why;
    });
    stake.then(
      () => {
        away = null;
        log('PostgreSQL is back.');
      },
      // We stop, or its data is no longer there: nobody wants it any more.
      () => {},
    );
  };
  let stake = up(place, onLost);
  const { port, adopted } = await stake;
  if (isNew) syncLater(binaries.bin, data, account, place.settings);

  return {
    url: urlOf(port, place.password),
    socketFolder: socketFolder(data),
    data,
    how: isNew ? 'created' : adopted ? 'adopted' : 'started',
    startedIn: performance.now() - began,
    away: () => away,
    async stop() {
      if (stopping.signal.aborted) return;
      stopping.abort();
      const held = await stake.catch(() => undefined);
      if (!held) return;
      const postmaster = readPostmaster(data);
      if ((await giveUp(held.sql)) && postmaster) await shutDown(postmaster, data, binaries.bin);
      await held.sql.end({ timeout: 0 });
    },
  };
}

/** What a server that ended complained of, without the times and numbers before it, nor what it told those who came too early. */
function complaintOf(text: string): string {
  const complaints = new Set(
    [...text.matchAll(/(?:FATAL|PANIC): +(?! |the database system is )(.*)/g)].map(([, what]) => what!),
  );
  return complaints.size > 0 ? [...complaints].join('; ') : text.trim().replaceAll(/\s+/g, ' ');
}

type Place = {
  readonly bin: string;
  readonly data: string;
  readonly account: Account | undefined;
  readonly password: string;
  readonly logFile: string;
  readonly settings: ServerSettings;
  /** Where it has to be; a free port where left out. */
  readonly port?: number;
};

type Stake = { readonly sql: PostgresJs.Sql; readonly port: number; readonly adopted: boolean };

/** Until we hold our stake: join the server that lives, wait for one that comes up or goes down, else start one. */
async function up(place: Place, onLost: () => void): Promise<Stake> {
  const deadline = performance.now() + patienceMs;
  let launchedPort = 0;
  let started: Postmaster | undefined;
  let reason = 'it did not answer';
  while (performance.now() < deadline) {
    const postmaster = readPostmaster(place.data);
    if (postmaster && isAlive(postmaster, place.data)) {
      const taken = postmaster.status === 'ready' ? await takeStake(postmaster.port, place, onLost) : null;
      if (taken?.kind === 'held') return { sql: taken.sql, port: postmaster.port, adopted: !started };
      if (taken) {
        reason = taken.reason;
        break;
      }
      await delay(10);
      continue;
    }
    if (postmaster) removeStale(postmaster, place.data);
    else removeEmpty(place.data);
    launchedPort = place.port ?? (await freePort(launchedPort || readSecret(place.data).port));
    const launched = await launch({ ...place, port: launchedPort });
    if (launched.kind === 'ready') {
      started = readPostmaster(place.data);
      writeSecret(place.data, { password: place.password, port: launchedPort }, place.account);
      continue;
    }
    reason = complaintOf(launched.text);
    // Someone else started it, a killed server's processes are still leaving, or the port was taken meanwhile.
    const otherPort =
      place.port === undefined && /could not bind|could not create any TCP/.test(launched.text);
    if (!otherPort && !/already exists|is empty|still in use/.test(launched.text)) break;
    await delay(20);
  }
  if (started) await shutDown(started, place.data, place.bin);
  throw new DataFolderError(
    `PostgreSQL could not be started in ${place.data}: ${reason}. Its log is ${place.logFile}. Mend that, put a backup of the folder in its place, or name another one with --data or TANDEM_DATA.`,
  );
}

/** As `up`, as often as it takes: what is in its way, such as a full disk, goes away only when somebody sees to it. */
async function upAgain(
  place: Place,
  onLost: () => void,
  stopping: AbortSignal,
  tell: (why: string) => void,
): Promise<Stake> {
  for (;;) {
    try {
      return await up(place, onLost);
    } catch (error) {
      if (stopping.aborted || !existsSync(place.data)) throw error;
      tell(error instanceof Error ? error.message : String(error));
      await delay(againMs, undefined, { signal: stopping });
    }
  }
}

/** The pause between two attempts to start a server again that cannot be started, in milliseconds. */
const againMs = 2_000;

type Taken =
  | { readonly kind: 'held'; readonly sql: PostgresJs.Sql }
  | { readonly kind: 'refused'; readonly reason: string };

/** Our stake in a server, or why it gives none; null of one that comes up, goes down or is too busy: it may a moment later. */
async function takeStake(port: number, place: Place, onLost: () => void): Promise<Taken | null> {
  let held = false;
  const sql = postgres(urlOf(port, place.password), {
    max: 1,
    fetch_types: false,
    max_lifetime: null,
    connection: { application_name: 'tandem stake' },
    onnotice: () => {},
    onclose: () => {
      if (!held) return;
      held = false;
      void sql.end({ timeout: 0 }).then(onLost);
    },
  });
  try {
    await sql`select pg_advisory_lock_shared(${stakeKey})`;
    held = true;
    return { kind: 'held', sql };
  } catch (error) {
    await sql.end({ timeout: 0 });
    const reason = refusalOf(error);
    return reason === null ? null : { kind: 'refused', reason };
  }
}

/** What a server said that no waiting changes; null of anything else. */
function refusalOf(error: unknown): string | null {
  if (isAway(error) || !(error instanceof Error) || error.name !== 'PostgresError') return null;
  const { code, message, detail } = error as Error & { readonly code?: string; readonly detail?: string };
  if (code === '28P01') return 'the password kept there does not open the server';
  return [message, detail?.replace(/\.$/, '')].filter(Boolean).join(': ');
}

/** Lets go of the server; true when nobody else holds it, and then nobody new can until it is down. */
async function giveUp(sql: PostgresJs.Sql): Promise<boolean> {
  try {
    await sql`select pg_advisory_unlock_shared(${stakeKey})`;
    const [row] = await sql<{ last: boolean }[]>`select pg_try_advisory_lock(${stakeKey}) as last`;
    return row?.last ?? false;
  } catch {
    // The server is gone, or somebody stops it already.
    return false;
  }
}

function urlOf(port: number, password: string): string {
  return `postgres://tandem:${password}@127.0.0.1:${port}/postgres`;
}
