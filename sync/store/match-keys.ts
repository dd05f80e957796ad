import { hash } from 'node:crypto';
import type { MappingName, Side } from '../core/types.ts';
import { rows, type Sql, type Statement, type Tx, unflushed } from './sql.ts';

/** A record and a normal form under which it is found. */
export interface KeyOf {
  readonly mapping: MappingName;
  readonly side: Side;
  readonly key: string;
  readonly record: string;
}

/** Records per key at most: enough to tell one match from several, itself included. */
const mostPerKey = 4;

/** Only the hash is stored: the keys are made of names and addresses. A collision costs a look at one record more. */
const stored = (key: string): string => hash('sha1', key, 'base64url').slice(0, 14);

/** Remembers under which normal forms records are found. What is known already stays; old forms do no harm. */
export async function learnKeys(sql: Sql, keys: readonly KeyOf[]): Promise<void> {
  if (keys.length > 0) await sql.atOnce((tx) => [tx`${unflushed(sql)}`, learningKeys(tx, keys)]);
}

/** The same as a statement of a transaction; null where nothing is new. In their order, since whoever stores the same keys waits for us. */
export function learningKeys(tx: Tx | Sql, keys: readonly KeyOf[]): Statement | null {
  if (keys.length === 0) return null;
  const list = keys.map(({ mapping, side, key, record }) => ({
    m: mapping,
    s: side,
    k: stored(key),
    r: record,
  }));
  return tx`
    insert into sync.match_key (mapping, side, key, record)
    select m, s, k, r from jsonb_to_recordset(${rows(list)}::text::jsonb) as r(m text, s text, k text, r text)
    order by m, s, k, r on conflict do nothing`;
}

/** Ids of the records known under each of these keys, in their order. */
export async function recordsUnder(
  sql: Sql,
  keys: readonly Omit<KeyOf, 'record'>[],
): Promise<readonly (readonly string[])[]> {
  if (keys.length === 0) return [];
  const found = await sql<{ at: number; record: string }[]>`
    select w.at, hit.record
    from jsonb_to_recordset(${rows(keys.map(({ mapping, side, key }, at) => ({ at, m: mapping, s: side, k: stored(key) })))}::text::jsonb)
      as w(at int, m text, s text, k text)
    cross join lateral (
      select record from sync.match_key where mapping = w.m and side = w.s and key = w.k limit ${mostPerKey}) hit`;
  const ids: string[][] = keys.map(() => []);
  for (const { at, record } of found) ids[at]!.push(record);
  return ids;
}

/** How far a walk over records that were there before has come: from its start (''), an id, or null: done. */
export async function walkedTo(sql: Sql, walk: Walk): Promise<string | null> {
  const [row] = await sql<{ upTo: string | null }[]>`
    select up_to as "upTo" from sync.match_walk where mapping = ${walk.mapping} and side = ${walk.side} and keys = ${walk.keys}`;
  return row ? row.upTo : '';
}

/** One flow's records in one system, and the match keys they are walked for. */
export interface Walk {
  readonly mapping: MappingName;
  readonly side: Side;
  readonly keys: string;
}

/** Notes how far a walk has come. */
export async function noteWalk(sql: Sql, { mapping, side, keys }: Walk, upTo: string | null): Promise<void> {
  await sql`
    insert into sync.match_walk (mapping, side, keys, up_to) values (${mapping}, ${side}, ${keys}, ${upTo})
    on conflict (mapping, side) do update set keys = excluded.keys, up_to = excluded.up_to`;
}
