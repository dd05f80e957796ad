import { author } from '../core/rules.ts';
import { same } from '../core/same.ts';
import { other, sides } from '../core/sides.ts';
import { stateMaps } from '../core/state-maps.ts';
import type { FieldChange, MergeInput, Side, Values } from '../core/types.ts';
import { conflictPath } from '../store/conflicts.ts';
import type { Folding } from './fold.ts';

/** Per document, the fields written by a fold, each with the link that wrote it last. */
export type Fresh = ReadonlyMap<string, ReadonlyMap<string, Folding>>;

/** Decisions by field, as a merge takes them. */
export type Choices = NonNullable<MergeInput['choices']>;

/**
 * Two documents edited at once reach each other through the one they share. Links are folded in the order in which
 * the edits were captured, so where this link's own document changed a field that another link has just written on
 * the shared one, its edit is the later one and stands, whatever the winner of the field.
 */
export function laterWins(link: Folding, all: readonly Folding[], fresh: Fresh): Choices {
  const choices: Record<string, { take: Side }> = {};
  if (!link.link.base) return choices;
  for (const side of sides) {
    const own = other(side);
    const edited = (base: Values | undefined, now: Values, field: string): boolean =>
      !same(base?.[field], now[field]) && !same(now[field], link.states[side].values[field]);
    for (const [path, writer] of fresh.get(link.docs[side]) ?? []) {
      const [kind, lineId, lineField] = path.split('\0');
      if (kind !== 'line') {
        const stands = link.mapping.fields[path]?.states
          ? standing(link, writer, all, { side, field: path })
          : edited(link.link.base[own], link.states[own].values, path) && own;
        if (stands) choices[path] = { take: stands };
        continue;
      }
      const pair = link.link.lines.find((l) => (side === 'crm' ? l.crmLineId : l.erpLineId) === lineId);
      const ownId = side === 'crm' ? pair?.erpLineId : pair?.crmLineId;
      const now = link.states[own].lines?.find((l) => l.lineId === ownId)?.values;
      if (pair && now && !same(pair.base?.[own][lineField!], now[lineField!]))
        choices[`lines.${pair.id}.${lineField}`] = { take: own };
    }
  }
  return choices;
}

/**
 * A status goes by rank, whatever was captured later. Of two ends of one rank, each final to its own link, the later one
 * stands, but against a system that alone may say by now how far it is.
 */
function standing(
  link: Folding,
  writer: Folding,
  all: readonly Folding[],
  { side, field }: { readonly side: Side; readonly field: string },
): Side | false {
  const own = other(side);
  const { base, states } = link.began;
  const [now, shared] = [link.states[own].values[field], link.states[side].values[field]];
  if (writer === link || same(base?.[own][field], now) || !same(now, states[own].values[field])) return false;
  const rule = link.mapping.fields[field]!;
  const map = stateMaps[rule.states!];
  if (map.states[String(now)]?.rank !== map.states[String(shared)]?.rank) return false;
  if (author(writer.mapping.fields[field]!, writer.stage)) return side;
  return author(rule, link.stage) || all.indexOf(link) > all.indexOf(writer) ? own : side;
}

/** That the later of two edits stands is no person's decision, and the log does not tell it as one. */
export const asLater = (
  changes: readonly FieldChange[],
  later: Choices,
  decisions: Choices = {},
): readonly FieldChange[] =>
  changes.map((change) => {
    const path = conflictPath(change.line, change.field);
    return later[path] && !decisions[path] && change.why === 'decided'
      ? { ...change, why: 'latest' }
      : change;
  });
