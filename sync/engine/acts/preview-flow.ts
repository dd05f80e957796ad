import type { Json, MappingName } from '../../core/types.ts';
import type { Sql } from '../../store/sql.ts';
import type { FlowChange } from '../api.ts';
import { type Configuring, checkFlow, flowAfter } from './configure.ts';
import { mostExamples, type SettingChange, type Touched } from './setting-change.ts';

/** What setting a flow would change: records without a counterpart by its rule, and its pairs by what a deletion does. */
export async function previewFlow(
  { sql, settings }: Configuring,
  mapping: MappingName,
  to: FlowChange,
): Promise<SettingChange> {
  checkFlow(mapping, to);
  const now = settings.mappings[mapping];
  const rule = settings.ruleOf(mapping);
  const before = shown(mapping, rule, flowAfter(now, {}));
  const after = shown(mapping, to.rule ?? rule, flowAfter(now, to));
  const changed = (name: string): boolean => before[name] !== after[name];
  const deletes = changed('onDeleteInCrm') || changed('onDeleteInErp');
  const touched = await touchedBy(sql, mapping, {
    alone: changed('rule'),
    linked: deletes,
    ordersAlone: changed('createCrmOrder'),
  });
  const effects = [
    ...(changed('rule') ? [effectOf[to.rule ?? rule]] : []),
    ...(deletes
      ? ['Deletions from then on do so to the other record; what was deleted before stays as it is.']
      : []),
    ...(changed('createCrmOrder')
      ? [
          to.createCrmOrder === 'onAcceptance'
            ? 'An ERP order of an accepted quote gets its CRM order when it next syncs.'
            : 'ERP orders of accepted quotes wait until people make the CRM order.',
        ]
      : []),
  ];
  return {
    before,
    after,
    ...touched,
    replay: null,
    effect: effects.join(' ') || 'Nothing: it is so already.',
  };
}

const effectOf: Readonly<Record<NonNullable<FlowChange['rule']>, string>> = {
  every: 'A record without a counterpart gets one when it next syncs.',
  match: 'A record without a counterpart is linked where one matches, and gets none otherwise.',
  connected: 'A record without a counterpart gets one only when a record that syncs refers to it.',
  never: 'A record without a counterpart gets none.',
  accepted: 'A quote gets its ERP order when it is accepted; proposals that are there stay.',
};

const shown = (
  mapping: MappingName,
  rule: string,
  { deletes, creates }: ReturnType<typeof flowAfter>,
): Readonly<Record<string, Json>> => ({
  rule,
  onDeleteInCrm: deletes.crm,
  onDeleteInErp: deletes.erp,
  ...(mapping === 'order' && { createCrmOrder: creates }),
});

interface Meant {
  /** Records without a counterpart. */
  readonly alone: boolean;
  readonly linked: boolean;
  readonly ordersAlone: boolean;
}

async function touchedBy(
  sql: Sql,
  mapping: MappingName,
  { alone, linked, ordersAlone }: Meant,
): Promise<Touched> {
  const [found] = await sql<Touched[]>`
    with touched as (
      select id from sync.link where mapping = ${mapping} and state <> 'ended'
        and ((${alone} and (crm_id is null or erp_id is null))
          or (${linked} and crm_id is not null and erp_id is not null)
          or (${ordersAlone} and crm_id is null))
    )
    select count(*) as pairs, 0 as issues, 0 as conflicts,
      array(select id from touched order by id limit ${mostExamples}) as examples
    from touched`;
  return found!;
}
