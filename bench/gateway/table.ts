import type { Shown } from './compare.ts';

/** What engines showed as a table in Markdown; the first is what the others are compared with. */
export function table(shown: readonly Shown[]): string {
  const ours = shown[0]?.cpu ?? [];
  return [
    '| engine | CPU per query (least to most) | against the first | requests/s | p50 | p99 | p99 : p50 | memory | subgraph requests |',
    '|--|--|--|--|--|--|--|--|--|',
    ...shown.map((engine) => `| ${cells(engine, ours).join(' | ')} |`),
  ].join('\n');
}

function cells({ name, cpu, latencies, requests, seconds, fetches, memory }: Shown, ours: readonly number[]) {
  // Round by round: a machine that slows down slows both.
  const ratios = cpu.map((ms, round) => ms / ours[round]!);
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)]!;
  return [
    name,
    `${spread(cpu, 2)} ms`,
    `${spread(ratios, 1)} ×`,
    (requests / seconds).toFixed(0),
    `${at(0.5).toFixed(0)} ms`,
    `${at(0.99).toFixed(0)} ms`,
    (at(0.99) / at(0.5)).toFixed(1),
    `${memory.toFixed(0)} MB`,
    (fetches / requests).toFixed(1),
  ];
}

function spread(values: readonly number[], digits: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  const [median, least, most] = [sorted[sorted.length >> 1]!, sorted[0]!, sorted.at(-1)!];
  return `${median.toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`;
}
