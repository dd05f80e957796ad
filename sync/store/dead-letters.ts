import { masked, maskedText } from '../core/secrets.ts';
import type { Json, MappingName } from '../core/types.ts';
import type { Cause } from './lanes.ts';
import { rows, type Sql, type Statement, type Tx } from './sql.ts';

/** A lane that gave up, kept with what it tried and what the system answered. */
export interface DeadLetter {
  readonly id: string;
  readonly lane: string;
  readonly mapping: MappingName;
  readonly linkId: string | null;
  readonly code: string;
  readonly message: string;
  readonly request: Json;
  readonly answer: Json;
  readonly attempts: number;
  readonly cause: Cause;
}

/**
 * Keeps the letters, without the secrets in them. A lane has at most one open: what it tried last takes the place of what
 * it tried before, under the id that somebody may be looking at.
 */
export function bury(tx: Tx | Sql, letters: readonly DeadLetter[]): Statement | null {
  if (letters.length === 0) return null;
  const shown = letters.map(({ message, request, answer, ...letter }) => ({
    ...letter,
    message: maskedText(message),
    request: masked(request),
    answer: masked(answer),
  }));
  return tx`
    with d as (
      select * from jsonb_to_recordset(${rows(shown)}::text::jsonb)
        as r(id text, lane text, mapping text, "linkId" text, code text, message text, request jsonb, answer jsonb, attempts int, cause jsonb)
    ), again as (
      update sync.dead_letter x
      set mapping = d.mapping, link_id = d."linkId", code = d.code, message = d.message, request = d.request,
        answer = d.answer, attempts = d.attempts, cause = d.cause, at = now()
      from d where x.lane = d.lane and x.closed_at is null
      returning x.lane
    )
    insert into sync.dead_letter (id, lane, mapping, link_id, code, message, request, answer, attempts, cause)
    select id, lane, mapping, "linkId", code, message, request, answer, attempts, cause from d
    where lane not in (select lane from again)`;
}

/** Closes letters and failures of lanes that have come through since. */
export function closeLetters(tx: Tx | Sql, lanes: readonly string[]): Statement | null {
  if (lanes.length === 0) return null;
  return tx`
    with letters as (
      update sync.dead_letter set closed_at = now() where closed_at is null and lane = any(${[...lanes]}::text[])
    )
    update sync.issue set closed_at = now()
    where closed_at is null and key = any(${lanes.map((lane) => `failed:${lane}`)}::text[])`;
}
