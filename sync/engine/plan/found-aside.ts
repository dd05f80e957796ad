import { type LinePair, pairLines } from '../../core/line-pairs.ts';
import { rulesOf } from '../../core/rules.ts';
import { other, sides } from '../../core/sides.ts';
import type { Base, Json, LineLink, Side, SideState, Values } from '../../core/types.ts';
import type { LinkRow } from '../../store/links.ts';
import type { Folding } from '../fold.ts';
import { madeLines } from '../made-lines.ts';
import { carriedAt, isContent } from './carried.ts';
import type { Planning } from './planning.ts';

/**
 * The link of two records that were there when it was made, while another flow carries the content: a create that an
 * earlier attempt had carried out, or a pair that was found. What the document shows that nobody takes up is agreed as
 * it stands: it is no edit, and one that comes later is told by it.
 */
export function foundAside(planning: Planning, each: Folding): LinkRow {
  const { mapping, link, began, content, creates } = each;
  if (content || began.base || !link.base || creates) return link;
  const carried = { crm: carriedAt(planning, mapping, 'crm'), erp: carriedAt(planning, mapping, 'erp') };
  const base: Record<Side, Record<string, Json>> = { crm: { ...link.base.crm }, erp: { ...link.base.erp } };
  for (const { field, rule } of rulesOf(mapping.fields)) {
    if (!isContent(rule)) continue;
    const speaks = speakers((side) => carried[side].field(field));
    for (const side of sides) {
      const value = began.states[speaks[side]].values[field];
      if (value !== undefined) base[side][field] ??= value;
    }
  }
  const speaks = speakers((side) => carried[side].lines);
  return { ...link, base, lines: mapping.lines ? linesAside(planning, each, speaks) : link.lines };
}

/** Whose values are agreed on each side: its own, but those of the document left alone where the other's is carried on. */
function speakers(isCarried: (side: Side) => boolean): Readonly<Record<Side, Side>> {
  const of = (side: Side): Side => (isCarried(side) && !isCarried(other(side)) ? other(side) : side);
  return { crm: of('crm'), erp: of('erp') };
}

function linesAside(
  { context }: Planning,
  { link, docs, began: { states } }: Folding,
  speaks: Readonly<Record<Side, Side>>,
): readonly LineLink[] {
  const present = ({ lines = [] }: SideState) => lines.filter((line) => !line.behind);
  const { pairs, ended } = pairLines(
    link.lines,
    { crm: present(states.crm), erp: present(states.erp) },
    context.newId,
    madeLines(docs, false),
  );
  const isAdded = ({ crm, erp }: LinePair): boolean =>
    !crm && link.linkedBy.kind === 'create' && !erp?.values.lineId;
  // Somebody has added it to what was made for this link: it stays without a pair, and is told.
  return [...ended, ...pairs.filter((pair) => !isAdded(pair)).map((pair) => agreedAs(pair, speaks))];
}

/** A line as it stands; one that the document left alone does not have is nobody's edit there, and has no base. */
function agreedAs(pair: LinePair, speaks: Readonly<Record<Side, Side>>): LineLink {
  const values = (side: Side): Values | undefined => pair[speaks[side]]?.values;
  const [crm, erp] = [values('crm'), values('erp')];
  const base: Base | null = crm && erp ? { crm, erp } : null;
  return { ...pair.link, base };
}
