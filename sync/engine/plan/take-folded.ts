import { other, sides } from '../../core/sides.ts';
import type { Side } from '../../core/types.ts';
import type { Part, RecordWrite } from '../draft.ts';
import { unagreed } from '../edits.ts';
import { type Folding, partOf } from '../fold.ts';
import { createKey } from '../fresh-link.ts';
import { isCrmOrder, withQuoteLines } from '../order-of-quote.ts';
import { refKey } from '../records.ts';
import { isOpenOrder } from '../stage.ts';
import { foundAlike } from '../told-late.ts';
import { refOfLink } from '../work.ts';
import { foundAside } from './found-aside.ts';
import { lateEdits } from './late-edits.ts';
import type { Planning } from './planning.ts';
import { orderPutAway } from './put-away.ts';
import { totalsOf } from './total-gap.ts';

/** Takes in what a fold made of a link: the writes it asks for, and how the link stands once they are stored. */
export function takeFolded(planning: Planning, each: Folding): void {
  const { work, context } = planning;
  // Who asks for a sync now does not wait.
  const wait = work.lane.cause.kind === 'mutation' ? 0 : throttledFor(each);
  if (wait > 0) {
    planning.postpone(wait);
    return;
  }
  for (const side of sides) {
    const part = partOf(each, side);
    if (each.creates === side) planning.want(creation(planning, each, side, part));
    else if (part) planning.want(update(planning, each, side, part));
  }
  each.link = foundAside(planning, each);
  const totals = totalsOf(planning, each);
  const held = [...each.held, ...totals.held, ...lateEdits(planning, each), ...orderPutAway(planning, each)];
  planning.draft(
    {
      ...each.link,
      base: totals.base,
      state: each.conflicts.length > 0 ? 'conflict' : 'synced',
      agreed: each.link.base?.crm ?? {},
      held,
      edits: each.creates ? {} : unagreed(each, context),
      synced: true,
      ...(isOver(planning, each) && { closed: true }),
    },
    {
      changes: [...(each.besides ?? []), ...each.changes, ...foundAlike(each, work, context)],
      conflicts: each.conflicts,
      held,
      ...(each.creates && !planning.dutyOf(each.mapping).content && { aside: true }),
    },
  );
}

/** Milliseconds for which a link's news rests: only computed values have moved, and they were copied a moment ago. */
function throttledFor({ link, mapping, parts, conflicts, creates, besides }: Folding): number {
  // What else is to be told is told now, with how the link stands from then on: nothing of it would be left later.
  if (creates || besides?.length || conflicts.length > 0 || link.syncedAgoMs === null) return 0;
  const fields = sides.flatMap((side) => Object.keys(parts[side].values));
  if (fields.length === 0 || sides.some((side) => parts[side].lines.size > 0)) return 0;
  const shortest = Math.min(...fields.map((field) => mapping.fields[field]?.throttleMs ?? 0));
  return shortest - link.syncedAgoMs;
}

function creation({ work, members }: Planning, each: Folding, side: Side, part: Part | null): RecordWrite {
  const source = refOfLink(each.mapping, each.link, other(side))!;
  const made = part && isCrmOrder(each.mapping, side) ? withQuoteLines(part, each.link.lines, members) : part;
  return {
    side,
    entity: each.mapping[side],
    id: null,
    action: 'create',
    version: null,
    key: createKey(each.mapping, each.link, source),
    origin: {
      source: refKey(source),
      mapping: each.mapping.name,
      lane: work.lane.key,
      linkLane: each.link.lane,
    },
    parts: made ? [made] : [],
    gives: [each.link.id],
  };
}

function update({ context: { records } }: Planning, each: Folding, side: Side, part: Part): RecordWrite {
  const ref = refOfLink(each.mapping, each.link, side)!;
  return {
    ...ref,
    action: 'update',
    version: records.get(ref)!.version,
    key: null,
    parts: [part],
    gives: [],
  };
}

/** Whether a link's order takes no salesperson any more: the pair of the two has had its time. */
function isOver({ context: { records } }: Planning, { mapping, link }: Folding): boolean {
  if (mapping.name !== 'userOrder') return false;
  const order = records.get(refOfLink(mapping, link, 'erp')!);
  return order !== null && !isOpenOrder(order);
}
