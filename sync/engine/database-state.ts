import { isAway } from '../../drizzle/postgres/away.ts';
import { takesNoWrites } from '../../drizzle/postgres/takes-no-writes.ts';

/** Since when the sync's own database takes no writes, and why; null while it does. */
export type DatabaseRefusal = { readonly since: string; readonly reason: string } | null;

/** What is wrong with the database: it takes no writes, or nobody reaches it. */
export type DatabaseTrouble = {
  readonly kind: 'refuses' | 'away';
  readonly since: string;
  readonly reason: string;
};

/** What is known of the sync's own database, from what becomes of its statements. */
export interface DatabaseState {
  refusal(): DatabaseRefusal;
  /** Takes an error in; answers whether it comes of a database that takes no writes or cannot be reached. */
  failed(error: unknown): boolean;
  /** Something was written. */
  wrote(): void;
}

/**
 * For so long nothing may have failed before the database counts as well again, in ms: connections that were made before
 * a setting changed do not know of it, one that is full has room for a row now and then, and one that has just come up
 * finds broken connections for a while.
 */
const quietMs = 5_000;

/** Watches over the database. `tell` hears of each turn, not of each attempt: what is wrong, or what was and is over. */
export function watchDatabase(tell: (trouble: DatabaseTrouble, isOver: boolean) => void): DatabaseState {
  // One may hide another: who makes a database writable again may cut its connections for it.
  const troubles = new Map<DatabaseTrouble['kind'], DatabaseTrouble>();
  let last = 0;
  return {
    refusal: () => troubles.get('refuses') ?? null,
    failed(error) {
      const found = troubleOf(error);
      // A built-in system lies in the same database, and says so in its own words.
      if (found === null) return troubles.has('away') && isAway(causeOf(error));
      last = performance.now();
      const known = troubles.get(found.kind);
      // In how many words it is away is no news.
      if (known && (found.kind === 'away' || known.reason === found.reason)) return true;
      const trouble = { ...found, since: known?.since ?? new Date().toISOString() };
      troubles.set(found.kind, trouble);
      tell(trouble, false);
      return true;
    },
    wrote() {
      if (troubles.size === 0 || performance.now() - last < quietMs) return;
      const over = [...troubles.values()];
      troubles.clear();
      for (const trouble of over) tell(trouble, true);
    },
  };
}

/** What an error says of the database; also one of a system in the same database, which bears the cause. */
function troubleOf(error: unknown): Omit<DatabaseTrouble, 'since'> | null {
  const refused = takesNoWrites(error) ?? takesNoWrites(causeOf(error));
  if (refused !== null) return { kind: 'refuses', reason: refused };
  if (isAway(error)) return { kind: 'away', reason: error instanceof Error ? error.message : String(error) };
  return null;
}

const causeOf = (error: unknown): unknown => (error instanceof Error ? error.cause : undefined);
