import { SyncError } from '../../core/errors.ts';
import type { MappingName } from '../../core/types.ts';
import { tellEvents } from '../../store/events.ts';
import { type NewIssue, saveIssues } from '../../store/issues.ts';
import { type Cause, letGo } from '../../store/lanes.ts';
import type { LinkRow } from '../../store/links.ts';
import type { Tx } from '../../store/sql.ts';
import { forgetAct, laneOfAct, noteAct, noteNext } from '../../store/unfinished.ts';
import type { Ask } from '../api.ts';
import { toldAs } from '../ending.ts';
import type { InlineParts } from '../inline.ts';
import { handOn } from '../tell.ts';
import { linkedOtherwise } from './links.ts';
import { notLinkedAgain } from './not-back.ts';

/** An act on a link that goes on by itself, and who holds its lane. */
export interface UnderWay {
  readonly lane: string;
  readonly token: number;
  readonly ask: Asked;
  /** Whether it goes on where another process, or another attempt, has left it. */
  readonly again: boolean;
}

/** Who asked for it; its events are found by the correlation id. */
export type Asked = Ask & { readonly correlationId: string };

/** Who asked for an act, as it is noted with it. */
export type NotedAsk = Pick<Asked, 'actor' | 'correlationId'>;

/** What is noted of an act before its first change: whoever goes on with it begins here. */
export interface Noting {
  readonly mapping: MappingName;
  /** `kind` says which act it is. */
  readonly note: { readonly kind: string };
}

/** An act on a link that is about to begin; nothing is noted yet. */
export function toBegin({ workers, newId }: InlineParts, linkId: string, ask: Ask): UnderWay {
  const asked = { ...ask, correlationId: ask.correlationId ?? newId() };
  return { lane: laneOfAct(linkId), token: workers().token, ask: asked, again: false };
}

/** The same, as it goes on in another process. */
export const toGoOn = (lane: string, token: number, noted: NotedAsk): UnderWay => ({
  lane,
  token,
  ask: { mode: 'apply', actor: noted.actor, correlationId: noted.correlationId },
  again: true,
});

const causeOf = ({ ask: { actor, correlationId } }: UnderWay): Cause => ({
  kind: 'mutation',
  id: correlationId,
  actor,
});

/**
 * Notes the act; from here on it goes on until it is over, by whichever process.
 *
 * @throws STATE where another act on the link is under way, or a merge has given up that nobody has retried.
 */
export async function begin(
  sql: InlineParts['sql'] | Tx,
  act: UnderWay,
  { mapping, note: { ...note } }: Noting,
): Promise<void> {
  const { actor, correlationId } = act.ask;
  const noted = { ...note, by: { actor, correlationId } satisfies NotedAsk };
  // What a merge had moved by then stands nowhere else.
  const behind = ['merge'];
  if (await noteAct(sql, act.token, { lane: act.lane, mapping, cause: causeOf(act), note: noted, behind }))
    return;
  throw notOver();
}

const notOver = (): SyncError =>
  new SyncError(
    'STATE',
    'What was asked before is not over: it goes on by itself, or waits among the dead letters to be retried.',
  );

/** Notes what the act is about to change. */
export const noteBefore = (parts: InlineParts, act: UnderWay, next: object): Promise<void> =>
  noteNext(parts.sql, act.token, act.lane, next);

/** Nothing is left to do. */
export async function over(parts: InlineParts, act: UnderWay): Promise<void> {
  await parts.sql.begin((tx) => forgetAct(tx, act.token, act.lane));
}

/**
 * Does what begins here in the caller's time; what meets an error half-way is left to the workers, and says so.
 *
 * @throws STATE where this process is at it already: whoever is goes on undisturbed.
 */
export async function carryThrough<T>(
  { sql, workers }: InlineParts,
  { lane, token }: Pick<UnderWay, 'lane' | 'token'>,
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  const { inHand, wake } = workers();
  if (inHand.has(lane)) throw notOver();
  // Before it is noted: what is leased and not in hand is taken for forgotten.
  inHand.add(lane);
  try {
    return await work();
  } catch (error) {
    // A lease that could not be given back is found by the workers.
    const left = await letGo(sql, token, [lane]).catch(() => 1);
    wake();
    if (left === 0 || !(error instanceof SyncError)) throw error;
    const message = `${error.message} ${what} goes on by itself.`;
    throw new SyncError(error.code, message, { detail: error.detail, cause: error });
  } finally {
    inHand.delete(lane);
  }
}

/** A refusal ends an act that has changed nothing, or whose caller hears what is left. */
export async function orOver(parts: InlineParts, act: UnderWay, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (isRefusal(error)) await over(parts, act);
    throw error;
  }
}

/** Whether it is refused for good, whoever tries it again. */
const isRefusal = (error: unknown): error is SyncError =>
  error instanceof SyncError && error.retry === 'never';

/**
 * Brings a pair back, as an act that goes on by itself. Where a person has linked one of its records otherwise, before this
 * or during it, that stands and the act is over: an event and an issue say so, since nobody waits for an answer. Answers
 * whether the pair is back.
 */
export async function unlessLinkedOtherwise(
  parts: InlineParts,
  act: UnderWay,
  {
    ended,
    eventId,
    but,
  }: { readonly ended: LinkRow; readonly eventId: string; readonly but?: string | undefined },
  work: () => Promise<void>,
): Promise<boolean> {
  const isFree = async (): Promise<boolean> => {
    const instead = await linkedOtherwise(parts, ended, but);
    if (instead.length > 0) await endShort(parts, act, ended, notLinkedAgain(parts, eventId, ended, instead));
    return instead.length === 0;
  };
  if (!(await isFree())) return false;
  try {
    await work();
    return true;
  } catch (error) {
    if (isRefusal(error) && !(await isFree())) return false;
    throw error;
  }
}

async function endShort(parts: InlineParts, act: UnderWay, link: LinkRow, issue: NewIssue): Promise<void> {
  const events = [
    {
      id: parts.newId(),
      mapping: toldAs(link.mapping),
      linkId: link.id,
      outcome: 'failed',
      cause: causeOf(act),
      fields: [],
      detail: { code: issue.code, message: issue.message },
      attempt: 1,
      correlationId: act.ask.correlationId,
    },
  ];
  const told = await parts.sql.begin(async (tx) => {
    await forgetAct(tx, act.token, act.lane);
    await saveIssues(tx, [], [issue]);
    const telling = tellEvents(tx, events);
    await telling;
    return [telling] as const;
  });
  await handOn(parts, events, told[0]);
}
