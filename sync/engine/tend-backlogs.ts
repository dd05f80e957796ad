import { type CatchUpParts, catchUp } from './catch-up.ts';
import { createDoorbell, type Doorbell } from './doorbell.ts';
import { isSystemAway } from './guard.ts';
import { lookAtResting } from './look-at-resting.ts';

/** Looks after flows that were paused: shows what they have no link for while they rest, and has them catch up afterwards. */
export interface BacklogTending {
  /** A flow was paused or goes on, or news was passed over: look now. */
  ring(): void;
  /** Until the signal aborts. */
  tend(parts: CatchUpParts): Promise<void>;
}

/** How often it looks where nobody rings, in ms: another process may have done what there is to do. */
const tendMs = 1_000;

/** Nothing is looked after before `tend`. */
export function createBacklogTending(): BacklogTending {
  const bells = [createDoorbell(), createDoorbell()] as const;
  return {
    ring() {
      for (const bell of bells) bell.ring();
    },
    async tend(parts) {
      // Beside each other: a system that is slow to show a record holds up no flow that goes on.
      await Promise.all([
        over(parts, bells[0], () => catchUp(parts)),
        over(parts, bells[1], () => lookAtResting(parts, parts.signal)),
      ]);
    },
  };
}

async function over(
  { signal, report }: CatchUpParts,
  bell: Doorbell,
  act: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await act().catch((error) => {
      if (!isSystemAway(error) && !signal.aborted) report(error, 'paused flows');
    });
    await bell.wait(tendMs, signal);
  }
}
