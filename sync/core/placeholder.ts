import type { Held, Json, RecordRef, Side } from './types.ts';

/**
 * A value that can be compared and remembered but never written: it names the side it was seen on, so it never
 * equals anything of the other side. `?erp:Salesperson:SP0003` is a reference whose record is not linked yet.
 */
export const placeholderOf = (ref: RecordRef): string => `?${ref.side}:${ref.entity}:${ref.id}`;

/** The placeholder of a value that could not be read. */
export const placeholderOfHeld = (held: Held): string =>
  `?${held.side}:${held.kind}:${JSON.stringify(held.value)}`;

/** Whether a value seen on `side` is a placeholder. */
export const isPlaceholder = (side: Side, value: Json | undefined): boolean =>
  typeof value === 'string' &&
  value.charCodeAt(0) === 63 &&
  value.startsWith(side === 'crm' ? '?crm:' : '?erp:');

/** The native value that a placeholder stands for; of a reference the id of the record. Other values are what they are. */
export function nativeOf(value: Json): Json {
  const parts = typeof value === 'string' ? /^\?(?:crm|erp):([^:]+):(.*)/s.exec(value) : null;
  if (parts === null) return value;
  const [, kind, native] = parts;
  return heldKinds.has(kind!) ? JSON.parse(native!) : native!;
}

const heldKinds: ReadonlySet<string> = new Set<Held['kind']>([
  'waits',
  'unreadable',
  'unfit',
  'unmapped',
  'quarantined',
  'gap',
  'late',
  'away',
  'second',
  'taken',
  'frozen',
]);
