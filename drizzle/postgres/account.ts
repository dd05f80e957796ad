import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DataFolderError } from './data-folder-error.ts';

/** The operating-system account a server runs as when it cannot run as ours. */
export type Account = { readonly uid: number; readonly gid: number };

/**
 * Which account the server has to run as: PostgreSQL refuses to run as root, so root hands it to whoever owns
 * the data already, else to `postgres`, else to `nobody`. Undefined means: the account of this process.
 */
export function serverAccount(dataFolder: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(dataFolder, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return accountNamed('postgres') ?? accountNamed('nobody') ?? { uid: 65534, gid: 65534 };
}

/** Whether an account can enter a folder, or read and run a file, by the permission bits of the whole path. */
export function canReach(path: string, account: Account | undefined): boolean {
  if (!account) return true;
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return false;
  const needed = stat.isDirectory() ? 0b001 : 0b100;
  if (((stat.mode >> shift(stat, account)) & needed) !== needed) return false;
  const parent = dirname(path);
  return parent === path || canReach(parent, account);
}

/**
 * A folder of ours outside the project: `cache` for what can be made again, `data` for what cannot. Only we may
 * write into it, because the server's programs are run from there.
 */
export function ownFolder(kind: 'cache' | 'data'): string {
  const root = process.getuid?.() === 0;
  const candidates = root
    ? [kind === 'cache' ? '/var/cache/tandem' : '/var/lib/tandem', '/var/tmp/tandem']
    : [
        join(homedir(), kind === 'cache' ? '.cache' : '.local/share', 'tandem'),
        join(tmpdir(), `tandem-${process.getuid?.()}`),
      ];
  for (const folder of candidates) {
    if (isOurs(folder)) return folder;
  }
  throw new DataFolderError(
    `None of ${candidates.join(', ')} can be written; set DATABASE_URL to a PostgreSQL of your own.`,
  );
}

function isOurs(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
  } catch {
    return false;
  }
  const stat = statSync(folder);
  return process.getuid === undefined || (stat.uid === process.getuid() && (stat.mode & 0o022) === 0);
}

function shift(stat: { readonly uid: number; readonly gid: number }, account: Account): number {
  if (stat.uid === account.uid) return 6;
  return stat.gid === account.gid ? 3 : 0;
}

function accountNamed(name: string): Account | undefined {
  const line = passwordFile().find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

function passwordFile(): readonly string[] {
  try {
    return readFileSync('/etc/passwd', 'utf8').split('\n');
  } catch {
    return [];
  }
}
