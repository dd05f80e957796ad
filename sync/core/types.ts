/**
 * The vocabulary. One word, one meaning, in code, SQL, GraphQL, console and docs:
 * link: two records that stand for the same thing · mapping: one flow · base: what each side showed at the last
 * agreement · change: news of an edit · lane: the queue of one pair or deal · plan: what to write · outcome: what
 * became of it · event: a line of the log · conflict: both changed and a person decides · resolution: both changed
 * and the rule decided · drift: linked but different · held: a field that waits for a reference · cursor: where a
 * reader resumes · tombstone: a link that ended and keeps its survivor from being created again.
 */

/** Which of the two systems a record lives in. */
export type Side = 'crm' | 'erp';

/** Any JSON value. Decimals travel as strings, dates as ISO strings. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Field values under canonical names (the CRM's property names) and in normal form: the only form in which sides are compared. */
export type Values = Readonly<Record<string, Json>>;

/** One record as its own system shows it: native property names, native values; a document's lines under `lines`. */
export interface SystemRecord {
  readonly id: string;
  /** Moves by one whenever the aggregate (lines included) really changes. */
  readonly version: string;
  readonly archived: boolean;
  readonly createdAt: string;
  /** ISO instant of the last change by the system's own clock. */
  readonly updatedAt: string;
  readonly updatedBy: string;
  /** Every property; a line is an object with its `lineId`. */
  readonly fields: Readonly<Record<string, Json>>;
}

/** Names one record of one system. */
export interface RecordRef {
  readonly side: Side;
  readonly entity: string;
  readonly id: string;
}
