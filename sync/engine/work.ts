import type { Lookup, Mapping } from '../core/mapping.ts';
import type { Held, MappingName, RecordRef, Side } from '../core/types.ts';
import type { Choice } from '../store/conflicts.ts';
import type { Decision } from '../store/decisions.ts';
import type { Tombstone } from '../store/endings.ts';
import type { Lane, Pair } from '../store/lanes.ts';
import type { Blocker, LinkRow } from '../store/links.ts';
import type { Records } from './records.ts';

/** One lane's work within a step: its links as they stand, and what was decided about them. */
export interface Work {
  readonly lane: Lane;
  /** Links of the lane, and the assignment of its ERP order to a user where there is one. */
  readonly links: readonly LinkRow[];
  /** Links that have ended in this step, where it goes round once more. */
  readonly ended?: readonly LinkRow[];
  readonly choices: Readonly<Record<string, Readonly<Record<string, Choice>>>>;
  readonly prefer?: Side;
  /** Per link, edits that a step before this one had overwritten or was about to when it died. */
  readonly untold?: Readonly<Record<string, readonly Decision[]>>;
  /** The system from which so many records are gone at once that its word is not taken yet. */
  readonly massGone?: Side;
  /** Its edits are part of so many at once that they are not carried out yet: what it waits for then. */
  readonly massEdit?: Blocker;
  /** Per link, what its system refused in this step: the other fields travel without it. */
  readonly refused?: Readonly<Record<string, readonly Held[]>>;
  /** Per link, what holds its counterpart back that its record does not show. */
  readonly blocked?: Readonly<Record<string, readonly Blocker[]>>;
}

/** What planning asks besides the records: all of it pure. */
export interface PlanContext {
  readonly mappings: Readonly<Record<MappingName, Mapping>>;
  readonly records: Records;
  readonly lookup: Lookup;
  /** Link rule in force per flow. */
  readonly ruleOf: (mapping: MappingName) => FlowRule;
  /** Decisions that hold from now on, by field. */
  readonly standing: (mapping: MappingName) => Readonly<Record<string, Side | 'base'>>;
  /** Milliseconds by which a system's clock is ahead of ours. */
  readonly clockOffset: Readonly<Record<Side, number>>;
  /** Records of flows that create only what is connected, by `refKey`: others wait for these. */
  readonly wanted: ReadonlySet<string>;
  /** How links ended that documents of a deal had and lack now, by mapping, side and id: `order:erp:42`. */
  readonly tombstones: ReadonlyMap<string, Tombstone>;
  /** When the step began, in ms. */
  readonly now: number;
  readonly newId: () => string;
}

/** How records of a flow come to be linked, as the company set it. */
export type FlowRule = 'every' | 'match' | 'connected' | 'never' | 'accepted';

/** The record a link names on one side, or null where it names none. */
export function refOfLink(mapping: Mapping, link: Pair, side: Side): RecordRef | null {
  const id = side === 'crm' ? link.crmId : link.erpId;
  return id === null ? null : { side, entity: mapping[side], id };
}

/** The version of a side's record as of which a link knows it. */
export const versionOf = (
  { crmVersion, erpVersion }: Pick<LinkRow, 'crmVersion' | 'erpVersion'>,
  side: Side,
): string | null => (side === 'crm' ? crmVersion : erpVersion);

/** The records a link names. */
export function refsOfLink({ mappings }: Pick<PlanContext, 'mappings'>, link: Pair): readonly RecordRef[] {
  const mapping = mappings[link.mapping];
  return [refOfLink(mapping, link, 'crm'), refOfLink(mapping, link, 'erp')].filter((ref) => ref !== null);
}

/** The records that a lane's work names, link by link. */
export const refsOfWork = (
  context: Pick<PlanContext, 'mappings'>,
  work: Pick<Work, 'links'>,
): readonly RecordRef[] => work.links.flatMap((link) => refsOfLink(context, link));
