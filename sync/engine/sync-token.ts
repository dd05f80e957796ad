import { SyncError } from '../core/errors.ts';
import type { Side } from '../core/types.ts';
import type { Sql } from '../store/sql.ts';

/** Where a write stands: the event log's newest row and both feeds' cursors at that moment. */
export async function tokenOf(sql: Sql): Promise<string> {
  const [row] = await sql<{ seq: number | null; crm: string | null; erp: string | null }[]>`
    select (select max(seq) from sync.event) as seq,
      (select cursor from sync.feed where side = 'crm') as crm, (select cursor from sync.feed where side = 'erp') as erp`;
  return Buffer.from(JSON.stringify([row!.seq ?? 0, row!.crm, row!.erp])).toString('base64url');
}

/** Which sides have not been read as far as the token says. Throws BAD_USER_INPUT for what is no token. */
export async function laggingSides(sql: Sql, token: string): Promise<readonly Side[]> {
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

function readToken(token: string): readonly [number, string | null, string | null] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (Array.isArray(parsed) && parsed.length === 3)
      return parsed as unknown as readonly [number, string | null, string | null];
  } catch {
    // Told below.
  }
  throw new SyncError(
    'BAD_USER_INPUT',
    `"${token}" is no sync token; use the syncToken of a mutation's result.`,
  );
}
