import { decodeRecord } from '../../core/decode.ts';
import type { Mapping } from '../../core/mapping.ts';
import { sides } from '../../core/sides.ts';
import type { FieldChange, RecordRef, Side, SideState, Stage, SystemRecord } from '../../core/types.ts';
import type { LinkRow } from '../../store/links.ts';
import { carriedOut, type Standing } from '../decisions.ts';
import type { LinkDraft, RecordWrite, WorkPlan } from '../draft.ts';
import { editedAt, isUnedited } from '../edits.ts';
import { refKey } from '../records.ts';
import { type Deal, type Duty, dutyOf, stageOf } from '../stage.ts';
import { type PlanContext, refOfLink, type Work } from '../work.ts';

/** A plan in the making: what its parts ask, and where each puts what it found. */
export interface Planning {
  readonly work: Work;
  readonly context: PlanContext;
  /** The work's links that go on, with those that its deal should have and does not yet. */
  readonly members: readonly LinkRow[];
  /** How far the deal has come; `quote` for a pair that stands alone. */
  readonly stage: Stage;
  /** Whether links of this mapping carry the commercial content, and by the rules of which stage. */
  dutyOf(mapping: Mapping): Duty;
  /** A record in canonical values. */
  stateOf(mapping: Mapping, ref: RecordRef, record: SystemRecord): SideState;
  /** Says how a link stands from now on, in place of what was said of it before, and what to tell about it. */
  draft(
    link: LinkRow,
    found?: Partial<Pick<LinkDraft, 'changes' | 'conflicts' | 'held'>> & Pick<LinkDraft, 'survivor'>,
  ): void;
  /** Asks for a write; what several links ask of one record is one write. */
  want(write: RecordWrite): void;
  /** Asks to be looked at again after so many ms. */
  postpone(ms: number): void;
  /** What steps that died had written of a link or were about to, as far as it came to that: it counts as told. */
  tellLate(mapping: Mapping, link: LinkRow): readonly FieldChange[];
  /** The same of a link that nothing else is planned for: it is drafted as it stands, where there is something to tell. */
  tellOnly(mapping: Mapping, link: LinkRow): void;
  /** What came out. */
  plan(): WorkPlan;
}

/** Starts the plan of one lane's work. */
export function startPlanning(
  work: Work,
  context: PlanContext,
  members: readonly LinkRow[],
  deal: Deal | null,
): Planning {
  const stage = deal ? stageOf(deal) : 'quote';
  const states = new Map<string, SideState>();
  const drafts = new Map<string, LinkDraft>();
  const writes = new Map<string, RecordWrite>();
  const postponed: number[] = [];
  const told: WorkPlan['told'][number][] = [];

  function stateOf(mapping: Mapping, ref: RecordRef, record: SystemRecord): SideState {
    const key = `${mapping.name}:${refKey(ref)}`;
    const known = states.get(key);
    if (known) return known;
    const made: SideState = {
      ...decodeRecord(mapping, ref.side, record, context.lookup, editedAt(context, work, ref)),
      ...(isUnedited(context, work, ref) && { unedited: true }),
    };
    states.set(key, made);
    return made;
  }

  function standingOf(mapping: Mapping, link: LinkRow, side: Side): Standing {
    const ref = refOfLink(mapping, link, side);
    const record = ref && context.records.get(ref);
    return record ? { record, state: stateOf(mapping, ref, record) } : { record: null, state: null };
  }

  const planning: Planning = {
    work,
    context,
    members,
    stage,
    dutyOf: (mapping) =>
      dutyOf(mapping, stage, deal, members.find((link) => link.mapping === 'quote')?.base ?? null),
    stateOf,
    draft(link, { changes = [], conflicts = [], held = [], ...found } = {}) {
      drafts.set(link.id, { link, changes, conflicts, held, ...found });
    },
    want(write) {
      const key = write.id ? `${write.side}:${write.entity}:${write.id}:${write.action}` : write.key!;
      const before = writes.get(key);
      writes.set(key, before ? joined(before, write) : write);
    },
    postpone: (ms) => void postponed.push(ms),
    tellLate(mapping, link) {
      const open = work.untold?.[link.id] ?? [];
      if (open.length === 0) return [];
      told.push(...open.map(({ id }) => ({ id, link })));
      const [crm, erp] = sides.map((side) => standingOf(mapping, link, side)) as [Standing, Standing];
      return open.flatMap((decision) => carriedOut(decision, link, { crm, erp }));
    },
    tellOnly(mapping, link) {
      const changes = planning.tellLate(mapping, link);
      if (changes.length > 0) planning.draft(link, { changes });
    },
    plan: () => ({
      drafts: [...drafts.values()],
      writes: [...writes.values()],
      told,
      postponedMs: postponed.length > 0 ? Math.min(...postponed) : null,
    }),
  };
  return planning;
}

const joined = (before: RecordWrite, write: RecordWrite): RecordWrite => ({
  ...before,
  parts: [...before.parts, ...write.parts],
  gives: [...before.gives, ...write.gives],
});
