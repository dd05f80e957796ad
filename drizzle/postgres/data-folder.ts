import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Account, canReach, ownFolder, serverAccount } from './account.ts';
import type { Binaries } from './binaries.ts';
import { DataFolderError } from './data-folder-error.ts';
import { serverEnvironment } from './postmaster.ts';
import type { ServerSettings } from './tuning.ts';

/** What we keep beside the server's own files: its password, and the port it had last. */
export type ServerSecret = { readonly password: string; readonly port: number };

/**
 * The data folder of a server, which may not exist yet: inside `folder`, or, where the server's account cannot enter
 * that (a project below a closed home folder), elsewhere, and then a file in `folder` says where.
 */
export function placeData(folder: string, log: (line: string) => void): string {
  const pointer = join(folder, 'postgres.location');
  if (existsSync(pointer)) return readFileSync(pointer, 'utf8').trim();
  const inside = join(folder, 'postgres');
  if (existsSync(inside) || canReach(folder, serverAccount(inside))) return inside;
  const outside = join(ownFolder('data'), `${basename(dirname(folder))}-${randomBytes(6).toString('hex')}`);
  try {
    writeFileSync(pointer, `${outside}\n`, { flag: 'wx' });
  } catch {
    // Another process has just chosen a place.
    return readFileSync(pointer, 'utf8').trim();
  }
  log(`PostgreSQL may not enter ${folder}: its data is in ${outside}.`);
  return outside;
}

/**
 * Makes a new data folder, complete or not at all: it is made under another name and renamed. Whoever is second
 * throws his away.
 */
export async function createData(
  { bin, major }: Binaries,
  data: string,
  account: Account | undefined,
): Promise<void> {
  const unfinished = mkdtempSync(`${data}.new-`);
  const passwordFile = `${unfinished}.password`;
  const password = randomBytes(24).toString('base64url');
  try {
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (account) for (const path of [unfinished, passwordFile]) chownSync(path, account.uid, account.gid);
    // From 17 on PostgreSQL brings this locale itself, and no operating system can change or lack it.
    const locale =
      major >= 17
        ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
        : ['--locale=C.UTF-8'];
    const options = [
      '-U',
      'tandem',
      '-A',
      'scram-sha-256',
      `--pwfile=${passwordFile}`,
      '-E',
      'UTF8',
      ...locale,
    ];
    await run(join(bin, 'initdb'), ['-D', unfinished, '--no-sync', '--no-instructions', ...options], account);
    writeSecret(unfinished, { password, port: 0 }, account);
    renameSync(unfinished, data);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(join(data, 'PG_VERSION'))) throw error;
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** The major version of the PostgreSQL that made a data folder. Throws when the folder is not ours to read. */
export function majorOf(data: string): number {
  return Number.parseInt(readOwn(join(data, 'PG_VERSION')), 10);
}

/** Reads what we keep in a data folder. Throws when it is not ours to read, or damaged. */
export function readSecret(data: string): ServerSecret {
  const file = join(data, secretFile);
  const secret = secretIn(readOwn(file));
  if (secret) return secret;
  throw new DataFolderError(
    `${file} is empty or damaged, and holds the password of the database. Put a backup of it in its place, or name another folder with --data or TANDEM_DATA.`,
  );
}

function secretIn(text: string): ServerSecret | undefined {
  try {
    const secret = JSON.parse(text) as ServerSecret | null;
    return typeof secret?.password === 'string' ? secret : undefined;
  } catch {
    return undefined;
  }
}

/** Writes what we keep in a data folder, readable by its owner alone. */
export function writeSecret(data: string, secret: ServerSecret, account: Account | undefined): void {
  const file = join(data, secretFile);
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, JSON.stringify(secret), { mode: 0o600 });
  if (account) chownSync(unfinished, account.uid, account.gid);
  renameSync(unfinished, file);
}

/**
 * New files are not forced to disk one by one while they are made; this does it afterwards, beside the running
 * server, unless durability is switched off.
 */
export function syncLater(
  bin: string,
  data: string,
  account: Account | undefined,
  settings: ServerSettings,
): void {
  if (settings.fsync === 'off') return;
  const child = spawn(join(bin, 'initdb'), ['--sync-only', '-D', data], {
    ...account,
    stdio: 'ignore',
    detached: true,
    env: serverEnvironment,
  });
  child.on('error', () => {});
  child.unref();
}

const secretFile = 'tandem.json';

function readOwn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new DataFolderError(
        `${file} is missing. Put a backup of the folder in its place, or name another one with --data or TANDEM_DATA.`,
      );
    throw new DataFolderError(
      `${file} cannot be read (${code}). Start as the user who made this folder, or set TANDEM_DATA to another one.`,
    );
  }
}

function run(program: string, options: readonly string[], account: Account | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, options, {
      ...account,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
      env: serverEnvironment,
    });
    let text = '';
    child.stderr.on('data', (chunk) => {
      text += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0
        ? resolve()
        : reject(
            new DataFolderError(
              `${program} failed: ${text.trim().replaceAll(/\s+/g, ' ')}. Mend that, or name another folder with --data or TANDEM_DATA.`,
            ),
          ),
    );
  });
}
