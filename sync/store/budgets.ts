import type { Side } from '../core/types.ts';
import type { Sql } from './sql.ts';

/** A budget in the database's terms: a call is paid for every so many ms, and calls may run ahead of that by so many ms. */
export interface Pace {
  readonly everyMs: number;
  readonly aheadMs: number;
}

/** Makes sure that a system has its row. */
export async function openBudget(sql: Sql, side: Side): Promise<void> {
  await sql`insert into sync.budget (side) values (${side}) on conflict do nothing`;
}

/** Books a call, and answers in how many ms it may be sent. Calls are booked one after the other, however many ask. */
export async function book(sql: Sql, side: Side, { everyMs, aheadMs }: Pace): Promise<number> {
  const [row] = await sql<{ ms: number }[]>`
    update sync.budget set paid_at = greatest(paid_at, clock_timestamp()) + ${everyMs} * interval '1 millisecond' where side = ${side}
    returning extract(epoch from paid_at - clock_timestamp())::float8 * 1000 as ms`;
  return row!.ms - everyMs - aheadMs;
}

/** Books a call only if it may be sent at once: null. Otherwise answers in how many ms to ask again. */
export async function bookNow(sql: Sql, side: Side, { everyMs, aheadMs }: Pace): Promise<number | null> {
  const [row] = await sql<{ ms: number | null }[]>`
    with booked as (
      update sync.budget set paid_at = greatest(paid_at, clock_timestamp()) + ${everyMs} * interval '1 millisecond'
      where side = ${side} and paid_at <= clock_timestamp() + ${aheadMs} * interval '1 millisecond' returning 1
    )
    select case when not exists (select 1 from booked) then extract(epoch from paid_at - clock_timestamp())::float8 * 1000 - ${aheadMs} end as ms
    from sync.budget where side = ${side}`;
  return row!.ms === null ? null : Math.max(1, row!.ms);
}

/** Nothing is sent for so many ms: the system said so. */
export async function holdBudget(sql: Sql, side: Side, { aheadMs }: Pace, ms: number): Promise<void> {
  await sql`
    update sync.budget set paid_at = greatest(paid_at, clock_timestamp() + ${ms + aheadMs} * interval '1 millisecond') where side = ${side}`;
}

/** By how many ms what is booked runs ahead of the clock; null before the first call. */
export async function bookedAhead(sql: Sql, side: Side): Promise<number | null> {
  const [row] = await sql<{ ms: number }[]>`
    select greatest(0, extract(epoch from paid_at - clock_timestamp())::float8 * 1000) as ms from sync.budget where side = ${side}`;
  return row?.ms ?? null;
}
