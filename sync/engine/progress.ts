import type { MappingName, RecordRef } from '../core/types.ts';
import type { Lane } from '../store/lanes.ts';
import type { LinkRow } from '../store/links.ts';
import type { Applied } from './applied.ts';
import type { LinkDraft } from './draft.ts';
import type { Failure } from './retry.ts';
import type { Work } from './work.ts';
import type { WrittenPart } from './written-in-part.ts';

/** What became of one link in one step. */
export interface LinkOutcome {
  readonly link: LinkRow;
  readonly outcome: string;
  readonly eventId: string | null;
  readonly draft: LinkDraft;
  readonly failure: Refusal | null;
  /** The record for whose sake it failed: tried again when that moves. */
  readonly failedFor?: RecordRef;
}

/** What a link was given up for. */
export interface Refusal extends Failure {
  /** The record that could not be written; null of one that could not be made. */
  readonly record: RecordRef | null;
}

/** What became of one lane in one step. */
export interface LaneOutcome {
  readonly lane: Lane;
  readonly links: readonly LinkOutcome[];
  /** Due again after so many ms; null: done. */
  readonly againMs: number | null;
  /** The flow that it waits for. */
  readonly behind?: MappingName;
}

/** What a lane has come to within a step. */
export interface Progress {
  readonly work: Work;
  /** Every link that was planned for, as it stands now, with all that was changed on the way. */
  readonly drafts: ReadonlyMap<string, LinkDraft>;
  /** Links a create made a record for. */
  readonly created: ReadonlySet<string>;
  /** Decisions of steps that died, which the drafts tell of. */
  readonly told: readonly string[];
  /** Due again after so many ms although all went well. */
  readonly againMs: number | null;
  /** The flow that rests for which it would have to write next. */
  readonly behind?: MappingName;
  readonly failure: {
    readonly link: string | null;
    readonly failure: Failure;
    readonly applied: Applied;
    /** It wrote what somebody decided. */
    readonly decided: boolean;
    /** What else it had written of the links that it failed. */
    readonly written: readonly WrittenPart[];
  } | null;
}
