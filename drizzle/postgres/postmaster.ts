import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Account } from './account.ts';
import type { ServerSettings } from './tuning.ts';

/** What `postmaster.pid` says of the server of a data folder. */
export type Postmaster = { readonly pid: number; readonly port: number; readonly status: string };

/** How to start the server of a data folder. */
export type Launch = {
  readonly bin: string;
  readonly data: string;
  readonly port: number;
  readonly logFile: string;
  readonly account: Account | undefined;
  readonly settings: ServerSettings;
};

/** What became of a started server; `text` is what it wrote into its log. */
export type Launched = { readonly kind: 'ready' } | { readonly kind: 'ended'; readonly text: string };

/** How often postmaster.pid is read while waiting, in milliseconds. */
const pollMs = 4;

/** Reads postmaster.pid; undefined when there is none or it is only half written. */
export function readPostmaster(data: string): Postmaster | undefined {
  const lines = readIfThere(join(data, 'postmaster.pid')).split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return pid > 0 && port > 0 ? { pid, port, status: (lines[7] ?? '').trim() } : undefined;
}

/**
 * Whether the process of a postmaster.pid is the server of that folder, and not another one that got its number
 * after a crash or a restarted container, nor a dead one nobody has collected yet.
 */
export function isAlive({ pid }: Postmaster, data: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  if (process.platform === 'win32') return true;
  if (!existsSync('/proc/self/cwd')) return commandOf(pid).includes('postgres');
  try {
    // A server works in its data folder; a zombie has no folder.
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(data);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
}

/** Starts a server in a session of its own, so that Ctrl-C reaches us first, and waits until it takes connections. */
export async function launch({ bin, data, port, logFile, account, settings }: Launch): Promise<Launched> {
  const from = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  const output = openSync(logFile, 'a', 0o600);
  const socket = process.platform === 'win32' ? [] : ['-k', socketFolder(data) ?? ''];
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(
    join(bin, 'postgres'),
    ['-D', data, '-h', '127.0.0.1', '-p', `${port}`, ...socket, ...options],
    {
      ...account,
      cwd: data,
      detached: true,
      stdio: ['ignore', output, output],
      env: serverEnvironment,
    },
  );
  closeSync(output);
  child.unref();
  const end: { error?: string } = {};
  child.once('error', (error) => {
    end.error = error.message;
  });
  child.once('exit', () => {
    end.error ??= '';
  });
  for (;;) {
    if (end.error !== undefined) {
      return { kind: 'ended', text: end.error + readFileSync(logFile, 'utf8').slice(from) };
    }
    const postmaster = readPostmaster(data);
    if (postmaster?.pid === child.pid && postmaster?.status === 'ready') return { kind: 'ready' };
    await delay(pollMs);
  }
}

/** Stops a server in order: its sessions are ended, its data is written. Returns when the process is gone. */
export async function shutDown(postmaster: Postmaster, data: string, bin: string): Promise<void> {
  if (process.platform === 'win32') spawnSync(join(bin, 'pg_ctl'), ['kill', 'INT', `${postmaster.pid}`]);
  else if (isAlive(postmaster, data)) process.kill(postmaster.pid, 'SIGINT');
  while (readPostmaster(data)?.pid === postmaster.pid && isAlive(postmaster, data)) await delay(pollMs);
}

/**
 * Removes the lock files of a server that is dead although its number is not free: another program has it by now, or
 * nobody has collected the dead process. PostgreSQL would take either for a server. (Should processes of the dead
 * server still be at work, it sees them by their shared memory and refuses to start.)
 */
export function removeStale(postmaster: Postmaster, data: string): void {
  try {
    process.kill(postmaster.pid, 0);
  } catch {
    // Nobody has that number, so PostgreSQL replaces the files itself.
    return;
  }
  if (isAlive(postmaster, data) || readPostmaster(data)?.pid !== postmaster.pid) return;
  rmSync(join(data, 'postmaster.pid'), { force: true });
  rmSync(join(data, `.s.PGSQL.${postmaster.port}.lock`), { force: true });
}

/** Removes a postmaster.pid that a server left empty when it was killed in its first moments. */
export function removeEmpty(data: string): void {
  const file = join(data, 'postmaster.pid');
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat?.size === 0 && Date.now() - stat.mtimeMs > emptyForMs) rmSync(file, { force: true });
}

/** A server fills its postmaster.pid at once, so one that stays empty for this long, in milliseconds, is a remnant. */
const emptyForMs = 2000;

/** Where the server's Unix socket lies: in its data folder, unless the path is longer than a socket's may be. */
export function socketFolder(data: string): string | undefined {
  return process.platform !== 'win32' && join(data, '.s.PGSQL.65535').length <= 100 ? data : undefined;
}

/** A port of the loopback nobody listens on; the wanted one if it is free. */
export function freePort(wanted = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => (wanted === 0 ? reject(error) : resolve(freePort())));
    server.listen({ port: wanted, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/**
 * Memory that a process of the server has used for one statement it keeps for the next, up to so many bytes: glibc gives it
 * back otherwise, and each of our many small statements would ask the kernel for its pages anew (a fifth of its page
 * faults, 4 % of all processor time at 500 edits a second). Other C libraries know nothing of these names.
 */
const keepsMemory = { MALLOC_TRIM_THRESHOLD_: String(64 << 20), MALLOC_TOP_PAD_: String(1 << 20) };

/** The server's own environment: nothing of ours (PGDATA, locale, time zone) may change how it works. */
export const serverEnvironment: NodeJS.ProcessEnv =
  process.platform === 'win32'
    ? process.env
    : { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC', ...keepsMemory };

/** The server removes the file at any moment, so there is no looking first and reading then. */
function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

function commandOf(pid: number): string {
  return spawnSync('ps', ['-p', `${pid}`, '-o', 'args='], { encoding: 'utf8' }).stdout ?? '';
}
