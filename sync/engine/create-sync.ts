import { createFlush } from '../../drizzle/postgres/flush.ts';
import { codeLists } from '../core/code-lists.ts';
import type { Connector } from '../core/connector.ts';
import { homesOf } from '../core/home.ts';
import type { Lookup, Mapping } from '../core/mapping.ts';
import type { MappingName, Side } from '../core/types.ts';
import { pauseFlow, resumeFlow } from '../store/backlogs.ts';
import { codePairs } from '../store/code-map.ts';
import { seedSettings } from '../store/settings.ts';
import type { Sql } from '../store/sql.ts';
import { removeCode, setCode } from './acts/codes.ts';
import { setField, setFlow } from './acts/configure.ts';
import { resolveConflict, retry } from './acts/decisions.ts';
import { one } from './acts/links.ts';
import { actOnLink, actOnLinks, applyPlan } from './acts/planned.ts';
import { policyReplay } from './acts/policy-replay.ts';
import { previewSetting } from './acts/preview-setting.ts';
import { syncRecords } from './acts/sync-now.ts';
import type { Sync } from './api.ts';
import { type Clocks, createClocks } from './clocks.ts';
import { type Crew, createCrew } from './crew.ts';
import { type DatabaseState, watchDatabase } from './database-state.ts';
import { driftOf } from './drift.ts';
import type { InlineParts } from './inline.ts';
import { createLikely } from './likely.ts';
import type { ReferenceTable } from './lookup.ts';
import { massShare } from './mass-change.ts';
import { createMatchWalk } from './match-walk.ts';
import { untilQuiet } from './quiet.ts';
import { roundTripsOf } from './round-trip.ts';
import type { Keeping } from './runs-chores.ts';
import { type LiveSettings, openSettings } from './settings.ts';
import type { EngineParts, MatchWalk } from './step-context.ts';
import { type EventStream, startStream } from './stream.ts';
import { tokenOf, tokenOfRecord, untilSettled } from './sync-token.ts';
import { openSystems, type Systems } from './systems.ts';
import { createTouchedLately } from './touched-lately.ts';
import { createTraffic } from './traffic.ts';
import { isUnread } from './unread.ts';
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
  /** The share of a flow's pairs that one author may change alike, at once, before the rest is held; default 0.5, 1: never. */
  readonly massEditShare?: number | undefined;
  /** How long a system may take for one call, in ms; default 90,000. */
  readonly callMs?: number | undefined;
  /** How long it may take to show its records when the two sides of links that somebody looks at are compared, in ms; default 1,500. */
  readonly lookMs?: number | undefined;
  readonly log: { error(detail: object, message: string): void; info(detail: object, message: string): void };
}

/** Joins the stages; the only place where they meet. Nothing runs until `start`. */
export async function createSync(options: SyncOptions): Promise<Sync> {
  const { sql, mappings } = options;
  const stopping = new AbortController();
  const database = watchDatabase((trouble, isOver) => {
    const what = isOver
      ? words[trouble.kind].over
      : `${words[trouble.kind].now} ${trouble.reason}; all work waits`;
    options.log.error({ since: trouble.since }, `the database ${what}`);
  });
  const report = reporter(options.log, database, stopping.signal);
  const systems = openSystems(options, stopping.signal);
  const settings = await seededSettings(sql, mappings);
  const stream = await startStream(sql, (error) => report(error, 'event log'));
  const clocks = createClocks(systems.connectors, (side) => systems.guards[side].state());
  const matchWalk = createMatchWalk(settings.mappings);
  const parts = engineParts(options, { systems, settings, stream, clocks, matchWalk });
  const crew = createCrew(parts, {
    guards: systems.guards,
    matchWalk,
    keeping: options.keeping ?? {},
    refreshSettings: () => settings.refresh(sql),
    onWrote: database.wrote,
    report,
    signal: stopping.signal,
  });
  return {
    connectors: systems.connectors,
    mappings: settings.mappings,
    stageTimes: () => ({ ...parts.steps.ms }),
    budgets: systems.budgets,
    breakers: systems.breakers,
    refusal: database.refusal,
    clocks: clocks.readings,
    async start() {
      await clocks.start(stopping.signal);
      await crew.start();
    },
    async stop() {
      stopping.abort();
      await Promise.all([crew.stop(), clocks.done()]);
      await stream.stop();
    },
    ...actsOf({ ...parts, workers: crew.workers }, crew),
    ...settingOf(options, settings, crew),
    startRun: (kind, flows, mode, actor, full) =>
      crew.runs.start({ kind, flows, mode, ...(full && { full }) }, actor),
    rerunFailed: crew.runs.rerun,
    cancelRun: crew.runs.cancel,
    policyReplay: (of) => policyReplay(parts, of),
    roundTrips: (linkIds) => roundTripsOf(parts, linkIds, options.lookMs),
    drift: (linkIds) => driftOf(parts, linkIds, options.lookMs),
    events: stream.events,
    settled: async (token, ms) =>
      untilSettled({ sql, isUnread: (ref) => isUnread(parts, ref) }, token, ms, {
        read: crew.read,
        settled: crew.workers().settled,
      }),
    syncToken: () => tokenOf(sql),
    tokenOf: (ref) => tokenOfRecord(sql, systems.connectors[ref.side], ref),
    async quiet(signal) {
      await untilQuiet(parts, crew.workers().settled, signal);
      await stream.sequenced();
    },
  };
}

/** What is told of the database, when trouble begins and when it is over. */
const words = {
  refuses: { now: 'takes no writes: it', over: 'takes writes again' },
  away: { now: 'cannot be reached:', over: 'can be reached again' },
} as const;

/**
 * Tells the log of an error; while the sync stops, errors are what stopping does to whatever is under way. That the
 * database takes no writes or cannot be reached is told once, whoever finds it.
 */
function reporter(log: SyncOptions['log'], database: DatabaseState, stopping: AbortSignal) {
  return (error: unknown, what = 'sync'): void => {
    if (database.failed(error)) return;
    const [message, detail] = error instanceof Error ? [error.message, error.stack] : [String(error), null];
    if (!stopping.aborted) log.error({ error: detail ?? message }, `${what}: ${message}`);
  };
}

/** The settings of this database, which start as they are declared. */
async function seededSettings(sql: Sql, mappings: SyncOptions['mappings']): Promise<LiveSettings> {
  await seedSettings(
    sql,
    codeLists,
    Object.values(mappings).map((mapping) => mapping.name),
  );
  return openSettings(sql, mappings);
}

/** What was opened for the engine, and goes into every step. */
interface Opened {
  readonly systems: Systems;
  readonly settings: LiveSettings;
  readonly stream: EventStream;
  readonly clocks: Clocks;
  readonly matchWalk: MatchWalk;
}

function engineParts(
  { sql, mappings, references, company, newId, massEditShare = massShare }: SyncOptions,
  opened: Opened,
): EngineParts {
  const { systems, settings, stream, clocks, matchWalk } = opened;
  const traffic = createTraffic();
  return {
    sql,
    references,
    company,
    newId,
    massEditShare,
    touchedLately: createTouchedLately(sql),
    settings,
    clocks,
    matchWalk,
    traffic,
    mappings: settings.mappings,
    homes: homesOf(Object.values(mappings)),
    connectors: systems.connectors,
    patient: {
      crm: traffic.behind(systems.guards.crm.patient),
      erp: traffic.behind(systems.guards.erp.patient),
    },
    onTold: stream.told,
    flush: createFlush(sql),
    written: createWrittenVersions(),
    likely: createLikely(),
    steps: { started: 0, ended: 0, ms: { gather: 0, plan: 0, apply: 0, record: 0 } },
  };
}

/** What people have the sync do to records, links and findings; each is answered when it is done. */
const actsOf = (parts: InlineParts, { wake, erase }: Pick<Crew, 'wake' | 'erase'>) =>
  ({
    syncRecords: (mapping, refs, ask) => syncRecords(parts, { mapping, refs, linkId: null, asked: {} }, ask),
    syncLink: async (linkId, ask) =>
      one(await syncRecords(parts, { mapping: null, refs: [], linkId, asked: {} }, ask)),
    applyPlan: (token, ask) => applyPlan(parts, token, ask),
    link: (mapping, crmId, erpId, ask) => actOnLink(parts, { kind: 'link', mapping, crmId, erpId }, ask),
    unlink: (linkId, keep, ask) => actOnLink(parts, { kind: 'unlink', linkId, keep }, ask),
    relink: (linkId, to, ask) => actOnLink(parts, { kind: 'relink', linkId, to }, ask),
    swap: (links, ask) => actOnLinks(parts, { kind: 'swap', ...links }, ask),
    resolveMatch: (proposalId, choice, ask) =>
      actOnLink(parts, { kind: 'resolveMatch', proposalId, choice }, ask),
    resolveConflict: (id, choices, ask) => resolveConflict(parts, id, choices, ask),
    async retry(which, ask) {
      const rung = await retry(parts, which, ask);
      wake();
      return rung;
    },
    revert: (eventId, fields, ask) => actOnLink(parts, { kind: 'revert', eventId, fields }, ask),
    followMerge: (from, into, ask) => actOnLinks(parts, { kind: 'followMerge', from, into }, ask),
    erase,
  }) satisfies Partial<Sync>;

/** What people set at run time; it holds for what happens from then on. */
function settingOf(
  { sql, mappings }: SyncOptions,
  settings: LiveSettings,
  crew: Pick<Crew, 'wake' | 'onPause'>,
) {
  const configuring = { sql, declared: mappings, settings };
  return {
    setFlow: (mapping, to, actor) => setFlow(configuring, mapping, to, actor),
    setField: (mapping, field, to, actor) => setField(configuring, { mapping, field }, to, actor),
    codes: (list) => codePairs(sql, list),
    async setCode(given, actor) {
      const pair = await setCode(configuring, given, actor);
      crew.wake();
      return pair;
    },
    async removeCode(given, actor) {
      const pair = await removeCode(configuring, given, actor);
      crew.wake();
      return pair;
    },
    previewSetting: (act) => previewSetting(configuring, act),
    async pause(mapping, paused, reason, actor) {
      if (paused) await pauseFlow(sql, mapping, reason, actor);
      else await resumeFlow(sql, mapping, actor);
      await settings.refresh(sql);
      crew.wake();
      crew.onPause();
    },
    settingsChanged: () => settings.refresh(sql),
  } satisfies Partial<Sync>;
}
