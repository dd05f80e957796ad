import type { MappingName } from '../../core/types.ts';
import type { Configuring } from './configure.ts';
import type { SettingChange } from './setting-change.ts';

/** What pausing a flow, or having it go on, would do: what rests with it, or how much it has missed. */
export async function previewRest(
  { sql }: Pick<Configuring, 'sql'>,
  mapping: MappingName,
  paused: boolean,
): Promise<SettingChange> {
  const [now] = await sql<Standing[]>`
    select coalesce((select paused from sync.flow where mapping = ${mapping}), false) as paused,
      (select count(*) from sync.lane where mapping = ${mapping}) as queued,
      (select count(*) from sync.link
        where mapping = ${mapping} and state <> 'ended' and crm_id is not null and erp_id is not null) as pairs,
      coalesce((select sum(changes) from sync.backlog where mapping = ${mapping} and side = 'crm'), 0)::int as crm,
      coalesce((select sum(changes) from sync.backlog where mapping = ${mapping} and side = 'erp'), 0)::int as erp`;
  const { pairs, ...standing } = now!;
  const isSo = standing.paused === paused;
  return {
    before: { paused: standing.paused },
    after: { paused },
    pairs: isSo ? 0 : pairs,
    issues: 0,
    conflicts: 0,
    examples: [],
    replay: null,
    effect: isSo ? 'Nothing: it is so already.' : effectOf(mapping, standing, paused),
  };
}

interface Standing {
  readonly paused: boolean;
  /** Lanes. */
  readonly queued: number;
  readonly pairs: number;
  /** Changes of either system that it has still to read. */
  readonly crm: number;
  readonly erp: number;
}

function effectOf(
  mapping: MappingName,
  { queued, crm, erp }: Omit<Standing, 'pairs'>,
  paused: boolean,
): string {
  const own = counted(queued, 'record');
  if (paused)
    return `It stops reading both feeds. ${own} in its queue ${queued === 1 ? 'waits' : 'wait'} as well. ${ofDeals.has(mapping) ? 'A deal for which it would have to write waits with it, as a whole. ' : ''}When it goes on it reads what it has missed.`;
  const missed = `${counted(crm, 'change')} of the CRM and ${erp} of the ERP`;
  return `It reads what it has missed, behind live work: ${missed}. ${own} in its queue ${queued === 1 ? 'goes' : 'go'} on at once.`;
}

/** Flows whose documents share their deal with those of others. */
const ofDeals: ReadonlySet<MappingName> = new Set(['quote', 'quoteOrder', 'order', 'userOrder']);

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
