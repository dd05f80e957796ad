import { SyncError } from '../core/errors.ts';
import type { MappingName } from '../core/types.ts';
import { countLinks } from '../store/links.ts';
import {
  adoptRuns,
  beginRun,
  cancelStoredRun,
  dropLanesOfRun,
  isRunning,
  nothingCounted,
  type RunKind,
  type StoredRun,
} from '../store/runs.ts';
import { isSystemAway } from './guard.ts';
import { rest } from './rest.ts';
import { backfill, backfillFailed, windDown } from './runs-backfill.ts';
import { openLedger } from './runs-ledger.ts';
import { previewBackfill } from './runs-preview.ts';
import { flowsOf, keyOfLinks, reconcile } from './runs-reconcile.ts';
import { type Ground, groundsOf, type RunParts } from './runs-walk.ts';

/** What a run is to do. */
export interface RunAsked {
  readonly kind: RunKind;
  readonly flows: readonly MappingName[];
  /** A backfill's preview plans and counts; a reconciliation's lists what it finds and repairs nothing. */
  readonly mode: 'apply' | 'preview';
  /** Compare the values of all pairs, also of those whose versions say that nothing moved. */
  readonly full?: boolean;
}

/** Backfills and reconciliations: walks over everything both systems have. */
export interface Runs {
  /** Starts a run and answers its id; it goes on in the background, from checkpoint to checkpoint. */
  start(asked: RunAsked, actor: string): Promise<string>;
  /** Reconciles and repairs all flows, of the sync's own accord. */
  reconcileAll(): Promise<string>;
  /** Starts a run over only what failed in an earlier one. */
  rerun(id: string, actor: string): Promise<string>;
  /** Ends a run; its lanes that nobody else has rung leave the queue. */
  cancel(id: string): Promise<void>;
  /** Goes on with runs whose worker stopped or died. */
  resume(): Promise<void>;
  stopped(): Promise<void>;
}

/** Runs of one process. */
export function createRuns(parts: RunParts): Runs {
  const { sql } = parts;
  const running = new Map<string, Promise<void>>();
  const token = (): number => parts.workers().token;
  const launch = (run: StoredRun): void => {
    if (running.has(run.id)) return;
    const job = persist(parts, run);
    running.set(run.id, job);
    void job.finally(() => running.delete(run.id));
  };
  const begin = async (run: StoredRun, actor: string): Promise<string> => {
    await beginRun(sql, run, actor, token());
    launch(run);
    return run.id;
  };
  const start: Runs['start'] = ({ kind, flows, mode, full }, actor) =>
    begin(
      {
        id: parts.newId(),
        kind,
        mode,
        flows,
        checkpoint: { walked: {}, counted: 0, ...(full && { full }) },
        counts: nothingCounted,
        samples: {},
      },
      actor,
    );
  return {
    start,
    reconcileAll: () =>
      start(
        {
          kind: 'reconciliation',
          flows: Object.values(parts.mappings).map(({ name }) => name),
          mode: 'apply',
        },
        'tandem',
      ),
    async rerun(id, actor) {
      const [before] = await sql<
        { kind: RunKind; mode: string; flows: MappingName[] }[]
      >`select kind, mode, flows from sync.run where id = ${id}`;
      if (!before) throw new SyncError('NOT_FOUND', `There is no run ${id}.`);
      if (before.mode === 'preview')
        throw new SyncError('BAD_USER_INPUT', `Run ${id} was a preview; nothing of it can have failed.`);
      return begin(
        {
          id: parts.newId(),
          kind: before.kind,
          mode: 'apply',
          flows: before.flows,
          checkpoint: { walked: {}, counted: 0, failedOf: id },
          counts: nothingCounted,
          samples: {},
        },
        actor,
      );
    },
    async cancel(id) {
      if ((await cancelStoredRun(sql, id)) === null)
        throw new SyncError(
          'NOT_FOUND',
          `Run_${id} has ended already; only a run under way can be cancelled.`,
        );
    },
    async resume() {
      for (const run of await adoptRuns(sql, token())) launch(run);
    },
    stopped: async () => void (await Promise.allSettled(running.values())),
  };
}

/** Attempts at a run that fails for another reason than a system that is away. */
const attemptsMost = 3;
/** Pause between two attempts, in ms. */
const pauseMs = 1_000;

/** Carries a run out. A system that is away is waited for; everything else is tried again a few times, then told. */
async function persist(parts: RunParts, run: StoredRun): Promise<void> {
  for (let attempts = 1; !parts.signal.aborted; ) {
    try {
      const [stored] = await parts.sql<StoredRun[]>`
        select id, kind, mode, flows, checkpoint, counts, samples from sync.run where id = ${run.id} and state = 'running'`;
      if (!stored) return;
      return await carryOut(parts, stored, attempts >= attemptsMost);
    } catch (error) {
      parts.report(error, `run ${run.id}`);
      if (!isAway(error) && ++attempts > attemptsMost) return;
      await rest(pauseMs, parts.signal);
    }
  }
}

const isAway = (error: unknown): boolean =>
  isSystemAway(error) ||
  /^(CONNECT|E(CONN|PIPE|TIMEDOUT)|08|57P|53)/.test(String((error as { code?: unknown } | null)?.code ?? ''));

async function carryOut(parts: RunParts, run: StoredRun, last: boolean): Promise<void> {
  const grounds = groundsOf(parts, run.flows);
  const { failedOf } = run.checkpoint;
  const ledger = await openLedger(
    {
      sql: parts.sql,
      token: parts.workers().token,
      paused: () => pausedOf(parts),
      keys: failedOf ? ['failed'] : [...grounds.map((ground) => ground.key), ...linksWalked(run, grounds)],
      sizes: failedOf ? {} : await sizesOf(parts, run, grounds),
    },
    // What a preview would link is not stored: one that was interrupted starts anew.
    run.kind === 'backfill' && run.mode === 'preview'
      ? { ...run, checkpoint: { walked: {}, counted: 0 }, counts: nothingCounted, samples: {} }
      : run,
  );
  try {
    if (await walk()) await ledger.keep('done');
    // A chunk may have been rung just after the cancel had looked.
    else if (!parts.signal.aborted && !(await isRunning(parts.sql, run.id))) {
      await dropLanesOfRun(parts.sql, run.id);
      if (run.mode === 'apply') await windDown(parts, ledger);
    }
  } catch (error) {
    if (last && !isAway(error))
      await ledger.keep('failed', error instanceof Error ? error.message : String(error));
    throw error;
  }

  function walk(): Promise<boolean> {
    if (failedOf) return backfillFailed(parts, ledger, failedOf);
    if (run.kind === 'reconciliation') return reconcile(parts, ledger, { grounds, run });
    return run.mode === 'preview'
      ? previewBackfill(parts, ledger, grounds)
      : backfill(parts, ledger, grounds);
  }
}

/**
 * How many records, and links, this run will see. A system that cannot tell is left out: what an earlier run saw there
 * has to do, and where there was none, nobody knows how long this one takes.
 */
async function sizesOf(
  parts: RunParts,
  run: StoredRun,
  grounds: readonly Ground[],
): Promise<Readonly<Record<string, number>>> {
  const counted = grounds.map(async ({ key, side, entity }) => {
    const n = await parts.connectors[side].count?.(entity);
    return n === undefined ? [] : [[key, n] as const];
  });
  const walked = new Set(linksWalked(run, grounds));
  const links = walked.size > 0 ? await countLinks(parts.sql, flowsOf({ grounds, run })) : new Map();
  const ofLinks = [...links].map(([mapping, { live }]) => [keyOfLinks(mapping), live] as const);
  return Object.fromEntries([...(await Promise.all(counted)).flat(), ...ofLinks]);
}

/** A reconciliation walks the links as well, under keys of their own. */
const linksWalked = (run: StoredRun, grounds: readonly Ground[]): readonly string[] =>
  run.kind === 'reconciliation' ? flowsOf({ grounds, run }).map(keyOfLinks) : [];

/** Flows that rest now. */
const pausedOf = ({ mappings, settings }: RunParts): string[] =>
  Object.values(mappings)
    .map((mapping) => mapping.name)
    .filter((name) => settings.isPaused(name));
