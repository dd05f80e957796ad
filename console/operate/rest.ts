import { how, type Options, type Run } from './command.ts';
import type { Operator } from './operator.ts';
import { type Change, linesOfChange } from './rules.ts';
import { flowNamed, typed } from './words.ts';

interface Flow {
  readonly flow: string;
  readonly paused: boolean;
  readonly reason: string | null;
  readonly pausedBy: string | null;
  readonly change: Change | null;
}

/** Lets a flow rest, or shows what would rest with it. */
export const pause: Run = async (operator, options, [flow = '']) => {
  const { pauseFlow } = await operator.ask<{ pauseFlow: Flow }>('PauseFlow', asked(flow, options));
  return tell(operator, pauseFlow, ({ flow, reason }) => {
    const name = typed(flow);
    return `${name} rests${reason ? ` (${reason})` : ''}. Its changes are kept; tandem resume ${name} lets it go on.`;
  });
};

/** Lets a flow go on, or shows how much it has missed. */
export const resume: Run = async (operator, options, [flow = '']) => {
  const { resumeFlow } = await operator.ask<{ resumeFlow: Flow }>('ResumeFlow', asked(flow, options));
  return tell(operator, resumeFlow, ({ flow }) => `${typed(flow)} goes on.`);
};

const asked = (flow: string, options: Options) => ({ flow: flowNamed(flow), ...how(options) });

function tell(operator: Operator, told: Flow, done: (flow: Flow) => string): number {
  operator.show(told, () => (told.change ? linesOfChange(told.change) : [done(told)]));
  return 0;
}
