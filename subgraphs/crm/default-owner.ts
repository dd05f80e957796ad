import { Refusal } from '../system/failures.ts';
import type { Announced, World } from '../system/rules.ts';
import type { Run } from '../system/sql-text.ts';

/** What names no owner when it is made may fall to the company's default owner. */
export const mayFallToDefault = (entity: string, announced: readonly Announced[]): boolean =>
  ['Customer', 'Quote', 'Order'].includes(entity) &&
  announced.some(({ isNew, given }) => isNew && (given.ownerId ?? null) === null);

/** Whether the user who owns what names no owner is inactive, or put away. One who is not there yet is made active. */
export async function isIdle(run: Run, id: string): Promise<boolean> {
  const rows = await run(
    'select 1 as idle from crm."user" where id = $1::text and (archived or not active)',
    [id],
  );
  return rows.length > 0;
}

/** The company's default owner; refuses where he is inactive, since he takes nothing new then. */
export function defaultOwnerOf({ company, facts }: Pick<World, 'company' | 'facts'>): string {
  const { id, fullName } = company.defaultOwner;
  if (!(facts as { readonly defaultIsIdle: boolean }).defaultIsIdle) return id;
  throw new Refusal(
    'STATE',
    `ownerId: ${fullName} (${id}), the company's default owner, is inactive and takes nothing new; name an owner, make ${id} active, or set company.defaultOwner to somebody who is.`,
    { field: 'ownerId', value: id },
  );
}
