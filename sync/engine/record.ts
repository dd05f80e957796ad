import { same } from '../core/same.ts';
import type { Held, Json, RecordRef, Side } from '../core/types.ts';
import { forgetDecisions } from '../store/decisions.ts';
import { type NewEvent, tellEvents } from '../store/events.ts';
import {
  closeMassIssues,
  closeUnmapped,
  conflictPath,
  type NewIssue,
  releaseReady,
  releaseTwins,
  releaseWaiting,
  ringWanted,
  saveConflicts,
  saveIssues,
  saveProposals,
  saveWaits,
} from '../store/findings.ts';
import { forgetIntents } from '../store/intents.ts';
import {
  bury,
  closeLetters,
  type DeadLetter,
  holdAll,
  holdLanes,
  isLeaseLost,
  type Lane,
  type Settlement,
  settleLanes,
} from '../store/lanes.ts';
import { type LinkRow, savingLinks } from '../store/links.ts';
import type { Sql, Statement, Tx } from '../store/sql.ts';
import { learnLinks } from './alike.ts';
import type { Applied } from './apply.ts';
import type { LinkDraft } from './draft.ts';
import type { Gathered } from './gather.ts';
import { createKey, flipLimit } from './plan-work.ts';
import type { LaneOutcome, LinkOutcome, Progress } from './progress.ts';
import { refKey, refOf } from './records.ts';
import { nextAttempt } from './retry.ts';
import type { StepContext } from './step-context.ts';
import { handOn } from './tell.ts';
import { refOfLink } from './work.ts';

/**
 * Writes down what a step did, in one transaction: links with their new bases, events, findings, waits, and the lanes
 * given back. A lane whose lease was lost meanwhile is left out: its new holder finds the writes done and records them.
 */
export async function record(
  context: StepContext,
  token: number,
  progress: readonly Progress[],
  gathered: Gathered,
): Promise<readonly LaneOutcome[]> {
  const outcomes = progress.map((each) => outcomeOf(context, each));
  const done = await writeDown(context, token, outcomes, gathered);
  await release(context, done.outcomes);
  return outcomes;
}

/** What a step came to, as far as this worker still holds the lanes. */
interface Done {
  readonly outcomes: readonly Outcome[];
  readonly settled: Gathered['settled'];
}

/** Sends all of it in one flight; where some of the lanes are another worker's by now, once more without those. */
async function writeDown(
  context: StepContext,
  token: number,
  outcomes: readonly Outcome[],
  gathered: Gathered,
): Promise<Done> {
  const { sql } = context;
  const keys = [...outcomes, ...gathered.settled].map(({ lane }) => lane.key);
  const done: Done = { outcomes, settled: gathered.settled };
  try {
    let told: Statement | null = null;
    await sql.atOnce((tx) => {
      told = tellEvents(tx, eventsOf(done));
      return [
        holdAll(tx, token, keys, told !== null),
        ...statements(tx, context, token, done, gathered),
        told,
      ];
    });
    await handOn(context, eventsOf(done), told);
    return done;
  } catch (error) {
    if (!isLeaseLost(error)) throw error;
  }
  const [left, told] = await sql.begin(async (tx) => {
    const mine = await holdLanes(tx, token, keys);
    const left: Done = {
      outcomes: outcomes.filter(({ lane }) => mine.has(lane.key)),
      settled: gathered.settled.filter(({ lane }) => mine.has(lane.key)),
    };
    await Promise.all(statements(tx, context, token, left, gathered));
    const told = tellEvents(tx, eventsOf(left));
    await told;
    return [left, told] as const;
  });
  await handOn(context, eventsOf(left), told);
  return left;
}

const eventsOf = ({ outcomes }: Done): readonly NewEvent[] => outcomes.flatMap((each) => each.events);

/** Everything that is written down but the events, to be sent together in this order. */
function statements(
  tx: Tx | Sql,
  context: StepContext,
  token: number,
  { outcomes, settled }: Done,
  { proposals }: Gathered,
): readonly (Statement | null)[] {
  const links = outcomes.flatMap((each) => each.links);
  const own = new Set(links.map(({ link }) => link.id));
  return [
    learnLinks(
      tx,
      context,
      links.map(({ draft }) => draft),
    ),
    ...savingLinks(tx, touched(links), context.stored),
    saveProposals(
      tx,
      proposals.filter((proposal) => own.has(proposal.linkId)),
    ),
    ...findings(tx, context, links),
    bury(
      tx,
      outcomes.flatMap((each) => (each.letter ? [each.letter] : [])),
    ),
    releaseTwins(tx, [...outcomes, ...settled].map(({ lane }) => lane.key).filter(isStranger)),
    closeLetters(tx, throughLanes(outcomes, settled)),
    forgetIntents(tx, [...context.settled, ...createsOf(context, links)]),
    forgetDecisions(
      tx,
      outcomes.flatMap((each) => each.told),
    ),
    settleLanes(tx, token, [
      ...outcomes.map(({ lane, againMs, attempts }) => settlement(lane, againMs, attempts)),
      ...settled.map(({ lane, againMs }) =>
        settlement(lane, againMs, againMs === null ? 0 : lane.attempts + 1),
      ),
    ]),
  ];
}

const touched = (links: readonly LinkOutcome[]): LinkRow[] =>
  links.filter(({ draft }) => draft.touched).map(({ draft }) => draft.link);

/** Rings what waited for what is there now. */
async function release(context: StepContext, outcomes: readonly Outcome[]): Promise<void> {
  const links = outcomes.flatMap((each) => each.links);
  const waiting = touched(links).filter((link) => waitsOf(link).length > 0);
  const connected = Object.values(context.mappings).filter(
    ({ name }) => context.ruleOf(name) === 'connected',
  );
  const codes = links.flatMap(({ link }) => codesLeft(context, link));
  const wanted = connected.length === 0 ? [] : waiting.flatMap(waitsOf).map(refOf);
  await Promise.all([
    ...(wanted.length > 0
      ? [
          ringWanted(
            context.sql,
            connected.map(({ name }) => name),
            wanted,
          ),
        ]
      : []),
    releaseWaiting(context.sql, releasedBy(context, links), { kind: 'release' }),
    releaseReady(
      context.sql,
      waiting.map((link) => link.id),
    ),
    ...(links.some(({ link }) => wasMassHeld(context, link)) ? [closeMassIssues(context.sql)] : []),
    ...(codes.length > 0 ? [closeUnmapped(context.sql, codes)] : []),
  ]);
}

/** Codes without a pair that the link had met and meets no more: `paymentTerms:erp:X9`. */
function codesLeft(context: StepContext, link: LinkRow): readonly string[] {
  const before = context.stored.get(link.id);
  if (!before || before.held.length === 0) return [];
  const now = new Set(waitsOf(link));
  return waitsOf(before).flatMap((on) =>
    on.startsWith('code:') && !now.has(on) ? [on.slice('code:'.length)] : [],
  );
}

const settlement = (lane: Lane, againMs: number | null, attempts: number): Settlement => ({
  key: lane.key,
  n: lane.n,
  againMs,
  attempts,
});

/** Keys under which the other side of a pair that is whole now may have been created, by this step or an earlier one. */
function createsOf(context: StepContext, links: readonly LinkOutcome[]): readonly string[] {
  return links.flatMap(({ link }) => {
    const before = context.stored.get(link.id);
    if (!link.crmId || !link.erpId || (before?.crmId && before.erpId && before.synced)) return [];
    const mapping = context.mappings[link.mapping];
    return [
      createKey(mapping, link, { side: 'crm', entity: mapping.crm, id: link.crmId }),
      createKey(mapping, link, { side: 'erp', entity: mapping.erp, id: link.erpId }),
    ];
  });
}

/** Lanes that came through: what they had failed at before is cured. */
const throughLanes = (kept: readonly Outcome[], settled: Gathered['settled']): readonly string[] => [
  ...kept.flatMap(({ lane, links, failed }) =>
    failed ? [] : [lane.key, ...links.map(({ link }) => link.lane)],
  ),
  ...settled.flatMap(({ lane, againMs }) => (againMs === null && isStranger(lane.key) ? [lane.key] : [])),
];

/** The lane of a record that has no link. */
const isStranger = (key: string): boolean => key.startsWith('rec:');

interface Outcome extends LaneOutcome {
  readonly events: readonly NewEvent[];
  readonly letter: DeadLetter | null;
  readonly attempts: number;
  readonly failed: boolean;
  /** Decisions that the events tell of now, or that came to nothing. */
  readonly told: readonly string[];
}

function outcomeOf(context: StepContext, progress: Progress): Outcome {
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
            mapping: link.mapping === 'user' ? 'userOrder' : link.mapping,
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

/** Within this time, a write to the other side than last time is a flip; people do not edit one field so fast, in ms. */
const flipWindowMs = 10_000;

/** Counts fields that were written now here and now there: after three times in a row they rest (merge rule 8). */
function withFlips({ link, changes }: LinkDraft): LinkRow {
  const now = Date.now();
  const flips: Record<string, LinkRow['flips'][string]> = {};
  for (const [field, flip] of Object.entries(link.flips)) if (flip.n >= flipLimit) flips[field] = flip;
  for (const { field, line, side, why } of changes) {
    if (line !== undefined || why === 'created' || flips[field]) continue;
    const before = link.flips[field];
    const flipped = before && before.side !== side && now - before.at < flipWindowMs;
    flips[field] = { n: flipped ? before.n + 1 : 0, side, at: now };
  }
  return { ...link, flips };
}

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

/** Conflicts, issues and waits: written only for links that have or had any. */
function findings(
  tx: Parameters<typeof saveConflicts>[0],
  context: StepContext,
  links: readonly LinkOutcome[],
): (Statement | null)[] {
  const had = (link: LinkRow): LinkRow | undefined => context.stored.get(link.id);
  const disputed = links.filter(
    ({ link, draft }) => draft.conflicts.length > 0 || had(link)?.state === 'conflict',
  );
  const troubled = links.filter(
    ({ link, failure }) =>
      failure ||
      isMassHeld(link) ||
      link.held.length > 0 ||
      (had(link)?.held.length ?? 0) > 0 ||
      had(link)?.state === 'failed',
  );
  const waiting = links.filter(
    ({ link }) => waitsOf(link).length > 0 || (had(link) && waitsOf(had(link)!).length > 0),
  );
  const ids = (list: readonly LinkOutcome[]): string[] => list.map(({ link }) => link.id);
  const jobs: (Statement | null)[] = [];
  if (disputed.length > 0)
    jobs.push(
      saveConflicts(
        tx,
        ids(disputed),
        disputed.flatMap(({ link, draft }) =>
          draft.conflicts.map((conflict) => {
            const [crm, erp] = [lastEdit(context, link, 'crm'), lastEdit(context, link, 'erp')];
            return {
              ...conflict,
              id: context.newId(),
              linkId: link.id,
              crmBy: crm.by,
              erpBy: erp.by,
              crmAt: crm.at,
              erpAt: erp.at,
            };
          }),
        ),
      ),
    );
  if (troubled.length > 0)
    jobs.push(
      saveIssues(
        tx,
        ids(troubled),
        troubled.flatMap((each) => issuesOf(context, each)),
      ),
    );
  if (waiting.length > 0)
    jobs.push(
      saveWaits(
        tx,
        ids(waiting),
        waiting.flatMap(({ link }) => waitsOf(link).map((on) => ({ linkId: link.id, lane: link.lane, on }))),
      ),
    );
  return jobs;
}

const wasMassHeld = (context: StepContext, link: LinkRow): boolean => {
  const before = context.stored.get(link.id);
  return before !== undefined && isMassHeld(before) && !isMassHeld(link);
};

const isMassHeld = (link: LinkRow): boolean => link.waitsFor.some(({ on }) => on.startsWith('mass:'));

/** Who edited a record last, and when: as it showed before the sync wrote to it. Unknown rather than the sync itself. */
function lastEdit(
  context: StepContext,
  link: LinkRow,
  side: Side,
): { readonly by: string | null; readonly at: string | null } {
  const ref = refOfLink(context.mappings[link.mapping], link, side);
  const record = ref && context.records.lastEdit(ref);
  return { by: record?.updatedBy ?? null, at: record?.updatedAt ?? null };
}

/** What rings this link's lane when it comes: blockers of the whole, and references that hold a field. */
function waitsOf(link: LinkRow): readonly string[] {
  if (link.state === 'ended') return [];
  const fields = link.held.flatMap((held) => {
    if (held.kind === 'unmapped' && held.list)
      return [`code:${held.list}:${held.codeOf ?? held.side}:${String(held.value)}`];
    if (held.kind !== 'waits') return [];
    return held.for ? [refKey(held.for)] : [`link:${String(held.value)}`];
  });
  const whole = link.waitsFor.map((b) => b.on).filter((on) => /^(crm|erp|link|mass):/.test(on));
  return [...new Set([...fields, ...whole])];
}

function issuesOf(context: StepContext, { link, failure, draft }: LinkOutcome): NewIssue[] {
  const issue = (of: Omit<NewIssue, 'id' | 'mapping'>): NewIssue => ({
    id: context.newId(),
    mapping: link.mapping,
    ...of,
  });
  const out = link.held
    .filter((held) => held.kind !== 'waits')
    .map((held) =>
      issue({
        key: keyOfHeld(link, held),
        code: codeOfHeld[held.kind],
        // One issue per code, not one per record: it closes when the code is mapped, not when one record is cured.
        linkId: held.kind === 'unmapped' ? null : link.id,
        side: held.side,
        entity: context.mappings[link.mapping][held.side],
        recordId: held.side === 'crm' ? link.crmId : link.erpId,
        field: held.field,
        value: held.value,
        message: held.message,
      }),
    );
  for (const { on, reason } of link.waitsFor)
    if (on.startsWith('mass:'))
      out.push(
        issue({
          key: on,
          code: 'MASS_CHANGE',
          linkId: null,
          side: on.endsWith('crm') ? 'crm' : 'erp',
          entity: null,
          recordId: null,
          field: null,
          value: null,
          message: reason,
        }),
      );
  if (failure)
    out.push(
      issue({
        key: `failed:${link.id}:${failure.code}`,
        code: failure.code,
        linkId: link.id,
        side: null,
        entity: null,
        recordId: null,
        field: failure.field,
        value: null,
        message: failure.message,
      }),
    );
  return draft.link.state === 'ended' ? [] : out;
}

const codeOfHeld: Readonly<Record<Held['kind'], string>> = {
  waits: 'WAITS',
  unreadable: 'UNREADABLE_VALUE',
  unfit: 'VALUE_DOES_NOT_FIT',
  unmapped: 'UNMAPPED_CODE',
  quarantined: 'FIELD_QUARANTINED',
};

const keyOfHeld = (link: LinkRow, held: Held): string =>
  held.kind === 'unmapped'
    ? `unmapped:${held.list}:${held.codeOf ?? held.side}:${String(held.value)}`
    : `field:${link.id}:${held.side}:${conflictPath(held.line, held.field)}`;

/** Names under which others may wait for these links, now that both sides are there. */
function releasedBy(context: StepContext, links: readonly LinkOutcome[]): string[] {
  return links.flatMap(({ link }) => {
    if (link.state === 'ended' || !link.crmId || !link.erpId || link.mapping === 'userOrder') return [];
    const before = context.stored.get(link.id);
    if (before?.crmId && before.erpId) return [];
    const mapping = context.mappings[link.mapping];
    const refs: RecordRef[] = [
      { side: 'crm', entity: mapping.crm, id: link.crmId },
      { side: 'erp', entity: mapping.erp, id: link.erpId },
    ];
    return [`link:${link.id}`, ...refs.map(refKey)];
  });
}
