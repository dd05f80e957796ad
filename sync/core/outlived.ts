import type { FieldRule } from './mapping.ts';
import { isPlaceholder, placeholderOf } from './placeholder.ts';
import { other } from './sides.ts';
import type { Json, LinkedRecords, Side } from './types.ts';

type Shown = Readonly<Record<Side, Json | undefined>>;

/**
 * Whether a side names still the record that was agreed on, whose link has ended since: it was erased, deleted, unlinked.
 * Nobody has edited that, so what the other side names by now is the only word there is. Where that is the same record
 * under another link, nobody has said anything.
 */
export function hasOutlived(
  { codec: { refers } }: FieldRule,
  side: Side,
  { now, base }: { readonly now: Shown; readonly base: Shown },
  links: LinkedRecords | undefined,
): boolean {
  if (!links || !refers || !isPlaceholder(side, now[side])) return false;
  const was = formerly(links, base, side);
  if (was === undefined || now[side] !== placeholderOf({ side, entity: refers[side], id: was })) return false;
  const to = other(side);
  const there = now[to];
  if (typeof there !== 'string' || isPlaceholder(to, there)) return true;
  return links.record(there, to) !== formerly(links, base, to);
}

/** The record of a side that was agreed on under a link which has ended since. */
function formerly(links: LinkedRecords, base: Shown, side: Side): string | undefined {
  const link = base[side];
  return typeof link === 'string' ? links.ended(link, side) : undefined;
}
