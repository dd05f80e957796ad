import type { GraphQLResolveInfo } from 'graphql';
import type { Ask, RecordRef } from '../../../sync/index.ts';
import { badInput } from '../../system/arguments.ts';
import { audited } from '../audited.ts';
import type { SyncContext } from '../context.ts';
import { told } from '../errors.ts';
import { checkGiven } from '../given.ts';
import { type IdKind, parseId, storedId } from '../ids.ts';
import type { Scope } from '../rights.ts';
import type { LinkRow } from '../rows.ts';
import type { Unified, UnifiedName, UnifiedType } from '../unified.ts';
import { entityOf, sideOf } from '../words.ts';

/** What most mutations can be asked for: to be done, or to be shown. */
export type Mode = 'APPLY' | 'PREVIEW';

/** A record as callers name it. */
export interface GivenRef {
  readonly side: string;
  readonly entity: string;
  readonly id: string;
}

/** A resolver of Mutation: its right and its arguments are looked at first, and what it does is kept in the audit trail. */
export function acting<Args extends object>(
  scope: Scope,
  act: (args: Args, context: SyncContext) => unknown,
) {
  return async (
    _: unknown,
    args: Args,
    context: SyncContext,
    { fieldName }: GraphQLResolveInfo,
  ): Promise<unknown> => {
    context.demand(scope);
    const given = args as Readonly<Record<string, unknown>>;
    checkGiven(given);
    const result = await told(() =>
      audited(context, fieldName, given, () => told(async () => act(args, context), subjectOf(args), args)),
    );
    // What was read before the write is old now.
    context.renew();
    return withToken(context, result);
  };
}

/** Every result tells where it stands, for reads that shall include it. */
async function withToken({ sync }: SyncContext, result: unknown): Promise<unknown> {
  if (typeof result !== 'object' || result === null || Array.isArray(result) || 'syncToken' in result)
    return result;
  return { ...result, syncToken: await sync.syncToken() };
}

/** The argument that names what is acted on: where an id that nothing has is told. */
function subjectOf(args: object): readonly string[] {
  const given = subjects.find((name) => (args as Readonly<Record<string, unknown>>)[name] != null);
  return given === undefined ? [] : [given];
}

const subjects = [
  'id',
  'crmId',
  'erpId',
  'refs',
  'token',
  'eventId',
  'from',
  'ref',
  'ids',
  'a',
  'filter',
  'field',
  'rule',
];

/** What the engine is told of who asks, and how. */
export function ask({ actor, correlationId }: SyncContext, mode: Mode, prefer?: string | null): Ask {
  return {
    mode: mode === 'PREVIEW' ? 'preview' : 'apply',
    actor,
    correlationId,
    ...(prefer && { prefer: sideOf(prefer) }),
  };
}

/** The record that a caller names. */
export function refOf({ side, entity, id }: GivenRef): RecordRef {
  return { side: sideOf(side), entity: entityOf(entity), id };
}

/** The link of an id, ended or not: its own, or that of the unified record. Throws BAD_USER_INPUT, naming the id. */
export async function existingLink(
  unified: Unified,
  context: SyncContext,
  id: string,
  path: readonly string[],
): Promise<LinkRow> {
  const row = await existing(unified, context, id, path);
  const had = row.endedLink === null ? null : await context.load.link.load(row.endedLink);
  return had ?? row;
}

/** What an id of a link or of a unified record stands for now; that may be a lone record. Throws BAD_USER_INPUT, naming the id. */
export async function existing(
  unified: Unified,
  context: SyncContext,
  id: string,
  path: readonly string[],
): Promise<LinkRow> {
  const kinds: readonly IdKind[] = ['Link', ...(Object.keys(unified.types) as UnifiedName[])];
  const called = storedId(id, kinds, path);
  const type = unified.types[parseId(id)?.kind as UnifiedName] as UnifiedType | undefined;
  const record = type && (await context.load.record.load({ mapping: type.mapping, called }));
  const row = record ?? (await context.load.link.load(called));
  if (row === null) throw badInput(`There is no link ${id}; links finds those there are`, path);
  return row;
}
