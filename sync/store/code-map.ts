import type { CodeDirection } from '../core/code-lists.ts';
import { type CodeKey, type CodePair, withPair } from '../core/code-pairs.ts';
import { rows, type Sql, type Tx } from './sql.ts';

/** `preferred` names the side whose code may have several of the other: there this one is not meant. */
const preferredOf: Readonly<Record<CodeDirection, string>> = { both: 'both', toCrm: 'erp', toErp: 'crm' };

/** The columns of a pair. */
const columns = (sql: Sql | Tx) => sql`list, crm, erp, valid_from as "validFrom", valid_to as "validTo",
  case preferred when 'erp' then 'toCrm' when 'crm' then 'toErp' else 'both' end as direction`;

/** All pairs of a list, or of all. */
export function codePairs(sql: Sql, list: string | null): Promise<readonly CodePair[]> {
  return sql<CodePair[]>`
    select ${columns(sql)} from sync.code_map where ${list}::text is null or list = ${list} order by 1, 2, 3`;
}

/** Pairs in which one of these codes stands. */
export function pairsOfCodes(sql: Sql | Tx, { list, crm, erp }: CodeKey): Promise<readonly CodePair[]> {
  return sql<CodePair[]>`
    select ${columns(sql)} from sync.code_map where list = ${list} and (crm = ${crm} or erp = ${erp}) order by 1, 2, 3`;
}

/**
 * Maps a code of one system to a code of the other; a later mapping of the same code replaces it, and leaves the earlier
 * pair the other way only. One that holds only for a time takes the other's place for that time: of two that hold, the
 * one that began later stands.
 */
export async function putCode(sql: Sql, pair: CodePair): Promise<void> {
  const { list, crm, erp } = pair;
  await sql.begin(async (tx) => {
    // Two who map the same code at once: the second sees what the first has left.
    await tx`lock table sync.code_map in share row exclusive mode`;
    const after = withPair(await pairsOfCodes(tx, pair), pair);
    await tx`delete from sync.code_map where list = ${list} and (crm = ${crm} or erp = ${erp})`;
    await tx`
      insert into sync.code_map (list, crm, erp, preferred, valid_from, valid_to)
      select list, crm, erp, preferred, "validFrom", "validTo"
      from jsonb_to_recordset(${rows(after.map((each) => ({ ...each, preferred: preferredOf[each.direction] })))}::text::jsonb)
        as r(list text, crm text, erp text, preferred text, "validFrom" timestamptz, "validTo" timestamptz)`;
  });
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
