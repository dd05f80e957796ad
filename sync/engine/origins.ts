import { other } from '../core/sides.ts';
import type { RecordRef, Side, SystemRecord } from '../core/types.ts';
import { intentsFor, type Underway } from '../store/intents.ts';
import { type LinkBrief, type LinkRow, linksById } from '../store/links.ts';
import type { Adopted } from './adopted.ts';
import { freshLink } from './fresh-link.ts';
import type { Unlinked } from './named.ts';
import { refKey, refOf } from './records.ts';
import type { StepContext } from './step-context.ts';

/** Creates under way that may have made one of these records, or make something of them. */
export function underway(context: StepContext, refs: readonly RecordRef[]): Promise<readonly Underway[]> {
  const kinds = new Map(refs.map(({ side, entity }) => [`${side}:${entity}`, { side, entity }]));
  return intentsFor(context.sql, [...kinds.values()], refs.map(refKey));
}

/** Looks up the create that made a record, among those under way. */
export function originsOf(
  underway: readonly Underway[],
): (of: { readonly side: Side; readonly entity: string }, record: SystemRecord) => Underway | undefined {
  const byReference = new Map<string, Underway>();
  const properties = new Map<string, Set<string>>();
  for (const each of underway)
    for (const [property, value] of Object.entries(each.reference ?? {})) {
      const kind = `${each.side}:${each.entity}`;
      properties.set(kind, (properties.get(kind) ?? new Set()).add(property));
      byReference.set(`${kind}:${property}:${value}`, each);
    }
  return ({ side, entity }, record) => {
    const kind = `${side}:${entity}`;
    for (const property of properties.get(kind) ?? []) {
      const found = byReference.get(`${kind}:${property}:${String(record.fields[property])}`);
      if (found) return found;
    }
    return undefined;
  };
}

/** Records that a step made which died before it could say so: each joins what it was made from, whatever became of that. */
export async function rejoin<T extends Unlinked & { readonly lane: Adopted['lane'] }>(
  context: StepContext,
  made: readonly { readonly each: T; readonly origin: Underway }[],
): Promise<{ readonly done: readonly Adopted[]; readonly rest: readonly T[] }> {
  if (made.length === 0) return { done: [], rest: [] };
  const sources = made.map(({ origin }) => {
    const { side, id } = refOf(origin.source);
    return { mapping: origin.mapping, side, id };
  });
  const links = (await context.linksOf(sources)).filter((link) => link.state !== 'ended');
  const stored = await linksById(
    context.sql,
    links.map((link) => link.id),
  );
  const done: Adopted[] = [];
  const rest: T[] = [];
  for (const [n, { each, origin }] of made.entries()) {
    const { mapping, side, id } = sources[n]!;
    const link = links.find((l) => l.mapping === mapping && idOn(l, side) === id);
    const row = stored.find((l) => l.id === link?.id);
    // One that is linked afresh is forgotten when that link is recorded.
    if (row) context.settled.add(origin.key);
    if (row && idOn(row, other(side)) === null) {
      const joined: LinkRow =
        other(side) === 'crm' ? { ...row, crmId: each.ref.id } : { ...row, erpId: each.ref.id };
      done.push({ kind: 'joined', lane: each.lane, links: [joined] });
    } else if (row && idOn(row, other(side)) === each.ref.id)
      done.push({ kind: 'handed', lane: each.lane, to: row.lane, mapping });
    else if (row) rest.push(each);
    else {
      const ids = side === 'crm' ? { crmId: id, erpId: each.ref.id } : { crmId: each.ref.id, erpId: id };
      const lane = origin.linkLane.startsWith('deal:') ? origin.linkLane : null;
      done.push({ kind: 'linked', lane: each.lane, link: freshLink(context.newId(), mapping, lane, ids) });
    }
  }
  return { done, rest };
}

const idOn = (link: LinkBrief | LinkRow, side: Side): string | null =>
  side === 'crm' ? link.crmId : link.erpId;
