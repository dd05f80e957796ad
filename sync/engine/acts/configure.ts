import { type FieldSetting, refusalOf } from '../../core/configured.ts';
import { SyncError } from '../../core/errors.ts';
import type { Mapping } from '../../core/mapping.ts';
import { sides } from '../../core/sides.ts';
import type { MappingName } from '../../core/types.ts';
import { putRule, putSetting } from '../../store/settings.ts';
import type { Sql } from '../../store/sql.ts';
import type { FlowChange } from '../api.ts';
import type { LiveSettings } from '../settings.ts';

/** What settings are made with. */
export interface Configuring {
  readonly sql: Sql;
  /** The mappings as they are declared: what may be set is judged by these. */
  readonly declared: Readonly<Record<MappingName, Mapping>>;
  readonly settings: LiveSettings;
}

/** Sets how records of a flow come to be linked, and what a deletion does. What is left out stays as it is. */
export async function setFlow(
  { sql, declared, settings }: Configuring,
  mapping: MappingName,
  change: FlowChange,
  actor: string,
): Promise<void> {
  checkFlow(mapping, change);
  const { rule, onDelete, createCrmOrder } = change;
  if (rule) await putRule(sql, mapping, rule);
  if (onDelete || createCrmOrder) {
    const { deletes, creates } = flowAfter(settings.mappings[mapping], change);
    const asDeclared = sides.every((side) => deletes[side] === declared[mapping].onDelete[side]);
    const setting = {
      ...(!asDeclared && { onDelete: deletes }),
      ...(creates !== 'byHand' && { createCrmOrder: creates }),
    };
    await putSetting(sql, { mapping, field: '' }, Object.keys(setting).length === 0 ? null : setting, actor);
  }
  await settings.refresh(sql);
}

/** What a flow does once this is set. */
export const flowAfter = (now: Mapping, { onDelete, createCrmOrder }: FlowChange) => ({
  deletes: { ...now.onDelete, ...onDelete },
  creates: createCrmOrder ?? now.createCrmOrder ?? ('byHand' as const),
});

/** Throws BAD_USER_INPUT for what cannot be set of this flow. */
export function checkFlow(mapping: MappingName, { rule, createCrmOrder }: FlowChange): void {
  if (rule === 'accepted' && mapping !== 'quoteOrder')
    throw new SyncError(
      'BAD_USER_INPUT',
      `ACCEPTED speaks of a quote's status: only the flow quoteOrder can have that rule, not ${mapping}.`,
    );
  if (rule === 'connected' && (mapping === 'quoteOrder' || mapping === 'userOrder'))
    throw new SyncError(
      'BAD_USER_INPUT',
      `Nothing refers to a link of the flow ${mapping}: CONNECTED says nothing there.`,
    );
  if (createCrmOrder && mapping !== 'order')
    throw new SyncError(
      'BAD_USER_INPUT',
      `createCrmOrder speaks of CRM orders: only the flow order has it, not ${mapping}.`,
    );
}

/** One field of a flow. */
export interface FieldOf {
  readonly mapping: MappingName;
  readonly field: string;
}

/** Sets one field of a flow; null takes the company's decision back. */
export async function setField(
  { sql, declared, settings }: Configuring,
  { mapping, field }: FieldOf,
  to: FieldSetting | null,
  actor: string,
): Promise<void> {
  checkField(declared, { mapping, field }, to);
  await putSetting(sql, { mapping, field }, to, actor);
  await settings.refresh(sql);
}

/** Throws BAD_USER_INPUT for what cannot be set of this field. */
export function checkField(
  declared: Configuring['declared'],
  { mapping, field }: FieldOf,
  to: FieldSetting | null,
): void {
  const refusal = refusalOf(declared[mapping], field, to ?? {});
  if (refusal) throw new SyncError('BAD_USER_INPUT', refusal);
}
