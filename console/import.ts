import type { Settings } from './settings.ts';

/** How to import: check only, and where to write the refused rows. */
export type ImportCommand = { readonly check?: boolean; readonly report?: string };

/** Reads CSV files as their map files say. Returns 0, or 1 if rows were refused. */
export async function importFiles(
  _settings: Settings,
  _maps: readonly string[],
  _command: ImportCommand,
): Promise<number> {
  throw new Error('tandem import is not part of this version.');
}
