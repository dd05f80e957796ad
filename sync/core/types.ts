/**
 * The vocabulary. One word, one meaning, in code, SQL, GraphQL, console and docs:
 * link: two records that stand for the same thing · mapping: one flow · base: what each side showed at the last
 * agreement · change: news of an edit · lane: the queue of one pair or deal · plan: what to write · outcome: what
 * became of it · event: a line of the log · conflict: both changed and a person decides · resolution: both changed
 * and the rule decided · drift: linked but different · held: a field that waits for a reference · cursor: where a
 * reader resumes · backlog: what a flow has not read of a feed since it was paused · lone: a record that no live link
 * holds · tombstone: a link that ended and keeps its survivor from being created again.
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

/** The seven flows, and `user`: the pairing of CRM users with ERP salespersons that the flow userOrder rests on. */
export type MappingName =
  | 'customer'
  | 'contact'
  | 'product'
  | 'quote'
  | 'quoteOrder'
  | 'order'
  | 'userOrder'
  | 'user';

/** What each side showed when the two last agreed. Per side, because a side may not be able to hold the other's value. */
export type Base = Readonly<Record<Side, Values>>;

/** How far a deal has come; it decides which flow carries the commercial content, and who may still edit it. */
export type Stage = 'quote' | 'accepted' | 'ordered' | 'released' | 'shipped' | 'closed';

/** A field that can't travel now. `waits`: for a reference; `unreadable`: the value has no normal form; `unfit`: the target can't hold it; `unmapped`: a code nobody mapped. `gap`: it travels, but is not what was accepted. `late`: an edit of a document whose content another flow carries by now. `away`: the counterpart was put away while it is still needed. `second`: an order names the quote of a deal that has its order. `taken`: another record of the target has the value, which is unique. `frozen`: the target changes it no more. */
export interface Held {
  readonly field: string;
  /** Canonical line key when the field belongs to a line. */
  readonly line?: string;
  readonly side: Side;
  readonly kind:
    | 'waits'
    | 'unreadable'
    | 'unfit'
    | 'unmapped'
    | 'quarantined'
    | 'gap'
    | 'late'
    | 'away'
    | 'second'
    | 'taken'
    | 'frozen';
  /** The native value. */
  readonly value: Json;
  /** For people: names field, value and remedy. */
  readonly message: string;
  /** With `waits`: the record of the same side that has to be linked first. With `taken`: the one that has the value. With `unfit`: the one that the target takes no reference to, as it is. */
  readonly for?: RecordRef;
  /** With `unmapped`: the side whose code it is, where that is not `side`: the target has no code for it. */
  readonly codeOf?: Side;
  /** With `unmapped`: the code list, and the code as the list keeps it. */
  readonly list?: string;
  readonly code?: string;
}

/** One line of a document in canonical form. */
export interface LineState {
  readonly lineId: string;
  readonly values: Values;
  readonly held: readonly Held[];
  /** There, but not for the other side: a line the customer has not taken. */
  readonly behind?: true;
}

/** One side of a pair in canonical form: what the merge reads. */
export interface SideState {
  readonly values: Values;
  /** Of a value that several native ones of the ERP stand for, by field: the one that does. */
  readonly finer?: Values;
  /** Fields left out of `values` because they have no normal form or wait. */
  readonly held: readonly Held[];
  /** Instant of the last edit by somebody else than the sync, in ms, by the source's own clock corrected by its measured offset. */
  readonly at: number;
  /** The same of single fields, where it is known: values that have stood there unagreed since. */
  readonly edited?: Readonly<Record<string, number>>;
  /** Documents only. */
  readonly lines?: readonly LineState[];
  /** The record is not there yet and is being created: `values` holds at most the id chosen for it. */
  readonly missing?: true;
  /** Nobody but the sync is known to have edited it: `at` is the time of its own write. */
  readonly unedited?: true;
}

/** A pair of lines that stand for the same thing, with its base; `ended` is the tombstone of a removed line. */
export interface LineLink {
  readonly id: string;
  readonly crmLineId: string | null;
  readonly erpLineId: string | null;
  readonly base: Base | null;
  readonly ended: boolean;
  /** What is shown of a line whose document has no counterpart yet. */
  readonly shown?: Values;
}

/** Tells which CRM line was made from a line of the ERP, before either bears the other's id. */
export interface LineOrigins {
  /** The id of a CRM line that is about to be made from this ERP line. */
  idFor(erpLineId: string): string;
  /** Ids that a CRM line got if it was made from this ERP line. */
  idsOf(erpLineId: string): readonly string[];
  /** Whether a CRM line was made from some line of the ERP's document, one that is gone among them. */
  isMade(crmLineId: string): boolean;
}

/** What a merge may ask of the links that references name. */
export interface LinkedRecords {
  /** The record of `side` that a link stands for, or undefined while that side is missing. */
  record(link: string, side: Side): string | undefined;
  /** The same of a link that has ended. */
  ended(link: string, side: Side): string | undefined;
}

/** The inputs of a merge: both sides as they are now, and what was last agreed. Null base: the link is being made. */
export interface MergeInput {
  readonly base: Base | null;
  readonly crm: SideState;
  readonly erp: SideState;
  readonly lineLinks: readonly LineLink[];
  /** Whether this link carries the commercial content at this stage. */
  readonly content: boolean;
  readonly stage: Stage;
  /**
   * A person's or a rule's decisions by field (`lines.<lineLinkId>.<field>` for a line's): a side, the base, or a value.
   * The value of field `line` is all of the line's values, with which it is to stand, or null where it is to be gone.
   */
  readonly choices?: Readonly<Record<string, { readonly take: Side | 'base' } | { readonly value: Json }>>;
  /** Decides every contested field, above the mapping's winner. */
  readonly prefer?: Side;
  /** How a line of the CRM tells what it was made from. Left out: it does not. */
  readonly origins?: LineOrigins;
  /** The links that references name. Left out: of none is known that it has ended. */
  readonly links?: LinkedRecords;
  /** Fields in quarantine, named as in `choices`: they flipped too often and rest until a person looks. */
  readonly quarantined?: ReadonlySet<string>;
}

/** A field changed on both sides (or edited where it is guarded): a person decides. */
export interface Conflict {
  readonly field: string;
  /** Id of the line link when the field belongs to a line; field `line` means the line as a whole (removed against edited). */
  readonly line?: string;
  readonly base: Readonly<Record<Side, Json>>;
  readonly crm: Json;
  readonly erp: Json;
  readonly why: string;
}

/** One decided field, as the event log tells it: what is written on `side`, and why. */
export interface FieldChange {
  readonly field: string;
  readonly line?: string;
  readonly side: Side;
  readonly before: Json;
  readonly after: Json;
  /** Whose value stands; null when neither side alone decided (strictest, a typed value). */
  readonly winner: Side | null;
  /** `edited` `created` `default filled in` `latest` `CRM wins` `reverted: one-way field` … short and constant. */
  readonly why: string;
  /** The losing edit, where both sides had changed it. */
  readonly lost?: Json;
  /** The side whose edit was the later one, whatever the winner, where both had changed it. */
  readonly later?: Side;
}

/** What to do with one line on one side, in canonical values. An added line gets the id that the merge chose for it. */
export type LineWrite =
  | { readonly kind: 'add'; readonly link: string; readonly lineId: string; readonly values: Values }
  | { readonly kind: 'change'; readonly link: string; readonly lineId: string; readonly values: Values }
  | { readonly kind: 'remove'; readonly link: string; readonly lineId: string };

/** The outcome of a merge: canonical values to write on each side, and the base that holds once both are written as asked. */
export interface MergePlan {
  readonly writes: Readonly<Record<Side, Values>>;
  readonly lineWrites: Readonly<Record<Side, readonly LineWrite[]>>;
  readonly changes: readonly FieldChange[];
  readonly conflicts: readonly Conflict[];
  readonly held: readonly Held[];
  /**
   * Fields in conflict or held keep their old base, or none. Where nothing was agreed yet, an unreadable value stands
   * in it as a placeholder (`isPlaceholder`), so that the other side's next edit still wins.
   */
  readonly base: Base;
  /** Line links after the merge: new ones (with an id made by `newId`), paired ones, ended ones. */
  readonly lineLinks: readonly LineLink[];
}
