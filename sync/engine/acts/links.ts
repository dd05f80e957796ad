import type { LineChange } from '../../core/connector.ts';
import { SyncError } from '../../core/errors.ts';
import type { Json, MappingName, Side } from '../../core/types.ts';
import type { NewEvent } from '../../store/events.ts';
import type { EditTimes } from '../../store/lanes.ts';
import { type LinkBrief, type LinkRow, linksById, linksOfRecords } from '../../store/links.ts';
import type { Ask, SyncResult } from '../api.ts';
import { type Ending, endLinks } from '../ending.ts';
import { freshLink } from '../fresh-link.ts';
import type { InlineParts } from '../inline.ts';
import { lookAtLeft } from '../lone.ts';
import { createRecords, readRecords, refKey } from '../records.ts';
import type { EngineParts } from '../step-context.ts';
import { tokenOf } from '../sync-token.ts';
import { refOfLink } from '../work.ts';
import { childrenRelinked, childrenToBe } from './children.ts';
import { mustBeAlone, mustBeOfOneDeal } from './one-deal.ts';
import { notFound, syncRecords } from './sync-now.ts';
import { putAway, writeForAct } from './write.ts';

/** Two records of one flow, as a pair. */
export interface PairIds {
  readonly crmId: string;
  readonly erpId: string;
}

/**
 * Links two records by hand. One-sided links they have already give way; a live link to a third record is refused.
 * `replacing`: a link that ends with it.
 */
export async function linkRecords(
  parts: InlineParts,
  mapping: MappingName,
  ids: PairIds,
  ask: Ask,
  replacing: readonly LinkRow[] = [],
): Promise<SyncResult> {
  if (ask.mode === 'apply') return one(await linkPairs(parts, mapping, [ids], ask, replacing));
  await mustExist(parts, mapping, ids);
  const { link } = await linkingOf(parts, mapping, ids, replacing);
  const preview = await previewLink(parts, link, ask);
  // What refers to a link that is replaced, whoever replaces it tells.
  if (replacing.length > 0) return preview;
  return { ...preview, ...(await childrenToBe(parts, { ended: [], made: [link] }))[0] };
}

/**
 * Links pairs of records by hand, and ends the links that they replace: all of it or nothing, in one transaction, with
 * the lanes of both in hand. Then the new pairs are brought into step, and should the process die before that, the
 * workers do so. One result per pair.
 */
export async function linkPairs(
  parts: InlineParts,
  mapping: MappingName,
  pairs: readonly PairIds[],
  asked: Ask,
  replacing: readonly LinkRow[],
  also: Also = nothingElse,
): Promise<readonly SyncResult[]> {
  // One for all of it: by that it is found what a new link came in the place of.
  const ask = { ...asked, correlationId: asked.correlationId ?? parts.newId() };
  for (const ids of pairs) await mustExist(parts, mapping, ids);
  const linkings: Linking[] = [];
  for (const ids of pairs)
    linkings.push(await linkingOf(parts, mapping, ids, [...replacing, ...also.giving]));
  const links = linkings.map(({ link }) => link);
  const stood = await editsOf(parts, replacing);
  const save = async (): Promise<void> => {
    await ask.unmoved?.();
    // First, and not for want of the transaction: a reference that is gone is put back where the pair stays after all.
    for (const link of replacing) await unstamp(parts, link);
    await exchange(parts, linkings, ask, replacing, also.endings);
    await also.exchanged?.();
    for (const link of replacing) await lookAtLeft(parts, link);
  };
  const lanes = [
    ...[...replacing, ...also.giving].map(({ lane, mapping }) => ({ lane, mapping })),
    ...links.map(({ lane, mapping }) => ({ lane, mapping, edits: stood })),
  ];
  const starting = { lanes, links: links.map(({ id }) => id), save };
  const results = await syncRecords(parts, { mapping, refs: [], linkId: null, asked: {} }, ask, starting);
  const syncToken = await tokenOf(parts.sql);
  return links.map(
    ({ id }) => results.find(({ linkId }) => linkId === id) ?? { ...linkedOnly, linkId: id, syncToken },
  );
}

/** What ends with a linking otherwise than by being replaced. */
interface Also {
  /** Links that the endings end. */
  readonly giving: readonly LinkRow[];
  readonly endings: readonly Ending[];
  /** Done once that is stored, and before the new pairs are brought into step. */
  readonly exchanged?: () => Promise<void>;
}

const nothingElse: Also = { giving: [], endings: [] };

/** A pair that is stored, and whose first step somebody else's work on its deal has put off: the log will tell of it. */
const linkedOnly = {
  outcome: 'linked',
  plan: { kind: 'link', writes: [], changes: [], conflicts: [], held: [], locked: [] },
  planToken: null,
  eventIds: [],
  waitsFor: [],
} as const;

/** A link that a person makes: a new one, or a one-sided one that goes on with both records. */
interface Linking {
  readonly ids: PairIds;
  readonly link: LinkRow;
  /** Other one-sided links of these records, which give way to it. */
  readonly giveWay: readonly string[];
}

async function linkingOf(
  parts: InlineParts,
  mapping: MappingName,
  ids: PairIds,
  replacing: readonly LinkRow[],
): Promise<Linking> {
  const live = (await liveOf(parts, mapping, ids)).filter(
    ({ id }) => !replacing.some((old) => old.id === id),
  );
  const taken = live.find(
    (link) => link.crmId && link.erpId && (link.crmId !== ids.crmId || link.erpId !== ids.erpId),
  );
  if (taken) throw linkedAlready(taken, ids, 'unlink it first, or use relink');
  await mustBeOfOneDeal(parts, mapping, ids, replacing);
  const rows = await linksById(
    parts.sql,
    live.map((link) => link.id),
  );
  // The CRM record's goes on: its unified record keeps its id.
  const kept = rows.find(({ crmId }) => crmId !== null) ?? rows[0];
  const link: LinkRow = kept
    ? manual(kept, ids)
    : freshLink(parts.newId(), mapping, laneFor(mapping, ids.crmId), { ...ids, by: { kind: 'manual' } });
  return { ids, link, giveWay: rows.filter((row) => row !== kept).map(({ id }) => id) };
}

/** Ends what is replaced and what gives way, and stores what takes their place. */
async function exchange(
  parts: InlineParts,
  linkings: readonly Linking[],
  ask: Ask,
  replacing: readonly LinkRow[],
  also: readonly Ending[],
): Promise<void> {
  const told = { cause: { kind: 'mutation', actor: ask.actor }, correlationId: ask.correlationId } as const;
  // As they stand with the lane in hand: a worker may have brought the one that stays further meanwhile.
  const now = await linksById(
    parts.sql,
    linkings.map(({ link }) => link.id),
  );
  const made = linkings.map(({ ids, link, giveWay }) => {
    const row = now.find(({ id }) => id === link.id);
    return {
      ...told,
      ids: giveWay,
      by: 'merged',
      detail: { into: link.id },
      saving: [row ? manual(row, ids) : link],
      decided: [link.id],
    };
  });
  const ids = replacing.map(({ id }) => id);
  const detail = { keep: 'both', replacedBy: linkings.map(({ link }) => link.id) };
  const replaced = { ...told, ids, by: 'unlinked', detail, all: true };
  // What gives its records up comes first: the new pair has them.
  await endLinks(parts, ...also, replaced, ...made);
}

/** The live links of two records, as far as there can be but one of each: a user has one with every order of his. */
async function liveOf(
  { sql }: Pick<EngineParts, 'sql'>,
  mapping: MappingName,
  ids: PairIds,
): Promise<readonly LinkBrief[]> {
  const records = [
    ...(mapping === 'userOrder' ? [] : [{ mapping, side: 'crm' as const, id: ids.crmId }]),
    { mapping, side: 'erp' as const, id: ids.erpId },
  ];
  return (await linksOfRecords(sql, records)).filter(({ state }) => state !== 'ended');
}

/** Live pairs other than a link itself, and than one more, that have a record of it. */
export async function linkedOtherwise(
  parts: Pick<EngineParts, 'sql'>,
  { id, mapping, crmId, erpId }: LinkRow,
  but?: string,
): Promise<readonly LinkBrief[]> {
  if (!crmId || !erpId) return [];
  const live = await liveOf(parts, mapping, { crmId, erpId });
  return live.filter((each) => each.id !== id && each.id !== but && each.crmId && each.erpId);
}

/** A link that a person gives these two records. */
const manual = (link: LinkRow, ids: PairIds): LinkRow => ({
  ...link,
  ...ids,
  linkedBy: { kind: 'manual' },
  state: 'pending',
  waitsFor: [],
});

const laneFor = (mapping: MappingName, crmId: string): string | null =>
  mapping === 'quote' || mapping === 'order' || mapping === 'quoteOrder' ? `deal:crm:${crmId}` : null;

/** Refuses records that are not there. */
export async function mustExist(
  parts: InlineParts,
  mapping: MappingName,
  ids: { readonly crmId?: string; readonly erpId?: string },
): Promise<void> {
  for (const side of ['crm', 'erp'] as const) {
    const argument = side === 'crm' ? 'crmId' : 'erpId';
    const id = ids[argument];
    if (id === undefined) continue;
    const entity = parts.mappings[mapping][side];
    const found = await parts.connectors[side].read(entity, [id]);
    if (!found.has(id)) throw notFound({ side, entity, id }, { argument });
  }
}

/** Refuses records that a live link, other than those of `except`, pairs with a third one. */
export async function mustBeFree(
  parts: InlineParts,
  mapping: MappingName,
  ids: PairIds,
  ...except: readonly string[]
): Promise<void> {
  const live = await liveOf(parts, mapping, ids);
  const taken = live.find((link) => !except.includes(link.id) && link.crmId && link.erpId);
  if (taken) throw linkedAlready(taken, ids, 'unlink it first');
}

function linkedAlready(taken: LinkBrief, ids: PairIds, remedy: string): SyncError {
  const argument = taken.crmId === ids.crmId ? 'crmId' : 'erpId';
  const record = `${argument === 'crmId' ? 'CRM' : 'ERP'} record ${ids[argument]}`;
  return new SyncError('BAD_USER_INPUT', `${record} is linked already (Link_${taken.id}); ${remedy}.`, {
    detail: { argument },
  });
}

/** A link that is not stored is previewed as if it were: its plan is computed, nothing is kept. */
export async function previewLink(parts: InlineParts, link: LinkRow, ask: Ask): Promise<SyncResult> {
  const refs = [
    { side: 'crm' as const, entity: parts.mappings[link.mapping].crm, id: link.crmId! },
    { side: 'erp' as const, entity: parts.mappings[link.mapping].erp, id: link.erpId! },
  ];
  return one(
    await syncRecords(
      parts,
      { mapping: link.mapping, refs, linkId: null, asked: { as: link } },
      { ...ask, mode: 'preview' },
    ),
  );
}

/** Ends a link. A tombstone keeps the survivor from being created again; `keep` archives the other side's record. */
export async function unlink(
  parts: InlineParts,
  linkId: string,
  keep: 'both' | Side,
  ask: Ask,
  told: Pick<NewEvent, 'fields' | 'detail'> = { fields: [], detail: {} },
): Promise<SyncResult> {
  const link = await liveLink(parts, linkId);
  const dropped: Side | null = keep === 'both' ? null : keep === 'crm' ? 'erp' : 'crm';
  const id = dropped === 'crm' ? link.crmId : dropped === 'erp' ? link.erpId : null;
  const entity = dropped ? parts.mappings[link.mapping][dropped] : '';
  const writes = dropped && id ? [{ side: dropped, entity, id, action: 'archive' as const, fields: [] }] : [];
  const plan = { kind: 'unlink' as const, writes, changes: [], conflicts: [], held: [], locked: [] };
  let events: readonly NewEvent[] = [];
  if (ask.mode === 'apply') {
    events = await endLinks(parts, {
      ids: [linkId],
      by: 'unlinked',
      cause: { kind: 'mutation', actor: ask.actor },
      correlationId: ask.correlationId,
      fields: told.fields,
      detail: { keep, ...told.detail },
    });
    await unstamp(parts, link);
    if (dropped && id) await putAway(parts, dropped, { entity, id, kind: 'archive' });
    await lookAtLeft(parts, link);
  }
  return {
    outcome: 'unlinked',
    plan,
    planToken: null,
    linkId,
    eventIds: events.map(({ id }) => id),
    syncToken: await tokenOf(parts.sql),
    waitsFor: [],
    ...(ask.mode === 'preview' && (await childrenToBe(parts, { ended: [link], made: [] }))[0]),
  };
}

/**
 * Takes the stamps off the ERP's record and its lines: they would name counterparts that it has no more, and be in the
 * way of the next ones.
 */
export async function unstamp(parts: EngineParts, link: LinkRow): Promise<void> {
  const { erp, fields } = parts.mappings[link.mapping];
  const stamp = fields.id?.erp;
  if (!link.erpId || !stamp || link.mapping === 'userOrder') return;
  const lineChanges = await lineStampsOf(parts, link, link.erpId);
  await writeForAct(
    parts,
    'erp',
    [
      {
        entity: erp,
        kind: 'update',
        id: link.erpId,
        fields: { [stamp]: null },
        ...(lineChanges.length > 0 && { lineChanges }),
      },
    ],
    (record) => `The ERP keeps the reference of ${record}`,
  );
}

/** What takes this link's stamps off the lines of its ERP document: another link of the document may have stamped some. */
async function lineStampsOf(
  { mappings, connectors }: EngineParts,
  link: LinkRow,
  erpId: string,
): Promise<readonly LineChange[]> {
  const { erp, lines } = mappings[link.mapping];
  const stamp = lines?.lineId?.erp;
  const own = new Set(link.lines.map(({ crmLineId }) => crmLineId));
  if (!stamp || own.size === 0) return [];
  const document = (await connectors.erp.read(erp, [erpId])).get(erpId);
  const shown = (document?.fields.lines ?? []) as readonly Readonly<Record<string, Json>>[];
  return shown
    .filter((line) => typeof line[stamp] === 'string' && own.has(line[stamp]))
    .map((line) => ({ kind: 'change', lineId: String(line.lineId), fields: { [stamp]: null } }));
}

/**
 * When the records that are going to be unstamped were last written, as the plan was made from it: taking the stamp off is
 * nobody's edit, and must not make theirs the newer values.
 */
async function editsOf(parts: InlineParts, replacing: readonly LinkRow[]): Promise<EditTimes> {
  const records = createRecords();
  const refs = replacing.flatMap((link) => refOfLink(parts.mappings[link.mapping], link, 'erp') ?? []);
  await readRecords(parts.connectors, records, refs);
  const times = refs.flatMap((ref) => {
    const record = records.get(ref);
    return record ? [[refKey(ref), record.updatedAt] as const] : [];
  });
  return Object.fromEntries(times);
}

/** Gives a link another record on one side or both: a link is made, so the newer values stand on both (merge rules 1 to 3). */
export async function relink(
  parts: InlineParts,
  linkId: string,
  to: { readonly crmId?: string; readonly erpId?: string },
  ask: Ask,
): Promise<SyncResult> {
  const link = await liveLink(parts, linkId);
  const ids = { crmId: to.crmId ?? link.crmId, erpId: to.erpId ?? link.erpId };
  if (!ids.crmId || !ids.erpId)
    throw new SyncError(
      'BAD_USER_INPUT',
      `Link_${linkId} has only one record; name the other one as crmId or erpId.`,
    );
  const wanted = { crmId: ids.crmId, erpId: ids.erpId };
  // It has them: made anew, it would lose its base, and open conflicts would be decided by their times.
  if (ids.crmId === link.crmId && ids.erpId === link.erpId)
    return one(await syncRecords(parts, { mapping: null, refs: [], linkId, asked: {} }, ask));
  // Refused before anything is undone, or shown: a link is not lost to a relink that can't be.
  await mustExist(parts, link.mapping, wanted);
  await mustBeFree(parts, link.mapping, wanted, linkId);
  await mustBeAlone(parts, [link]);
  await mustBeOfOneDeal(parts, link.mapping, wanted, [link]);
  if (ask.mode === 'preview')
    return {
      ...(await previewLink(parts, { ...link, ...wanted, base: null, lines: [] }, ask)),
      ...(await childrenRelinked(parts, [{ link, to: wanted }]))[0],
    };
  return linkRecords(parts, link.mapping, wanted, ask, [link]);
}

/** The live link of this id, or NOT_FOUND. */
export async function liveLink(parts: InlineParts, linkId: string): Promise<LinkRow> {
  const [link] = await linksById(parts.sql, [linkId]);
  if (!link || link.state === 'ended')
    throw new SyncError(
      'NOT_FOUND',
      `There is no live link Link_${linkId}${link ? `; it ended (${link.endedBy})` : ''}.`,
    );
  return link;
}

/** The one result of an act on one link. */
export function one(results: readonly SyncResult[]): SyncResult {
  const [first] = results;
  if (!first) throw new SyncError('INTERNAL', 'The act came to no result.');
  return first;
}
