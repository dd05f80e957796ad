import type { Connector } from '../../sync/core/connector.ts';
import type { Side } from '../../sync/core/types.ts';
import { isSoak } from '../support/scale.ts';
import type { openRuns, Process } from './world.ts';

/** Whether a process dies before a write has gone out, or when it has been made and nobody has heard of it. */
export type Moment = 'before' | 'after';

/** A process that dies at a write to a system. */
export async function mortal({ live }: Pick<Awaited<ReturnType<typeof openRuns>>, 'live'>) {
  let dies: { readonly at: number; readonly when: Moment } | null = null;
  let writes = 0;
  let life: Process | null = null;
  const died = Promise.withResolvers<void>();
  // Nothing of the write comes back. Its end is not waited for in it: that waits for the workers, one of whom may be writing.
  const die = (): Promise<never> => {
    died.resolve(life!.kill());
    return new Promise((_, reject) => setImmediate(reject, new Error('The process is dead.')));
  };
  const through = (_: Side, connector: Connector): Connector => ({
    ...connector,
    async write(all, author) {
      const now = dies?.at === ++writes ? dies.when : null;
      if (now === 'before') return die();
      const results = await connector.write(all, author);
      return now === 'after' ? die() : results;
    },
  });
  life = await live(through);
  return {
    life,
    died: died.promise,
    writes: () => writes,
    dieAt(at: number, when: Moment) {
      writes = 0;
      dies = { at, when };
    },
  };
}

/** A process that dies when it has made a record of this entity in the ERP, and nobody has heard of it. */
export async function diesOver(
  { live }: Pick<Awaited<ReturnType<typeof openRuns>>, 'live'>,
  made: string,
): Promise<{ readonly died: Promise<void> }> {
  const died = Promise.withResolvers<void>();
  const life = await live((side, connector) => ({
    ...connector,
    async write(writes, author) {
      const results = await connector.write(writes, author);
      if (side !== 'erp' || !writes.some(({ entity, kind }) => entity === made && kind === 'create'))
        return results;
      died.resolve(life.kill());
      // Nothing of it comes back.
      return new Promise<never>((_, reject) => setImmediate(reject, new Error('dead')));
    },
  }));
  return { died: died.promise };
}

/** Every place at which an act of so many writes can die. */
export const placesOf = (writes: number): readonly (readonly [at: number, when: Moment])[] =>
  Array.from({ length: writes }, (_, n) => n + 1).flatMap((n) => [
    [n, 'before'] as const,
    [n, 'after'] as const,
  ]);

/** Of these, one at each write, now before it and now after it: what the test command takes; the soak takes all. */
export const somePlacesOf = (writes: number): ReturnType<typeof placesOf> =>
  placesOf(writes).filter((_, n) => isSoak || [0, 3].includes(n % 4));
