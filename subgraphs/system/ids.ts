import { randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(8 * 512);
let used = pool.length;
let lastMs = 0;
let count = 0;

/** A new id: UUID version 7, so that ids sort by the time they were made, also within a millisecond. */
export function newId(): string {
  const now = Date.now();
  // A clock that steps back, or 4096 ids in one millisecond, borrow from the next one.
  if (now > lastMs) {
    lastMs = now;
    count = 0;
  } else if (++count > 0xfff) {
    lastMs++;
    count = 0;
  }
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = pool.toString('hex', used, used + 8);
  used += 8;
  const time = lastMs.toString(16).padStart(12, '0');
  const variant = (8 + (Number.parseInt(random[0]!, 16) & 3)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count.toString(16).padStart(3, '0')}-${variant}${random.slice(1, 4)}-${random.slice(4)}`;
}
