import type { Run } from './command.ts';
import type { Operator } from './operator.ts';
import { bold, type Column, duration, table } from './table.ts';
import { typed } from './words.ts';

interface Flow {
  readonly flow: string;
  readonly paused: boolean;
  readonly reason: string | null;
  readonly behind: number;
  readonly linked: number;
  readonly pending: number;
  readonly waiting: number;
  readonly conflicts: number;
  readonly failed: number;
  readonly lagP50Ms: number | null;
  readonly lagP99Ms: number | null;
  readonly perSecond: number;
}

interface System {
  readonly side: string;
  readonly healthy: boolean;
  readonly version: string | null;
  readonly latencyMs: number | null;
  readonly error: string | null;
  readonly feedCursor: string | null;
  readonly lagMs: number | null;
  readonly queued: number;
  readonly seen: number;
  readonly echoes: number;
}

interface Status {
  readonly flows: readonly Flow[];
  readonly systems: readonly System[];
}

const flowColumns: readonly Column<Flow>[] = [
  ['FLOW', ({ flow }) => typed(flow)],
  ['LINKED', ({ linked }) => linked],
  ['PENDING', ({ pending }) => pending],
  ['WAITING', ({ waiting }) => waiting],
  ['CONFLICTS', ({ conflicts }) => conflicts],
  ['FAILED', ({ failed }) => failed],
  ['P50', ({ lagP50Ms }) => duration(lagP50Ms)],
  ['P99', ({ lagP99Ms }) => duration(lagP99Ms)],
  ['PER S', ({ perSecond }) => Math.round(perSecond * 10) / 10],
  ['BEHIND', ({ behind }) => behind],
  ['', ({ paused, reason }) => (paused ? `PAUSED${reason ? `: ${reason}` : ''}` : ' ')],
];

const systemColumns: readonly Column<System>[] = [
  ['SYSTEM', ({ side }) => side],
  ['HEALTH', ({ healthy, error }) => (healthy ? 'well' : `AWAY: ${error ?? 'does not answer'}`)],
  ['ANSWERS IN', ({ latencyMs }) => duration(latencyMs)],
  ['FEED', ({ feedCursor }) => feedCursor],
  ['OLDEST UNDONE', ({ lagMs }) => duration(lagMs)],
  ['QUEUED', ({ queued }) => queued],
  ['CHANGES', ({ seen }) => seen],
  ['ECHOES', ({ echoes }) => echoes],
  ['VERSION', ({ version }) => version],
];

/** Between two looks at the systems while the flows are watched, milliseconds. */
const lookMs = 2_000;

/** Flows and systems; 1 when a system is away or work has failed. */
export const status: Run = async (operator, { watch }) => {
  const now = await operator.ask<Status>('Status');
  if (watch !== true) {
    operator.show(now, () => linesOf(now));
    return isWell(now) ? 0 : 1;
  }
  return watchStatus(operator, now);
};

function linesOf({ flows, systems }: Status): readonly string[] {
  return [...table(flowColumns, flows), '', ...table(systemColumns, systems)];
}

function isWell({ flows, systems }: Status): boolean {
  return systems.every(({ healthy }) => healthy) && flows.every(({ failed }) => failed === 0);
}

/** Draws the tables anew whenever a flow changes, and by the clock for what the systems say. */
async function watchStatus(operator: Operator, first: Status): Promise<number> {
  let now = first;
  const draw = () => {
    if (operator.json) return operator.out.write(`${JSON.stringify(now)}\n`);
    const top = operator.out.isTTY ? '\x1b[2J\x1b[H' : '\n';
    return operator.out.write(
      `${top}${bold('Tandem')}, ${new Date().toLocaleTimeString('en-GB')} (Ctrl-C ends)\n\n${linesOf(now).join('\n')}\n`,
    );
  };
  draw();
  const looking = setInterval(() => {
    operator.ask<Pick<Status, 'systems'>>('Systems').then(
      ({ systems }) => {
        now = { ...now, systems };
        if (operator.out.isTTY) draw();
      },
      // The subscription ends with the reason.
      () => undefined,
    );
  }, lookMs);
  try {
    for await (const { flowStatus } of operator.watch<{ flowStatus: Flow }>('FlowStatusLive')) {
      now = { ...now, flows: now.flows.map((flow) => (flow.flow === flowStatus.flow ? flowStatus : flow)) };
      draw();
    }
  } finally {
    clearInterval(looking);
  }
  return 0;
}
