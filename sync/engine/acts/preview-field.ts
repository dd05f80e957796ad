import { configured, type FieldSetting } from '../../core/configured.ts';
import type { FieldRule, Mapping } from '../../core/mapping.ts';
import type { Json, Side } from '../../core/types.ts';
import type { Sql } from '../../store/sql.ts';
import { type Configuring, checkField, type FieldOf } from './configure.ts';
import { policyReplay } from './policy-replay.ts';
import { mostExamples, type SettingChange, type Touched } from './setting-change.ts';

/** How far back resolutions are asked what another winner had made of them, in days. */
const replayDays = 7;

/** What setting a field would change: the flow's pairs, its open findings of the field, and the decisions of the last days. */
export async function previewField(
  { sql, declared, settings }: Configuring,
  of: FieldOf,
  to: FieldSetting | null,
): Promise<SettingChange> {
  checkField(declared, of, to);
  const { mapping, field } = of;
  const before = ruleOf(settings.mappings[mapping], field);
  const after = ruleOf(configured(declared[mapping], { fields: { [field]: to ?? {} } }), field);
  const winner = after.wins === before.wins ? null : replayable(after.wins);
  const since = new Date(Date.now() - replayDays * 86_400_000).toISOString();
  const own = field.replace(/^lines\./, '');
  const [touched, replay] = await Promise.all([
    touchedBy(sql, of),
    winner ? policyReplay({ sql }, { mapping, field: own, winner, since }) : null,
  ]);
  return {
    before: shown(before),
    after: shown(after),
    ...touched,
    replay,
    effect:
      'It holds for what is edited from then on; nothing is written for it now. A full reconciliation brings older pairs along.',
  };
}

/** What a rank or the stricter value would have decided, the log cannot tell. */
const replayable = (wins: FieldRule['wins']): Side | 'inbox' | 'latest' | null =>
  wins === 'rank' || wins === 'strictest' ? null : wins;

function ruleOf({ fields, lines }: Mapping, field: string): FieldRule {
  return field.startsWith('lines.') ? lines![field.slice('lines.'.length)]! : fields[field]!;
}

const shown = ({ way, wins, settleMs = 0 }: FieldRule): Readonly<Record<string, Json>> => ({
  direction: way,
  wins,
  settleSeconds: settleMs / 1000,
});

/** Linked pairs of the flow, with what is open about the field; those first that differ in it. */
async function touchedBy(sql: Sql, { mapping, field }: FieldOf): Promise<Touched> {
  const ofLine = field.startsWith('lines.');
  const own = field.replace(/^lines\./, '');
  const [found] = await sql<Touched[]>`
    with pairs as (
      select id, overlay from sync.link
      where mapping = ${mapping} and state <> 'ended' and crm_id is not null and erp_id is not null
    ), disputed as (
      select c.link_id from sync.conflict c join pairs p on p.id = c.link_id
      where c.resolved_at is null and c.field = ${own} and (c.line <> '') = ${ofLine}
    ), told as (
      select i.link_id from sync.issue i where i.closed_at is null and i.mapping = ${mapping} and i.field = ${own}
    ), differing as (
      select p.id from pairs p where ${ofLine} = false and (p.overlay -> 'crm' ? ${own} or p.overlay -> 'erp' ? ${own})
      union select x.link_id from sync.line_link x join pairs p on p.id = x.link_id
      where ${ofLine} and not x.ended and (x.overlay -> 'crm' ? ${own} or x.overlay -> 'erp' ? ${own})
    )
    select (select count(*) from pairs) as pairs, (select count(*) from told) as issues,
      (select count(*) from disputed) as conflicts,
      array(
        select id from (
          select link_id as id from disputed union select id from differing union select link_id from told where link_id is not null
        ) e order by id limit ${mostExamples}
      ) as examples`;
  return found!;
}
