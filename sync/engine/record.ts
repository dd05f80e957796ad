import type { RecordRef } from '../core/types.ts';
import { bury, closeLetters } from '../store/dead-letters.ts';
import { forgetDecisions } from '../store/decisions.ts';
import { closeProposals } from '../store/endings.ts';
import { type NewEvent, tellEvents } from '../store/events.ts';
import { forgetIntents } from '../store/intents.ts';
import { holdAll, holdLanes, isLeaseLost, type Lane, type Settlement, settleLanes } from '../store/lanes.ts';
import { savingLone } from '../store/lone.ts';
import { saveProposals } from '../store/proposals.ts';
import { savingLinks } from '../store/save-links.ts';
import type { Sql, Statement, Tx } from '../store/sql.ts';
import { releaseTwins } from '../store/twins.ts';
import { learnLinks } from './alike.ts';
import { findings, isProposed } from './findings.ts';
import { createKey } from './fresh-link.ts';
import type { Gathered } from './gather.ts';
import { loneOfStep } from './lone.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { LaneOutcome, LinkOutcome, Progress } from './progress.ts';
import { strangerOf } from './records.ts';
import { release, ringingReleased } from './release.ts';
import type { StepContext } from './step-context.ts';
import { handOn } from './tell.ts';

/**
 * Writes down what a step did, in one transaction: links with their new bases, events, findings, waits, and the lanes
 * given back. A lane whose lease was lost meanwhile is left out: its new holder finds the writes done and records them.
 */
export async function record(
  context: StepContext,
  token: number,
  progress: readonly Progress[],
  gathered: Gathered,
): Promise<{ readonly outcomes: readonly LaneOutcome[]; readonly news: boolean }> {
  const outcomes = progress.map((each) => outcomeOf(context, each));
  const done = await writeDown(context, token, outcomes, gathered);
  const released = await release(context, done.outcomes);
  const strange = [...outcomes, ...gathered.settled].some(({ lane }) => isStranger(lane.key));
  return { outcomes, news: done.left + done.rung + released > 0 || strange };
}

/** What a step came to, as far as this worker still holds the lanes. */
interface Done {
  readonly outcomes: readonly Outcome[];
  readonly settled: Gathered['settled'];
}

/** The same once it is written: how many of its lanes are still in the queue, and how many were rung that waited for it. */
interface Written extends Done {
  readonly left: number;
  readonly rung: number;
}

/** Sends all of it in one flight; where some of the lanes are another worker's by now, once more without those. */
async function writeDown(
  context: StepContext,
  token: number,
  outcomes: readonly Outcome[],
  gathered: Gathered,
): Promise<Written> {
  const { sql } = context;
  const keys = [...outcomes, ...gathered.settled].map(({ lane }) => lane.key);
  const done: Done = { outcomes, settled: gathered.settled };
  try {
    let told: Statement | null = null;
    let back: Statement | null = null;
    let rung: Statement | null = null;
    await sql.atOnce(
      (tx) => {
        told = tellEvents(tx, eventsOf(done));
        back = givingBack(tx, token, done);
        return [
          holdAll(tx, token, keys, told !== null),
          ...statements(tx, context, done, gathered),
          back,
          told,
        ];
      },
      (one) => {
        rung = ringing(one, context, done);
        return rung;
      },
    );
    await handOn(context, eventsOf(done), told);
    return { ...done, left: await countOf(back), rung: await countOf(rung) };
  } catch (error) {
    if (!isLeaseLost(error)) throw error;
  }
  const [left, told, count] = await sql.begin(async (tx) => {
    const mine = await holdLanes(tx, token, keys);
    const left: Done = {
      outcomes: outcomes.filter(({ lane }) => mine.has(lane.key)),
      settled: gathered.settled.filter(({ lane }) => mine.has(lane.key)),
    };
    const back = givingBack(tx, token, left);
    await Promise.all([...statements(tx, context, left, gathered), back]);
    const told = tellEvents(tx, eventsOf(left));
    await told;
    return [left, told, await countOf(back)] as const;
  });
  await handOn(context, eventsOf(left), told);
  return { ...left, left: count, rung: await countOf(ringing(sql, context, left)) };
}

const ringing = (tx: Tx | Sql, context: StepContext, { outcomes, settled }: Done): Statement | null =>
  ringingReleased(tx, context, outcomes, strangersOf(settled));

/** Rows that a statement that was sent has written. */
const countOf = async (sent: Statement | null): Promise<number> => (sent ? (await sent).count : 0);

/** Links that were rung because something they waited for is there. */
const releasedOf = (outcomes: readonly Outcome[]): ReadonlySet<string> =>
  new Set(
    outcomes
      .filter(({ lane }) => lane.cause.kind === 'release')
      .flatMap(({ links }) => links.map(({ link }) => link.id)),
  );

const eventsOf = ({ outcomes }: Done): readonly NewEvent[] => outcomes.flatMap((each) => each.events);

/** Everything that is written down but lanes and events, to be sent together in this order. */
function statements(
  tx: Tx | Sql,
  context: StepContext,
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
    ...savingLinks(
      tx,
      links.map(({ link }) => link),
      context.stored,
    ),
    ...savingLone(
      tx,
      links.flatMap((each) => loneOfStep(context, each)),
    ),
    saveProposals(
      tx,
      proposals.filter((proposal) => own.has(proposal.linkId)),
    ),
    closeProposals(tx, undoubted(context, links), 'sync'),
    ...findings(tx, context, links, { released: releasedOf(outcomes), proposals }),
    bury(
      tx,
      outcomes.flatMap((each) => (each.letter ? [each.letter] : [])),
    ),
    releaseTwins(
      tx,
      [...outcomes, ...settled]
        .map(({ lane }) => lane.key)
        .filter((key) => isStranger(key) || context.claimed.has(key)),
    ),
    closeLetters(tx, throughLanes(outcomes, settled)),
    forgetIntents(tx, [...context.settled, ...createsOf(context, links)]),
    forgetDecisions(
      tx,
      outcomes.flatMap((each) => each.told),
    ),
  ];
}

/** Links that waited for a person and do so no more. */
const undoubted = ({ stored }: StepContext, links: readonly LinkOutcome[]): readonly string[] =>
  links.flatMap(({ link }) =>
    stored.get(link.id)?.linkedBy.kind === 'proposal' && !isProposed(link) ? [link.id] : [],
  );

const givingBack = (tx: Tx | Sql, token: number, { outcomes, settled }: Done): Statement =>
  settleLanes(tx, token, [
    ...outcomes.map(({ lane, againMs, attempts, behind }) => ({
      ...settlement(lane, againMs, attempts),
      ...(behind && { behind }),
    })),
    ...settled.map(({ lane, againMs, behind }) => ({
      ...settlement(lane, againMs, againMs === null ? 0 : lane.attempts),
      ...(behind ? { behind } : againMs !== null && { putOff: lane.putOff + 1 }),
    })),
  ]);

const settlement = (lane: Lane, againMs: number | null, attempts: number): Settlement => ({
  key: lane.key,
  n: lane.n,
  againMs,
  attempts,
  putOff: againMs === null ? 0 : lane.putOff,
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

/** The records of lanes that came to nothing: they have no link, or none that lives. */
const strangersOf = (settled: Gathered['settled']): readonly RecordRef[] =>
  settled.flatMap(({ lane: { key }, againMs }) => (againMs === null ? (strangerOf(key) ?? []) : []));

/** The lane of a record that has no link. */
const isStranger = (key: string): boolean => strangerOf(key) !== null;
