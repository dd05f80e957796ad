import { same } from '../core/same.ts';
import { sides } from '../core/sides.ts';
import type { RecordRef } from '../core/types.ts';
import { closeMassIssues, closeUnmapped } from '../store/issues.ts';
import { ring } from '../store/lanes.ts';
import type { LinkRow } from '../store/links.ts';
import type { Sql, Statement, Tx } from '../store/sql.ts';
import { releaseReady, releasing, ringMissed, ringWanted } from '../store/waits.ts';
import { isMassHeld, isProposed, moveOf, waitsOf } from './findings.ts';
import { givesUpItsDeal } from './other-deal.ts';
import type { Outcome } from './outcome.ts';
import type { LinkOutcome } from './progress.ts';
import { refKey, refOf } from './records.ts';
import type { EngineParts, StepContext } from './step-context.ts';
import { refsOfLink, versionOf } from './work.ts';

/**
 * Rings what waited for these links, or for what their records were like, and counts it: to be sent once they are
 * committed. `strangers`: records without a link that were looked at. Null where nobody can have waited.
 */
export function ringingReleased(
  tx: Tx | Sql,
  context: StepContext,
  outcomes: readonly Outcome[],
  strangers: readonly RecordRef[],
): Statement | null {
  const links = linksOf(outcomes);
  return releasing(tx, [...releasedBy(context, links), ...movedOn(context, links, strangers)], {
    kind: 'release',
  });
}

const linksOf = (outcomes: readonly Outcome[]): readonly LinkRow[] =>
  outcomes.flatMap((each) => each.links.map(({ link }) => link));

/** Looks once more at what began to wait, and rings what else goes on now. Answers how many lanes that were. */
export async function release(context: StepContext, outcomes: readonly Outcome[]): Promise<number> {
  const links = linksOf(outcomes);
  const waiting = links.filter((link) => waitsOf(link).length > 0);
  const connected = Object.values(context.mappings).filter(
    ({ name }) => context.ruleOf(name) === 'connected',
  );
  const codes = links.flatMap((link) => codesLeft(context, link));
  const begun = outcomes.flatMap((each) =>
    each.links.filter((one) => beginsToWait(context, one)).map(({ link }) => link),
  );
  const wanted = connected.length === 0 ? [] : [...waiting.flatMap(waitsOf), ...unwanted(context, links)];
  const [rung] = await Promise.all([
    sumOf([
      ringWanted(
        context.sql,
        connected.map(({ name }) => name),
        wanted.map((key) => ({ key, ...refOf(key) })),
      ),
      releaseReady(
        context.sql,
        context.homes,
        waiting.map((link) => link.id),
      ),
    ]),
    ring(
      context.sql,
      begun.map(({ lane: key, mapping }) => ({ key, mapping, cause: { kind: 'release' } })),
    ),
    ...(links.some((link) => wasMassHeld(context, link)) ? [closeMassIssues(context.sql)] : []),
    ...(codes.length > 0 ? [closeUnmapped(context.sql, codes)] : []),
  ]);
  return rung + begun.length;
}

async function sumOf(counts: readonly Promise<number>[]): Promise<number> {
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

/**
 * Names of records without a counterpart for which nobody waited when the step looked. Whoever began to wait before they
 * were recorded found no link to ring.
 */
const unwanted = (context: StepContext, links: readonly LinkRow[]): readonly string[] =>
  links
    .filter((link) => link.state !== 'ended' && !(link.crmId && link.erpId))
    .filter((link) => context.ruleOf(link.mapping) === 'connected')
    .flatMap((link) => refsOfLink(context, link).map(refKey))
    .filter((key) => !context.wanted.has(key));

/**
 * The safety net for processes that died between recording and ringing, and for two that recorded at the same moment.
 * `withinSeconds`: how far back to look for records that somebody wants; null for all. Returns how many lanes it rang.
 */
export async function releaseMissed(
  { sql, mappings, homes, settings }: Pick<EngineParts, 'sql' | 'mappings' | 'homes' | 'settings'>,
  withinSeconds: number | null,
): Promise<number> {
  const connected = Object.values(mappings).filter(({ name }) => settings.ruleOf(name) === 'connected');
  const ready = await releaseReady(sql, homes, null, withinSeconds === null ? 0 : undefined);
  return ready + (await ringMissed(sql, connected, withinSeconds));
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

const wasMassHeld = (context: StepContext, link: LinkRow): boolean => {
  const before = context.stored.get(link.id);
  return before !== undefined && isMassHeld(before) && !isMassHeld(link);
};

/** Names under which others may wait for what these records were like and may be no more. */
const movedOn = (
  context: StepContext,
  links: readonly LinkRow[],
  strangers: readonly RecordRef[],
): readonly string[] =>
  [
    ...links
      .filter((link) => mayHaveLeft(context, link) || mayBeAdmitted(context, link))
      .flatMap((link) => refsOfLink(context, link)),
    ...strangers,
  ].map(moveOf);

/**
 * Whether a link begins to wait for a record to move. It is rung once itself: the other may have moved after it was read
 * and before there was a wait to ring.
 */
function beginsToWait({ stored }: StepContext, { link, failedFor }: LinkOutcome): boolean {
  const before = stored.get(link.id);
  if (failedFor && before?.state !== 'failed') return true;
  if (isProposed(link) && !(before && isProposed(before))) return true;
  const known = new Set(before && waitsOf(before));
  return waitsOf(link).some((on) => on.startsWith('moved:') && !known.has(on));
}

/**
 * Whether one of a link's records may have given up a value by which it was found. One that is held has no base to tell;
 * one without counterpart may look like many.
 */
function mayHaveLeft({ mappings, stored }: StepContext, link: LinkRow): boolean {
  const before = stored.get(link.id);
  if (!before) return false;
  if (link.state === 'ended') return before.state !== 'ended';
  const moved = sides.filter((side) => versionOf(link, side) !== versionOf(before, side));
  if (moved.length === 0) return false;
  const [was, now] = [before.base, link.base];
  if (!was || !now) return true;
  const isLeft = (field: string): boolean =>
    link.held.some((held) => held.field === field) ||
    moved.some((side) => !same(was[side][field] ?? null, now[side][field] ?? null));
  return mappings[link.mapping].match.some(({ fields }) => fields.some(isLeft));
}

/** Whether a value has changed on which it hangs whether others may refer to the link's records. */
function mayBeAdmitted({ mappings, stored }: StepContext, link: LinkRow): boolean {
  const [was, now] = [stored.get(link.id)?.base, link.base];
  if (!was || !now || link.state === 'ended') return false;
  return Object.entries(mappings[link.mapping].fields).some(
    ([field, { admits }]) => admits && !sides.every((side) => same(was[side][field], now[side][field])),
  );
}

/** Names under which others may wait for these links, now that both sides are there. */
function releasedBy(context: StepContext, links: readonly LinkRow[]): string[] {
  return links.flatMap((link) => {
    // Another order of the same quote may take the place that this one gives up.
    if (link.mapping === 'order' && givesUpItsDeal(link)) return [link.lane];
    if (link.state === 'ended' || !link.crmId || !link.erpId || link.mapping === 'userOrder') return [];
    const before = context.stored.get(link.id);
    // One that was found or linked by hand was stored whole before its first step, which nobody was told of.
    if (before?.crmId && before.erpId && before.synced) return [];
    return [`link:${link.id}`, ...refsOfLink(context, link).map(refKey)];
  });
}
