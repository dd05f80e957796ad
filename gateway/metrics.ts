/** Labels of a series, such as `{ type: 'query' }`. */
export type Labels = Readonly<Record<string, string>>;

/** One value of a gauge that has several. */
export type Reading = { readonly labels: Labels; readonly value: number };

/** Counts and durations, written in Prometheus' text format. */
export type Metrics = {
  count(name: string, help: string, labels: Labels): void;
  /** Adds a duration, in seconds, to a histogram. */
  observe(name: string, help: string, labels: Labels, seconds: number): void;
  /** Registers a value that is read when asked for, or one value per labels. */
  gauge(name: string, help: string, read: () => number | readonly Reading[]): void;
  text(): string;
};

/** Bounds of the histograms, seconds: from an answer out of memory to the longest operation allowed. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Series per metric: labels are ours, but a bound costs nothing. */
const MAX_SERIES = 500;

type Histogram = { readonly buckets: number[]; sum: number; count: number };

type Family = {
  readonly help: string;
  readonly kind: 'counter' | 'histogram';
  readonly counts: Map<string, number>;
  readonly histograms: Map<string, Histogram>;
};

/** A registry of its own: some hundred lines less memory than a client library, and nothing global. */
export function createMetrics(): Metrics {
  const families = new Map<string, Family>();
  const gauges = new Map<string, { readonly help: string; readonly read: Parameters<Metrics['gauge']>[2] }>();
  const family = (name: string, help: string, kind: Family['kind']): Family => {
    const known = families.get(name) ?? { help, kind, counts: new Map(), histograms: new Map() };
    families.set(name, known);
    return known;
  };
  return {
    count: (name, help, labels) => {
      const { counts } = family(name, help, 'counter');
      const key = write(labels);
      if (counts.has(key) || counts.size < MAX_SERIES) counts.set(key, (counts.get(key) ?? 0) + 1);
    },
    observe: (name, help, labels, seconds) => {
      const { histograms } = family(name, help, 'histogram');
      const key = write(labels);
      let histogram = histograms.get(key);
      if (!histogram) {
        if (histograms.size >= MAX_SERIES) return;
        histogram = { buckets: BUCKETS.map(() => 0), sum: 0, count: 0 };
        histograms.set(key, histogram);
      }
      histogram.sum += seconds;
      histogram.count++;
      const bucket = BUCKETS.findIndex((bound) => seconds <= bound);
      if (bucket >= 0) histogram.buckets[bucket]!++;
    },
    gauge: (name, help, read) => gauges.set(name, { help, read }),
    text: () => {
      const lines: string[] = [];
      for (const [name, { help, kind, counts, histograms }] of families) {
        lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
        for (const [labels, value] of counts) lines.push(`${name}${braces(labels)} ${value}`);
        for (const [labels, histogram] of histograms) lines.push(...histogramLines(name, labels, histogram));
      }
      for (const [name, { help, read }] of gauges)
        lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...gaugeLines(name, read()));
      return `${lines.join('\n')}\n`;
    },
  };
}

function gaugeLines(name: string, value: number | readonly Reading[]): readonly string[] {
  if (typeof value === 'number') return [`${name} ${value}`];
  return value.map((reading) => `${name}${braces(write(reading.labels))} ${reading.value}`);
}

function histogramLines(name: string, labels: string, { buckets, sum, count }: Histogram): readonly string[] {
  let below = 0;
  const withBound = (bound: string) => braces(labels === '' ? `le="${bound}"` : `${labels},le="${bound}"`);
  const lines = BUCKETS.map((bound, i) => {
    below += buckets[i]!;
    return `${name}_bucket${withBound(String(bound))} ${below}`;
  });
  lines.push(`${name}_bucket${withBound('+Inf')} ${count}`);
  lines.push(`${name}_sum${braces(labels)} ${sum}`, `${name}_count${braces(labels)} ${count}`);
  return lines;
}

/** Label texts by the object that holds them: callers keep theirs, and most requests write none anew. */
const written = new WeakMap<Labels, string>();

function write(labels: Labels): string {
  const known = written.get(labels);
  if (known !== undefined) return known;
  const text = Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, '_')}"`)
    .join(',');
  written.set(labels, text);
  return text;
}

function braces(labels: string): string {
  return labels === '' ? '' : `{${labels}}`;
}
