import { mappingsOfEntity } from '../core/home.ts';
import { sides } from '../core/sides.ts';
import type { MappingName, Side } from '../core/types.ts';
import { goOnWithAct } from './acts/going-on.ts';
import { type CaptureParts, capture } from './capture.ts';
import { type Bells, createBells } from './doorbell.ts';
import { createErasures, type Erasures } from './erasures.ts';
import type { Guard } from './guard.ts';
import type { MatchWalking } from './match-walk.ts';
import { releaseMissed } from './release.ts';
import { createRuns, type Runs } from './runs.ts';
import { doChores, type Keeping } from './runs-chores.ts';
import type { RunParts } from './runs-walk.ts';
import type { EngineParts } from './step-context.ts';
import { createBacklogTending } from './tend-backlogs.ts';
import { startWorkers, type Workers } from './workers.ts';

/** Everything that goes on by itself while the sync is started: workers, both captures, the match walk, runs and chores. */
export interface Crew {
  /** Throws before `start`. */
  workers(): Workers;
  /** Live lanes may be due; unheard before `start`. */
  wake(): void;
  /** A flow was paused or goes on. */
  onPause(): void;
  readonly runs: Runs;
  /** Throws before `start`. */
  readonly erase: Erasures['erase'];
  /** Rings whenever a feed was read. */
  readonly read: Bells;
  start(): Promise<void>;
  /** Finishes or hands over what is in flight. Call once the signal is aborted. */
  stop(): Promise<void>;
}

/** What the crew needs to know besides the engine's parts. */
export interface CrewOptions {
  readonly guards: Readonly<Record<Side, Guard>>;
  readonly matchWalk: MatchWalking;
  readonly keeping: Keeping;
  readonly refreshSettings: () => Promise<void>;
  readonly report: RunParts['report'];
  /** The database has taken a write. */
  readonly onWrote: () => void;
  readonly signal: AbortSignal;
}

/** Gets the crew together; nothing runs until `start`. */
export function createCrew(parts: EngineParts, options: CrewOptions): Crew {
  const { guards, matchWalk, keeping, refreshSettings, report, onWrote, signal } = options;
  let workers: Workers | null = null;
  const read = createBells();
  const started = (): Workers => {
    if (!workers) throw new Error('The sync has not been started.');
    return workers;
  };
  const wake = (): void => workers?.wake();
  const runParts: RunParts = {
    ...parts,
    workers: started,
    connectors: parts.patient,
    wake: () => workers?.wakeRuns(),
    signal,
    report,
  };
  const runs = createRuns(runParts);
  const backlogs = createBacklogTending();
  const erasures = createErasures({ ...parts, workers: started });
  const going: Promise<unknown>[] = [];

  const captureOf = (side: Side): CaptureParts => ({
    sql: parts.sql,
    side,
    connector: parts.connectors[side],
    written: parts.written,
    massEditShare: parts.massEditShare,
    mappingsOf: (entity) => mappingsOfEntity(parts.mappings, side, entity).map(({ name }) => name),
    workers: started,
    onRead: () => read.ring(),
    onStrangers: backlogs.ring,
    onError: (error) => report(error, `${side} feed`),
    onExpired: async () => void (await runs.reconcileAll()),
  });

  /** Settings tell which flows are behind: this one is not, or not on this side. */
  const onCaughtUp = async (): Promise<void> => {
    await refreshSettings();
    runParts.wake();
    read.ring();
  };
  const onExpired = async (mapping: MappingName): Promise<void> => {
    await runs.start({ kind: 'reconciliation', flows: [mapping], mode: 'apply' }, 'tandem');
  };

  return {
    workers: started,
    wake,
    onPause: backlogs.ring,
    runs,
    erase: erasures.erase,
    read,
    async start() {
      going.push(
        matchWalk.walk(parts, { signal, onKnown: wake, onError: (error) => report(error, 'match keys') }),
      );
      workers = await startWorkers(parts, {
        guards,
        onBeat: refreshSettings,
        onSign: onWrote,
        onError: (error, lanes) => report(error, lanes[0]?.key ?? 'worker'),
        goOn: (lane, token) => goOnWithAct({ ...parts, workers: started }, lane, token),
      });
      for (const side of sides) going.push(capture(captureOf(side), signal));
      // What a process that died had linked but not told is told now.
      await releaseMissed(parts, null);
      workers.wake();
      await runs.resume();
      going.push(backlogs.tend({ ...parts, signal, report, onExpired, onCaughtUp }));
      going.push(erasures.tend({ signal, report }));
      going.push(doChores(runParts, runs, keeping));
    },
    async stop() {
      await Promise.all([workers?.stop(), ...going]);
      await runs.stopped();
    },
  };
}
