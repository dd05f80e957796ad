import { type FieldRule, longestSettleMs, type MappingName, type Sync } from '../../sync/index.ts';
import { badInput } from '../system/arguments.ts';
import type { SyncContext } from './context.ts';
import { flowStatus } from './flow-status.ts';
import type { Mode } from './mutations/acting.ts';
import { changeOf } from './setting-change.ts';
import { camel, flowOf, mappingOf, snake } from './words.ts';

type FlowTo = Parameters<Sync['setFlow']>[1];
type FieldTo = NonNullable<Parameters<Sync['setField']>[2]>;

/** Sets a flow's link rule and what a deletion does; answers how it stands. */
export async function setFlow(
  context: SyncContext,
  given: {
    readonly flow: string;
    readonly rule?: string | null;
    readonly onDeleteInCrm?: string | null;
    readonly onDeleteInErp?: string | null;
    readonly createCrmOrder?: string | null;
    readonly mode: Mode;
  },
) {
  const { mode, flow, rule, onDeleteInCrm: crm, onDeleteInErp: erp, createCrmOrder } = given;
  if (!rule && !crm && !erp && !createCrmOrder)
    throw badInput('Give a rule, onDeleteInCrm, onDeleteInErp or createCrmOrder', ['rule']);
  const to = {
    ...(rule && { rule: camel(rule) }),
    ...(createCrmOrder && { createCrmOrder: camel(createCrmOrder) }),
    ...((crm || erp) && { onDelete: { ...(crm && { crm: camel(crm) }), ...(erp && { erp: camel(erp) }) } }),
  } as FlowTo;
  const mapping = mappingOf(flow);
  if (mode === 'PREVIEW') {
    const change = await context.sync.previewSetting({ kind: 'flow', mapping, to });
    const status = (await flowStatus(context.sql, flow))[0]!;
    return { ...status, rule: to.rule ?? status.rule, would: to, change: changeOf(context, change) };
  }
  await context.sync.setFlow(mapping, to, context.actor);
  return (await flowStatus(context.sql, flow))[0];
}

/** Sets a field; with nothing but its name it is again as the mapping declares it. */
export async function setField(
  context: SyncContext,
  given: {
    readonly flow: string;
    readonly field: string;
    readonly direction?: string | null;
    readonly wins?: string | null;
    readonly settleSeconds?: number | null;
    readonly mode: Mode;
  },
) {
  const { mode, flow, field, direction, wins, settleSeconds } = given;
  const mapping = mappingOf(flow);
  if (typeof settleSeconds === 'number' && !(settleSeconds >= 0 && settleSeconds * 1000 <= longestSettleMs))
    throw badInput(`An edit may rest for 0 to ${longestSettleMs / 1000} seconds, not ${settleSeconds}`, [
      'settleSeconds',
    ]);
  const to = {
    ...(direction && { way: camel(direction) }),
    ...(wins && { wins: camel(wins) }),
    ...(typeof settleSeconds === 'number' && { settleMs: Math.round(settleSeconds * 1000) }),
  } as FieldTo;
  const setting = Object.keys(to).length === 0 ? null : to;
  if (mode === 'PREVIEW') {
    const found = await context.sync.previewSetting({ kind: 'field', mapping, field, to: setting });
    const change = changeOf(context, found, { mapping, field });
    return { flow, field, ...(change.after as object), by: null, at: null, change };
  }
  await context.sync.setField(mapping, field, setting, context.actor);
  const [stored] = await settingsOf(context, mapping, field);
  return stored ?? settingOf(context, { mapping, field, by: null, at: null });
}

/** Fields for which the company decided otherwise than the mapping declares. */
export async function settingsOf(
  context: SyncContext,
  mapping: MappingName | null,
  field: string | null = null,
) {
  const rows = await context.sql<
    {
      readonly mapping: MappingName;
      readonly field: string;
      readonly by: string | null;
      readonly at: string;
    }[]
  >`
    select mapping, field, by, at from sync.mapping_setting
    where field <> '' and (${mapping}::text is null or mapping = ${mapping}) and (${field}::text is null or field = ${field})
    order by mapping, field`;
  return rows.map((row) => settingOf(context, row));
}

function settingOf(
  { sync }: SyncContext,
  row: {
    readonly mapping: MappingName;
    readonly field: string;
    readonly by: string | null;
    readonly at: string | null;
  },
) {
  const { fields, lines } = sync.mappings[row.mapping];
  const {
    way,
    wins,
    settleMs = 0,
  }: FieldRule = row.field.startsWith('lines.')
    ? lines![row.field.slice('lines.'.length)]!
    : fields[row.field]!;
  return {
    flow: flowOf(row.mapping),
    field: row.field,
    direction: snake(way),
    wins: wins.toUpperCase(),
    settleSeconds: settleMs / 1000,
    by: row.by,
    at: row.at,
  };
}
