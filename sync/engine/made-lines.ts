import { createHash } from 'node:crypto';
import type { LineOrigins } from '../core/types.ts';

/**
 * The ids that lines of the CRM get which are made from lines of the ERP. A line of the ERP bears the id of the CRM's; of
 * a line of the CRM nobody can read what it was made from until that is written, and a step may die or be refused in
 * between. So its id tells: it follows from the line that it is made from, and is found again by that whatever either
 * line shows by then. `docs` names both documents. And it tells that it was made so even when that line is gone: its end
 * follows from its beginning.
 */
export const madeLines = (
  docs: { readonly crm: string; readonly erp: string },
  isNew: boolean,
): LineOrigins => {
  // One that is made whole is not known by its id yet; its key keeps it from being made from the same document twice.
  const [whole, added] = [docs.erp, `${docs.crm} ${docs.erp}`];
  return {
    idFor: (erpLineId) => idOf(isNew ? whole : added, erpLineId),
    idsOf: (erpLineId) => (isNew ? [] : [idOf(whole, erpLineId), idOf(added, erpLineId)]),
    isMade: (crmLineId) => {
      const head = crmLineId.slice(0, headLength);
      return !isNew && [whole, added].some((seed) => withEnd(seed, head) === crmLineId);
    },
  };
};

/** Of 24 characters, as many as other ids of lines have. */
const headLength = 16;

const idOf = (seed: string, lineId: string): string =>
  withEnd(seed, digestOf(`${seed} ${lineId}`).slice(0, headLength));

const withEnd = (seed: string, head: string): string => head + digestOf(`${seed} made ${head}`).slice(0, 8);

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
