import type { Json } from '../../sync/index.ts';
import type { SyncContext } from './context.ts';
import { maySee, seen } from './masking.ts';
import { type LinkRow, shown } from './rows.ts';

/** What people call the record of a link, from the agreed values that the caller may see; null where there are none yet. */
export function linkTitle({ mapping, agreed }: LinkRow, context: SyncContext): string | null {
  const names = titles[mapping] ?? [context.unified.ofMapping.get(mapping)?.title ?? 'name'];
  const parts = names
    .map((name) => seen(context, mapping, name, shown(agreed[name])))
    .filter((part) => typeof part === 'string');
  return parts.length === 0 ? null : parts.join(' ');
}

/** The same of the link that a value is the id of; null where it is no id of any. */
export async function titleOf(context: SyncContext, id: Json): Promise<string | null> {
  const row = typeof id === 'string' ? await context.load.link.load(id) : null;
  return row === null ? null : linkTitle(row, context);
}

/** Whether the caller may see all that records of a mapping are called by. */
export function maySeeNames(context: SyncContext, mapping: string): boolean {
  return (titles[mapping] ?? []).every((name) => maySee(context, mapping, name));
}

/** Where one property does not tell a person which record it is. */
const titles: Readonly<Record<string, readonly string[]>> = {
  contact: ['firstName', 'lastName'],
  product: ['sku', 'name'],
  quoteOrder: ['erpOrderNumber'],
  userOrder: ['fullName'],
};
