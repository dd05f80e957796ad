import type { CodePair } from '../store/settings.ts';
import type { Sql } from '../store/sql.ts';
import { releaseWaiting } from '../store/waits.ts';

/** What waited for a code goes on, and its issue closes: unless the pair does not hold yet, or no more. */
export async function releaseCode(
  sql: Sql,
  { list, crm, erp, validFrom, validTo }: CodePair,
  actor: string,
): Promise<void> {
  const now = Date.now();
  if ((validFrom !== null && Date.parse(validFrom) > now) || (validTo !== null && Date.parse(validTo) <= now))
    return;
  await releaseWaiting(sql, [`code:${list}:crm:${crm}`, `code:${list}:erp:${erp}`], { kind: 'rule', actor });
  await sql`
    update sync.issue set closed_at = now()
    where key in (${`unmapped:${list}:crm:${crm}`}, ${`unmapped:${list}:erp:${erp}`}) and closed_at is null`;
}
