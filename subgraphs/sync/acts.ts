import type { Sql } from './rows.ts';

/** A line of the audit trail. */
export interface ActRow {
  readonly id: string;
  readonly at: string;
  readonly name: string;
  readonly actor: string;
  readonly reason: string | null;
  readonly subject: object;
  readonly linkId: string | null;
  readonly correlationId: string;
  readonly outcome: string | null;
  readonly code: string | null;
  readonly detail: object | null;
  readonly endedAt: string | null;
}

/** Columns of an `ActRow` from `sync.act a`. */
export const actColumns = `a.id, a.at, a.name, a.actor, a.reason, a.subject, a.link_id as "linkId", a.correlation_id as "correlationId",
  a.outcome, a.code, a.detail, a.ended_at as "endedAt"`;

/** The act that an event came of: the last that was begun before it under its correlation. */
export async function actsOfEvents(
  sql: Sql,
  events: readonly { readonly id: string; readonly correlationId: string; readonly at: string }[],
): Promise<readonly (ActRow | null)[]> {
  const rows = await sql<(ActRow & { of: string })[]>`
    select e.id as of, a.* from unnest(${events.map(({ id }) => id)}::text[],
      ${events.map(({ correlationId }) => correlationId)}::text[], ${events.map(({ at }) => at)}::timestamptz[]) as e(id, correlation, at)
    cross join lateral (
      select ${sql.unsafe(actColumns)} from sync.act a
      where a.correlation_id = e.correlation and a.at <= e.at order by a.seq desc limit 1
    ) a`;
  const byEvent = new Map(rows.map((row) => [row.of, row]));
  return events.map(({ id }) => byEvent.get(id) ?? null);
}
