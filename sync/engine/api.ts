import type { ClockReading } from '../core/clock.ts';
import type { CodeKey, CodePair } from '../core/code-pairs.ts';
import type { FieldSetting, FlowSetting } from '../core/configured.ts';
import type { Connector } from '../core/connector.ts';
import type { FieldDrift } from '../core/drift.ts';
import type { SyncError } from '../core/errors.ts';
import type { Mapping } from '../core/mapping.ts';
import type { Trip } from '../core/round-trip.ts';
import type { Conflict, FieldChange, Held, Json, MappingName, RecordRef, Side } from '../core/types.ts';
import type { SyncEvent } from '../store/events.ts';
import type { Blocker } from '../store/links.ts';

import type { CodeSet, GivenCode } from './acts/codes.ts';
import type { PolicyReplay } from './acts/policy-replay.ts';
import type { SettingChange } from './acts/setting-change.ts';
import type { BudgetState } from './budget.ts';
import type { DatabaseRefusal } from './database-state.ts';
import type { BreakerState } from './guard.ts';
import type { FlowRule } from './work.ts';

/**
 * One write of a plan, as a preview shows it: fields in canonical names and forms, but for references that follow a merge,
 * which bear the system's own.
 */
export interface PlannedWrite {
  readonly side: Side;
  readonly entity: string;
  /** Null for a create. */
  readonly id: string | null;
  readonly action: 'create' | 'update' | 'archive' | 'restore' | 'delete';
  readonly fields: readonly {
    readonly field: string;
    readonly line?: string;
    readonly before: Json;
    readonly after: Json;
    readonly rule: string;
  }[];
}

/** What a step would do or did for one link. */
export interface LinkPlan {
  readonly kind:
    | 'none'
    | 'create'
    | 'update'
    | 'archive'
    | 'restore'
    | 'delete'
    | 'link'
    | 'unlink'
    | 'wait'
    | 'propose';
  readonly writes: readonly PlannedWrite[];
  readonly changes: readonly FieldChange[];
  readonly conflicts: readonly Conflict[];
  readonly held: readonly Held[];
  /** Fields a state or stage locks: edits that would be put back. */
  readonly locked: readonly { readonly field: string; readonly why: string }[];
}

/** Outcome of one link in one step. */
export type Outcome =
  | 'unchanged'
  | 'created'
  | 'updated'
  | 'deleted'
  | 'linked'
  | 'unlinked'
  | 'waiting'
  | 'conflict'
  | 'failed';

/** What a caller of a sync mutation gets. */
export interface SyncResult {
  readonly outcome: Outcome;
  readonly plan: LinkPlan;
  /** With mode PREVIEW: hand it to applyPlan. */
  readonly planToken: string | null;
  readonly linkId: string | null;
  readonly eventIds: readonly string[];
  /** Position up to which the log and both feeds have to be read to see this write. */
  readonly syncToken: string;
  readonly waitsFor: readonly Blocker[];
  /**
   * Of a preview that links records otherwise: what becomes of the pairs that refer to them and are looked at next, the
   * first hundred of `childCount`.
   */
  readonly children?: readonly SyncResult[];
  readonly childCount?: number;
}

/** Which dead letters and failed links run again; what is left out is all. */
export interface Retried {
  readonly ids?: readonly string[];
  readonly mapping?: MappingName;
  readonly code?: string;
  /** ISO instants: what gave up from then on, and before. */
  readonly since?: string;
  readonly until?: string;
}

/** What was put into the queue again, or would be. */
export interface Retry {
  /** Lanes. */
  readonly matched: number;
  /** Of a preview: the plans of the first hundred. */
  readonly results: readonly SyncResult[];
  /** Why some of these cannot be planned, each reason once. */
  readonly reasons: readonly string[];
}

/** APPLY does it; PREVIEW writes nothing and returns the plan with a token. */
export interface Ask {
  readonly mode: 'apply' | 'preview';
  readonly actor: string;
  readonly prefer?: Side;
  readonly correlationId?: string;
  /** Of a plan: throws STALE_PLAN where one of its records has moved. Linking asks once more with the lane in its hands. */
  readonly unmoved?: () => Promise<void>;
}

/** A person's answer to a match proposal: one of the candidates, or a record of its own. */
export type MatchChoice = { readonly candidate: string } | { readonly create: true };

/** What can be set of a flow; what is left out stays as it is. */
export interface FlowChange {
  readonly rule?: FlowRule;
  readonly onDelete?: FlowSetting['onDelete'];
  /** Whether an accepted quote gets its CRM order by itself; `byHand` leaves it to people. */
  readonly createCrmOrder?: NonNullable<Mapping['createCrmOrder']> | 'byHand';
}

/** A setting, by what sets it. */
export type SettingAct =
  | { readonly kind: 'flow'; readonly mapping: MappingName; readonly to: FlowChange }
  | {
      readonly kind: 'field';
      readonly mapping: MappingName;
      readonly field: string;
      readonly to: FieldSetting | null;
    }
  | { readonly kind: 'rest'; readonly mapping: MappingName; readonly paused: boolean }
  | { readonly kind: 'setCode'; readonly given: GivenCode }
  | { readonly kind: 'removeCode'; readonly given: CodeKey };

/** The sync as the rest of the house sees it. Every act throws SyncError with a code of the error table. */
export interface Sync {
  readonly connectors: Readonly<Record<Side, Connector>>;
  /** Milliseconds that this process's steps have spent in each stage so far, waiting included. */
  stageTimes(): Readonly<Record<'gather' | 'plan' | 'apply' | 'record', number>>;
  /** Whether each system answers, and since when it does not. */
  breakers(): Readonly<Record<Side, BreakerState>>;
  /** Since when the sync's own database takes no writes, and why; null while it does. */
  refusal(): DatabaseRefusal;
  /** How each system's rate budget stands; null where it has none. */
  budgets(): Promise<Readonly<Record<Side, BudgetState | null>>>;
  /** How far each system's clock is ahead of this process's, and within what bound; null where that is not known. */
  clocks(): Readonly<Record<Side, ClockReading | null>>;
  /** Starts capture and workers. */
  start(): Promise<void>;
  /** Finishes or hands over what is in flight; leaves no timer and no connection. */
  stop(): Promise<void>;

  /** Brings the pairs of these records into step now and answers when done. Several links can belong to one record. */
  syncRecords(
    mapping: MappingName | null,
    refs: readonly RecordRef[],
    ask: Ask,
  ): Promise<readonly SyncResult[]>;
  /** The same for a link. */
  syncLink(linkId: string, ask: Ask): Promise<SyncResult>;
  /** Applies exactly the previewed plan, or throws STALE_PLAN. */
  applyPlan(token: string, ask: Pick<Ask, 'actor' | 'correlationId'>): Promise<SyncResult>;
  link(mapping: MappingName, crmId: string, erpId: string, ask: Ask): Promise<SyncResult>;
  unlink(linkId: string, keep: 'both' | Side, ask: Ask): Promise<SyncResult>;
  relink(
    linkId: string,
    to: { readonly crmId?: string; readonly erpId?: string },
    ask: Ask,
  ): Promise<SyncResult>;
  /** Two pairs that were linked crosswise: their records are linked the other way round. */
  swap(links: { readonly a: string; readonly b: string }, ask: Ask): Promise<readonly SyncResult[]>;
  /** Resolves a match proposal: links the candidate, or creates a counterpart. */
  resolveMatch(proposalId: string, choice: MatchChoice, ask: Ask): Promise<SyncResult>;
  /** Decides open conflicts of a link; the step that follows writes the decision to both sides. */
  resolveConflict(
    conflictId: string,
    choices: readonly { readonly field: string; readonly take: Side | 'base' | { readonly value: Json } }[],
    ask: Ask,
  ): Promise<SyncResult>;
  /** Dead letters and failed links: into the queue again. */
  retry(which: Retried, ask: Ask): Promise<Retry>;
  /** Puts back what an event changed, as an ordinary edit through the same plan. */
  revert(eventId: string, fields: readonly string[] | null, ask: Ask): Promise<SyncResult>;
  /** Has a flow rest: it keeps the place where it stops reading each feed. Or go on: it reads from there what it has missed. */
  pause(mapping: MappingName, paused: boolean, reason: string | null, actor: string): Promise<void>;
  /** The mappings as the company set them, always the latest. */
  readonly mappings: Readonly<Record<MappingName, Mapping>>;
  /** Sets how records of a flow come to be linked, and what a deletion on a side does to the other. Holds for what happens from now on. */
  setFlow(mapping: MappingName, to: FlowChange, actor: string): Promise<void>;
  /** Sets a field's direction, winner and rest; null takes the company's decision back. Throws BAD_USER_INPUT for what can't be. */
  setField(mapping: MappingName, field: string, to: FieldSetting | null, actor: string): Promise<void>;
  /** The code list of this name, or all of them. */
  codes(list: string | null): Promise<readonly CodePair[]>;
  /** Maps a code, for always or for a time; what waited for it goes on. */
  setCode(given: GivenCode, actor: string): Promise<CodeSet>;
  /** Takes a pair of codes away: records keep what they show, and the next one to sync raises the code's issue, unless another pair stands again. */
  removeCode(given: CodeKey, actor: string): Promise<CodeSet>;
  /** What one of these would change; nothing is written. Refuses what they refuse. */
  previewSetting(act: SettingAct): Promise<SettingChange>;
  /** Settings were changed in the database: steps see them from now on. Other processes follow within two seconds. */
  settingsChanged(): Promise<void>;
  /** Walks both systems; answers the run's id at once. `full`: a reconciliation compares all values, not only what has moved. */
  startRun(
    kind: 'backfill' | 'reconciliation',
    flows: readonly MappingName[],
    mode: 'apply' | 'preview',
    actor: string,
    full?: boolean,
  ): Promise<string>;
  /** A new run over what failed in an earlier one and is not cured. */
  rerunFailed(id: string, actor: string): Promise<string>;
  /** Ends a run; its lanes leave the queue unless someone else rang them too. */
  cancelRun(id: string): Promise<void>;
  /** Two records of one system became one: links and references of the first follow to the second. Undone by `revert`. */
  followMerge(from: RecordRef, into: RecordRef, ask: Ask): Promise<readonly SyncResult[]>;
  /** Erases a person's data in both systems and in all that the sync keeps. */
  erase(ref: RecordRef, ask: Ask): Promise<Erased>;
  /** Which recorded resolutions of a field another winner would have decided otherwise. */
  policyReplay(of: {
    readonly mapping: MappingName;
    readonly field: string;
    readonly winner: Side | 'inbox' | 'latest';
    readonly since: string;
  }): Promise<PolicyReplay>;
  /** Every value of these pairs sent to the other side and home, in thought: how it came back, by link. */
  roundTrips(linkIds: readonly string[]): Promise<RoundTrips>;
  /**
   * Both sides of links of one flow as they are now, in canonical form with the base, per field, with one read per system;
   * a link that does not exist is absent.
   */
  drift(linkIds: readonly string[]): Promise<ReadonlyMap<string, Drift>>;

  /** Events after the cursor (null: from the oldest kept; 'now': new ones), then live, in batches, without a hole. Throws CURSOR_EXPIRED. */
  events(after: string | null, signal: AbortSignal): AsyncIterable<readonly SyncEvent[]>;
  /** Where the sync stands: for reads that shall include what was done until now. */
  syncToken(): Promise<string>;
  /** Resolves once the log and both sides have settled what this token stands for, or after `ms`; says which side lags. */
  settled(syncToken: string, ms: number): Promise<{ readonly lagging: readonly Side[] }>;
  /** A token that stands for what this record shows now, whoever wrote it. */
  tokenOf(ref: RecordRef): Promise<string>;
  /** Resolves when no lane is ready and both feeds are read: for imports, tests and scripts. */
  quiet(signal?: AbortSignal): Promise<void>;
}

/** What an erasure found, or did: counts and a proof, never the data. */
export interface Erased {
  readonly records: number;
  readonly links: number;
  readonly events: number;
  readonly deadLetters: number;
  /** The same and more, by place. */
  readonly counts: Readonly<Record<string, number>>;
  /** SHA-256 over ids, counts, time and actor, which the event of the erasure tells; null in a preview. */
  readonly proof: string | null;
  /** ISO instant; null in a preview. */
  readonly at: string | null;
  readonly by: string;
}

/** The round trips of pairs, by link; there are none while a system is away. */
export interface RoundTrips {
  readonly trips: ReadonlyMap<string, readonly Trip[]>;
  readonly away: Drift['away'];
}

/** A pair compared live; where a system is away, as far as it is known. */
export interface Drift {
  readonly fields: readonly FieldDrift[];
  /** Per system that could not be asked, its error. */
  readonly away: Readonly<Partial<Record<Side, SyncError>>>;
}
