import { isGivenUp } from '../../drizzle/postgres/client.ts';
import { SyncError } from '../core/errors.ts';
import { maskedText } from '../core/secrets.ts';
import type { Json } from '../core/types.ts';
import { giveLanesBack, type Lane } from '../store/lanes.ts';
import { buryLane } from '../store/poison.ts';
import { takenBackOn } from '../store/taking-back.ts';
import { isOfAct } from '../store/unfinished.ts';
import { pollMs } from './claims.ts';
import { isPartlyHeldUp, isSystemAway } from './guard.ts';
import { metBy } from './met-by.ts';
import { type Failure, nextAttempt } from './retry.ts';
import { step } from './step.ts';
import type { EngineParts } from './step-context.ts';

/** Who attempts: a worker by its token, and who hears of what fails. */
export interface Attempting {
  readonly parts: EngineParts;
  readonly token: number;
  /** The first step has written what it had to write to the systems, and is about to record it. */
  readonly onPassed: () => void;
  readonly onError: (error: unknown, lanes: readonly Lane[]) => void;
  /** Goes on with the act that a lane is for, to its end. */
  readonly goOn: (lane: Lane, token: number) => Promise<void>;
}

/**
 * Works on lanes in one step. A batch that fails as a whole is halved until the guilty lane stands alone: one poison
 * record holds up nobody. Never fails: what cannot be worked on is given back, or buried. Answers whether lanes may be due
 * by it.
 */
export async function attempt(by: Attempting, lanes: readonly Lane[]): Promise<boolean> {
  const acts = lanes.filter(({ key }) => takenBackOn(key) !== null || isOfAct(key));
  if (acts.length === 0) return attempted(by, lanes, stepping);
  const others = lanes.filter((lane) => !acts.includes(lane));
  if (others.length > 0) await attempted(by, others, stepping);
  for (const lane of acts) await attempted(by, [lane], goingOn);
  return true;
}

/** Works on lanes; answers whether others may be due by it. */
type Working = (by: Attempting, lanes: readonly Lane[]) => Promise<boolean>;

const stepping: Working = async (by, lanes) => (await step(by.parts, by.token, lanes, {}, by.onPassed)).news;

const goingOn: Working = async (by, [lane]) => {
  await by.goOn(lane!, by.token);
  return true;
};

async function attempted(by: Attempting, lanes: readonly Lane[], work: Working): Promise<boolean> {
  try {
    return await work(by, lanes);
  } catch (error) {
    if (isSystemAway(error) && (lanes.length === 1 || !isPartlyHeldUp(error)))
      await waitForSystem(by, lanes, error);
    else if (lanes.length === 1) await retryOrBury(by, lanes[0]!, error);
    else await halved(by, lanes, error);
    return true;
  }
}

async function halved(by: Attempting, lanes: readonly Lane[], error: unknown): Promise<void> {
  if (!isRace(error)) by.onError(error, lanes);
  const middle = Math.ceil(lanes.length / 2);
  await attempt(by, lanes.slice(0, middle));
  await attempt(by, lanes.slice(middle));
}

/** A system is away: its lanes wait for it as they are, and no attempt is counted. */
async function waitForSystem(by: Attempting, lanes: readonly Lane[], error: unknown): Promise<void> {
  by.onError(error, lanes);
  const againMs = isPartlyHeldUp(error) ? heldUpMs[isOwn(error) ? 'own' : 'entity'] : pollMs;
  const back = lanes.map(({ key, n, attempts, putOff }) => ({ key, n, againMs, attempts, putOff }));
  await giveLanesBack(by.parts.sql, by.token, back).catch((second) => by.onError(second, lanes));
}

/**
 * When a lane is tried again whose entity a system holds up, and one that was held up itself, in ms: the latter comes
 * later, so that the others of a step with it have gone by then.
 */
const heldUpMs = { entity: 1_000, own: 5_000 };

const isOwn = (error: unknown): boolean => (error as { code?: unknown }).code !== 'BREAKER_OPEN';

/** The step threw on this lane: it is due again later, or a dead letter once it has been tried often enough. */
async function retryOrBury({ parts, token, onError }: Attempting, lane: Lane, error: unknown): Promise<void> {
  const raced = isRace(error);
  if (!raced) onError(error, [lane]);
  const failure = refusalOf(lane, error) ?? {
    code: 'INTERNAL',
    message: maskedText(String(error)),
    field: null,
    retry: raced ? ('replan' as const) : ('later' as const),
  };
  const attempts = lane.attempts + 1;
  const againMs = nextAttempt(failure, attempts, Math.random());
  const done =
    againMs === null
      ? buryLane(parts.sql, token, {
          lane,
          code: failure.code,
          message: failure.message,
          request: requestOf(lane, error),
          // Where in the program it came from is the log's business.
          answer: { error: failure.message },
          attempts,
          newId: parts.newId,
        })
      : giveLanesBack(parts.sql, token, [
          { key: lane.key, n: lane.n, againMs, attempts, putOff: lane.putOff },
        ]);
  await done.catch((second) => onError(second, [lane]));
}

/** Why an act that goes on by itself is refused until a person has changed something. */
function refusalOf({ key }: Lane, error: unknown): Failure | null {
  if (!isOfAct(key) || !(error instanceof SyncError) || error.retry !== 'never') return null;
  return { code: error.code, message: maskedText(error.message), field: null, retry: error.retry };
}

/** The write that met the error, in its system's words; where it was none, what rang the lane. */
function requestOf({ key, rung }: Lane, error: unknown): Json {
  const met = metBy(error);
  if (!met) return { lane: key, rung };
  const { side, writes } = met;
  const [first, ...others] = writes;
  return JSON.parse(JSON.stringify(others.length === 0 ? { side, ...first } : { side, writes }));
}

/** Two workers linked the same record, or locked the same rows: the one that lost plans again on what the other did. */
function isRace(error: unknown): boolean {
  const { code, constraint_name: constraint } = error as { code?: string; constraint_name?: string };
  return (code === '23505' && constraint?.startsWith('link_') === true) || isGivenUp(error);
}
