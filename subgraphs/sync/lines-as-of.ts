import { type Json, other, type Side, staysRemoved, type Values } from '../../sync/index.ts';
import type { EventRow, LinkRow, Sql } from './rows.ts';

type Change = EventRow['fields'][number];

/** A pair of lines as it was agreed last; `ended`: it was removed. */
interface LineAgreed {
  readonly id: string;
  readonly crmLineId: string | null;
  readonly erpLineId: string | null;
  readonly agreed: Values;
  readonly overlay: Partial<Readonly<Record<Side, Values>>> | null;
  readonly based: boolean;
  readonly ended: boolean;
}

/** One side of a pair while its events are taken back. */
export interface SideAsOf {
  /** A field shows this. Of a line that is not there, nothing does. */
  put(change: Pick<Change, 'field' | 'line'>, value: Json): void;
  /** A line is not there. */
  drop(line: string): void;
  /** A line is there, with what it was removed with, by default what was agreed on it; one that never was agreed on stays away then. */
  restore(line: string, values?: Values): void;
  /** All that it shows: a line's fields as `lines.<id>.<field>`. */
  values(): Values;
}

/** The lines of a document's link in their order, removed ones too. */
export function linesAgreed(sql: Sql, link: string): Promise<readonly LineAgreed[]> {
  return sql<LineAgreed[]>`
    select id, crm_line_id as "crmLineId", erp_line_id as "erpLineId", agreed, overlay, based, ended
    from sync.line_link where link_id = ${link} order by position, id`;
}

/** One side as the pair was agreed on last. */
export function sideOf(link: LinkRow, lines: readonly LineAgreed[], side: Side): SideAsOf {
  const header: Record<string, Json> = { ...link.agreed, ...link.overlay?.[side] };
  const known = new Map(lines.map((line) => [line.id, line]));
  const agreedOn = ({ agreed, overlay }: LineAgreed) => ({ ...agreed, ...overlay?.[side] });
  const there = new Map<string, Record<string, Json>>();
  for (const line of lines)
    if (!line.ended && (side === 'crm' ? line.crmLineId : line.erpLineId) !== null)
      there.set(line.id, agreedOn(line));
  return {
    put({ field, line }, value) {
      const of = line === undefined ? header : there.get(line);
      if (of) of[field] = value;
    },
    drop: (line) => void there.delete(line),
    restore(line, values) {
      const own = known.get(line);
      if (values) there.set(line, { ...values });
      else if (own?.based) there.set(line, agreedOn(own));
    },
    values: () => ({
      ...header,
      ...Object.fromEntries(
        [...there]
          .sort(([, a], [, b]) => place(a) - place(b))
          .flatMap(([line, fields]) =>
            Object.entries(fields).map(([field, value]) => [`lines.${line}.${field}`, value] as const),
          ),
      ),
    }),
  };
}

const place = ({ lineNumber }: Values): number =>
  typeof lineNumber === 'number' ? lineNumber : Number.MAX_VALUE;

/** A line that came or went as a whole. */
export const isWholeLine = (change: Change): change is Change & { readonly line: string } =>
  change.field === 'line' && change.line !== undefined;

/**
 * Takes back that a line came or went on one side. The other side, whose doing it was, had the line, or lacked it, until
 * then as well, unless it was `typed` there before that instant, or the pair only `begins` with this event.
 */
export function takeLineBack(
  sides: Readonly<Record<Side, SideAsOf>>,
  { line, side, before, why }: Change & { readonly line: string },
  { typed, begins }: { readonly typed: boolean; readonly begins: boolean },
): void {
  const doer = other(side);
  if (before === null) {
    // What is put back was there as long as nobody had removed it here.
    if (why === 'created' || typed) sides[side].drop(line);
    if (why === 'created' && !typed && !begins) sides[doer].drop(line);
    return;
  }
  if (typed) sides[side].restore(line, before as Values);
  // One that had come back after its removal was on neither side in between.
  else if (why !== staysRemoved) for (const each of [side, doer]) sides[each].restore(line);
}
