import { bar } from '../terminal.ts';
import { how, type Run } from './command.ts';
import { type Operator, OperatorError } from './operator.ts';
import { type Column, duration, table } from './table.ts';
import { flowsOf, typed } from './words.ts';

interface RunState {
  readonly id: string;
  readonly kind: string;
  readonly mode: string;
  readonly state: string;
  readonly by: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly perSecond: number | null;
  readonly counts: {
    readonly done?: number;
    readonly total?: number;
    readonly etaSeconds?: number | null;
    readonly flows?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  };
}

/** What a reconciliation counts where all is well; anything else it found. */
const inStep = new Set([
  'equal',
  'equal, another version',
  'not moved',
  'waiting',
  'without counterpart',
  'in the queue',
  'unchanged',
  'ended',
  'waits for a person',
]);

/** A backfill, watched to its end; 1 when something in it failed. */
export const backfill: Run = async (operator, options) => {
  const { startBackfill } = await operator.ask<{ startBackfill: RunState }>('StartBackfill', {
    flows: flowsOf(options.flows),
    ...how(options),
  });
  return seeThrough(operator, startBackfill, options.detach === true);
};

/** A reconciliation, watched to its end; 1 when it found something and did not repair it. */
export const reconcile: Run = async (operator, { flows, repair, quick, detach, reason }) => {
  const { startReconciliation } = await operator.ask<{ startReconciliation: RunState }>(
    'StartReconciliation',
    { flows: flowsOf(flows), repair: repair === true, full: quick !== true, reason: reason ?? null },
  );
  return seeThrough(operator, startReconciliation, detach === true);
};

/** One run: watched, cancelled or run again; without an id the latest are listed. */
export const run: Run = async (operator, { cancel, rerunFailed, reason: given }, [id]) => {
  if (id === undefined && cancel === true)
    throw new OperatorError(
      'Say which run to end: tandem run <id> --cancel. Without options it lists them.',
      2,
    );
  if (id === undefined && rerunFailed === true)
    throw new OperatorError(
      'Say of which run: tandem run <id> --rerun-failed. Without options it lists them.',
      2,
    );
  if (id === undefined) return list(operator);
  const reason = given ?? null;
  if (cancel === true) {
    const { cancelRun } = await operator.ask<{ cancelRun: RunState }>('CancelRun', { id, reason });
    operator.show(cancelRun, () => [`${id} is ${cancelRun.state}.`]);
    return 0;
  }
  if (rerunFailed === true) {
    const again = await operator.ask<{ rerunFailed: RunState }>('RerunFailed', { id, reason });
    return seeThrough(operator, again.rerunFailed, false);
  }
  return watchRun(operator, id);
};

async function list(operator: Operator): Promise<number> {
  const { runs } = await operator.ask<{ runs: readonly RunState[] }>('Runs');
  const columns: readonly Column<RunState>[] = [
    ['ID', (each) => each.id],
    ['RUN', ({ kind, mode }) => `${typed(kind)}${mode === 'PREVIEW' ? ', preview' : ''}`],
    ['STATE', ({ state }) => state],
    ['STARTED', ({ startedAt }) => startedAt.slice(0, 19)],
    ['BY', ({ by }) => by],
    ['RECORDS', ({ counts }) => counts.done ?? 0],
  ];
  operator.show(runs, () => (runs.length === 0 ? ['Nothing has run yet.'] : table(columns, runs)));
  return 0;
}

async function seeThrough(operator: Operator, started: RunState, detach: boolean): Promise<number> {
  if (!detach) return watchRun(operator, started.id);
  operator.show(started, () => [`${started.id} runs. Look at it: tandem run ${started.id}`]);
  return 0;
}

async function watchRun(operator: Operator, id: string): Promise<number> {
  let last: RunState | null = null;
  for await (const { run: now } of operator.watch<{ run: RunState }>('RunLive', { id })) {
    last = now;
    draw(operator, now);
  }
  if (operator.err.isTTY) operator.err.write('\r\x1b[K');
  if (last === null) throw new OperatorError(`Nothing was said of the run ${id}: ask again.`, 2);
  const ended = last;
  operator.show(ended, () => [
    `${typed(ended.kind)}${ended.mode === 'PREVIEW' ? ', preview' : ''}: ${ended.state}, ${ended.counts.done ?? 0} records${tookText(ended)}`,
    ...countsOf(ended),
  ]);
  return exitCodeOf(ended);
}

/** A bar on a terminal; elsewhere only the end is told. */
function draw({ err }: Operator, { kind, counts, perSecond }: RunState): void {
  if (!err.isTTY) return;
  const { done = 0, total = 0, etaSeconds } = counts;
  const part = total > 0 ? Math.min(1, done / total) : 0;
  const rate = perSecond === null ? '' : `, ${Math.round(perSecond)} per second`;
  const eta = etaSeconds ? `, about ${duration(etaSeconds * 1000)} to go` : '';
  // How much there is, is known once everything was walked before.
  const far = total > 0 ? `${bar(part)} ${Math.floor(part * 100)} %, ${done} of ${total}` : `${done} records`;
  const text = `${typed(kind)} ${far}${rate}${eta}`;
  err.write(`\r\x1b[K${text.slice(0, (err.columns ?? 80) - 1)}`);
}

function tookText({ startedAt, endedAt }: RunState): string {
  return endedAt === null ? '' : ` in ${duration(Date.parse(endedAt) - Date.parse(startedAt))}`;
}

function countsOf({ counts }: RunState): readonly string[] {
  const flows = Object.entries(counts.flows ?? {});
  const names = [...new Set(flows.flatMap(([, of]) => Object.keys(of)))];
  if (names.length === 0) return [];
  const columns: readonly Column<(typeof flows)[number]>[] = [
    ['FLOW', ([flow]) => flow],
    ...names.map((name): Column<(typeof flows)[number]> => [name.toUpperCase(), ([, of]) => of[name] ?? 0]),
  ];
  return table(columns, flows);
}

function exitCodeOf({ kind, mode, state, counts }: RunState): number {
  if (state !== 'done') return 1;
  const found = Object.values(counts.flows ?? {}).flatMap((of) =>
    Object.entries(of).filter(([, n]) => n > 0),
  );
  if (found.some(([name]) => name === 'failed')) return 1;
  const looksOnly = kind === 'RECONCILIATION' && mode === 'PREVIEW';
  return looksOnly && found.some(([name]) => !inStep.has(name)) ? 1 : 0;
}
