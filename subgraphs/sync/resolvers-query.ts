import { badInput } from '../system/arguments.ts';
import { uncapitalized } from '../system/names.ts';
import { largestPage } from '../system/sdl-connection.ts';
import { rankedBlockers } from './blockers.ts';
import type { SyncContext } from './context.ts';
import { dataflow } from './dataflow.ts';
import { driftReport } from './drift-report.ts';
import { checkKeptAfter } from './event-cursor.ts';
import { settingsOf } from './field-settings.ts';
import { conflictGroups, deadLetterGroups, issueGroups } from './finding-groups.ts';
import { flowStatus } from './flow-status.ts';
import { checkGiven } from './given.ts';
import { storedId } from './ids.ts';
import type { Listing } from './listing.ts';
import {
  acts,
  conflicts,
  deadLetters,
  events,
  issues,
  issuesWithoutWords,
  links,
  proposals,
} from './listings.ts';
import { maySeeAll } from './masking.ts';
import { node } from './node.ts';
import { type PageArguments, pageRequest } from './page.ts';
import { seenReplay } from './replay.ts';
import {
  type Connection,
  connection,
  type Resolvers,
  recordOf,
  recordOfSystem,
} from './resolvers-unified.ts';
import { retrying } from './retrying.ts';
import { roundTripProof } from './round-trip.ts';
import type { LinkRow } from './rows.ts';
import { rulesOf } from './rules.ts';
import { latestRuns, runOf } from './runs.ts';
import { systemStatus } from './systems.ts';
import type { Unified, UnifiedName, UnifiedType } from './unified.ts';
import { camel, flows, mappingOf, sideOf } from './words.ts';

type Read<Args> = (args: Args, context: SyncContext) => unknown;

/** The resolvers of Query: each checks its right, its arguments and the caller's sync token first. */
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
      issues: reading((args: PageArguments, context) =>
        list(context, maySeeAll(context) ? issues : issuesWithoutWords, args),
      ),
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
      conflictGroups: reading((_: object, { sql }) => conflictGroups(sql)),
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
      dataflow: reading(({ flow }: { readonly flow?: string | null }, context) =>
        dataflow(context, flow ? [mappingOf(flow)] : Object.values(flows)),
      ),
      rules: reading(({ flow }: { readonly flow?: string | null }, { sql }) =>
        rulesOf(sql, flow ? mappingOf(flow) : null),
      ),
      fieldSettings: reading(({ flow }: { readonly flow?: string | null }, context) =>
        settingsOf(context, flow ? mappingOf(flow) : null),
      ),
      codes: reading(({ list: name }: { readonly list?: string | null }, { sync }) =>
        sync.codes(name ? camel(name) : null),
      ),
      runs: reading(({ first }: { readonly first: number }, { sql }) => latestRuns(sql, upTo(first))),
      run: reading(({ id }: { readonly id: string }, { sql }) => runOf(sql, storedId(id, ['Run'], ['id']))),
      systems: reading((_: object, context) => systemStatus(context)),
    },
  };
}

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

interface ReplayArguments {
  readonly flow: string;
  readonly field: string;
  readonly winner: 'CRM' | 'ERP' | 'INBOX' | 'LATEST';
  readonly since: string;
}

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
    winner: winner === 'INBOX' ? 'inbox' : winner === 'LATEST' ? 'latest' : sideOf(winner),
    since,
  });
  return seenReplay(context, { mapping, field: own }, found);
}
