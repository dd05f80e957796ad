import type { Json } from '../../sync/index.ts';
import type { SyncContext } from './context.ts';
import { type LinkRow, shown } from './rows.ts';
import type { Unified } from './unified.ts';

/** What people call the record of a link, from the agreed values: its name or number; null where there is none yet. */
export function linkTitle({ mapping, agreed }: LinkRow, unified: Unified): string | null {
  const names = titles[mapping] ?? [unified.ofMapping.get(mapping)?.title ?? 'name'];
  const parts = names.map((name) => shown(agreed[name])).filter((part) => typeof part === 'string');
  return parts.length === 0 ? null : parts.join(' ');
}

/** The same of the link that a value is the id of; null where it is no id of any. */
export async function titleOf(context: SyncContext, id: Json): Promise<string | null> {
  const row = typeof id === 'string' ? await context.load.link.load(id) : null;
  return row === null ? null : linkTitle(row, context.unified);
}

/** Where one property does not tell a person which record it is. */
const titles: Readonly<Record<string, readonly string[]>> = {
  contact: ['firstName', 'lastName'],
  product: ['sku', 'name'],
  quoteOrder: ['erpOrderNumber'],
  userOrder: ['fullName'],
};
