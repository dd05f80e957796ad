import type { GraphQLResolveInfo } from 'graphql';
import type { Ask, MappingName, RecordRef, Side, Sync, SyncResult } from '../../sync/index.ts';
import { badInput } from '../system/arguments.ts';
import { audited } from './audited.ts';
import { aboutChoices, bulkResolve, decisions, type GivenChoice, matched } from './bulk.ts';
import type { SyncContext } from './context.ts';
import { told } from './errors.ts';
import { setField, setFlow } from './field-settings.ts';
import type { Filter } from './filter.ts';
import { flowStatus } from './flow-status.ts';
import { checkGiven } from './given.ts';
import { type IdKind, parseId, storedId } from './ids.ts';
import { erase, followMerge } from './more.ts';
import type { Resolvers } from './resolvers-unified.ts';
import type { Scope } from './rights.ts';
import type { LinkRow } from './rows.ts';
import { removeRule } from './rules.ts';
import { runOf } from './runs.ts';
import type { Unified, UnifiedName } from './unified.ts';
import { camel, entityOf, flowOf, flows, mappingOf, sideOf } from './words.ts';

type Mode = 'APPLY' | 'PREVIEW';
type Act<Args> = (args: Args, context: SyncContext) => unknown;

/** The resolvers of Mutation: each checks its right and its arguments, then knocks at the engine's door. */
export function mutationResolvers(unified: Unified): Resolvers {
  return {
    Mutation: {
      ...Object.fromEntries(
        Object.entries(flows).map(([flow, mapping]) => [
          `sync${flow
            .toLowerCase()
            .split('_')
            .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
            .join('')}`,
          acting('sync', (args: SyncArguments, context) => syncOne(unified, mapping, args, context)),
        ]),
      ),
      sync: acting(
        'sync',
        ({ refs, mode }: { readonly refs: readonly GivenRef[]; readonly mode: Mode }, context) => {
          if (refs.length > mostRefs) throw badInput(`At most ${mostRefs} records at a time`, ['refs']);
          return context.sync.syncRecords(null, refs.map(refOf), ask(context, mode));
        },
      ),
      applyPlan: acting('sync', ({ token }: { readonly token: string }, { sync, actor, correlationId }) =>
        sync.applyPlan(token, { actor, correlationId }),
      ),
      link: acting('sync', ({ flow, crmId, erpId, mode, prefer }: LinkArguments, context) =>
        context.sync.link(mappingOf(flow), crmId, erpId, ask(context, mode, prefer)),
      ),
      unlink: acting(
        'sync',
        async ({ id, keep, mode }: { id: string; keep: 'BOTH' | 'CRM' | 'ERP'; mode: Mode }, context) => {
          const { id: linkId } = await existing(unified, context, id, ['id']);
          return context.sync.unlink(linkId, keep === 'BOTH' ? 'both' : sideOf(keep), ask(context, mode));
        },
      ),
      relink: acting('sync', async ({ id, crmId, erpId, mode }: SyncArguments & { id: string }, context) => {
        if (!crmId && !erpId) throw badInput('Give crmId, erpId or both', ['crmId']);
        const { id: linkId } = await existing(unified, context, id, ['id']);
        return context.sync.relink(
          linkId,
          { ...(crmId && { crmId }), ...(erpId && { erpId }) },
          ask(context, mode),
        );
      }),
      swapLinks: acting(
        'sync',
        async ({ a, b, mode }: { readonly a: string; readonly b: string; readonly mode: Mode }, context) => {
          const first = await existing(unified, context, a, ['a']);
          const second = await existing(unified, context, b, ['b']);
          return context.sync.swap({ a: first.id, b: second.id }, ask(context, mode));
        },
      ),
      resolveMatch: acting('sync', ({ id, candidate, create }: MatchArguments, { sync, actor }) => {
        const proposal = storedId(id, ['MatchProposal'], ['id']);
        if ((candidate ? 1 : 0) + (create === true ? 1 : 0) !== 1)
          throw badInput('Give a candidate, or create: true', ['candidate']);
        return sync.resolveMatch(proposal, candidate ? { candidate } : { create: true }, actor);
      }),
      resolveConflict: acting('sync', async ({ id, choices, mode }: ConflictArguments, context) => {
        const [first] = await matched(
          context,
          parseId(id)?.kind === 'Conflict' ? { id: { eq: id } } : { link: { eq: id } },
        );
        if (first === undefined) throw badInput(`There is no open conflict ${id}`, ['id']);
        const decided = decisions(context, first, choices);
        return aboutChoices(decided, () =>
          context.sync.resolveConflict(first.id, decided, ask(context, mode)),
        );
      }),
      resolveConflicts: acting('sync', (args: BulkArguments, context) =>
        bulkResolve(context, args, ask(context, args.mode)),
      ),
      removeRule: acting('sync', async ({ id }: { readonly id: string }, { sql, sync }) => {
        const rule = await removeRule(sql, storedId(id, ['Rule'], ['id']));
        if (rule === null) throw badInput(`There is no rule ${id}`, ['id']);
        await sync.settingsChanged();
        return rule;
      }),
      followMerge: acting('sync', (args: MergeArguments, context) => {
        const { side, entity, from, into, mode } = args;
        const of = { side: sideOf(side), entity: entityOf(entity) };
        return followMerge(context, { ...of, id: from }, { ...of, id: into }, ask(context, mode));
      }),
      retry: acting('sync', retry),
      revert: acting('sync', async ({ eventId, fields, mode }: RevertArguments, context) => {
        const id = storedId(eventId, ['Event'], ['eventId']);
        if ((await context.load.event.load(id)) === null)
          throw badInput(`There is no event ${eventId}`, ['eventId']);
        return context.sync.revert(id, fields ?? null, ask(context, mode));
      }),
      startBackfill: acting(
        'admin',
        ({ flows: wanted, mode }: { flows?: readonly string[] | null; mode: Mode }, context) =>
          startRun(context, 'backfill', wanted, mode),
      ),
      startReconciliation: acting(
        'admin',
        (
          {
            flows: wanted,
            repair,
            full,
          }: { flows?: readonly string[] | null; repair?: boolean | null; full?: boolean | null },
          context,
        ) =>
          startRun(context, 'reconciliation', wanted, repair === true ? 'APPLY' : 'PREVIEW', full === true),
      ),
      cancelRun: acting('admin', async ({ id }: { readonly id: string }, { sync, sql }) => {
        const stored = storedId(id, ['Run'], ['id']);
        if ((await runOf(sql, stored)) === null) throw badInput(`There is no run ${id}`, ['id']);
        await sync.cancelRun(stored);
        return runOf(sql, stored);
      }),
      rerunFailed: acting('admin', async ({ id }: { readonly id: string }, { sync, sql, actor }) => {
        const stored = storedId(id, ['Run'], ['id']);
        if ((await runOf(sql, stored)) === null) throw badInput(`There is no run ${id}`, ['id']);
        return runOf(sql, await sync.rerunFailed(stored, actor));
      }),
      pauseFlow: acting(
        'admin',
        ({ flow, reason }: { readonly flow: string; readonly reason?: string | null }, context) =>
          pause(context, flow, true, reason ?? null),
      ),
      resumeFlow: acting('admin', ({ flow }: { readonly flow: string }, context) =>
        pause(context, flow, false, null),
      ),
      setFlow: acting('admin', (args: Parameters<typeof setFlow>[1], context) => setFlow(context, args)),
      setField: acting('admin', (args: Parameters<typeof setField>[1], context) => setField(context, args)),
      setCode: acting(
        'admin',
        async ({ list, crm, erp, validFrom, validTo }: CodeArguments, { sync, actor }) => {
          for (const [name, code] of Object.entries({ crm, erp }))
            if (code.trim() === '' || code.length > longestCode)
              throw badInput(`A code has 1 to ${longestCode} characters`, [name]);
          if (validFrom && validTo && Date.parse(validFrom) >= Date.parse(validTo))
            throw badInput(`validTo ${validTo} has to lie after validFrom ${validFrom}`, ['validTo']);
          const pair = {
            list: camel(list),
            crm: crm.trim(),
            erp: erp.trim(),
            validFrom: validFrom ?? null,
            validTo: validTo ?? null,
          };
          await sync.setCode(pair, actor);
          return pair;
        },
      ),
      erase: acting('admin', ({ ref, mode }: { readonly ref: GivenRef; readonly mode: Mode }, context) =>
        erase(context, refOf(ref), ask(context, mode)),
      ),
    },
  };
}

interface GivenRef {
  readonly side: string;
  readonly entity: string;
  readonly id: string;
}

interface SyncArguments {
  readonly id?: string | null;
  readonly crmId?: string | null;
  readonly erpId?: string | null;
  readonly mode: Mode;
  readonly prefer?: string | null;
}

interface LinkArguments {
  readonly flow: string;
  readonly crmId: string;
  readonly erpId: string;
  readonly mode: Mode;
  readonly prefer?: string | null;
}

interface MatchArguments {
  readonly id: string;
  readonly candidate?: string | null;
  readonly create?: boolean | null;
}

interface ConflictArguments {
  readonly id: string;
  readonly choices: readonly GivenChoice[];
  readonly mode: Mode;
}

interface BulkArguments {
  readonly filter: Filter;
  readonly choose: string;
  readonly always?: boolean | null;
  readonly mode: Mode;
}

interface MergeArguments {
  readonly side: string;
  readonly entity: string;
  readonly from: string;
  readonly into: string;
  readonly mode: Mode;
}

interface RevertArguments {
  readonly eventId: string;
  readonly fields?: readonly string[] | null;
  readonly mode: Mode;
}

interface CodeArguments {
  readonly list: string;
  readonly crm: string;
  readonly erp: string;
  readonly validFrom?: string | null;
  readonly validTo?: string | null;
}

/** Records of one `sync` mutation, and characters of a code. */
const mostRefs = 100;
const longestCode = 20;

function acting<Args extends object>(scope: Scope, act: Act<Args>) {
  return async (
    _: unknown,
    args: Args,
    context: SyncContext,
    { fieldName }: GraphQLResolveInfo,
  ): Promise<unknown> => {
    context.demand(scope);
    const given = args as Readonly<Record<string, unknown>>;
    checkGiven(given);
    const result = await audited(context, fieldName, given, () =>
      told(async () => act(args, context), subjectOf(args)),
    );
    // What was read before the write is old now.
    context.renew();
    return result;
  };
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

function ask({ actor, correlationId }: SyncContext, mode: Mode, prefer?: string | null): Ask {
  return {
    mode: mode === 'PREVIEW' ? 'preview' : 'apply',
    actor,
    correlationId,
    ...(prefer && { prefer: sideOf(prefer) }),
  };
}

function refOf({ side, entity, id }: GivenRef): RecordRef {
  return { side: sideOf(side), entity: entityOf(entity), id };
}

/** The pair of exactly one id: the link's or the unified record's, or that of a record on either side. */
async function syncOne(
  unified: Unified,
  mapping: MappingName,
  { id, crmId, erpId, mode, prefer }: SyncArguments,
  context: SyncContext,
): Promise<SyncResult> {
  const given = Object.entries({ id, crmId, erpId }).filter(([, key]) => key !== null && key !== undefined);
  const [argument, key] = given[0] ?? [];
  if (given.length !== 1 || !key)
    throw badInput('Give exactly one of id, crmId and erpId', [argument ?? 'id']);
  const asked = ask(context, mode, prefer);
  if (argument === 'id') {
    const link = await existing(unified, context, key, ['id']);
    if (link.mapping === mapping) return context.sync.syncLink(link.id, asked);
    // The quote of a quoteOrder, the user of a userOrder: records of this flow as well.
    const shared =
      link.crmId !== null &&
      unified.mappings[link.mapping as MappingName].crm === unified.mappings[mapping].crm;
    if (!shared) throw badInput(`${key} is of the flow ${flowOf(link.mapping)}`, ['id']);
    return one(
      context.sync,
      mapping,
      { side: 'crm', entity: unified.mappings[mapping].crm, id: link.crmId },
      asked,
      ['id'],
    );
  }
  const side: Side = argument === 'crmId' ? 'crm' : 'erp';
  return one(context.sync, mapping, { side, entity: unified.mappings[mapping][side], id: key }, asked, [
    argument!,
  ]);
}

/** Of several pairs (a user's orders) the one that tells most: what failed, else what was done. */
async function one(
  sync: Sync,
  mapping: MappingName,
  ref: RecordRef,
  asked: Ask,
  path: readonly string[],
): Promise<SyncResult> {
  const results = await sync.syncRecords(mapping, [ref], asked);
  const best =
    results.find(({ outcome }) => outcome === 'failed') ??
    results.find(({ outcome }) => outcome !== 'unchanged') ??
    results[0];
  if (best === undefined)
    throw badInput(`${ref.side.toUpperCase()} has no ${ref.entity} ${ref.id} that syncs`, path);
  return best;
}

/** The link of an id: its own, or that of the unified record. Throws BAD_USER_INPUT, naming the id. */
async function existing(
  unified: Unified,
  context: SyncContext,
  id: string,
  path: readonly string[],
): Promise<LinkRow> {
  const kinds: readonly IdKind[] = ['Link', ...(Object.keys(unified.types) as UnifiedName[])];
  const row = await context.load.link.load(storedId(id, kinds, path));
  if (row === null) throw badInput(`There is no link ${id}`, path);
  return row;
}

interface RetryArguments {
  readonly ids?: readonly string[] | null;
  readonly flow?: string | null;
  readonly code?: string | null;
  readonly since?: string | null;
  readonly until?: string | null;
  readonly mode: Mode;
}

async function retry({ ids, flow, code, since, until, mode }: RetryArguments, context: SyncContext) {
  if (!ids && !flow && !code && !since && !until)
    throw badInput('Give ids, a flow, a code or a time', ['ids']);
  const stored = ids?.map((id, n) =>
    storedId(
      id,
      ['DeadLetter', 'Link', 'Customer', 'Contact', 'Product', 'Quote', 'Order', 'User'],
      ['ids', n],
    ),
  );
  const which = {
    ...(stored && { ids: stored }),
    ...(flow && { mapping: mappingOf(flow) }),
    ...(code && { code }),
    ...(since && { since }),
    ...(until && { until }),
  };
  const found = await context.sync.retry(which, ask(context, mode));
  const applied = mode === 'PREVIEW' ? 0 : found;
  return { matched: found, applied, failed: 0, left: 0, reasons: [], results: [], rules: [] };
}

async function startRun(
  { sync, sql, actor }: SyncContext,
  kind: 'backfill' | 'reconciliation',
  wanted: readonly string[] | null | undefined,
  mode: Mode,
  full = false,
) {
  const names = wanted?.length ? wanted.map(mappingOf) : Object.values(flows);
  const id = await sync.startRun(kind, names, mode === 'PREVIEW' ? 'preview' : 'apply', actor, full);
  return runOf(sql, id);
}

async function pause(context: SyncContext, flow: string, paused: boolean, reason: string | null) {
  await context.sync.pause(mappingOf(flow), paused, reason, context.actor);
  return (await flowStatus(context.sql, flow))[0];
}
