import { GraphQLError } from 'graphql';
import { badInput } from '../system/arguments.ts';
import type { Sql } from './rows.ts';

/** Refuses what is no cursor of the event log, and one beyond it, as after a database that was restored. */
export async function checkEventCursor(sql: Sql, after: string): Promise<{ readonly oldest: number }> {
  if (!/^\d{1,15}$/.test(after))
    throw badInput(
      `${JSON.stringify(after.slice(0, 80))} is no cursor of the event log: take the cursor of an event`,
      ['after'],
    );
  const [head] = await sql<{ pos: number; oldest: number }[]>`select pos, oldest from sync.event_head`;
  const { pos, oldest } = head ?? { pos: 0, oldest: 1 };
  if (Number(after) <= pos) return { oldest };
  throw badInput(
    `Cursor ${after} lies beyond the event log, whose newest is ${pos}: resume without one, after a reconciliation`,
    ['after'],
  );
}

/** Refuses besides, with CURSOR_EXPIRED, one after which not everything is kept, as a subscription does. */
export async function checkKeptAfter(sql: Sql, after: string): Promise<void> {
  const { oldest } = await checkEventCursor(sql, after);
  if (Number(after) + 1 >= oldest) return;
  throw new GraphQLError(
    `Cursor ${after} is older than the events kept; the oldest cursor that works is ${oldest - 1}.`,
    { extensions: { code: 'CURSOR_EXPIRED', oldest: String(oldest - 1) } },
  );
}
