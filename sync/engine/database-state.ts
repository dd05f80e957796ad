import { takesNoWrites } from '../../drizzle/postgres/takes-no-writes.ts';

/** Since when the sync's own database takes no writes, and why; null while it does. */
export type DatabaseRefusal = { readonly since: string; readonly reason: string } | null;

/** What is known of the sync's own database, from what becomes of its statements. */
export interface DatabaseState {
  refusal(): DatabaseRefusal;
  /** Takes an error in; answers whether it says that the database takes no writes. */
  failed(error: unknown): boolean;
  /** Something was written. */
  wrote(): void;
}

/**
 * For so long nothing may have been refused before the database counts as taking writes again, in ms: connections that
 * were made before a setting changed do not know of it, and one that is full has room for a row now and then.
 */
const quietMs = 5_000;

/** Watches over the database. `tell` hears of each turn, not of each attempt. */
export function watchDatabase(tell: (refusal: DatabaseRefusal) => void): DatabaseState {
  let refusal: DatabaseRefusal = null;
  let last = 0;
  return {
    refusal: () => refusal,
    failed(error) {
      const reason = takesNoWrites(error);
      if (reason === null) return false;
      last = performance.now();
      const isNews = refusal?.reason !== reason;
      refusal = { since: refusal?.since ?? new Date().toISOString(), reason };
      if (isNews) tell(refusal);
      return true;
    },
    wrote() {
      if (refusal === null || performance.now() - last < quietMs) return;
      refusal = null;
      tell(null);
    },
  };
}
