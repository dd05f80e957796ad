import type { Sql, Tx } from './sql.ts';

/** Code of what is told of a taking back that did not bring all back. */
export const notBack = 'NOT_TAKEN_BACK';

/** The key of what is told of a link that was not brought back. */
export const notBackKey = (linkId: string): string => `${notBackPrefix}${linkId}`;

const notBackPrefix = 'not-back:';

/**
 * Closes what was told of pairs that were not brought back, where nothing is left to decide: both of their records have a
 * counterpart, each other or one each.
 */
export async function closeNotBack(sql: Sql | Tx): Promise<void> {
  const paired = (side: 'crm' | 'erp') => sql`exists (
    select 1 from sync.link p where p.mapping = l.mapping and p.${sql(`${side}_id`)} = l.${sql(`${side}_id`)}
      and p.state <> 'ended' and p.crm_id is not null and p.erp_id is not null)`;
  await sql`
    update sync.issue i set closed_at = now() from sync.link l
    where i.code = ${notBack} and i.closed_at is null and i.key = ${notBackPrefix} || l.id and i.link_id = l.id
      and ${paired('crm')} and ${paired('erp')}`;
}
