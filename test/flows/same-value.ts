import type { Json } from '../../sync/core/types.ts';

/** A native value without the spellings that mean the same: `5.00` is `5`. */
export function plain(value: Json): Json {
  if (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) && value.length < 12)
    return String(Number(value));
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part as Json)]));
  return value;
}
