import type { FieldRule, Mapping } from '../../core/mapping.ts';
import { hasOutlived } from '../../core/outlived.ts';
import { author, travels } from '../../core/rules.ts';
import { same } from '../../core/same.ts';
import { other, sides } from '../../core/sides.ts';
import type { Base, Held, Side, SideState, Values } from '../../core/types.ts';
import type { LinkRow } from '../../store/links.ts';
import type { Planning } from './planning.ts';

/**
 * Both sides without what they wait for in vain: a side names a record still whose link has ended, and somebody has named
 * another one on the other side, which is written over it. Nobody waits for that.
 */
export function withoutOutlived(
  planning: Planning,
  mapping: Mapping,
  link: LinkRow,
  states: Readonly<Record<Side, SideState>>,
): Readonly<Record<Side, SideState>> {
  const { base, lines } = link;
  if (!base || sides.every((side) => isFree(states[side]))) return states;
  const free = (side: Side): SideState => {
    const [own, there] = [states[side], states[other(side)]];
    return {
      ...own,
      held: own.held.filter(({ field }) => !isOver(mapping.fields[field], field, [own, there], base)),
      ...(own.lines && {
        lines: own.lines.map((line) => {
          const known = lines.find((each) => !each.ended && idOn(side, each) === line.lineId);
          const its = known && there.lines?.find(({ lineId }) => lineId === idOn(other(side), known));
          if (!its) return line;
          const over = ({ field }: Held) => isOver(mapping.lines?.[field], field, [line, its], known.base);
          return { ...line, held: line.held.filter((held) => !over(held)) };
        }),
      }),
    };

    function isOver(
      rule: FieldRule | undefined,
      field: string,
      [mine, its]: readonly { readonly values: Values }[],
      base: Base | null,
    ): boolean {
      if (!rule || !base || !mayTravel(planning, mapping, rule, other(side))) return false;
      const of = (values: Readonly<Record<Side, Values>>) => ({
        crm: values.crm[field],
        erp: values.erp[field],
      });
      const shown = { [side]: mine!.values, [other(side)]: its!.values } as Record<Side, Values>;
      const [now, was] = [of(shown), of(base)];
      const outlives = (on: Side) => hasOutlived(rule, on, { now, base: was }, planning.context.lookup);
      return !same(now[other(side)], was[other(side)]) && outlives(side) && !outlives(other(side));
    }
  };
  return { crm: free('crm'), erp: free('erp') };
}

const isFree = ({ held, lines = [] }: SideState): boolean =>
  held.length === 0 && lines.every((line) => line.held.length === 0);

const idOn = (side: Side, line: LinkRow['lines'][number]): string | null =>
  side === 'crm' ? line.crmLineId : line.erpLineId;

/** Whether an edit of that side is written on the other one at this stage. */
function mayTravel(planning: Planning, mapping: Mapping, rule: FieldRule, from: Side): boolean {
  const { content, stage } = planning.dutyOf(mapping);
  const by = author(rule, stage);
  return travels(rule, stage, content) && (!by || by.side === from);
}
