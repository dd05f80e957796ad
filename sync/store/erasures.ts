import type { Json } from '../core/types.ts';
import { rows, type Sql, type Tx } from './sql.ts';

/** A value that the person has or had, by canonical name. */
export interface Had {
  readonly field: string;
  readonly value: Json;
}

/** An erasure under way. */
export interface Erasure {
  /** The record that was named: `crm:Contact:42`. */
  readonly ref: string;
  readonly actor: string;
  readonly correlationId: string | null;
  readonly had: readonly Had[];
  readonly tries: number;
}

/** Notes that an erasure begins; one that is noted stays as it is, and goes on. Answers it. */
export async function noteErasure(
  sql: Sql,
  { ref, actor, correlationId }: Pick<Erasure, 'ref' | 'actor' | 'correlationId'>,
): Promise<Erasure> {
  const [noted] = await sql<Erasure[]>`
    insert into sync.erasure (ref, actor, correlation_id) values (${ref}, ${actor}, ${correlationId})
    on conflict (ref) do update set due = now()
    returning ref, actor, correlation_id as "correlationId", had, tries`;
  return noted!;
}

/** Keeps what the person has or had until texts are searched for it. On the disk when this resolves: then it may be emptied. */
export async function noteHad(sql: Sql, ref: string, had: readonly Had[]): Promise<void> {
  await sql`update sync.erasure set had = ${rows(had)}::text::jsonb where ref = ${ref}`;
}

/** Whether something was emptied already: what the person had is noted before. */
export async function hasBegun(sql: Sql, ref: string): Promise<boolean> {
  const [noted] = await sql`select 1 from sync.erasure where ref = ${ref} and had <> '[]'`;
  return noted !== undefined;
}

/** One that failed is gone on with after so many ms. */
export async function postponeErasure(sql: Sql, ref: string, ms: number): Promise<void> {
  await sql`
    update sync.erasure set tries = tries + 1, due = now() + ${ms} * interval '1 millisecond' where ref = ${ref}`;
}

/** Forgets it, with what is known of the person, and closes what was told of it. */
export async function forgetErasure(tx: Sql | Tx, ref: string): Promise<void> {
  await tx`delete from sync.erasure where ref = ${ref}`;
  await tx`update sync.issue set closed_at = now() where key = ${erasureIssue(ref)} and closed_at is null`;
}

/** The key of what is told of an erasure that can't go on. */
export const erasureIssue = (ref: string): string => `erasure:${ref}`;

/** Erasures that are to be gone on with. */
export function dueErasures(sql: Sql): Promise<readonly Erasure[]> {
  return sql<Erasure[]>`
    select ref, actor, correlation_id as "correlationId", had, tries from sync.erasure where due <= now() order by at, ref`;
}

/** Runs `work` while no other process erases anybody: a transaction that does nothing but hold the lock. */
export function erasingAlone<T>(sql: Sql, work: () => Promise<T>): Promise<T> {
  return sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${erasureLock})`;
    return work();
  }) as Promise<T>;
}

/** The same, unless somebody else erases at this moment: null, and nothing is done. */
export function erasingIfFree<T>(sql: Sql, work: () => Promise<T>): Promise<T | null> {
  return sql.begin(async (tx) => {
    const [got] = await tx<{ mine: boolean }[]>`select pg_try_advisory_xact_lock(${erasureLock}) as mine`;
    return got!.mine ? work() : null;
  }) as Promise<T | null>;
}

const erasureLock = 0x7a4d_e307;
