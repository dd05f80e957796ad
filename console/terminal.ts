/** Characters of a bar. */
const width = 24;

/** How far something is, from 0 to 1, as a bar. */
export function bar(part: number): string {
  const full = Math.round(part * width);
  return `${'█'.repeat(full)}${'░'.repeat(width - full)}`;
}
