import type { Conflict, FieldChange, Held, MappingName, Side, SideState, Values } from '../core/types.ts';
import type { Decision } from '../store/decisions.ts';
import type { Origin } from '../store/intents.ts';
import type { LinkRow } from '../store/links.ts';

/** One change of one line in canonical values; `lineId` of an added line is chosen beforehand. */
export interface LineOp {
  readonly kind: 'add' | 'change' | 'remove';
  readonly lineId: string;
  readonly values: Values;
  /** Native fields that say what an added line was made from. */
  readonly origin?: Values;
}

/** What one link asks to be written on one record. */
export interface Part {
  readonly mapping: MappingName;
  readonly link: string;
  readonly values: Values;
  readonly lines: readonly LineOp[];
}

/** All that a step wants of one record, gathered from every link it takes part in. */
export interface RecordWrite {
  readonly side: Side;
  readonly entity: string;
  /** Null for a create. */
  readonly id: string | null;
  readonly action: 'create' | 'update' | 'archive' | 'restore' | 'delete';
  /** The version it was read at; a write against another is refused. */
  readonly version: string | null;
  /** For a create: the same work tried again answers with the record of the first time. */
  readonly key: string | null;
  /** For a create: what the record is made from, and for which link. */
  readonly origin?: Pick<Origin, 'source' | 'mapping' | 'lane' | 'linkLane'>;
  readonly parts: readonly Part[];
  /** Links that get the id of the record a create makes. */
  readonly gives: readonly string[];
}

/** A decision that is noted ahead of the write that carries it out. */
export interface Noted extends Decision, Pick<RecordWrite, 'side' | 'action'> {
  /** The link in whose name it is written. */
  readonly link: string;
}

/** The record that a deletion on the other side left without counterpart, as it stands. */
export interface Survivor {
  readonly side: Side;
  readonly state: SideState;
}

/** What a step makes of one link: the row as it stands once the writes are stored as asked, and what to tell about it. */
export interface LinkDraft {
  readonly link: LinkRow;
  readonly changes: readonly FieldChange[];
  readonly conflicts: readonly Conflict[];
  readonly held: readonly Held[];
  /** The systems stored what was asked and nothing else moved: another round would find nothing. */
  readonly still?: boolean;
  /** A write on one of its records failed: what is open stays open, with what was decided of it, until the next attempt. */
  readonly failed?: boolean;
  /** What the rounds of the step have written for it so far. */
  readonly done?: readonly DoneWrite[];
  /** Makes a record whose content another link carries: what the system fills in of it is agreed, for nobody takes it back. */
  readonly aside?: boolean;
  /** Of a link that ends because a record is gone: the other, which goes on alone. */
  readonly survivor?: Survivor;
}

/** A write that a system has taken. */
export interface DoneWrite extends Pick<RecordWrite, 'side' | 'entity' | 'action'> {
  readonly id: string;
  /** What it brought of its link. */
  readonly changes: readonly FieldChange[];
}

/** The plan of one lane's work. */
export interface WorkPlan {
  readonly drafts: readonly LinkDraft[];
  readonly writes: readonly RecordWrite[];
  /** Decisions of steps that died, of which the changes of their link's draft tell now. */
  readonly told: readonly { readonly id: string; readonly link: LinkRow }[];
  /** Look again after so many ms: computed values have moved that were copied a moment ago. */
  readonly postponedMs: number | null;
}

/** Why of a change that nobody wrote: both sides had come to the value by themselves, which the history must tell. */
export const alikeAlready = 'found alike';
