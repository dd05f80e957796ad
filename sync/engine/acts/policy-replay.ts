import type { Json, MappingName, Side } from '../../core/types.ts';
import type { InlineParts } from '../inline.ts';

/** A resolution of the past that another rule would have decided otherwise. */
export interface Otherwise {
  readonly eventId: string;
  readonly linkId: string | null;
  readonly at: string;
  readonly line: string | null;
  /** The side whose value stood, and the value. */
  readonly winner: Side;
  readonly stood: Json;
  /** What would have stood: the losing edit; null with `inbox`, where a person would have been asked. */
  readonly would: Json;
}

/** What another winner of a field would have done. */
export interface PolicyReplay {
  /** Recorded resolutions: both sides had changed the field, and the rule decided. */
  readonly checked: number;
  readonly differing: number;
  /** The newest ones, at most `most`. */
  readonly examples: readonly Otherwise[];
}

/** Examples shown. */
const most = 100;

/**
 * Asks the event log which resolutions of a field would have come out otherwise under another winner. Only recorded
 * resolutions count: edits by one side alone have no rule to ask. A decision by hand, or by a
 * standing one, stands whatever the winner. Under `latest` those count of which the log says which edit was the later one.
 */
export async function policyReplay(
  parts: Pick<InlineParts, 'sql'>,
  of: {
    readonly mapping: MappingName;
    readonly field: string;
    readonly winner: Side | 'inbox' | 'latest';
    readonly since: string;
  },
): Promise<PolicyReplay> {
  const resolutions = parts.sql`
    from sync.event e, jsonb_array_elements(e.fields) f
    where e.mapping = ${of.mapping} and e.at >= ${of.since}::timestamptz and f ->> 'field' = ${of.field}
      and f ? 'lost' and f ->> 'winner' is not null and f ->> 'why' not like 'reverted%' and f ->> 'why' not like 'assigned%' and f ->> 'why' <> 'decided'
      and f ->> 'why' not like 'rule: %' and (${of.winner} <> 'latest' or f ? 'later')`;
  const differs = parts.sql`(${of.winner} = 'inbox' or f ->> 'winner' <> case when ${of.winner} = 'latest' then f ->> 'later' else ${of.winner} end)`;
  const [sum] = await parts.sql<{ checked: number; differing: number }[]>`
    select count(*) as checked, count(*) filter (where ${differs}) as differing ${resolutions}`;
  const examples = await parts.sql<Otherwise[]>`
    select e.id as "eventId", e.link_id as "linkId", e.at, f ->> 'line' as line, f ->> 'winner' as winner, f -> 'after' as stood,
      case when ${of.winner} = 'inbox' then null else f -> 'lost' end as would
    ${resolutions} and ${differs} order by e.seq desc limit ${most}`;
  return { ...sum!, examples };
}
