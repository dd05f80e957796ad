import type { Flush } from '../../drizzle/postgres/flush.ts';
import type { Connector } from '../core/connector.ts';
import type { Homes } from '../core/home.ts';
import type { Lookup, Mapping } from '../core/mapping.ts';
import type { MappingName, Side } from '../core/types.ts';
import type { Decision } from '../store/decisions.ts';
import type { Tombstone } from '../store/endings.ts';
import type { SyncEvent } from '../store/events.ts';
import { isQueued, type Lane } from '../store/lanes.ts';
import {
  type LinkBrief,
  type LinkRow,
  linksOfLanes,
  linksOfRecords,
  type MappedRef,
} from '../store/links.ts';
import type { Sql, Tx } from '../store/sql.ts';
import type { Clocks } from './clocks.ts';
import type { Noted } from './draft.ts';
import type { Likely } from './likely.ts';
import { createLinkTable, type LinkTable, type ReferenceTable } from './lookup.ts';
import { createRecords } from './records.ts';
import type { TouchedLately } from './touched-lately.ts';
import type { Traffic } from './traffic.ts';
import type { FlowRule, PlanContext } from './work.ts';
import type { WrittenVersions } from './written.ts';

/** What the engine is made of. */
export interface EngineParts {
  readonly sql: Sql;
  readonly connectors: Readonly<Record<Side, Connector>>;
  /** The same systems for what runs ask: within their rate budgets live work comes first. */
  readonly patient: Readonly<Record<Side, Connector>>;
  readonly mappings: Readonly<Record<MappingName, Mapping>>;
  readonly homes: Homes;
  readonly references: Readonly<Record<Side, ReferenceTable>>;
  readonly company: Lookup['company'];
  readonly newId: () => string;
  /** The share of a flow's pairs that one author may change alike, at once; 1: all. */
  readonly massEditShare: number;
  /** How much such edits have come to. */
  readonly touchedLately: TouchedLately;
  /** Versions this process has just written: their news is known before it comes back. */
  readonly written: WrittenVersions;
  /** Steps of this process: what one rings after its commit is not in the queue before it has ended. */
  readonly steps: Steps;
  /** What the records of the next step will probably refer to. */
  readonly likely: Likely;
  /** Told of events that are in the log, in their places. */
  readonly onTold: (events: readonly SyncEvent[]) => void;
  /** Resolves once what was recorded before the call is on the disk. */
  readonly flush: Flush;
  /** Live steps under way: what runs do gives way to them. */
  readonly traffic: Traffic;
  /** Settings that people change at run time, as last read. */
  readonly settings: RuntimeSettings;
  /** How far both systems' clocks are ahead of ours. */
  readonly clocks: Pick<Clocks, 'offsets'>;
  /** Whether all that may look like a new record is known. */
  readonly matchWalk: MatchWalk;
}

/**
 * Whether the match keys of all that was in both systems before are known. Until then no record without a link gets
 * one: it could be taken for new although its twin is there.
 */
export interface MatchWalk {
  knows(mapping: MappingName): boolean;
}

/** What the steps of this process have come to: how many, and the milliseconds they spent in each stage, waiting included. */
export interface Steps {
  started: number;
  ended: number;
  readonly ms: Record<'gather' | 'plan' | 'apply' | 'record', number>;
}

/** What people change while the sync runs: read at start and whenever it changes. */
export interface RuntimeSettings {
  code(list: string, side: Side, code: string): string | undefined;
  /** Whether several codes of the ERP are read as this one of the CRM. */
  isShared(list: string, code: string): boolean;
  ruleOf(mapping: MappingName): FlowRule;
  isPaused(mapping: MappingName): boolean;
  /** Whether it has changes to read that were captured while it rested: it rests still, or catches up. */
  isBehind(mapping: MappingName): boolean;
  /** Decisions that hold from now on, by field: `resolveConflicts(always)` made them. */
  standing(mapping: MappingName): Readonly<Record<string, Side | 'base'>>;
}

/** One step's own surroundings: what it has read so far, and the links it knows. */
export interface StepContext
  extends Omit<PlanContext, 'wanted' | 'tombstones'>,
    Omit<EngineParts, keyof PlanContext> {
  /** Links as they were stored when the step began. */
  readonly stored: Map<string, LinkRow>;
  readonly table: LinkTable;
  /** Keys of creates of which nothing more will come: refused, or found and linked otherwise. */
  readonly settled: Set<string>;
  /** Decisions that no event told of when the step began, by pair. */
  readonly untold: Map<string, readonly Decision[]>;
  /** Decisions noted by this step that are not settled yet, by pair. */
  readonly noted: Map<string, readonly Noted[]>;
  readonly wanted: Set<string>;
  readonly tombstones: Map<string, Tombstone>;
  /** Lanes that hold claims on what their records could be found by. */
  readonly claimed: Set<string>;
  /** Lets live work go first, where this step is a run's. */
  giveWay(): Promise<void>;
  /** Write nothing, claim nothing. */
  readonly preview?: boolean;
  linksOfDeal(lane: string): Promise<readonly LinkRow[]>;
  /** Links of these records, newest first, ended ones too. `on`: a connection with which other reads travel. */
  linksOf(refs: readonly MappedRef[], on?: Tx): Promise<readonly LinkBrief[]>;
  /** Whether a lane waits or is being worked on. */
  isQueued(lane: string): Promise<boolean>;
  /**
   * Takes a lane until the step has ended, where nobody has rung it or works on it: links of another deal are changed
   * only so. A preview takes none. `by`: the lane in whose name.
   */
  takeDeal(deal: Pick<Lane, 'key' | 'mapping'>, by: Lane): Promise<boolean>;
}

/** Fresh surroundings for a step over what a run has rung: live work goes first. */
export const runContext = (parts: EngineParts): StepContext => ({
  ...stepContext({ ...parts, connectors: parts.patient }),
  giveWay: parts.traffic.giveWay,
});

/** Fresh surroundings for one step. */
export function stepContext(parts: EngineParts): StepContext {
  const { settings } = parts;
  const table = createLinkTable(parts.homes, parts.company, settings);
  return {
    ...parts,
    // As they stand now: a step that has begun is not overtaken by a new setting.
    mappings: { ...parts.mappings },
    wanted: new Set(),
    tombstones: new Map(),
    claimed: new Set(),
    giveWay: async () => {},
    now: Date.now(),
    table,
    stored: new Map(),
    settled: new Set(),
    untold: new Map(),
    noted: new Map(),
    lookup: table.lookup,
    records: createRecords(),
    ruleOf: settings.ruleOf,
    standing: settings.standing,
    clockOffset: { ...parts.clocks.offsets },
    isQueued: (lane) => isQueued(parts.sql, lane),
    takeDeal: async () => true,
    linksOfDeal: (lane) => linksOfLanes(parts.sql, [lane]),
    linksOf: (refs, on = parts.sql) => linksOfRecords(on, refs),
  };
}
