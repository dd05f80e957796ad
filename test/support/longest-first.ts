import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take ten seconds and more, by their names without `.test.ts`; the longest first. */
const longest = [
  'engine/held-up',
  'trust/crash-matrix',
  'e2e/operate',
  'trust/unknown-outcomes',
  'gateway/executor',
  'trust/deleted-at-birth',
  'runs/undo-dies',
  'runs/merge-dies',
  'flows/surgery',
  'trust/faults',
  'runs/rate',
  'sync-subgraph/records.property',
  'e2e/kill',
  'processes/start',
  'trust/random',
];

/** Starts the longest files first, so that no worker is left alone with one at the end; vitest goes by their size where it has not run yet. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const at = longest.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
  return at < 0 ? longest.length : at;
}
