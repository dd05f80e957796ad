import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Stage } from '../sync/stage.ts';
import { openProcessorMeter, type ProcessorTime } from './processor.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** One look at a run under way. */
export interface Point {
  readonly seconds: number;
  /** Links in step. */
  readonly links: number;
  readonly rssMb: number;
  /** What is left on the heap after a collection, buffers included. */
  readonly liveMb: number;
  readonly cpu: ProcessorTime;
}

/** How often the run is looked at, in ms, and how many of the looks are kept. */
const pauseMs = 500;
const looks = 30;

/** Looks at a run until it has ended; `expected` links make the looks even. */
export async function watch(
  { sql }: Pick<Stage, 'sql'>,
  id: string,
  expected: number,
): Promise<readonly Point[]> {
  const meter = await openProcessorMeter(sql);
  const from = performance.now();
  const begin = meter();
  const points: Point[] = [];
  let next = 0;
  for (;;) {
    // Every link has one event here, and the log's head costs nothing to read.
    const [row] = await sql<{ state: string; links: number }[]>`
      select state, (select pos from sync.event_head) as links from sync.run where id = ${id}`;
    const ended = row!.state !== 'running';
    if (row!.links >= next || ended) {
      next = row!.links + expected / looks;
      // A collection takes time of its own: only at these looks.
      collect();
      const { rss, heapUsed, external } = process.memoryUsage();
      const cpu = meter();
      points.push({
        seconds: (performance.now() - from) / 1000,
        links: row!.links,
        rssMb: rss / 1e6,
        liveMb: (heapUsed + external) / 1e6,
        cpu: { node: cpu.node - begin.node, database: cpu.database - begin.database },
      });
    }
    if (ended) return points;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
