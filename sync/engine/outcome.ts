import { hash } from 'node:crypto';
import { same } from '../core/same.ts';
import type { Json } from '../core/types.ts';
import type { NewEvent } from '../store/events.ts';
import type { DeadLetter } from '../store/lanes.ts';
import type { LinkRow } from '../store/links.ts';
import type { Applied } from './apply.ts';
import type { LinkDraft } from './draft.ts';
import { toldAs } from './ending.ts';
import { flipLimit } from './fresh-link.ts';
import type { LaneOutcome, LinkOutcome, Progress } from './progress.ts';
import { nextAttempt } from './retry.ts';
import type { StepContext } from './step-context.ts';

/** What became of a lane, with all that is told of it. */
export interface Outcome extends LaneOutcome {
  readonly events: readonly NewEvent[];
  readonly letter: DeadLetter | null;
  readonly attempts: number;
  readonly failed: boolean;
  /** Decisions that the events tell of now, or that came to nothing. */
  readonly told: readonly string[];
}

/** Tells what a lane's progress comes to: its events, the attempt that is next, or the letter where none is. */
export function outcomeOf(context: StepContext, progress: Progress): Outcome {
  const { lane, links: stored } = progress.work;
  const failure = progress.failure?.failure ?? null;
  // Waiting until a system can say what became of a write is not an attempt at it.
  const waits = failure?.afterMs !== undefined;
  const attempts = failure ? lane.attempts + (waits ? 0 : 1) : 0;
  const againMs = failure
    ? (failure.afterMs ?? nextAttempt(failure, attempts, Math.random()))
    : progress.againMs;
  const gaveUp = failure !== null && againMs === null;
  const events: NewEvent[] = [];
  const links: LinkOutcome[] = [];
  for (const draft of progress.drafts.values()) {
    const failed = gaveUp && progress.failure!.link === draft.link.id;
    const settled = withFlips(draft);
    const link: LinkRow = failed ? { ...settled, state: 'failed' } : settled;
    const before = context.stored.get(link.id);
    const outcome = failed ? 'failed' : tellOf({ ...draft, link }, before, progress.created.has(link.id));
    const event: NewEvent | null =
      outcome === 'unchanged'
        ? null
        : {
            id: context.newId(),
            mapping: toldAs(link.mapping),
            linkId: link.id,
            outcome,
            cause: lane.cause,
            fields: draft.changes,
            detail: detailOf(link, failed ? failure : null),
            attempt: lane.attempts + 1,
            correlationId: lane.cause.id ?? lane.key,
          };
    if (event) events.push(event);
    links.push({
      link,
      outcome,
      eventId: event?.id ?? null,
      draft: { ...draft, link },
      failure: failed ? failure : null,
    });
  }
  const failedLink = links.find((each) => each.failure) ?? links[0];
  const letter: DeadLetter | null = gaveUp
    ? {
        id: context.newId(),
        lane: failedLink?.link.lane ?? lane.key,
        mapping: failedLink?.link.mapping ?? lane.mapping,
        linkId: failedLink?.link.id ?? stored[0]?.id ?? null,
        code: failure.code,
        message: failure.message,
        request: requestOf(progress.failure!.applied),
        answer: JSON.parse(JSON.stringify(progress.failure!.applied.failure)),
        attempts,
        cause: lane.cause,
      }
    : null;
  const { told } = progress;
  return { lane, links, againMs, events, letter, attempts, failed: failure !== null, told };
}

/** What was asked of the system, as plain data. */
const requestOf = ({ write, sent }: Applied): Json =>
  JSON.parse(JSON.stringify({ side: write.side, ...sent }));

/** Within this time, in ms, a write to the other side than last time may be a flip: systems that put values back are fast. */
const flipWindowMs = 10_000;

/**
 * What a write to the other side counts where it brings a value that was not there just before: people who take turns do
 * that, and so do systems that add something each time. These are stopped as well, only later.
 */
const newValueCounts = 1 / 4;

/** Counts fields that were written now here and now there: after three times back and forth they rest (merge rule 8). */
function withFlips({ link, changes }: LinkDraft): LinkRow {
  const now = Date.now();
  const flips: Record<string, LinkRow['flips'][string]> = {};
  for (const [field, flip] of Object.entries(link.flips)) if (flip.n >= flipLimit) flips[field] = flip;
  for (const { field, line, side, why, before, after } of changes) {
    if (line !== undefined || why === 'created' || flips[field]) continue;
    const last = link.flips[field];
    const flipped = last && last.side !== side && now - last.at < flipWindowMs;
    const counts = last?.was === digest(after) ? 1 : newValueCounts;
    flips[field] = { n: flipped ? last.n + counts : 0, side, at: now, was: digest(before) };
  }
  return { ...link, flips };
}

/** Enough of a value to know it again. */
const digest = (value: Json): string => hash('sha256', JSON.stringify(value), 'base64url').slice(0, 12);

/** The outcome in one word; `unchanged` writes no event. */
function tellOf(draft: LinkDraft, before: LinkRow | undefined, created: boolean): string {
  const { link, changes, conflicts } = draft;
  if (link.state === 'ended')
    return before?.state === 'ended' ? 'unchanged' : link.endedBy === 'deleted' ? 'deleted' : 'unlinked';
  if (created) return 'created';
  if (link.state === 'waiting')
    return before?.state === 'waiting' && same(before.waitsFor as never, link.waitsFor as never)
      ? 'unchanged'
      : 'waiting';
  if (link.crmId && link.erpId && !before?.base && link.base) return 'linked';
  if (conflicts.length > 0 && before?.state !== 'conflict') return 'conflict';
  return changes.length > 0 ? 'updated' : 'unchanged';
}

function detailOf(link: LinkRow, failure: { readonly code: string; readonly message: string } | null) {
  if (failure) return { code: failure.code, message: failure.message };
  if (link.waitsFor.length > 0)
    return { waitsFor: link.waitsFor.map((b) => ({ on: b.on, reason: b.reason })) };
  if (link.endedBy) return { endedBy: link.endedBy };
  return null;
}
