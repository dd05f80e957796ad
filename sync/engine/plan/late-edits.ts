import { isPlaceholder } from '../../core/placeholder.ts';
import { rulesOf } from '../../core/rules.ts';
import { same } from '../../core/same.ts';
import { sides } from '../../core/sides.ts';
import type { Held, Json, LineState, Side, Values } from '../../core/types.ts';
import type { Folding } from '../fold.ts';
import { carriedAt, isContent } from './carried.ts';
import type { Planning } from './planning.ts';

/**
 * Edits that came when their document's content had passed on to another flow: nothing carries them, and each is listed
 * until it is put back. A document that a later flow of the deal reads as well is that one's business.
 */
export function lateEdits(planning: Planning, each: Folding): readonly Held[] {
  const { mapping, link, began, content } = each;
  if (content || !link.base || each.creates) return [];
  return sides.flatMap((side) => {
    const carried = carriedAt(planning, mapping, side);
    const header = rulesOf(mapping.fields).flatMap(({ field, rule }) =>
      isContent(rule) && !carried.field(field)
        ? edited(each, side, field, began.states[side].values, link.base![side])
        : [],
    );
    return carried.lines ? header : [...header, ...lateLines(each, side)];
  });
}

function edited(
  each: Folding,
  side: Side,
  field: string,
  now: Values,
  base: Values,
  line?: string,
): readonly Held[] {
  const [is, was] = [now[field], base[field]];
  if (is === undefined || was === undefined || same(is, was)) return [];
  if (isPlaceholder(side, is) || isPlaceholder(side, was)) return [];
  return [
    late(each, side, field, is, `${nameOf(field, side, each)} is ${said(is)}, agreed was ${said(was)}`, line),
  ];
}

function lateLines(each: Folding, side: Side): readonly Held[] {
  const { mapping, link, began } = each;
  if (!mapping.lines) return [];
  const present = (began.states[side].lines ?? []).filter((line) => !line.behind);
  const left = new Map(present.map((line) => [line.lineId, line]));
  const out: Held[] = [];
  for (const pair of link.lines) {
    const id = side === 'crm' ? pair.crmLineId : pair.erpLineId;
    const line = left.get(id ?? '');
    left.delete(id ?? '');
    if (id === null || pair.ended || !pair.base) continue;
    if (!line) out.push(late(each, side, 'line', null, `a line was removed`, id));
    else out.push(...lateIn(each, side, line, pair.base[side]));
  }
  for (const line of left.values())
    out.push(late(each, side, 'line', line.values, 'a line was added', line.lineId));
  return out;
}

const lateIn = (each: Folding, side: Side, { lineId, values }: LineState, base: Values): readonly Held[] =>
  rulesOf(each.mapping.lines!).flatMap(({ field, rule }) =>
    isContent(rule) ? edited(each, side, field, values, base, lineId) : [],
  );

const late = (
  { mapping }: Folding,
  side: Side,
  field: string,
  value: Json,
  what: string,
  line?: string,
): Held => ({
  field,
  ...(line !== undefined && { line }),
  side,
  kind: 'late',
  value,
  message: `The ${side.toUpperCase()} ${mapping[side].toLowerCase()} was edited after its content had passed on to the order: ${what}. It stays there alone. Edit the order, and put this back.`,
});

const nameOf = (field: string, side: Side, { mapping }: Folding): string =>
  mapping.fields[field]?.[side] ?? mapping.lines?.[field]?.[side] ?? field;

const said = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));
