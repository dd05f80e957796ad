import type { Item } from './prepare.ts';

/** Whether what is written reaches the disk with what the sync records of it. */
export const isWithSync = (
  { withSync }: { readonly withSync?: boolean },
  [first]: readonly Item[],
): boolean => withSync === true && first!.origin === 'sync';

/** Lets the transaction commit without waiting for the disk where the parameter is true. */
export const commitSql = (parameter: `$${number}`): string =>
  `set_config('synchronous_commit', case when ${parameter}::boolean then 'off' else current_setting('synchronous_commit') end, true)`;
