import { other, sides } from '../../core/sides.ts';
import type { LinkRow } from '../../store/links.ts';
import type { Folding } from '../fold.ts';
import { isPutAway } from '../mass-change.ts';
import { refOfLink } from '../work.ts';
import { planCreate } from './create.ts';
import { holdRemoved, planGone } from './gone.ts';
import { planPair } from './pair.ts';
import type { Planning } from './planning.ts';

/** Sorts a link: a record it names is gone or held with many, both are there, or one is and the other may be made. Null where nothing is to be folded. */
export function lookAt(planning: Planning, link: LinkRow): Folding | null {
  const { mappings, records } = planning.context;
  const mapping = mappings[link.mapping];
  const refs = { crm: refOfLink(mapping, link, 'crm'), erp: refOfLink(mapping, link, 'erp') };
  const now = { crm: refs.crm && records.get(refs.crm), erp: refs.erp && records.get(refs.erp) };
  for (const side of sides)
    if (refs[side] && !now[side]) {
      planGone(planning, mapping, link, side, now[other(side)]);
      return null;
    }
  const { massGone } = planning.work;
  if (massGone && isPutAway(planning.context, link, massGone)) {
    holdRemoved(planning, link, massGone);
    return null;
  }
  if (now.crm && now.erp) return planPair(planning, mapping, link, { crm: now.crm, erp: now.erp });
  const side = now.crm ? 'crm' : 'erp';
  const record = now[side];
  return record && planCreate(planning, mapping, link, side, record);
}
