import type { Connector, FeedChange } from '../../sync/core/connector.ts';
import type { Json, SystemRecord } from '../../sync/core/types.ts';
import type { SystemShape } from './entity.ts';
import type { Names } from './narrow.ts';
import type { FoundLine } from './read.ts';

/** What a property may be compared with; several keys of one comparison must all hold. Texts compare without case in `contains` and `startsWith`. */
export interface Comparison {
  readonly eq?: Json;
  readonly in?: readonly Json[];
  readonly contains?: string;
  readonly startsWith?: string;
  readonly gt?: Json;
  readonly gte?: Json;
  readonly lt?: Json;
  readonly lte?: Json;
  readonly isNull?: boolean;
}

/**
 * A filter tree: every key must hold. A key is a property (also `id`, `createdAt`, `updatedAt`, `updatedBy`,
 * `archived`), or `and`, `or`, `not`. An address is compared by part, `{ billingAddress: { country: { eq: 'NO' } } }`.
 */
export interface Where {
  readonly and?: readonly Where[];
  readonly or?: readonly Where[];
  readonly not?: Where;
  readonly [property: string]:
    | Comparison
    | Readonly<Record<string, Comparison>>
    | readonly Where[]
    | Where
    | undefined;
}

/** One connection's question. Either `first` (with `after`) or `last` (with `before`). */
export interface Query {
  readonly where?: Where;
  /** Free text: every word must occur in the title or in an indexed text. */
  readonly search?: string;
  /** Default: by id, which is the order of creation. Nulls come last. */
  readonly orderBy?: { readonly property: string; readonly direction: 'ASC' | 'DESC' };
  readonly first?: number;
  readonly after?: string;
  readonly last?: number;
  readonly before?: string;
  /** Default true. False saves the count; `total` is then -1. */
  readonly withTotal?: boolean;
  /** Default: records that are not archived and those that are. */
  readonly archived?: boolean;
}

/** One page, in the order asked for. */
export interface Page {
  readonly edges: readonly { readonly cursor: string; readonly node: SystemRecord }[];
  /** All records that match, whatever the page. */
  readonly total: number;
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/** One built-in system: the connector the sync speaks to, and what its subgraph asks beyond it. */
export interface System extends Connector {
  readonly shape: SystemShape;
  /** As connectors do. Here and below, `only` are the fields that are needed; others may be null. Default all. */
  read(entity: string, ids: readonly string[], only?: Names): Promise<ReadonlyMap<string, SystemRecord>>;
  count(entity: string): Promise<number>;
  /** A page of records. Throws a Refusal with BAD_USER_INPUT for an unknown property or an unreadable cursor. */
  query(entity: string, query: Query, only?: Names): Promise<Page>;
  /**
   * Per id the page of the records whose `property`, a reference, is that id: one statement for all ids (a lateral
   * join), so that a hundred customers with their orders are two statements. Ids without records have an empty page.
   */
  queryWithin(
    entity: string,
    property: string,
    ids: readonly string[],
    query: Query,
    only?: Names,
  ): Promise<ReadonlyMap<string, Page>>;
  /** Per document entity: lines by their `lineId`, each with the id of its document. Ids that do not exist are absent. */
  readLines(
    entity: string,
    lineIds: readonly string[],
    only?: Names,
  ): Promise<ReadonlyMap<string, FoundLine>>;
  /**
   * As connectors do. `inside`: for who keeps his cursor in this very database, so that a crash takes back the cursor
   * with the position; others are shown only what has its position on the disk. Default: the sync, where it does.
   */
  changes(after: string | null, signal: AbortSignal, inside?: boolean): AsyncIterable<readonly FeedChange[]>;
  /** Carries out what the company's date brings, such as quotes that expire; answers how many records moved. */
  settleDue(): Promise<number>;
  /** Position of the newest change that has one, as a cursor; null while there is none. */
  head(): Promise<string | null>;
  /** Forgets changes older than `age`, an interval such as `30 days`; returns the oldest cursor that still works. */
  prune(age: string): Promise<string>;
  /** Ends the feed's loops and its listening connection. The `sql` client stays open: it is the caller's. */
  close(): Promise<void>;
}
