import type { Held } from '../core/types.ts';
import { type Lane, letGo, takeFree } from '../store/lanes.ts';
import type { LinkRow } from '../store/links.ts';
import type { Applied } from './applied.ts';
import { apply } from './apply.ts';
import { withAssignments } from './assignments.ts';
import { openCodes } from './certain.ts';
import {
  noteWrites,
  pairOf,
  settledBy,
  settledWithout,
  toldBy,
  withUntold,
  writtenInPart,
} from './decisions.ts';
import { writesDone } from './done.ts';
import type { LinkDraft, RecordWrite, WorkPlan } from './draft.ts';
import { flipLimit } from './fresh-link.ts';
import { type Asked, backlogPauseMs, gather, type SettledLane } from './gather.ts';
import { learnReferences } from './learn.ts';
import { lookAtStrangers } from './lone.ts';
import { holdMassEdits, holdMassRemovals } from './mass-change.ts';
import { pausedIn } from './paused.ts';
import { isSuperseded } from './plan/superseded.ts';
import { planWork } from './plan-work.ts';
import type { LaneOutcome, Progress } from './progress.ts';
import { rebase } from './rebase.ts';
import { record } from './record.ts';
import { strangerOf } from './records.ts';
import { refusedField } from './refused-field.ts';
import { failureOf } from './retry.ts';
import { type EngineParts, runContext, type StepContext, type Steps, stepContext } from './step-context.ts';
import { refOfLink, type Work } from './work.ts';

/** What a step came to. */
export interface Stepped {
  readonly outcomes: readonly LaneOutcome[];
  /** Whether lanes may be due that it left, rang or let go. */
  readonly news: boolean;
}

/**
 * One step over a batch of lanes: gather → plan → apply → record. Writing and planning go round until nothing is left
 * to write, because a target answers a write with values of its own (a number, a total) that travel back at once.
 */
export async function step(
  parts: EngineParts,
  token: number,
  lanes: readonly Lane[],
  asked: Asked = {},
  onPassed: () => void = () => {},
): Promise<Stepped> {
  const { steps, traffic } = parts;
  const isRun = lanes.every((lane) => lane.priority === 1);
  using _ = isRun ? null : traffic.enter();
  steps.started++;
  const taken = new Set<string>();
  try {
    const context = {
      ...(isRun ? runContext(parts) : stepContext(parts)),
      takeDeal: (deal: Pick<Lane, 'key' | 'mapping'>, by: Lane) =>
        takeDeal(parts, token, { taken, deal, by }),
    };
    const gathered = await timed(steps, 'gather', () => gather(context, lanes, asked));
    const works = await holdMassRemovals(context, gathered.works);
    const held = await holdMassEdits(context, works, (work) => planWork(work, context));
    const { progress, resting } = await settleWorks(context, held, asked);
    await lookAtStrangers(
      context,
      resting.flatMap(({ lane }) => strangerOf(lane.key) ?? []),
    );
    await context.giveWay();
    onPassed();
    const { outcomes, news } = await timed(steps, 'record', () =>
      record(context, token, progress, { ...gathered, settled: [...gathered.settled, ...resting] }),
    );
    return { outcomes, news: news || taken.size > 0 };
  } finally {
    if (taken.size > 0) await letGo(parts.sql, token, [...taken]);
    steps.ended++;
  }
}

/** Takes a deal's lane for this step, once; what was taken is let go when the step ends. */
async function takeDeal(
  { sql }: EngineParts,
  token: number,
  {
    taken,
    deal,
    by: { cause, priority },
  }: { readonly taken: Set<string>; readonly deal: Pick<Lane, 'key' | 'mapping'>; readonly by: Lane },
): Promise<boolean> {
  if (taken.has(deal.key)) return false;
  const isFree = await takeFree(sql, token, { ...deal, cause, priority });
  if (isFree) taken.add(deal.key);
  return isFree;
}

/** Adds what a stage takes to the process's account. */
async function timed<T>(steps: Steps, stage: keyof Steps['ms'], work: () => Promise<T>): Promise<T> {
  const from = performance.now();
  try {
    return await work();
  } finally {
    steps.ms[stage] += performance.now() - from;
  }
}

/** How often a step goes round: a create, what it fills in by default, and what follows from that. */
const rounds = 4;

/** What the rounds of a step came to, and the lanes of which nothing was done since a flow of theirs rests. */
interface Settled {
  readonly progress: readonly Progress[];
  readonly resting: readonly SettledLane[];
}

async function settleWorks(
  context: StepContext,
  works: readonly Work[],
  { force = false }: Asked,
): Promise<Settled> {
  let going: Progress[] = works.map((work) => ({
    work,
    drafts: endedOnes(work),
    created: new Set(),
    told: [],
    againMs: null,
    failure: null,
  }));
  const done: Progress[] = [];
  const resting: SettledLane[] = [];
  for (let round = 0; going.length > 0; round++) {
    const planned = await timed(context.steps, 'plan', () => planAll(context, going));
    // Who asks for a sync now does not wait.
    const behind = planned.map((plan, n) => (force ? null : pausedIn(context, going[n]!.work, plan)));
    for (const [n, flow] of behind.entries()) {
      if (flow === null) continue;
      if (round > 0) done.push({ ...going[n]!, againMs: backlogPauseMs, behind: flow });
      else resting.push({ lane: going[n]!.work.lane, againMs: backlogPauseMs, behind: flow });
    }
    const plans = planned.filter((_, n) => behind[n] === null);
    going = going.filter((_, n) => behind[n] === null);
    const last = round === rounds;
    const writing = plans.map((plan) => !last && plan.writes.length > 0);
    const wanted = plans.flatMap((plan, n) => (writing[n] ? plan.writes : []));
    const applied = await timed(context.steps, 'apply', async () => {
      const ahead = await noteWrites(
        context,
        plans.flatMap((plan, n) => (writing[n] ? [{ plan, work: going[n]!.work }] : [])),
      );
      // Why a record was put away is told by what was recorded before: that is on the disk first.
      if (wanted.some(isPuttingAway)) await context.flush();
      const decided = plans.filter((_, n) => writing[n] && isDecided(going[n]!.work));
      return apply(
        context,
        wanted,
        ahead,
        decided.map((plan) => plan.writes),
      );
    });
    const byWrite = new Map(applied.map((each) => [each.write, each]));
    const next: Progress[] = [];
    for (const [n, plan] of plans.entries()) {
      const own = writing[n] ? plan.writes.map((write) => byWrite.get(write)!) : [];
      const after = takeIn(context, going[n]!, plan, own, last);
      if (own.some(isGoneAtBirth)) done.push({ ...after, againMs: 0 });
      // Whoever wrote looks again: targets answer with numbers, totals and defaults of their own.
      else if (writing[n] && !after.failure && !isStill(plan, after)) next.push(after);
      else done.push(after);
    }
    going = await withNews(context, next);
  }
  return { progress: done, resting };
}

const isDecided = ({ choices }: Work): boolean => Object.keys(choices).length > 0;

/**
 * Whether a create found that an earlier attempt had made its record, which somebody has deleted since. That they were a
 * pair is recorded before the other follows the deletion: of what was put away without it, nobody who comes after a
 * death could tell why.
 */
const isGoneAtBirth = ({ deletedId }: Applied): boolean => deletedId !== null;

const isPuttingAway = ({ action }: RecordWrite): boolean => action === 'archive' || action === 'delete';

/** Plans are made for so long in a row, then others of this process have their turn: no large step holds up a live edit, in ms. */
const turnMs = 4;

async function planAll(context: StepContext, going: readonly Progress[]): Promise<readonly WorkPlan[]> {
  const plans: WorkPlan[] = [];
  let from = performance.now();
  for (const { work } of going) {
    if (performance.now() - from > turnMs) {
      await nextTurn();
      await context.giveWay();
      from = performance.now();
    }
    plans.push(withdrawnFirst(planWork(work, context)));
  }
  return plans;
}

/** A quote's reference is on one order: what takes the place of a PROPOSAL gets it once that has given it up. */
function withdrawnFirst(plan: WorkPlan): WorkPlan {
  const withdrawn = new Set(plan.drafts.flatMap(({ link }) => (isSuperseded(link) ? [link.id] : [])));
  const first = plan.writes.filter(({ parts }) => parts.some(({ link }) => withdrawn.has(link)));
  if (first.length === 0) return plan;
  return {
    drafts: plan.drafts.filter(({ link }) => withdrawn.has(link.id)),
    writes: first,
    told: [],
    postponedMs: null,
  };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A pair of which both systems show just what is agreed needs no second look; documents always get one. */
const isStill = (plan: WorkPlan, { work, drafts }: Progress): boolean =>
  work.links.length === 1 && plan.drafts.length === 1 && drafts.get(plan.drafts[0]!.link.id)?.still === true;

/** Links that ended while gathering are recorded with the rest. */
function endedOnes(work: Work): ReadonlyMap<string, LinkDraft> {
  return new Map(
    work.links
      .filter((link) => link.state === 'ended')
      .map((link) => [link.id, { link, changes: [], conflicts: [], held: [] }]),
  );
}

function takeIn(
  context: StepContext,
  before: Progress,
  plan: WorkPlan,
  applied: readonly Applied[],
  unwritten: boolean,
): Progress {
  const drafts = new Map(before.drafts);
  const created = new Set(before.created);
  const stored = new Map(before.work.links.map((link) => [link.id, link]));
  for (const each of applied)
    if ((each.record && !each.twin) || isGoneAtBirth(each))
      for (const link of each.write.gives) created.add(link);
  // Rounds that never end are a field that never settles: what was to be written is not agreed, so it is not taken in.
  const writes = new Set(unwritten ? plan.writes.flatMap((w) => w.parts.map((part) => part.link)) : []);
  for (const draft of plan.drafts) {
    if (writes.has(draft.link.id)) {
      const settled = drafts.get(draft.link.id);
      if (settled) drafts.set(draft.link.id, { ...settled, link: restless(settled.link, draft) });
      continue;
    }
    const made = rebase(context, draft, stored.get(draft.link.id), applied);
    const earlier = drafts.get(draft.link.id);
    drafts.set(draft.link.id, {
      ...made,
      changes: [...(earlier?.changes ?? []), ...made.changes],
      done: [...(earlier?.done ?? []), ...writesDone(context.mappings[draft.link.mapping], made, applied)],
    });
  }
  const failed = failedFirst(applied);
  const refused = failed && refusedField(context, before.work, failed);
  if (refused) {
    const back = new Map(
      [...drafts].filter(([id, draft]) => draft.failed && draft !== before.drafts.get(id)),
    );
    return {
      ...before,
      told: [...before.told, ...settledWithout(context, plan, applied, before.told)],
      // Nothing is written again that was brought back already, so nothing else would tell of it.
      drafts: new Map([...before.drafts, ...back]),
      work: {
        ...before.work,
        links: before.work.links.map((link) => archivedAs(link, back.get(link.id)?.link)),
        refused: {
          ...before.work.refused,
          [refused.link]: [...(before.work.refused?.[refused.link] ?? []), refused.held],
        },
      },
    };
  }
  const drafted = [...drafts.values()].map((draft) => draft.link);
  const links = drafted.filter((link) => link.state !== 'ended');
  const ended = drafted.filter((link) => link.state === 'ended');
  const untouched = before.work.links.filter((link) => !drafts.has(link.id));
  const { untold: _, ...work } = before.work;
  return {
    work: { ...work, links: [...links, ...untouched], ended, choices: {}, ...withheld(before.work, applied) },
    drafts,
    created,
    told: [...before.told, ...toldBy(context, plan, applied), ...settledBy(context, plan, applied)],
    againMs: plan.postponedMs,
    failure: failed
      ? {
          link: linkOfWrite(context, before.work, failed.write),
          failure: failureOf(failed.failure!),
          applied: failed,
          decided: isDecided(before.work),
          written: writtenInPart(context, plan, applied),
        }
      : before.failure,
  };
}

/**
 * The failure that a work's attempt is told of. One that leaves open what became of a write comes before a refusal: the
 * step goes round without what was refused only where it knows of all else.
 */
function failedFirst(applied: readonly Applied[]): Applied | undefined {
  const failed = applied.filter((each) => each.failure && !each.unsent);
  return failed.find(({ failure }) => openCodes.has(failure!.code)) ?? failed[0];
}

/** A link as before, but for what of its records is archived by now. */
const archivedAs = (link: LinkRow, now: LinkRow | undefined): LinkRow =>
  now ? { ...link, crmArchived: now.crmArchived, erpArchived: now.erpArchived } : link;

/** The link that a write speaks for: what is archived, restored or deleted is so for the link that has the record. */
function linkOfWrite(context: StepContext, { links }: Work, write: RecordWrite): string | null {
  const named = write.parts[0]?.link ?? write.gives[0];
  if (named) return named;
  const own = links.find((link) => {
    const ref = refOfLink(context.mappings[link.mapping], link, write.side);
    return ref?.id === write.id && ref.entity === write.entity;
  });
  return own?.id ?? null;
}

/** What could not be encoded for its target is not tried again in the rounds that follow. */
function withheld(work: Work, applied: readonly Applied[]): Pick<Work, 'refused'> {
  const held = applied.flatMap((each) => each.held);
  if (held.length === 0) return {};
  const refused: Record<string, readonly Held[]> = { ...work.refused };
  for (const each of held) refused[each.link] = [...(refused[each.link] ?? []), each.held];
  return { refused };
}

/** Fields that a step could not bring to rest count as having flipped often enough: they are quarantined. */
function restless(link: LinkRow, { changes }: LinkDraft): LinkRow {
  const flips = { ...link.flips };
  for (const { field, line, side } of changes)
    if (line === undefined) flips[field] = { n: flipLimit, side, at: Date.now() };
  return { ...link, flips };
}

/** What the writes brought: references of records just made, and the user an order's salesperson stands for. */
async function withNews(context: StepContext, going: readonly Progress[]): Promise<Progress[]> {
  if (going.length === 0) return [];
  const works = going.map((each) => each.work);
  await learnReferences(context, works);
  const told = going.flatMap((each) => each.told);
  const assigned = withExisting(context, going, await withAssignments(context, works, told));
  return going.map((each, n) => {
    const ended = endedOnes(assigned[n]!);
    return ended.size > 0 || assigned[n] !== each.work
      ? { ...each, work: assigned[n]!, drafts: new Map([...each.drafts, ...ended]) }
      : each;
  });
}

/** A pair that an earlier attempt had completed comes whole only now: so do the decisions on it. */
function withExisting(
  context: StepContext,
  going: readonly Progress[],
  works: readonly Work[],
): readonly Work[] {
  return works.map((work, n) => {
    const { told } = going[n]!;
    const fresh = work.links.some((link) =>
      context.untold.get(pairOf(link) ?? '')?.some(({ id }) => !told.includes(id)),
    );
    return fresh ? withUntold(context, [work])[0]! : work;
  });
}
