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

/** Looks at a run until it has ended and prints what it sees; `expected` links make the looks even. */
export async function watch(
  { sql }: Pick<Stage, 'sql'>,
  id: string,
  expected: number,
): Promise<readonly Point[]> {
  console.log('\nseconds     links   links/s   processor ms per link: here   database   live MB   RSS MB');
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
      const point: Point = {
        seconds: (performance.now() - from) / 1000,
        links: row!.links,
        rssMb: rss / 1e6,
        liveMb: (heapUsed + external) / 1e6,
        cpu: { node: cpu.node - begin.node, database: cpu.database - begin.database },
      };
      print(point, points.at(-1));
      points.push(point);
    }
    if (ended) return points;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

function print(point: Point, before: Point | undefined): void {
  if (!before || point.links === before.links) return;
  const made = point.links - before.links;
  const each = (of: keyof ProcessorTime) => (((point.cpu[of] - before.cpu[of]) / made) * 1000).toFixed(2);
  const columns = [
    point.seconds.toFixed(0).padStart(7),
    String(point.links).padStart(9),
    (made / (point.seconds - before.seconds)).toFixed(0).padStart(9),
    each('node').padStart(29),
    each('database').padStart(10),
    point.liveMb.toFixed(0).padStart(9),
    point.rssMb.toFixed(0).padStart(8),
  ];
  console.log(columns.join(' '));
}
