import type { Connector } from '../core/connector.ts';
import { SyncError } from '../core/errors.ts';
import type { RecordRef, Side } from '../core/types.ts';
import type { Sql } from '../store/sql.ts';
import type { Bells } from './doorbell.ts';
import { refKey, refOf } from './records.ts';

/** Where a write stands: the event log's newest row and both feeds' cursors at that moment. */
export async function tokenOf(sql: Sql): Promise<string> {
  const [row] = await sql<{ seq: number | null; crm: string | null; erp: string | null }[]>`
    select (select max(seq) from sync.event) as seq,
      (select cursor from sync.feed where side = 'crm') as crm, (select cursor from sync.feed where side = 'erp') as erp`;
  return Buffer.from(JSON.stringify([row!.seq ?? 0, row!.crm, row!.erp])).toString('base64url');
}

/**
 * Where a write stands that somebody made in a system of his own accord: its feed's end, and the record, whose work has
 * to be done as well before the other side and the agreed values show it.
 */
export async function tokenOfRecord(sql: Sql, connector: Connector, ref: RecordRef): Promise<string> {
  const head = await connector.head();
  const [row] = await sql<{ seq: number | null }[]>`select max(seq) as seq from sync.event`;
  const token = [
    row!.seq ?? 0,
    ref.side === 'crm' ? head : null,
    ref.side === 'erp' ? head : null,
    refKey(ref),
  ];
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

/** What tells whether all that a token stands for is done. */
export interface TokenParts {
  readonly sql: Sql;
  /** Whether a flow that rests, or catches up, may still have to read news of a record. */
  readonly isUnread: (ref: RecordRef) => Promise<boolean>;
}

/** Rings that a token is waited for by: whenever a feed was read, and whenever a step has ended. */
export interface TokenBells {
  readonly read: Bells;
  readonly settled: Bells;
}

/** How long a bell that may be another process's is waited for, in ms. */
const pauseMs = 100;

/** Resolves once the log and both sides have settled what a token stands for, or after `ms`; says which side lags. */
export async function untilSettled(
  parts: TokenParts,
  token: string,
  ms: number,
  { read, settled }: TokenBells,
): Promise<{ readonly lagging: readonly Side[] }> {
  const deadline = Date.now() + ms;
  using news = read.join();
  for (;;) {
    const lagging = await laggingSides(parts.sql, token);
    const left = deadline - Date.now();
    if (left <= 0) return { lagging };
    if (lagging.length === 0) break;
    await news.wait(left);
  }
  using done = settled.join();
  for (;;) {
    const side = await sideAtWork(parts, token);
    const left = deadline - Date.now();
    if (side === null || left <= 0) return { lagging: side === null ? [] : [side] };
    await done.wait(Math.min(left, pauseMs));
  }
}

/** The side whose record the token names, while its work is not done; null when it is, or when it names none. */
async function sideAtWork(parts: TokenParts, token: string): Promise<Side | null> {
  const key = readToken(token)[3];
  if (key === undefined) return null;
  const [row] = await parts.sql<{ busy: boolean }[]>`
    select exists (select 1 from sync.lane where jsonb_exists(rung, ${key})) as busy`;
  return row!.busy || (await parts.isUnread(refOf(key))) ? refOf(key).side : null;
}

/** Which sides have not been read as far as the token says. Throws BAD_USER_INPUT for what is no token. */
async function laggingSides(sql: Sql, token: string): Promise<readonly Side[]> {
  const [, crm, erp] = readToken(token);
  const [row] = await sql<{ crm: string | null; erp: string | null }[]>`
    select (select cursor from sync.feed where side = 'crm') as crm, (select cursor from sync.feed where side = 'erp') as erp`;
  const behind = (now: string | null, then: string | null): boolean =>
    then !== null && Number(now ?? 0) < Number(then);
  const lagging: Side[] = [];
  if (behind(row!.crm, crm)) lagging.push('crm');
  if (behind(row!.erp, erp)) lagging.push('erp');
  return lagging;
}

type Token = readonly [seq: number, crm: string | null, erp: string | null, record?: string];

function readToken(token: string): Token {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (Array.isArray(parsed) && (parsed.length === 3 || parsed.length === 4))
      return parsed as unknown as Token;
  } catch {
    // Told below.
  }
  throw new SyncError(
    'BAD_USER_INPUT',
    `"${token}" is no sync token; use the syncToken of a mutation's result.`,
  );
}
