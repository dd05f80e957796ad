import { createFlush } from '../../drizzle/postgres/flush.ts';
import { codeLists } from '../core/code-lists.ts';
import type { Connector } from '../core/connector.ts';
import { homesOf, mappingsOfEntity } from '../core/home.ts';
import type { Lookup, Mapping } from '../core/mapping.ts';
import { sides } from '../core/sides.ts';
import type { MappingName, Side } from '../core/types.ts';
import { putCode, seedSettings, setPaused } from '../store/settings.ts';
import type { Sql } from '../store/sql.ts';
import { setField, setFlow } from './acts/configure.ts';
import { resolveConflict, retry } from './acts/decisions.ts';
import { erase } from './acts/erase.ts';
import { one } from './acts/links.ts';
import { actOnLink, actOnLinks, applyPlan } from './acts/planned.ts';
import { policyReplay } from './acts/policy-replay.ts';
import { syncRecords } from './acts/sync-now.ts';
import type { Sync } from './api.ts';
import { createBudget } from './budget.ts';
import { capture } from './capture.ts';
import { createClocks } from './clocks.ts';
import { createBells } from './doorbell.ts';
import { driftOf, driftsOf } from './drift.ts';
import { type BreakerState, createGuard } from './guard.ts';
import { inTime } from './in-time.ts';
import type { InlineParts } from './inline.ts';
import { createLikely } from './likely.ts';
import type { ReferenceTable } from './lookup.ts';
import { startMatchWalk } from './match-walk.ts';
import { releaseMissed } from './release.ts';
import { releaseCode } from './release-code.ts';
import { roundTripsOf } from './round-trip.ts';
import { createRuns } from './runs.ts';
import { doChores, type Keeping } from './runs-chores.ts';
import type { RunParts } from './runs-walk.ts';
import { openSettings } from './settings.ts';
import { startStream } from './stream.ts';
import { laggingSides, sideAtWork, tokenOfRecord } from './sync-token.ts';
import { createTraffic } from './traffic.ts';
import { startWorkers, type Workers } from './workers.ts';
import { createWrittenVersions } from './written.ts';

/** What a sync is made of. */
export interface SyncOptions {
  readonly sql: Sql;
  readonly connectors: Readonly<Record<Side, Connector>>;
  readonly mappings: Readonly<Record<MappingName, Mapping>>;
  /** Which properties refer to which entity, per system: from the entities' declarations. */
  readonly references: Readonly<Record<Side, ReferenceTable>>;
  readonly company: Lookup['company'];
  readonly newId: () => string;
  /** How long what happened is kept, and when everything is reconciled. */
  readonly keeping?: Keeping;
  /** How long a system may take for one call, in ms; default 90,000. */
  readonly callMs?: number | undefined;
  readonly log: { error(detail: object, message: string): void; info(detail: object, message: string): void };
}

/** Joins the stages; the only place where they meet. Nothing runs until `start`. */
export async function createSync(options: SyncOptions): Promise<Sync> {
  const { sql, mappings, log } = options;
  const stopping = new AbortController();
  const budgets = {
    crm: createBudget(sql, 'crm', inTime('crm', options.connectors.crm, options.callMs), stopping.signal),
    erp: createBudget(sql, 'erp', inTime('erp', options.connectors.erp, options.callMs), stopping.signal),
  };
  const guards = {
    crm: createGuard('crm', budgets.crm, (state) => told('crm', state)),
    erp: createGuard('erp', budgets.erp, (state) => told('erp', state)),
  };
  const connectors = { crm: guards.crm.connector, erp: guards.erp.connector };
  const traffic = createTraffic();
  const patient = { crm: traffic.behind(guards.crm.patient), erp: traffic.behind(guards.erp.patient) };
  const told = (side: Side, state: BreakerState): void =>
    log.error(
      { side, ...state },
      state.open ? `${side} does not answer; its work waits` : `${side} answers again`,
    );
  await seedSettings(
    sql,
    codeLists,
    Object.values(mappings).map((mapping) => mapping.name),
  );
  const settings = await openSettings(sql, mappings);
  const clocks = createClocks(connectors, (side) => guards[side].state());
  const report = (error: unknown, what = 'sync'): void => {
    if (!stopping.signal.aborted) log.error({ error: describe(error) }, `${what}: ${message(error)}`);
  };
  const stream = await startStream(sql, (error) => report(error, 'event log'));
  const parts = {
    ...options,
    onTold: stream.told,
    flush: createFlush(sql),
    clocks,
    mappings: settings.mappings,
    homes: homesOf(Object.values(mappings)),
    connectors,
    patient,
    settings,
    written: createWrittenVersions(),
    matchWalk: { knows: (mapping: MappingName) => matchWalk?.knows(mapping) ?? false },
    traffic,
    likely: createLikely(),
    steps: { started: 0, ended: 0, ms: { gather: 0, plan: 0, apply: 0, record: 0 } },
  };
  let matchWalk: ReturnType<typeof startMatchWalk> | null = null;
  const read = createBells();
  let workers: Workers | null = null;
  const inline: InlineParts = {
    ...parts,
    workers: () => {
      if (!workers) throw new Error('The sync has not been started.');
      return workers;
    },
  };
  const runParts: RunParts = {
    ...inline,
    connectors: patient,
    wake: () => workers?.wakeRuns(),
    signal: stopping.signal,
    report,
  };
  const runs = createRuns(runParts);
  let chores: Promise<void> | null = null;
  const captures: Promise<void>[] = [];

  const configuring = { sql, declared: mappings, settings };

  return {
    connectors,
    stageTimes: () => ({ ...parts.steps.ms }),
    budgets: async () => ({ crm: await budgets.crm.state(), erp: await budgets.erp.state() }),
    breakers: () => ({ crm: guards.crm.state(), erp: guards.erp.state() }),
    clocks: () => clocks.readings(),
    async start() {
      await clocks.start(stopping.signal);
      matchWalk = startMatchWalk(parts, {
        signal: stopping.signal,
        onKnown: () => workers?.wake(),
        onError: (error) => report(error, 'match keys'),
      });
      workers = await startWorkers(parts, {
        guards: [guards.crm, guards.erp],
        onBeat: () => settings.refresh(sql),
        onError: (error, lanes) => report(error, lanes[0]?.key ?? 'worker'),
      });
      for (const side of ['crm', 'erp'] as const)
        captures.push(
          capture(
            {
              sql,
              side,
              connector: connectors[side],
              written: parts.written,
              mappingsOf: (entity) => mappingsOfEntity(mappings, side, entity).map(({ name }) => name),
              taker: () => workers?.taker(),
              onRung: (taken, others) => workers?.hand(taken, others),
              onRead: () => read.ring(),
              onError: (error) => report(error, `${side} feed`),
              onExpired: async () =>
                void (await runs.start(
                  { kind: 'reconciliation', flows: flowNames(mappings), mode: 'apply' },
                  'tandem',
                )),
            },
            stopping.signal,
          ),
        );
      // What a process that died had linked but not told is told now.
      await releaseMissed(parts, null);
      workers.wake();
      await runs.resume();
      chores = doChores(runParts, runs, options.keeping ?? {});
    },
    async stop() {
      stopping.abort();
      await Promise.all([workers?.stop(), ...captures, chores, matchWalk?.done, clocks.done()]);
      await runs.stopped();
      await stream.stop();
    },
    syncRecords: (mapping, refs, ask) => syncRecords(inline, { mapping, refs, linkId: null, asked: {} }, ask),
    syncLink: async (linkId, ask) =>
      one(await syncRecords(inline, { mapping: null, refs: [], linkId, asked: {} }, ask)),
    applyPlan: (token, ask) => applyPlan(inline, token, ask),
    link: (mapping, crmId, erpId, ask) => actOnLink(inline, { kind: 'link', mapping, crmId, erpId }, ask),
    unlink: (linkId, keep, ask) => actOnLink(inline, { kind: 'unlink', linkId, keep }, ask),
    relink: (linkId, to, ask) => actOnLink(inline, { kind: 'relink', linkId, to }, ask),
    swap: (links, ask) => actOnLinks(inline, { kind: 'swap', ...links }, ask),
    resolveMatch: (proposalId, choice, ask) =>
      actOnLink(inline, { kind: 'resolveMatch', proposalId, choice }, ask),
    resolveConflict: (id, choices, ask) => resolveConflict(inline, id, choices, ask),
    async retry(which, ask) {
      const rung = await retry(inline, which, ask);
      workers?.wake();
      return rung;
    },
    revert: (eventId, fields, ask) => actOnLink(inline, { kind: 'revert', eventId, fields }, ask),
    async pause(mapping, paused, reason, actor) {
      await setPaused(sql, mapping, paused, reason, actor);
      await settings.refresh(sql);
      workers?.wake();
    },
    mappings: settings.mappings,
    setFlow: (mapping, to, actor) => setFlow(configuring, mapping, to, actor),
    setField: (mapping, field, to, actor) => setField(configuring, { mapping, field }, to, actor),
    async setCode(pair, actor) {
      await putCode(sql, pair);
      await settings.refresh(sql);
      await releaseCode(sql, pair, actor);
      workers?.wake();
    },
    settingsChanged: () => settings.refresh(sql),
    startRun: (kind, flows, mode, actor, full) =>
      runs.start({ kind, flows, mode, ...(full && { full }) }, actor),
    rerunFailed: (id, actor) => runs.rerun(id, actor),
    cancelRun: (id) => runs.cancel(id),
    followMerge: (from, into, ask) => actOnLinks(inline, { kind: 'followMerge', from, into }, ask),
    erase: (ref, ask) => erase(inline, ref, ask),
    policyReplay: (of) => policyReplay(parts, of),
    roundTrips: (linkIds) => roundTripsOf(parts, linkIds),
    drift: (linkId) => driftOf(parts, linkId),
    drifts: (linkIds) => driftsOf(parts, linkIds),
    events: (after, signal) => stream.events(after, signal),
    async settled(token, ms) {
      using bell = read.join();
      const deadline = Date.now() + ms;
      for (;;) {
        const lagging = await laggingSides(sql, token);
        const left = deadline - Date.now();
        if (left <= 0) return { lagging };
        if (lagging.length === 0) break;
        await bell.wait(left);
      }
      using done = inline.workers().settled.join();
      for (;;) {
        const side = await sideAtWork(sql, token);
        const left = deadline - Date.now();
        if (side === null || left <= 0) return { lagging: side === null ? [] : [side] };
        await done.wait(Math.min(left, 100));
      }
    },
    tokenOf: (ref) => tokenOfRecord(sql, connectors[ref.side], ref),
    async quiet(signal) {
      using settledBell = inline.workers().settled.join();
      while (!signal?.aborted) {
        const { started, ended } = parts.steps;
        if (started === ended && (await isQuiet(sql, connectors)) && started === parts.steps.started) break;
        await settledBell.wait(100, signal);
      }
      await stream.sequenced();
    },
  };
}

const flowNames = (mappings: SyncOptions['mappings']): MappingName[] =>
  Object.values(mappings).map((mapping) => mapping.name);

/** Whether both feeds are captured to their end, no lane is held, due, or about to be, and no create is looked for. */
async function isQuiet(sql: Sql, connectors: SyncOptions['connectors']): Promise<boolean> {
  const [crm, erp] = await Promise.all([connectors.crm.head(), connectors.erp.head()]);
  const sought = sides.filter((side) => connectors[side].capabilities?.createDedup !== 'none');
  const [row] = await sql<{ busy: number; crm: string | null; erp: string | null }[]>`
    select (select count(*) from sync.lane where locked_until is not null or (run_at < now() + interval '5 seconds'
        and mapping not in (select mapping from sync.flow where paused)))
        + (select count(*) from sync.intent i where i.side = any(${sought}::text[]) and i.at > now() - interval '15 seconds'
          and not exists (select 1 from sync.lane l where l.key = i.lane)) as busy,
      (select cursor from sync.feed where side = 'crm') as crm, (select cursor from sync.feed where side = 'erp') as erp`;
  return row!.busy === 0 && reached(row!.crm, crm) && reached(row!.erp, erp);
}

const reached = (cursor: string | null, head: string | null): boolean => head === null || cursor === head;

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
