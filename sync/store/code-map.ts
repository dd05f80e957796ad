import type { CodeDirection } from '../core/code-lists.ts';
import { type CodeKey, type CodePair, standingPairs } from '../core/code-pairs.ts';
import type { Sql, Tx } from './sql.ts';

/** `preferred` names the side whose code may have several of the other: there this one is not meant. */
const preferredOf: Readonly<Record<CodeDirection, string>> = { both: 'both', toCrm: 'erp', toErp: 'crm' };

/** All pairs of a list, or of all, as they stand. */
export async function codePairs(sql: Sql, list: string | null): Promise<readonly CodePair[]> {
  return standingIn(await toldPairs(sql, list)).toSorted(
    (a, b) => order(a.list, b.list) || order(a.crm, b.crm) || order(a.erp, b.erp),
  );
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The pairs of a list, or of all, as they were told, in that order. */
export const toldPairs = async (sql: Sql | Tx, list: string | null): Promise<readonly CodePair[]> =>
  (await read(sql, list)).map(({ pair }) => pair);

/** The pairs that hold now, of all lists, as they stand; the one that began last comes last. */
export const codesNow = async (sql: Sql): Promise<readonly CodePair[]> =>
  (await holding(sql)).map(({ pair }) => pair);

/** Pairs that began to hold within the last so many seconds. */
export const codesBegun = async (sql: Sql, seconds: number): Promise<readonly CodePair[]> =>
  (await holding(sql)).filter(({ age }) => age < seconds).map(({ pair }) => pair);

/** A pair with the seconds for which it has held: below 0 it does not yet, or no more. */
interface Aged {
  readonly pair: CodePair;
  readonly age: number;
}

async function holding(sql: Sql): Promise<readonly Aged[]> {
  const told = await read(sql, null);
  const ages = new Map(told.map(({ pair, age }) => [keyOf(pair), age]));
  return standingIn(told.map(({ pair }) => pair))
    .map((pair) => ({ pair, age: ages.get(keyOf(pair))! }))
    .filter(({ age }) => age >= 0)
    .sort((a, b) => (a.age === b.age ? 0 : b.age - a.age));
}

async function read(sql: Sql | Tx, list: string | null): Promise<readonly Aged[]> {
  const found = await sql<(CodePair & { readonly age: number })[]>`
    select list, crm, erp, valid_from as "validFrom", valid_to as "validTo",
      case preferred when 'erp' then 'toCrm' when 'crm' then 'toErp' else 'both' end as direction,
      case when valid_to <= now() then -1
        else coalesce(extract(epoch from now() - valid_from), 'infinity') end::float8 as age
    from sync.code_map where ${list}::text is null or list = ${list} order by told`;
  return found.map(({ age, ...pair }) => ({ pair, age }));
}

const keyOf = ({ list, crm, erp }: CodeKey): string => JSON.stringify([list, crm, erp]);

const standingIn = (told: readonly CodePair[]): readonly CodePair[] =>
  [...Map.groupBy(told, ({ list }) => list).values()].flatMap(standingPairs);

/** Keeps that a pair was told, last of all: what was told of it before is forgotten. */
export async function putCode(tx: Tx, { list, crm, erp, ...pair }: CodePair): Promise<void> {
  await tx`delete from sync.code_map where list = ${list} and crm = ${crm} and erp = ${erp}`;
  await tx`
    insert into sync.code_map (list, crm, erp, preferred, valid_from, valid_to)
    values (${list}, ${crm}, ${erp}, ${preferredOf[pair.direction]}, ${pair.validFrom}, ${pair.validTo})`;
}

/** Two who change the same list at once: the second sees what the first has left. */
export async function lockCodes(tx: Tx): Promise<void> {
  await tx`lock table sync.code_map in share row exclusive mode`;
}

/** Forgets a pair. */
export async function dropCode(tx: Tx, { list, crm, erp }: CodeKey): Promise<void> {
  await tx`delete from sync.code_map where list = ${list} and crm = ${crm} and erp = ${erp}`;
}
