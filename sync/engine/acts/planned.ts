import { SyncError } from '../../core/errors.ts';
import type { MappingName, RecordRef, Side } from '../../core/types.ts';
import { linksById } from '../../store/links.ts';
import { claimPlannedAct, keepPlannedAct } from '../../store/planned-acts.ts';
import type { Ask, MatchChoice, SyncResult } from '../api.ts';
import type { InlineParts } from '../inline.ts';
import { createRecords, readRecords, recordName, refKey, refOf } from '../records.ts';
import { refsOfLink } from '../work.ts';
import { resolveMatch } from './decisions.ts';
import { followMerge } from './follow-merge.ts';
import { linkRecords, one, relink, unlink } from './links.ts';
import { revert } from './revert.ts';
import { swap } from './swap.ts';
import { type KeptSync, syncRecords } from './sync-now.ts';

/** What a person does to links, by name and arguments: a preview is kept as that, and carried out from it. */
export type LinkAct =
  | {
      readonly kind: 'link';
      readonly mapping: MappingName;
      readonly crmId: string;
      readonly erpId: string;
    }
  | { readonly kind: 'unlink'; readonly linkId: string; readonly keep: 'both' | Side }
  | {
      readonly kind: 'relink';
      readonly linkId: string;
      readonly to: { readonly crmId?: string; readonly erpId?: string };
    }
  | { readonly kind: 'swap'; readonly a: string; readonly b: string }
  | { readonly kind: 'followMerge'; readonly from: RecordRef; readonly into: RecordRef }
  | { readonly kind: 'revert'; readonly eventId: string; readonly fields: readonly string[] | null }
  | { readonly kind: 'resolveMatch'; readonly proposalId: string; readonly choice: MatchChoice };

type Kept = (LinkAct & { readonly prefer?: Side }) | KeptSync;

/** Does it, or previews it: then it is kept with the versions of all records it is about, and each result has the token. */
export async function actOnLinks(parts: InlineParts, act: LinkAct, ask: Ask): Promise<readonly SyncResult[]> {
  const results = await carryOut(parts, act, ask);
  // Of a revert that is an ordinary edit the sync has kept the plan itself.
  if (ask.mode === 'apply' || results.every(({ planToken }) => planToken !== null)) return results;
  const planToken = parts.newId();
  const kept: Kept = { ...act, ...(ask.prefer && { prefer: ask.prefer }) };
  const refs = (await refsOf(parts, act, results)).map(refKey);
  await keepPlannedAct(parts.sql, planToken, kept, await versionsOf(parts, refs));
  return results.map((result) => ({ ...result, planToken }));
}

/** Applies exactly a previewed plan: the records have to stand at the versions it was made from. */
export async function applyPlan(
  parts: InlineParts,
  token: string,
  ask: Pick<Ask, 'actor' | 'correlationId'>,
): Promise<SyncResult> {
  const planned = await claimPlannedAct<Kept>(parts.sql, token);
  if (!planned)
    throw new SyncError(
      'STALE_PLAN',
      `Plan ${token} is unknown, too old, or was applied before. Preview it again.`,
    );
  const { act, versions } = planned;
  const unmoved = (): Promise<void> => mustBeUnmoved(parts, versions);
  await unmoved();
  // What links looks once more with the lane in hand, before it undoes or writes anything.
  const late = linking.has(act.kind);
  const applying: Ask = { ...ask, mode: 'apply', ...(late && { unmoved }) };
  const [result] =
    act.kind === 'sync'
      ? await syncRecords(parts, { ...act, asked: { ...act.asked, versions } }, applying)
      : await carryOut(parts, act, { ...applying, ...(act.prefer && { prefer: act.prefer }) });
  if (!result) throw new SyncError('STALE_PLAN', `Plan ${token} has nothing left to do.`);
  return result;
}

const linking: ReadonlySet<Kept['kind']> = new Set(['link', 'resolveMatch', 'relink', 'swap']);

/** Refuses a plan one of whose records stands at another version than when it was made. */
async function mustBeUnmoved(parts: InlineParts, versions: Readonly<Record<string, string>>): Promise<void> {
  const now = await versionsOf(parts, Object.keys(versions));
  const moved = Object.keys(versions).find((key) => versions[key] !== now[key]);
  if (moved === undefined) return;
  throw new SyncError(
    'STALE_PLAN',
    `${recordName(refOf(moved))} has moved from version ${versions[moved] || 'none'} to ${now[moved] || 'none'} since the preview. Preview it again.`,
  );
}

async function carryOut(parts: InlineParts, act: LinkAct, ask: Ask): Promise<readonly SyncResult[]> {
  switch (act.kind) {
    case 'link':
      return [await linkRecords(parts, act.mapping, act, ask)];
    case 'unlink':
      return [await unlink(parts, act.linkId, act.keep, ask)];
    case 'relink':
      return [await relink(parts, act.linkId, act.to, ask)];
    case 'swap':
      return swap(parts, act, ask);
    case 'followMerge':
      return followMerge(parts, act.from, act.into, ask);
    case 'revert':
      return [await revert(parts, act.eventId, act.fields, ask)];
    case 'resolveMatch':
      return [await resolveMatch(parts, act.proposalId, act.choice, ask)];
  }
}

/** The one result of an act on one link. */
export const actOnLink = async (parts: InlineParts, act: LinkAct, ask: Ask): Promise<SyncResult> =>
  one(await actOnLinks(parts, act, ask));

/** The records an act is about: those of its links, those it would write, and those it names. */
async function refsOf(
  parts: InlineParts,
  act: LinkAct,
  results: readonly SyncResult[],
): Promise<readonly RecordRef[]> {
  const ids = results.flatMap(({ linkId }) => linkId ?? []);
  const links = await linksById(parts.sql, ids);
  const written = results.flatMap(({ plan }) => plan.writes);
  return [
    ...links.flatMap((link) => [
      ...refsOfLink(parts, link),
      ...(act.kind === 'relink' ? refsOfLink(parts, { ...link, ...act.to }) : []),
    ]),
    ...written.flatMap(({ side, entity, id }) => (id === null ? [] : [{ side, entity, id }])),
    ...(act.kind === 'link' ? refsOfLink(parts, act) : []),
    ...(act.kind === 'followMerge' ? [act.from, act.into] : []),
  ];
}

/** The versions at which these records stand; none of what is not there. */
async function versionsOf(
  { connectors }: InlineParts,
  keys: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const records = createRecords();
  const refs = keys.map(refOf);
  await readRecords(connectors, records, refs);
  return Object.fromEntries(refs.map((ref) => [refKey(ref), records.get(ref)?.version ?? '']));
}
