import { codeLists } from '../core/code-lists.ts';
import type { CodePair } from '../core/code-pairs.ts';
import type { Sql } from '../store/sql.ts';
import { releaseWaiting } from '../store/waits.ts';

/** What waited for a code goes on, and its issue closes: unless the pair does not hold yet, or no more. */
export async function releaseCode(sql: Sql, pair: CodePair, actor: string): Promise<void> {
  const { validFrom, validTo } = pair;
  const now = Date.now();
  if ((validFrom !== null && Date.parse(validFrom) > now) || (validTo !== null && Date.parse(validTo) <= now))
    return;
  const codes = codesGiven(pair);
  await releaseWaiting(
    sql,
    codes.map((code) => `code:${code}`),
    { kind: 'rule', actor },
  );
  await sql`
    update sync.issue set closed_at = now()
    where key = any(${codes.map((code) => `unmapped:${code}`)}::text[]) and closed_at is null`;
}

/** The codes that a pair gives a meaning, by list and system: `paymentTerms:erp:X9`. */
export function codesGiven({
  list,
  crm,
  erp,
  direction,
}: Pick<CodePair, 'list' | 'crm' | 'erp' | 'direction'>) {
  const isSpelling = codeLists.some((each) => each.list === list && each.spellings);
  return [
    ...(direction === 'toCrm' ? [] : [`${list}:crm:${crm}`]),
    ...(direction === 'toErp' ? [] : [`${list}:erp:${erp}`]),
    // A spelling is known wherever it is written.
    ...(direction !== 'toErp' && isSpelling ? [`${list}:crm:${erp}`] : []),
  ];
}
