import type { Side } from '../../sync/index.ts';
import { badInput } from '../system/arguments.ts';
import { uncapitalized } from '../system/names.ts';
import { largestPage } from '../system/sdl-connection.ts';
import { rankedBlockers } from './blockers.ts';
import type { SyncContext } from './context.ts';
import { dataflow } from './dataflow.ts';
import { driftReport } from './drift-report.ts';
import { checkKeptAfter } from './event-cursor.ts';
import { settingsOf } from './field-settings.ts';
import { deadLetterGroups, issueGroups } from './finding-groups.ts';
import type { FlowProperty } from './flow-document.ts';
import { ruleInForce } from './flow-rule.ts';
import { type FlowStatus, flowStatus } from './flow-status.ts';
import { checkGiven } from './given.ts';
import { parseId, storedId, typedId } from './ids.ts';
import type { Listing } from './listing.ts';
import { acts, conflicts, deadLetters, events, issues, links, proposals } from './listings.ts';
import { seen } from './masking.ts';
import { type PageArguments, pageRequest } from './page.ts';
import {
  type Connection,
  connection,
  type Resolvers,
  recordOf,
  recordOfSystem,
} from './resolvers-unified.ts';
import { type RetryRow, retrying } from './retrying.ts';
import { roundTripProof } from './round-trip.ts';
import { type LinkRow, shown } from './rows.ts';
import { type RuleRow, rulesOf } from './rules.ts';
import { latestRuns, type RunRow, runOf } from './runs.ts';
import { systemStatus } from './systems.ts';
import type { Unified, UnifiedName, UnifiedType } from './unified.ts';
import { camel, capitals, flowOf, flows, mappingOf, sideOf, snake } from './words.ts';

type Read<Args> = (args: Args, context: SyncContext) => unknown;

/** The resolvers of Query and of what only queries show. */
export function queryResolvers(
  unified: Unified,
  listings: Readonly<Record<UnifiedName, Listing>>,
): Resolvers {
  return {
    Query: {
      ...Object.fromEntries(
        Object.values(unified.types).flatMap((type) => [
          [uncapitalized(type.name), reading((args: Keys, context) => byKeys(context, type, args))],
          [
            `${uncapitalized(type.name)}s`,
            reading((args: PageArguments, context) => list(context, listings[type.name], args)),
          ],
        ]),
      ),
      node: reading(({ id }: { readonly id: string }, context) => node(unified, id, context)),
      flows: reading((_: object, { sql }) => flowStatus(sql)),
      links: reading((args: PageArguments, context) => list(context, links, args)),
      conflicts: reading((args: PageArguments, context) => list(context, conflicts, args)),
      issues: reading((args: PageArguments, context) => list(context, issues, args)),
      acts: reading((args: PageArguments, context) => {
        context.demand('admin');
        return list(context, acts, args);
      }),
      syncEvents: reading(async (args: PageArguments, context) => {
        // A page that began after what is gone would read as if nothing had been there.
        if (args.after) await checkKeptAfter(context.sql, args.after);
        return list(context, events, args);
      }),
      matchProposals: reading((args: OfFlow, context) => list(context, ofFlow(proposals, 'p', args), args)),
      issueGroups: reading(({ flow }: OfFlow, { sql }) => issueGroups(sql, flow ?? null)),
      deadLetters: reading(({ code, since, until, ...args }: OfLetters, context) =>
        list(context, ofFlow(deadLetters, 'x', args), {
          ...args,
          filter: {
            ...(code && { code: { eq: code } }),
            ...((since || until) && { at: { ...(since && { gte: since }), ...(until && { lt: until }) } }),
          },
        }),
      ),
      deadLetterGroups: reading(({ flow }: OfFlow, { sql }) => deadLetterGroups(sql, flow ?? null)),
      retrying: reading(
        ({ flow, first }: { readonly flow?: string | null; readonly first: number }, { sql }) =>
          retrying(sql, flow ?? null, upTo(first)),
      ),
      blockers: reading(
        ({ first, flow }: { readonly first: number; readonly flow?: string | null }, { sql }) =>
          rankedBlockers(sql, upTo(first), flow ?? null),
      ),
      driftReport: reading((args: Parameters<typeof driftReport>[1], context) => driftReport(context, args)),
      roundTripProof: reading((args: Parameters<typeof roundTripProof>[1], context) =>
        roundTripProof(context, args),
      ),
      policyReplay: reading(replay),
      dataflow: reading(({ flow }: { readonly flow?: string | null }, { sql, sync }) =>
        dataflow(sql, sync.mappings, flow ? [mappingOf(flow)] : Object.values(flows)),
      ),
      rules: reading(({ flow }: { readonly flow?: string | null }, { sql }) =>
        rulesOf(sql, flow ? mappingOf(flow) : null),
      ),
      fieldSettings: reading(({ flow }: { readonly flow?: string | null }, context) =>
        settingsOf(context, flow ? mappingOf(flow) : null),
      ),
      codes: reading(({ list: name }: { readonly list?: string | null }, { sql }) => {
        const wanted = name ? camel(name) : null;
        return sql`select list, crm, erp, valid_from as "validFrom", valid_to as "validTo" from sync.code_map where ${wanted}::text is null or list = ${wanted} order by 1, 2, 3`;
      }),
      runs: reading(({ first }: { readonly first: number }, { sql }) => latestRuns(sql, upTo(first))),
      run: reading(({ id }: { readonly id: string }, { sql }) => runOf(sql, storedId(id, ['Run'], ['id']))),
      systems: reading((_: object, context) => systemStatus(context)),
    },
    Retry: {
      flow: ({ mapping }: RetryRow) => flowOf(mapping),
      link: ({ linkId }: RetryRow, _: unknown, { load }: SyncContext) =>
        linkId === null ? null : load.link.load(linkId),
    },
    FlowStatus: {
      rule: ({ flow, rule }: FlowStatus, _: unknown, { sync }: SyncContext) =>
        ruleInForce(rule, sync.mappings[mappingOf(flow)].links),
      onDeleteInCrm: deletePolicy('crm'),
      onDeleteInErp: deletePolicy('erp'),
      createCrmOrder: ({ flow }: FlowStatus, _: unknown, { sync }: SyncContext) =>
        flow === 'ORDER' ? snake(sync.mappings.order.createCrmOrder ?? 'byHand') : null,
    },
    Node: { __resolveType: ({ __typename }: { readonly __typename: string }) => __typename },
    Linked: { __resolveType: ({ __typename }: { readonly __typename: string }) => __typename },
    Run: {
      __resolveReference: async ({ id }: { readonly id?: string | null }, context: SyncContext) => {
        context.demand('read');
        return typeof id === 'string' && id.startsWith('Run_')
          ? runOf(context.sql, id.slice('Run_'.length))
          : null;
      },
      id: ({ id }: RunRow) => typedId('Run', id),
      kind: ({ kind }: RunRow) => capitals(kind),
      mode: ({ mode }: RunRow) => capitals(mode),
      flows: ({ flows: names }: RunRow) => names.map(flowOf),
      perSecond: perSecondOf,
    },
    OtherOutcome: {
      event: ({ eventId }: Otherwise, _: unknown, { load }: SyncContext) => load.event.load(eventId),
      winner: ({ winner }: Otherwise) => capitals(winner),
    },
    Rule: {
      id: ({ id }: RuleRow) => (id === '' ? '' : typedId('Rule', id)),
      flow: ({ mapping }: RuleRow) => flowOf(mapping),
      take: ({ take }: RuleRow) => capitals(take),
    },
    CodeMapping: { list: ({ list: name }: { readonly list: string }) => snake(name) },
    FlowProperty: {
      examples: ({ examples, mapping, field }: FlowProperty, _: unknown, context: SyncContext) =>
        examples.map(({ linkId, crm, erp }) => ({
          linkId,
          crm: seen(context, mapping, field, shown(crm)),
          erp: seen(context, mapping, field, shown(erp)),
        })),
    },
    TripExample: {
      link: ({ linkId }: { readonly linkId: string }, _: unknown, { load }: SyncContext) =>
        load.link.load(linkId),
    },
    Mismatch: {
      link: ({ linkId }: { readonly linkId: string }, _: unknown, { load }: SyncContext) =>
        load.link.load(linkId),
    },
  };
}

const deletePolicy =
  (side: Side) =>
  ({ flow }: { readonly flow: string }, _: unknown, { sync }: SyncContext) =>
    sync.mappings[mappingOf(flow)].onDelete[side].toUpperCase();

/** A read: its right, its arguments and the caller's sync token are looked at first. */
function reading<Args extends object>(read: Read<Args>) {
  return async (_: unknown, args: Args, context: SyncContext): Promise<unknown> => {
    context.demand('read');
    checkGiven(args);
    await context.fresh((args as { readonly syncToken?: string | null }).syncToken ?? null);
    return read(args, context);
  };
}

interface Keys {
  readonly id?: string | null;
  readonly crmId?: string | null;
  readonly erpId?: string | null;
}

async function byKeys(context: SyncContext, type: UnifiedType, { id, crmId, erpId }: Keys): Promise<unknown> {
  const given = [id, crmId, erpId].filter((key) => key !== null && key !== undefined);
  if (given.length !== 1) throw badInput('Give exactly one of id, crmId and erpId', ['id']);
  if (id) return recordOf(context, type, storedId(id, [type.name], ['id']));
  const { mapping } = type;
  return crmId
    ? recordOfSystem(context, { mapping, side: 'crm', id: crmId })
    : recordOfSystem(context, { mapping, side: 'erp', id: erpId ?? '' });
}

function list(context: SyncContext, listing: Listing, args: PageArguments): Connection {
  const request = pageRequest<object>(listing, args, (scope) => context.demand(scope as 'read'));
  return connection(
    async () => {
      const page = await request.page(context.sql);
      if (listing.from === 'sync.link l') context.load.remember(page.nodes as readonly LinkRow[]);
      return page;
    },
    () => request.count(context.sql),
  );
}

type OfLetters = OfFlow & {
  readonly code?: string | null;
  readonly since?: string | null;
  readonly until?: string | null;
};
type OfFlow = PageArguments & { readonly flow?: string | null };

function ofFlow(listing: Listing, alias: string, { flow }: OfFlow): Listing {
  if (!flow) return listing;
  return { ...listing, where: `${listing.where} and ${alias}.mapping = '${mappingOf(flow)}'` };
}

function upTo(first: number): number {
  if (Number.isInteger(first) && first >= 0 && first <= largestPage) return first;
  throw badInput(`first must be between 0 and ${largestPage}, got ${first}`, ['first']);
}

/** Null for an id that nothing has, of whatever form: that is what Relay's refetching expects. */
async function node(unified: Unified, id: string, context: SyncContext): Promise<object | null> {
  const parsed = parseId(id);
  if (parsed === null) return null;
  const { sql, load } = context;
  const type = unified.types[parsed.kind as UnifiedName] as UnifiedType | undefined;
  if (type !== undefined && Object.hasOwn(unified.types, parsed.kind))
    return recordOf(context, type, parsed.id);
  switch (parsed.kind) {
    case 'Link':
      return named('Link', await load.link.load(parsed.id));
    case 'Event':
      return named('SyncEvent', await load.event.load(parsed.id));
    case 'Run':
      return named('Run', await runOf(sql, parsed.id));
    case 'Issue':
      return named('Issue', await one(context, issues, 'i.id', parsed.id));
    case 'DeadLetter':
      return named('DeadLetter', await one(context, deadLetters, 'x.id', parsed.id));
    case 'MatchProposal':
      return named('MatchProposal', await one(context, proposals, 'p.id', parsed.id));
    case 'Act':
      return named('Act', await one(context, acts, 'a.id', parsed.id));
    case 'Rule':
      return named('Rule', (await rulesOf(sql, null, parsed.id))[0] ?? null);
    default:
      return null;
  }
}

/** A copy under the name of its type: the row itself may be known under another (a link is also a record). */
function named(__typename: string, row: object | null): object | null {
  return row === null ? null : { ...row, __typename };
}

interface ReplayArguments {
  readonly flow: string;
  readonly field: string;
  readonly winner: 'CRM' | 'ERP' | 'INBOX';
  readonly since: string;
}

type Otherwise = Awaited<ReturnType<SyncContext['sync']['policyReplay']>>['examples'][number];

/** What another winner would have decided; values only for who may see the field. */
async function replay({ flow, field, winner, since }: ReplayArguments, context: SyncContext) {
  const mapping = mappingOf(flow);
  const { fields, lines = {} } = context.sync.mappings[mapping];
  // Events tell of a line's field by its own name.
  const own = field.replace(/^lines\./, '');
  if (!Object.hasOwn(field === own ? { ...fields, ...lines } : lines, own))
    throw badInput(`${flow} has no field ${field}; dataflow lists them`, ['field']);
  const found = await context.sync.policyReplay({
    mapping,
    field: own,
    winner: winner === 'INBOX' ? 'inbox' : sideOf(winner),
    since,
  });
  const examples = found.examples.map((each) => ({
    ...each,
    stood: seen(context, mapping, own, shown(each.stood)),
    would: seen(context, mapping, own, shown(each.would)),
  }));
  return { ...found, examples };
}

async function one(
  { sql }: SyncContext,
  { select, from }: Listing,
  idOf: string,
  id: string,
): Promise<object | null> {
  const [row] = await sql.unsafe<object[]>(`select ${select} from ${from} where ${idOf} = $1`, [id]);
  return row ?? null;
}

/** Over everything counted: what `done` says, else the sum of the numbers. */
function perSecondOf({ counts, startedAt, updatedAt, endedAt }: RunRow): number | null {
  const numbers = Object.values(counts).filter((value) => typeof value === 'number');
  const done = typeof counts.done === 'number' ? counts.done : numbers.reduce((sum, n) => sum + n, 0);
  const seconds = (Date.parse(endedAt ?? updatedAt) - Date.parse(startedAt)) / 1000;
  return seconds > 0 ? done / seconds : null;
}
