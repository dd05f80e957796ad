import type { Json, Side, Values } from '../../sync/index.ts';
import type { SyncContext } from './context.ts';
import { isWholeLine, linesAgreed, type SideAsOf, sideOf, takeLineBack } from './lines-as-of.ts';
import { titleOf } from './link-title.ts';
import { seen } from './masking.ts';
import { refersToRecord } from './references.ts';
import { type EventRow, eventColumns, type LinkRow, shown } from './rows.ts';

/** Both sides of a pair at an instant; of a line, what `lines.<its id>.<field>` names. */
export interface PairAsOf {
  readonly at: string;
  readonly crm: Values;
  readonly erp: Values;
  /** Names of the records that values are ids of. */
  readonly titles: Readonly<Record<string, string>>;
  readonly complete: boolean;
}

/** Most events that are taken back; a pair with more after the instant is told incomplete. */
const mostEvents = 5000;

/**
 * Takes the later events of a link back, newest first, from what both sides last agreed on, lines included. An event tells
 * what was written on one side; the side whose edit it was had shown the same before, unless both had edited the field:
 * then it had what was agreed the last time before.
 */
export async function pairAsOf(context: SyncContext, link: LinkRow, at: string): Promise<PairAsOf> {
  const { sql } = context;
  const [later, lines] = await Promise.all([
    sql<EventRow[]>`
      select ${sql.unsafe(eventColumns)} from sync.event e
      where e.link_id = ${link.id} and e.at > ${at}::timestamptz order by e.seq desc limit ${mostEvents}`,
    linesAgreed(sql, link.id),
  ]);
  const contested = later.some(({ fields }) => fields.some(isContested));
  const agreed = contested ? await agreedBefore(context, link, at) : new Map<string, Json>();
  const sides: Readonly<Record<Side, SideAsOf>> = {
    crm: sideOf(link, lines, 'crm'),
    erp: sideOf(link, lines, 'erp'),
  };
  for (const { outcome, cause, fields } of later) {
    // An edit that was on its way then stood on its own side already.
    const typed = cause.at !== undefined && Date.parse(cause.at) <= Date.parse(at);
    const begins = ['created', 'linked'].includes(outcome);
    for (const change of fields) {
      if (isWholeLine(change)) {
        takeLineBack(sides, change, { typed, begins });
        continue;
      }
      const { before, winner, why } = change;
      const [side, key] = [sides[change.side], keyOf(change)];
      side.put(change, before);
      const from = winner === null || winner === change.side ? undefined : sides[winner];
      if (from === undefined || typed || begins || why === 'created') continue;
      if (!isContested(change)) from.put(change, before);
      else if (agreed.has(key)) for (const each of [from, side]) each.put(change, agreed.get(key)!);
    }
  }
  const [head] = await sql<{ trimmed: boolean }[]>`
    select exists (select 1 from sync.event_head where oldest > 1)
      and not exists (select 1 from sync.event e where e.link_id = ${link.id} and e.at <= ${at}::timestamptz) as trimmed`;
  const visible = (values: Readonly<Record<string, Json>>): Values =>
    Object.fromEntries(
      Object.entries(values).map(([field, value]) => [
        field,
        seen(context, link.mapping, nameOf(field), shown(value)),
      ]),
    );
  const [crm, erp] = [visible(sides.crm.values()), visible(sides.erp.values())];
  return {
    at,
    crm,
    erp,
    titles: await titlesIn(context, link.mapping, [crm, erp]),
    complete:
      later.length < mostEvents && head?.trimmed === false && Date.parse(link.createdAt) <= Date.parse(at),
  };
}

async function titlesIn(context: SyncContext, mapping: string, sides: readonly Values[]) {
  const ids = sides.flatMap((side) =>
    Object.entries(side).flatMap(([key, value]) =>
      refersToRecord(context.unified, mapping, nameOf(key)) ? [value] : [],
    ),
  );
  const titles = await Promise.all([...new Set(ids)].map(async (id) => [id, await titleOf(context, id)]));
  return Object.fromEntries(titles.filter(([, title]) => title !== null));
}

type Change = EventRow['fields'][number];

/** The field that a key names, of the record or of a line. */
const nameOf = (key: string): string => key.split('.').at(-1)!;

const keyOf = ({ field, line }: Pick<Change, 'field' | 'line'>): string =>
  line === undefined ? field : `lines.${line}.${field}`;

/** Whether the losing side had edited the field as well. */
const isContested = ({ lost }: Change): boolean => lost !== undefined && lost !== null;

/** Per field, what the last event until then had left on the sides. */
async function agreedBefore(
  { sql }: SyncContext,
  link: LinkRow,
  at: string,
): Promise<ReadonlyMap<string, Json>> {
  const until = await sql<Pick<EventRow, 'fields'>[]>`
    select e.fields from sync.event e
    where e.link_id = ${link.id} and e.at <= ${at}::timestamptz order by e.seq desc limit ${mostEvents}`;
  const agreed = new Map<string, Json>();
  for (const { fields } of until)
    for (const change of fields) if (!agreed.has(keyOf(change))) agreed.set(keyOf(change), change.after);
  return agreed;
}
