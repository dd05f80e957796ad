import { isExpired } from '../core/errors.ts';
import { mappingsOfEntity } from '../core/home.ts';
import { syncAuthor } from '../core/sync-author.ts';
import type { MappingName, RecordRef } from '../core/types.ts';
import { backlogOf, knownVersions } from '../store/backlogs.ts';
import type { EditTimes } from '../store/lanes.ts';
import type { LinkRow } from '../store/links.ts';
import { readUpTo } from './read-up-to.ts';
import { refKey } from './records.ts';
import type { EngineParts, StepContext } from './step-context.ts';
import { refsOfLink, versionOf, type Work } from './work.ts';

/**
 * The flow whose backlog a work has to wait for, if any: one of its records has moved, and the news of it stands there
 * and in no lane. News of a quote leaves the deal alone while its order was edited and orders rest; and an edit that came
 * after a pause waits for those that came during it, so that the later one is known.
 *
 * Also a record that only the sync has written since may be meant: whether a person edited it before that, its feed alone
 * tells.
 */
export function waitsForBacklog(context: StepContext, { lane, links }: Work): MappingName | null {
  const { settings } = context;
  if (!links.some(({ mapping }) => settings.isBehind(mapping))) return null;
  const stored = links.filter(({ id, closed }) => context.stored.has(id) && !closed);
  for (const [key, own] of linksByRecord(context, stored)) {
    const { ref, link } = newsOf(own);
    if (settings.isBehind(link.mapping) && !(key in lane.rung) && isMoved(context, link, ref))
      return link.mapping;
  }
  return null;
}

/**
 * Works that somebody asks for although the news of their records stands in a backlog, with what it tells: when a person
 * last edited a record that the sync has written to since, which the record itself shows no more. A run's look ahead does
 * without: it asks for very many.
 */
export async function withUnread(context: StepContext, works: readonly Work[]): Promise<readonly Work[]> {
  const wanted = works.flatMap((work) => (work.lane.cause.kind === 'run' ? [] : overwritten(context, work)));
  if (wanted.length === 0) return works;
  const parts = [...Map.groupBy(wanted, ({ flow, ref }) => `${flow} ${ref.side}`).values()];
  const told = await Promise.all(parts.map((own) => editsUnread(context, own)));
  const edits = Object.fromEntries(told.flatMap((each) => [...each]));
  return works.map((work) => ({
    ...work,
    lane: { ...work.lane, edits: { ...ofWork(context, work, edits), ...work.lane.edits } },
  }));
}

/** A record, and the flow in whose backlog its news stands. */
interface Unread {
  readonly flow: MappingName;
  readonly ref: RecordRef;
}

/** Records of a work that the sync wrote last, which have news in a backlog. */
function overwritten(context: StepContext, { lane, links }: Work): readonly Unread[] {
  const { settings, records, stored } = context;
  if (!links.some(({ mapping }) => settings.isBehind(mapping))) return [];
  const known = links.filter(({ id }) => stored.has(id));
  return [...linksByRecord(context, known)].flatMap(([key, own]) => {
    const { ref, link } = newsOf(own);
    const isOurs = records.get(ref)?.updatedBy === syncAuthor.actor;
    const isUnknown = lane.edits[key] === undefined && isMoved(context, link, ref);
    return isOurs && isUnknown && settings.isBehind(link.mapping) ? [{ flow: link.mapping, ref }] : [];
  });
}

/** When people last edited these records of one system, as one flow's backlog tells. */
async function editsUnread(
  { sql, connectors }: StepContext,
  wanted: readonly Unread[],
): Promise<ReadonlyMap<string, string>> {
  const { flow, ref } = wanted[0]!;
  const [backlog, head] = await Promise.all([backlogOf(sql, flow, ref.side), connectors[ref.side].head()]);
  const edits = new Map<string, string>();
  if (!backlog || head === null || backlog.cursor === head) return edits;
  const keys = new Set(wanted.map((each) => refKey(each.ref)));
  const connector = connectors[ref.side];
  try {
    if (connector.edits) {
      const records = wanted.map(({ ref: { entity, id } }) => ({ entity, id }));
      const asked = { records, after: backlog.cursor, upTo: head, besides: syncAuthor.actor };
      for (const { entity, id, at } of await connector.edits(asked))
        edits.set(refKey({ side: ref.side, entity, id }), at);
      return edits;
    }
    for await (const { changes } of readUpTo(connector, backlog.cursor, head, never))
      for (const { entity, id, at, actor } of changes) {
        const key = refKey({ side: ref.side, entity, id });
        if (keys.has(key) && actor !== syncAuthor.actor) edits.set(key, at);
      }
  } catch (error) {
    // What the feed has forgotten nobody knows any more.
    if (!isExpired(error)) throw error;
  }
  return edits;
}

const never = new AbortController().signal;

/** Of these times, those of a work's own records. */
const ofWork = (context: StepContext, { links }: Work, edits: EditTimes): EditTimes =>
  Object.fromEntries(
    links.flatMap((link) =>
      refsOfLink(context, link).flatMap((ref) => {
        const at = edits[refKey(ref)];
        return at === undefined ? [] : [[refKey(ref), at]];
      }),
    ),
  );

interface Linked {
  readonly ref: RecordRef;
  readonly link: LinkRow;
}

const linksByRecord = (context: StepContext, links: readonly LinkRow[]): Map<string, Linked[]> =>
  Map.groupBy(
    links.flatMap((link) => refsOfLink(context, link).map((ref) => ({ ref, link }))),
    ({ ref }) => refKey(ref),
  );

/** Of the links of one record, the one whose flow stands for its news. */
const newsOf = (own: readonly Linked[]): Linked =>
  own.reduce((a, b) => (b.link.mapping < a.link.mapping ? b : a));

function isMoved({ records }: StepContext, link: LinkRow, ref: RecordRef): boolean {
  const known = versionOf(link, ref.side);
  return known !== null && records.get(ref)?.version !== known;
}

/** Whether a record may have news in the backlog of a flow: it is not as the link knows it, or has no link at all. */
export async function isUnread(
  { sql, mappings, settings, connectors }: EngineParts,
  ref: RecordRef,
): Promise<boolean> {
  const own = mappingsOfEntity(mappings, ref.side, ref.entity).map(({ name }) => name);
  const behind = own.filter((name) => settings.isBehind(name));
  if (behind.length === 0) return false;
  const known = await knownVersions(sql, ref, own);
  if (known.length === 0) return behind.includes(own[0]!);
  const waiting = known.filter(({ flow }) => behind.includes(flow));
  if (waiting.length === 0) return false;
  const record = (await connectors[ref.side].read(ref.entity, [ref.id])).get(ref.id);
  return waiting.some(({ version }) => version !== record?.version);
}
