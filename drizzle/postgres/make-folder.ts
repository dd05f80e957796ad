import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DataFolderError } from './data-folder-error.ts';

/** Makes the folder that everything is kept in, where it is not there yet. Throws where it cannot be written, with the remedy. */
export function makeFolder(folder: string): void {
  const path = resolve(folder);
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === false)
      throw new DataFolderError(`The data folder ${path} is a file, not a folder. ${another}`);
    make(path);
  } catch (error) {
    throw explained(error, path, 'made');
  }
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw explained(error, path, 'written');
  }
}

/**
 * As `mkdir -p`. Node's own tries for ever where the parent is there and the system makes no folder in it all the same, as
 * in /proc.
 */
function make(path: string): void {
  const parent = dirname(path);
  const once = (): void => {
    try {
      mkdirSync(path);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST' || !statSync(path).isDirectory()) throw error;
    }
  };
  try {
    once();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || parent === path) throw error;
    make(parent);
    once();
  }
}

const another = 'Name another folder with --data or TANDEM_DATA.';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'the system makes no folders there',
  EACCES: 'permission denied',
  EPERM: 'the system permits it to nobody',
  EROFS: 'the place is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'links lead in a circle',
};

function explained(error: unknown, path: string, what: 'made' | 'written'): unknown {
  const code = codeOf(error);
  if (error instanceof DataFolderError || code === undefined) return error;
  const reason =
    code === 'ENOTDIR' ? `${fileAbove(path)} is a file, not a folder` : (reasons[code] ?? messageOf(error));
  const remedy =
    code === 'EACCES' && what === 'written'
      ? 'Start as the user who made it, or name another folder with --data or TANDEM_DATA.'
      : another;
  return new DataFolderError(`The data folder ${path} cannot be ${what}: ${reason} (${code}). ${remedy}`);
}

/** The nearest name on the way to a folder that is none. */
function fileAbove(path: string): string {
  const parent = dirname(path);
  if (parent === path) return path;
  try {
    return statSync(parent).isDirectory() ? path : parent;
  } catch {
    return fileAbove(parent);
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
