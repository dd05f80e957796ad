import type { SyncEvent } from '../../sync/index.ts';
import { badInput } from '../system/arguments.ts';
import type { Stream } from '../system/stream.ts';
import type { SyncContext } from './context.ts';
import { checkEventCursor } from './event-cursor.ts';
import { eventMatches } from './event-match.ts';
import type { Filter } from './filter.ts';
import { type FlowStatus, flowStatus } from './flow-status.ts';
import { checkGiven } from './given.ts';
import { storedId } from './ids.ts';
import { type Resolvers, recordOf } from './resolvers-unified.ts';
import type { LinkRow } from './rows.ts';
import { runOf } from './runs.ts';
import { type Awaiting, awaiting, everyMs, stream, whenChanged } from './stream.ts';
import type { Unified, UnifiedType } from './unified.ts';

/** The resolvers of Subscription. */
export function subscriptionResolvers({ types }: Unified): Resolvers {
  return {
    Subscription: {
      syncEvents: live(async ({ after, filter }: EventArguments, context) => {
        if (after) await checkEventCursor(context.sql, after);
        const from = after ?? (await lastCursor(context));
        return stream((signal) => matching(context.sync.events(from, signal), filter ?? {}));
      }),
      customerChanged: changed(types.Customer),
      orderChanged: changed(types.Order),
      quoteChanged: changed(types.Quote),
      flowStatus: live(({ flow }: { readonly flow?: string | null }, context) =>
        stream((signal) => statuses(context, flow ?? null, signal)),
      ),
      run: live(async ({ id }: { readonly id: string }, { sql }) => {
        const stored = storedId(id, ['Run'], ['id']);
        if ((await runOf(sql, stored)) === null)
          throw badInput(`There is no run ${id}; runs lists the latest`, ['id']);
        return stream((signal) =>
          whenChanged(
            () => runOf(sql, stored),
            ({ endedAt }) => endedAt !== null,
            signal,
          ),
        );
      }),
    },
  };
}

interface EventArguments {
  readonly after?: string | null;
  readonly filter?: Filter | null;
}

/** Where the log ends now: a stream from here misses nothing that happens before its first event is asked for. */
async function lastCursor({ sql }: SyncContext): Promise<string> {
  const [head] = await sql<{ pos: string }[]>`select pos::text as pos from sync.event_head`;
  return head?.pos ?? '0';
}

/** A subscription whose every event is resolved afresh: what was read for the last one is old. */
function live<Args extends object, Event>(
  subscribe: (args: Args, context: SyncContext) => Stream<Event> | Promise<Stream<Event>>,
  resolve: (event: Event, context: SyncContext) => unknown = (event) => event,
) {
  return {
    subscribe: (_: unknown, args: Args, context: SyncContext) => {
      context.demand('read');
      checkGiven(args);
      return subscribe(args, context);
    },
    resolve: (event: Event | Error, _: unknown, context: SyncContext) => {
      if (event instanceof Error) return event;
      context.renew();
      return resolve(event, context);
    },
  };
}

async function* matching(
  batches: AsyncIterable<readonly SyncEvent[]>,
  filter: Filter,
): AsyncGenerator<SyncEvent> {
  for await (const batch of batches) for (const event of batch) if (eventMatches(filter, event)) yield event;
}

/** A record whenever it has changed: several events at once are one news, since the record is read afresh. */
function changed(type: UnifiedType) {
  return live(
    async ({ id }: { readonly id: string }, context) => {
      const stored = storedId(id, [type.name], ['id']);
      const from = await lastCursor(context);
      if ((await recordOf(context, type, stored)) === null)
        throw badInput(`There is no ${type.name} ${id}`, ['id']);
      return stream((signal) => changes(context, type, stored, context.sync.events(from, signal), signal));
    },
    (stored: string, context) => recordOf(context, type, stored),
  );
}

async function* changes(
  context: SyncContext,
  type: UnifiedType,
  id: string,
  batches: AsyncIterable<readonly SyncEvent[]>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const events = batches[Symbol.asyncIterator]();
  try {
    let row = await recordOf(context, type, id);
    let next: Awaiting<IteratorResult<readonly SyncEvent[]>> | null = null;
    while (row !== null) {
      next ??= awaiting(events.next(), signal);
      // Nothing is synced of a record that is alone: its edits are no events, and it is looked at itself.
      const news = await next(isAlone(row) ? everyMs : null);
      if (news?.done || signal.aborted) return;
      if (news) next = null;
      if (news && !(await touches(context, type, row, news.value))) continue;
      context.renew();
      const before: LinkRow = row;
      row = await recordOf(context, type, id);
      if (row !== null && (news || row.updatedAt !== before.updatedAt)) yield id;
    }
  } finally {
    await events.return?.();
  }
}

const isAlone = ({ crmId, erpId }: LinkRow): boolean => crmId === null || erpId === null;

/**
 * Events of the link that holds a record; where none does, of one that takes it over. Documents of one deal change
 * together: an event of the quote's link may be one of the order.
 */
async function touches(
  { sql }: SyncContext,
  type: UnifiedType,
  { id: linkId, lone, crmId, erpId }: LinkRow,
  batch: readonly SyncEvent[],
): Promise<boolean> {
  if (batch.some((event) => event.linkId === linkId)) return true;
  if (lone) {
    const news = batch.flatMap((event) => (event.mapping === type.mapping ? (event.linkId ?? []) : []));
    const [taken] =
      news.length === 0
        ? []
        : await sql`
            select 1 from sync.link where id = any(${news}::text[]) and mapping = ${type.mapping}
              and (crm_id = ${crmId} or erp_id = ${erpId}) limit 1`;
    return taken !== undefined;
  }
  if (type.lines === null) return false;
  const others = batch.flatMap((event) =>
    event.linkId !== null && dealMappings.has(event.mapping) ? [event.linkId] : [],
  );
  if (others.length === 0) return false;
  const [row] = await sql<{ touched: boolean }[]>`
    select exists (select 1 from sync.link o join sync.link l on l.id = ${linkId}
      where o.id = any(${others}::text[])
        and ((o.lane = l.lane and o.lane like 'deal:%') or (o.mapping = 'userOrder' and o.erp_id = l.erp_id))) as touched`;
  return row?.touched === true;
}

const dealMappings: ReadonlySet<string> = new Set(['quote', 'quoteOrder', 'order', 'userOrder']);

/** All flows or one: now, and each whenever it changes. */
async function* statuses(
  context: SyncContext,
  flow: string | null,
  signal: AbortSignal,
): AsyncGenerator<FlowStatus> {
  const shown = new Map<string, string>();
  for await (const all of whenChanged(
    () => flowStatus(context.sql, flow),
    () => false,
    signal,
  ))
    for (const status of all) {
      const text = JSON.stringify(status);
      if (shown.get(status.flow) === text) continue;
      shown.set(status.flow, text);
      yield status;
    }
}
