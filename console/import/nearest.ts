/** ` Did you mean "x"?` with the nearest of the names, or a list of them where none is near. */
export function didYouMean(given: string, names: readonly string[]): string {
  const best = names
    .map((name) => ({ name, distance: distance(given.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  if (!best) return '';
  if (best.distance <= Math.max(2, Math.floor(given.length / 2))) return `Did you mean "${best.name}"?`;
  return `There are ${names.join(', ')}.`;
}

/** Levenshtein distance: insertions, deletions and replacements. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
