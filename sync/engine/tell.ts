import { type NewEvent, tellEvents } from '../store/events.ts';
import type { Statement } from '../store/sql.ts';
import type { EngineParts } from './step-context.ts';

type Teller = Pick<EngineParts, 'sql' | 'onTold'>;

/** Puts events into the log, and hands them to whoever follows it. */
export async function tell(parts: Teller, events: readonly NewEvent[]): Promise<void> {
  await handOn(parts, events, tellEvents(parts.sql, events));
}

/** Hands on what has been put into the log, without reading it again. */
export async function handOn(
  { onTold }: Pick<Teller, 'onTold'>,
  events: readonly NewEvent[],
  told: Statement | null,
): Promise<void> {
  if (!told) return;
  const places = await told;
  onTold(events.map((event, n) => ({ ...event, cursor: places[n]!.cursor, at: places[n]!.at })));
}
