import type { Json } from '../../../sync/core/types.ts';
import { type Bench, judge } from './judge.ts';

/** Judges a bench, and tells of each record that a finding names what was written to it and what the sync told: for people. */
export async function judged(bench: Bench): Promise<readonly string[]> {
  const broken = await judge(bench);
  if (broken.length === 0) return [];
  const ids = new Set(broken.flatMap((line) => line.match(/\b[ce]\d+\b/g) ?? []));
  return [...broken, ...(await story(bench, ids))];
}

/** What both systems applied to these records, their links, and the events of those, in order. */
async function story({ crm, erp, sql }: Bench, ids: ReadonlySet<string>): Promise<readonly string[]> {
  const links = await sql<{ id: string; crm: string; erp: string }[]>`
    select id, mapping, lane, crm_id as crm, erp_id as erp, state, ended_by, linked_by, waits_for, held from sync.link
    where crm_id = any(${[...ids]}::text[]) or erp_id = any(${[...ids]}::text[])`;
  const all = new Set([...ids, ...links.flatMap((link) => [link.crm, link.erp])]);
  const own = new Set(links.map((link) => link.id));
  const events = await sql<{ linkId: string; fields: Json }[]>`
    select pos, at, link_id as "linkId", outcome, cause, attempt, fields, detail from sync.event order by pos nulls last`;
  const names = (record: object): boolean =>
    Object.values(record).some((value) => typeof value === 'string' && all.has(value));
  return [
    ...[crm, erp].flatMap((fake) =>
      fake.log
        .filter((each) => all.has(each.id) || names(each.after))
        .map((each) => `${fake.side} log ${JSON.stringify(each)}`),
    ),
    ...links.map((link) => `link ${JSON.stringify(link)}`),
    ...events.filter((event) => own.has(event.linkId)).map((event) => `event ${JSON.stringify(event)}`),
  ];
}
