import type { Author } from '../../sync/core/connector.ts';
import type { SystemRecord } from '../../sync/core/types.ts';
import type { Company } from './company.ts';
import type { DerivedSql, Fields } from './model.ts';
import type { Reading } from './read.ts';
import type { Run } from './sql-text.ts';
import type { Where } from './system.ts';

/** Who writes: `system` is a rule that changes another record because of a write. Only a `person` obeys guards. */
export type Origin = Author['origin'] | 'system';

/** A line on its way to being stored. */
export interface LineDraft {
  readonly lineId: string;
  /** Null for a new line. */
  readonly before: Readonly<Fields> | null;
  /** Every property; rules fill and compute them here. */
  readonly fields: Fields;
  /** Names of the properties this write gives. */
  readonly given: ReadonlySet<string>;
}

/** A record on its way to being stored: values are parsed, references found, static defaults filled in. */
export interface Draft {
  readonly entity: string;
  readonly id: string;
  readonly origin: Origin;
  /** Null for a new record. */
  readonly before: SystemRecord | null;
  readonly fields: Fields;
  /** Names of what the write gives, `lines` among them where it gives the whole list. */
  readonly given: ReadonlySet<string>;
  /** All lines the document will have, in their order; rules may give more to a new one. */
  readonly lines: LineDraft[];
  /** Lines this write takes away; rules may take more. */
  readonly removed: Readonly<Fields>[];
}

/** What rules may look at beside the draft. */
export interface World {
  readonly company: Company;
  /** The company's local date. */
  readonly today: string;
  /** Decimals of a currency's amounts. */
  decimalsOf(currency: string): number;
  /** The instant of the write, UTC. */
  readonly now: string;
  /** A record that the draft (or a rule's `through`) refers to. */
  find(entity: string, id: unknown): Readonly<Fields> | undefined;
  /** What the rules' own `facts` found. */
  readonly facts: unknown;
  /** The next number of the entity's series; asked for at most once per new record. */
  number(): string;
}

/** A write as it is known before its record is read. */
export interface Announced {
  readonly id: string;
  readonly isNew: boolean;
  readonly given: Readonly<Fields>;
  /** What the write gives of lines, added and changed ones. */
  readonly lines: readonly Readonly<Fields>[];
}

/** A record that was written, before and after; null before a creation and after a deletion. */
export interface Written {
  readonly entity: string;
  readonly id: string;
  readonly before: SystemRecord | null;
  readonly after: SystemRecord | null;
  readonly draft: Draft | null;
  readonly origin: Origin;
}

/** A change of another record in the same transaction. */
export interface FollowUp {
  readonly entity: string;
  readonly id: string;
  /** New values for the record as it is under its lock; null leaves it. */
  change(
    current: SystemRecord,
  ): { readonly fields?: Fields; readonly lines?: Readonly<Record<string, Fields>> } | null;
}

/** A change that nobody makes: it comes with the date. */
export interface Due {
  readonly entity: string;
  /** The records whose time has come on this local date of the company. */
  where(today: string): Where;
  /** What becomes of them. */
  readonly fields: Fields;
}

/** The business rules of one system: pure functions over drafts. */
export interface Rules {
  /** Which properties of referred records rules look at, by entity. */
  readonly sees: Readonly<Record<string, readonly string[]>>;
  /** Records that are seen because a referred one refers to them: `{ Salesperson: ['Customer.salespersonId'] }`. */
  readonly through?: Readonly<Record<string, readonly string[]>>;
  /** Properties of a line that are judged by what the line refers to already, where a write gives one of them. */
  readonly judged: ReadonlySet<string>;
  readonly derived: DerivedSql;
  /** References that do not keep their target from being deleted; rules clear them. */
  readonly loose?: readonly string[];
  /** Statements in a flight before the records are locked, such as making a record that defaults refer to. */
  prepare?(
    run: Run,
    entity: string,
    announced: readonly Announced[],
    company: Company,
  ): readonly Promise<unknown>[];
  /** Look-ups of the rules' own, in the flight that locks. */
  facts?(run: Run, entity: string, announced: readonly Announced[], reading: Reading): Promise<unknown>;
  /** Fills and computes; throws a Refusal. */
  settle(draft: Draft, world: World): void;
  /** Throws a Refusal where a record may not be archived, restored or deleted. */
  remove?(
    record: SystemRecord,
    entity: string,
    kind: 'archive' | 'restore' | 'delete',
    origin: Origin,
    company: Company,
  ): void;
  /** What changes with the date, such as quotes that expire. */
  readonly due?: readonly Due[];
  /** What else changes because of these writes. */
  followUps?(written: readonly Written[], facts: unknown, company: Company): readonly FollowUp[];
}
