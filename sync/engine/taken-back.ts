import type { Connector, FeedChange } from '../core/connector.ts';
import { syncAuthor } from '../core/sync-author.ts';
import type { FieldChange, RecordRef, SystemRecord } from '../core/types.ts';
import type { Decision } from '../store/decisions.ts';
import type { LinkRow } from '../store/links.ts';
import type { StepContext } from './step-context.ts';
import { refOfLink, type Work } from './work.ts';

/**
 * Works with what a step that died had put away, or brought back, and somebody has taken back since: that counts as it
 * does at any other time. The record alone does not tell it from one whose step died before it wrote, so its feed is asked;
 * where the system has no look at it by record, what was under way is done anew.
 */
export async function withTakenBack(context: StepContext, works: readonly Work[]): Promise<readonly Work[]> {
  if (context.untold.size === 0) return works;
  return Promise.all(
    works.map(async (work) => {
      const asked = await Promise.all(
        doubtsOf(context, work).map(async (doubt) => ((await isTakenBack(context, doubt)) ? [doubt] : [])),
      );
      return asked.flat().reduce(asDone, work);
    }),
  );
}

/** What a step was about to do to a record that was written to more than once since, and does not show it. */
interface Doubt {
  readonly link: LinkRow;
  readonly decision: Decision;
  readonly change: FieldChange;
  readonly ref: RecordRef;
  readonly record: SystemRecord;
}

function doubtsOf({ mappings, records }: StepContext, { links, untold }: Work): readonly Doubt[] {
  return links.flatMap((link) =>
    (untold?.[link.id] ?? []).flatMap((decision) => {
      const change = decision.changes.find(({ field }) => field === 'archived');
      const ref = change && refOfLink(mappings[link.mapping], link, change.side);
      const record = ref && records.get(ref);
      return record && link.base && record.archived !== change.after && isBehind(decision, record.version, 2)
        ? [{ link, decision, change, ref, record }]
        : [];
    }),
  );
}

/** Whether a version is at least so many writes behind the one that was noted. */
const isBehind = ({ version }: Decision, now: string | null, writes: number): boolean =>
  version !== null && now !== null && Number(now) >= Number(version) + writes;

/**
 * Whether the feed says that it was done before somebody took it back: his is the last edit, or all since ours is his. At
 * the version that was noted the record stood as it stands now.
 */
async function isTakenBack(
  { connectors }: StepContext,
  { ref, record, change, decision }: Doubt,
): Promise<boolean> {
  const connector = connectors[ref.side];
  if (!connector.edits || record.updatedBy === syncAuthor.actor) return false;
  const [done, undone] = change.after
    ? (['archived', 'restored'] as const)
    : (['restored', 'archived'] as const);
  const is = (last: FeedChange | undefined, kind: FeedChange['kind']): boolean =>
    last?.kind === kind && isBehind(decision, last.version, 1);
  if (is(await lastBesides(connector, ref, syncAuthor.actor), undone)) return true;
  const before = await lastBesides(connector, ref, record.updatedBy);
  return before?.actor === syncAuthor.actor && is(before, done);
}

/** The last change of a record by anybody else. */
async function lastBesides(
  connector: Connector,
  { entity, id }: RecordRef,
  besides: string,
): Promise<FeedChange | undefined> {
  const upTo = await connector.head();
  if (upTo === null) return undefined;
  const [last] = await connector.edits!({ records: [{ entity, id }], after: null, upTo, besides });
  return last;
}

/** The work with this told as done, and both records agreed on as it left them. */
function asDone(work: Work, { link, decision, change }: Doubt): Work {
  const archived = change.after === true;
  return {
    ...work,
    links: work.links.map((each) =>
      each.id === link.id ? { ...each, crmArchived: archived, erpArchived: archived } : each,
    ),
    untold: {
      ...work.untold,
      [link.id]: work.untold![link.id]!.map((each) =>
        each.id === decision.id ? { ...each, isDone: true } : each,
      ),
    },
  };
}
