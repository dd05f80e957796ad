import type { CodeDirection } from '../core/code-lists.ts';
import type { Sql } from './sql.ts';

/** A pair of codes as its list keeps them, which way it translates, and from when to when; ISO instants, null for always. */
export interface CodePair {
  readonly list: string;
  readonly crm: string;
  readonly erp: string;
  readonly direction: CodeDirection;
  readonly validFrom: string | null;
  readonly validTo: string | null;
}

/** Which pair. */
export type CodeKey = Pick<CodePair, 'list' | 'crm' | 'erp'>;

/** `preferred` names the side whose code may have several of the other: there this one is not meant. */
const preferredOf: Readonly<Record<CodeDirection, string>> = { both: 'both', toCrm: 'erp', toErp: 'crm' };

/** The columns of a pair. */
const columns = (sql: Sql) => sql`list, crm, erp, valid_from as "validFrom", valid_to as "validTo",
  case preferred when 'erp' then 'toCrm' when 'crm' then 'toErp' else 'both' end as direction`;

/** All pairs of a list, or of all. */
export function codePairs(sql: Sql, list: string | null): Promise<readonly CodePair[]> {
  return sql<CodePair[]>`
    select ${columns(sql)} from sync.code_map where ${list}::text is null or list = ${list} order by 1, 2, 3`;
}

/** Pairs in which one of these codes stands. */
export function pairsOfCodes(sql: Sql, { list, crm, erp }: CodeKey): Promise<readonly CodePair[]> {
  return sql<CodePair[]>`
    select ${columns(sql)} from sync.code_map where list = ${list} and (crm = ${crm} or erp = ${erp}) order by 1, 2, 3`;
}

/**
 * Maps a code of one system to a code of the other; a later mapping of the same code replaces it, and leaves the earlier
 * pair the other way only. One that holds only for a time takes the other's place for that time: of two that hold, the
 * one that began later stands.
 */
export async function putCode(sql: Sql, pair: CodePair): Promise<void> {
  const { list, crm, erp, direction, validFrom, validTo } = pair;
  await sql`
    insert into sync.code_map (list, crm, erp, preferred, valid_from, valid_to)
    values (${list}, ${crm}, ${erp}, ${preferredOf[direction]}, ${validFrom}, ${validTo})
    on conflict (list, crm, erp) do update set
      preferred = excluded.preferred, valid_from = excluded.valid_from, valid_to = excluded.valid_to`;
  if (validFrom !== null || validTo !== null) return;
  const reads = direction !== 'toErp';
  const writes = direction !== 'toCrm';
  await sql`
    with others as (
      select crm, erp, preferred <> 'crm' and not (${reads} and erp = ${erp}) as reads,
        preferred <> 'erp' and not (${writes} and crm = ${crm}) as writes
      from sync.code_map where list = ${list} and (crm = ${crm}) <> (erp = ${erp})
    ), left_over as (
      delete from sync.code_map c using others o
      where c.list = ${list} and c.crm = o.crm and c.erp = o.erp and not o.reads and not o.writes
    )
    update sync.code_map c set preferred = case when not o.reads then 'crm' when not o.writes then 'erp' else 'both' end
    from others o where c.list = ${list} and c.crm = o.crm and c.erp = o.erp and (o.reads or o.writes)`;
}

/** Takes a pair away; what it was, or null where there is none. */
export async function dropCode(sql: Sql, { list, crm, erp }: CodeKey): Promise<CodePair | null> {
  const [dropped] = await sql<CodePair[]>`
    delete from sync.code_map where list = ${list} and crm = ${crm} and erp = ${erp} returning ${columns(sql)}`;
  return dropped ?? null;
}

/** Pairs that began to hold within the last so many seconds. */
export function codesBegun(sql: Sql, seconds: number): Promise<readonly CodePair[]> {
  return sql<CodePair[]>`
    select ${columns(sql)} from sync.code_map
    where valid_from > now() - ${seconds} * interval '1 second' and valid_from <= now()`;
}
