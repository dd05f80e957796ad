import { type Drift, type Mapping, sides } from '../../sync/index.ts';
import type { SyncContext } from './context.ts';

/** A system that could not be asked, and why. */
export interface SystemAway {
  readonly side: string;
  readonly code: 'SYSTEM_UNAVAILABLE';
  readonly message: string;
}

/** The systems that could not be asked, as the graph tells of them. */
export const awayOf = (away: Drift['away']): readonly SystemAway[] =>
  sides.flatMap((side) => (away[side] ? [systemAway(side, away[side].message)] : []));

/** The systems that do not answer now, or hold up the records of this mapping. */
export async function awayNow(
  { sync, health }: Pick<SyncContext, 'sync' | 'health'>,
  mapping: Mapping,
): Promise<readonly SystemAway[]> {
  const breakers = sync.breakers();
  const found = await Promise.all(
    sides.map(async (side) => {
      const { error } = await health.of(side);
      const held = breakers[side].heldUp.find(({ entity }) => entity === mapping[side]);
      const why = error ?? (held && `it holds up its ${held.entity} since ${held.since}: ${held.reason}`);
      return why ? [systemAway(side, why)] : [];
    }),
  );
  return found.flat();
}

const systemAway = (side: 'crm' | 'erp', message: string): SystemAway => ({
  side: side.toUpperCase(),
  code: 'SYSTEM_UNAVAILABLE',
  message,
});
