import { randomFillSync } from 'node:crypto';

const pool = new Uint8Array(10 * 256);
let used = pool.length;

/** A new id: time-ordered like UUID version 7, 24 characters of base 36 and hex, so that indexes grow at their end. */
export function newId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  let random = '';
  for (const end = used + 8; used < end; used++) random += hex[pool[used]!]!;
  used += 2;
  return leastIdAt(Date.now()) + random.slice(0, 15);
}

/** The least id that is made at this instant or later. */
export const leastIdAt = (ms: number): string => Math.floor(ms).toString(36).padStart(9, '0');

const hex = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, '0'));
