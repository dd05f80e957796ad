import type { LinkPlan, MappingName, PlannedWrite, SyncResult } from '../../sync/index.ts';
import type { BlockerSource } from './blockers.ts';
import type { SyncContext } from './context.ts';
import { seen } from './masking.ts';
import { refersToRecord } from './references.ts';
import { changesOf, heldOf, issuesOf, plannedConflicts, titleIn } from './resolvers-link.ts';
import type { Resolvers } from './resolvers-unified.ts';
import { type EventRow, shown } from './rows.ts';
import { capitals, entityTypeOf } from './words.ts';

/** A plan with the link it is about, whose flow says who may see which values. */
interface PlanOf {
  readonly plan: LinkPlan;
  readonly mapping: string;
  readonly linkId: string | null;
}

/** How long the events of a result may take to get their place in the log, in milliseconds. */
const patienceMs = 2000;
const againMs = 10;

/** The resolvers of what mutations answer with. */
export const resultResolvers: Resolvers = {
  SyncResult: {
    outcome: ({ outcome }: SyncResult) => capitals(outcome),
    plan: async ({ plan, linkId }: SyncResult, _: unknown, { load }: SyncContext): Promise<PlanOf> => {
      const link = linkId === null ? null : await load.link.load(linkId);
      return { plan, mapping: link?.mapping ?? '', linkId: link?.id ?? null };
    },
    link: ({ linkId }: SyncResult, _: unknown, { load }: SyncContext) =>
      linkId === null ? null : load.link.load(linkId),
    events: eventsOf,
    waitsFor: ({ waitsFor }: SyncResult): readonly BlockerSource[] => waitsFor,
    issues: ({ linkId }: SyncResult, _: unknown, context: SyncContext) =>
      linkId === null ? [] : issuesOf(context, linkId),
    children: ({ children = [] }: SyncResult): readonly SyncResult[] => children,
    childCount: ({ childCount = 0 }: SyncResult): number => childCount,
  },
  Plan: {
    kind: ({ plan }: PlanOf) => capitals(plan.kind),
    writes: ({ plan, mapping }: PlanOf) => plan.writes.map((write) => ({ ...write, mapping })),
    changes: ({ plan, mapping }: PlanOf, _: unknown, context: SyncContext) =>
      changesOf(context, mapping, plan.changes as EventRow['fields']),
    conflicts: ({ plan, mapping, linkId }: PlanOf) => plannedConflicts(mapping, linkId, plan.conflicts),
    held: ({ plan, mapping }: PlanOf, _: unknown, context: SyncContext) =>
      heldOf(context, mapping, plan.held),
    locked: ({ plan }: PlanOf) => plan.locked,
    calls: ({ plan }: PlanOf) => plan.writes.length,
  },
  PlannedWrite: {
    side: ({ side }: PlannedWrite) => capitals(side),
    entity: (
      { entity, side, mapping }: PlannedWrite & { mapping: string },
      _: unknown,
      { unified }: SyncContext,
    ) => entityTypeOf(entity || unified.mappings[mapping as MappingName][side]),
    action: ({ action }: PlannedWrite) => capitals(action),
    fields: ({ fields, mapping }: PlannedWrite & { mapping: string }, _: unknown, context: SyncContext) =>
      fields.map((field) => ({
        ...field,
        before: seen(context, mapping, field.field, shown(field.before)),
        after: seen(context, mapping, field.field, shown(field.after)),
        refers: refersToRecord(context.unified, mapping, field.field),
      })),
  },
  PlannedField: { beforeTitle: titleIn('before'), afterTitle: titleIn('after') },
};

/** The events of a result. Their cursors are given just after the commit: they are waited for. */
async function eventsOf(
  { eventIds }: SyncResult,
  _: unknown,
  context: SyncContext,
): Promise<readonly EventRow[]> {
  if (eventIds.length === 0) return [];
  const read = async () => {
    const rows = await context.load.event.loadMany([...eventIds]);
    return rows.filter((row): row is EventRow => row !== null && !(row instanceof Error));
  };
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const rows = await read();
    if (rows.every(({ cursor }) => cursor !== null) || performance.now() > deadline) return rows;
    await new Promise((resolve) => setTimeout(resolve, againMs));
  }
}
