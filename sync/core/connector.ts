import type { Json, SystemRecord } from './types.ts';

/** News of an edit, as a system's own feed tells it. It names the record; the truth is read afresh. */
export interface FeedChange {
  /** Position in the system's feed, dense and in commit order; reading resumes after it. */
  readonly cursor: string;
  /** Entity by its own name in that system: `Customer`, `Quote`, … */
  readonly entity: string;
  readonly id: string;
  readonly kind: 'created' | 'updated' | 'archived' | 'restored' | 'deleted';
  /** ISO instant by the system's own clock. */
  readonly at: string;
  readonly actor: string | null;
  /** Version of the record after the change; null once it is deleted. */
  readonly version: string | null;
}

/** Who writes, so that the system can apply its rules and name the author. */
export interface Author {
  /** Shown as `updatedBy`: a user, an API key, `tandem` for the sync. */
  readonly actor: string;
  /** `person` obeys the guards of the screen; `sync` and `import` may create a record in any state. */
  readonly origin: 'person' | 'sync' | 'import';
  /**
   * Of the sync, to a system inside its own database: sends what has to be in the log before the first write, on the
   * connection of that write and ahead of it. Systems with books of their own are given none.
   */
  readonly ahead?: (run: RunAhead) => Promise<unknown>;
}

/** Runs one statement, in the order in which they are given. */
type RunAhead = (statement: string, parameters: readonly string[]) => Promise<unknown>;

/** One change of single lines of a document. Lines not named stay as they are. */
export type LineChange =
  | { readonly kind: 'add'; readonly lineId?: string; readonly fields: Readonly<Record<string, Json>> }
  | { readonly kind: 'change'; readonly lineId: string; readonly fields: Readonly<Record<string, Json>> }
  | { readonly kind: 'remove'; readonly lineId: string };

/** One write of one aggregate. `fields.lines`, where given, is the whole list; `lineChanges` touches single lines. */
export type Write = { readonly entity: string } & (
  | {
      readonly kind: 'create';
      /** Chosen by the writer, or made by the system. */
      readonly id?: string;
      /**
       * Idempotency key, unique per system: the same key twice answers with the record of the first time, or fails with
       * DELETED where that is gone.
       */
      readonly key?: string;
      readonly fields: Readonly<Record<string, Json>>;
    }
  | {
      readonly kind: 'update';
      readonly id: string;
      readonly fields: Readonly<Record<string, Json>>;
      readonly lineChanges?: readonly LineChange[];
      /** Another version: the write fails with STALE. */
      readonly ifVersion?: string;
    }
  | { readonly kind: 'archive' | 'restore' | 'delete'; readonly id: string; readonly ifVersion?: string }
);

/** Why a system refused a write. `code` is a code of the error table; `field` the property by its own name. */
export interface WriteFailure {
  readonly code: string;
  readonly message: string;
  readonly field?: string;
  /** Of the property; with DELETED the id of the record that was. */
  readonly value?: Json;
  /** When to ask again, in ms, where that is known. */
  readonly afterMs?: number;
  /** The record as it is now, with STALE and DUPLICATE. */
  readonly current?: SystemRecord;
}

/** What became of one write. A write that changes nothing is `unchanged` and moves no version. */
export type WriteResult =
  | {
      readonly kind: 'created' | 'updated' | 'unchanged' | 'existed' | 'archived' | 'restored';
      readonly record: SystemRecord;
    }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'failed'; readonly failure: WriteFailure };

/** A look-up by values: records whose fields equal `where`. */
export interface Lookup {
  readonly entity: string;
  readonly where: Readonly<Record<string, Json>>;
}

/** What a system is able to do; what is left out is taken as the built-in systems have it. */
export interface Capabilities {
  /**
   * How a create sent twice is kept from making two records. `key`: the system honours the idempotency key. `search`:
   * it does not, but the record can be found by its external reference. `none`: neither, so a create whose outcome is
   * unknown is never sent again by itself.
   */
  readonly createDedup?: 'key' | 'search' | 'none';
  /** How long a new record may be missing from look-ups, in ms. */
  readonly searchLagMs?: number;
  /** How many calls the system takes; no limit where left out. */
  readonly rateLimit?: RateLimit;
  /** It keeps its records in the sync's own database, whose log then holds the commits of both in one order. */
  readonly inside?: boolean;
}

/** Which edits are asked for: those of these records in a part of the feed. */
export interface EditsAsked {
  readonly records: readonly { readonly entity: string; readonly id: string }[];
  /** A cursor of the feed, or null for the oldest that is kept. */
  readonly after: string | null;
  readonly upTo: string;
  /** Whose changes are no edits. */
  readonly besides: string;
}

/** Never more than so many calls in any stretch of time of this length. */
export interface RateLimit {
  readonly calls: number;
  readonly withinMs: number;
}

/** One system behind one small door. Batches in, batches out; one bad record never fails its neighbours. */
export interface Connector {
  /** Left out: keys are honoured. */
  readonly capabilities?: Capabilities;
  /** Records by id. Ids that do not exist are absent. */
  read(entity: string, ids: readonly string[]): Promise<ReadonlyMap<string, SystemRecord>>;
  /** Per look-up at most three live records: enough to tell one match from several. */
  find(lookups: readonly Lookup[]): Promise<readonly (readonly SystemRecord[])[]>;
  /** Records in id order after `after`, at most `limit`. Serves reconciliation and backfill. */
  list(entity: string, after: string | null, limit: number): Promise<readonly SystemRecord[]>;
  /** How many records there are, archived ones too: what a run needs to tell how long it will take. Left out: nobody knows. */
  count?(entity: string): Promise<number>;
  /** One result per write, in the same order. Writes of one call are independent of each other. */
  write(writes: readonly Write[], author: Author): Promise<readonly WriteResult[]>;
  /**
   * Changes after the cursor (null: from the oldest kept; 'now': only new ones), in batches, until `signal` aborts.
   * Throws CURSOR_EXPIRED when the cursor is older than what is kept.
   */
  changes(after: string | null, signal: AbortSignal): AsyncIterable<readonly FeedChange[]>;
  /**
   * Of each of these records its last edit in a part of the feed, if there is one. Left out: the feed is read, which takes
   * as long as the part is long, and what a dying process had archived and somebody has restored since is archived again.
   * Throws CURSOR_EXPIRED as `changes` does.
   */
  edits?(asked: EditsAsked): Promise<readonly FeedChange[]>;
  /** Cursor of the last change committed before the call; null while there is none. */
  head(): Promise<string | null>;
  /** Whether the system can be reached now, and the ISO instant that its own clock shows. Throws what a call would throw. */
  check(): Promise<{ readonly version: string; readonly at?: string }>;
}
