/** What the referee has counted, and what deviates. */
export interface Findings {
  title(text: string): void;
  /** A number to be shown; another one than expected deviates. */
  count(what: string, found: number | string, expected?: number | string): void;
  deviation(what: string, how: string): void;
  deviations(): readonly string[];
  print(): void;
}

/** An empty list of findings. */
export function findings(): Findings {
  const rows: {
    readonly what: string;
    readonly found: string;
    readonly expected: string;
    readonly verdict: string;
  }[] = [];
  const deviations: string[] = [];
  return {
    title: (text) => void rows.push({ what: `— ${text}`, found: '', expected: '', verdict: '' }),
    count(what, found, expected) {
      const equal = expected === undefined || found === expected;
      rows.push({
        what: `  ${what}`,
        found: String(found),
        expected: String(expected ?? ''),
        verdict: expected === undefined ? '' : equal ? 'ok' : 'NOT',
      });
      if (!equal) deviations.push(`${what}: ${found}, expected ${expected}`);
    },
    deviation: (what, how) => void deviations.push(`${what} ${how}`),
    deviations: () => deviations,
    print() {
      const width = (name: 'what' | 'found' | 'expected') => Math.max(...rows.map((row) => row[name].length));
      const [what, found, expected] = [width('what'), width('found'), width('expected')];
      for (const row of rows)
        console.log(
          `${row.what.padEnd(what)}  ${row.found.padStart(found)}  ${row.expected.padStart(expected)}  ${row.verdict}`,
        );
    },
  };
}
