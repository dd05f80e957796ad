import type { Side, Stage } from './types.ts';

/** Both sides, the CRM first: it wins ties. */
export const sides: readonly Side[] = ['crm', 'erp'];

/** The other side. */
export const other = (side: Side): Side => (side === 'crm' ? 'erp' : 'crm');

/** The stages of a deal in the order in which it passes them. */
export const stages: readonly Stage[] = ['quote', 'accepted', 'ordered', 'released', 'shipped', 'closed'];

/** Whether a deal at `stage` has come as far as `from`. */
export const reached = (stage: Stage, from: Stage): boolean => stages.indexOf(stage) >= stages.indexOf(from);
