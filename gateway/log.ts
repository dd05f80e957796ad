import type { Log } from './options.ts';

/** A log that says nothing; the default, so that a library user decides. */
export const QUIET: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
