import { mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { problemOfSupergraph, subgraphAddresses } from '../compose/supergraph.ts';
import type { Log } from '../options.ts';

/** The supergraph that was composed last, kept in a file: an SDL that `--supergraph` would serve as well. */
export type LastGood = {
  /** What was kept, and since when (ISO); null where there is nothing, or nothing of these subgraphs: the log says why. */
  read(subgraphs: readonly string[]): Promise<{ readonly sdl: string; readonly of: string } | null>;
  /** Keeps what is served now. Where it cannot be written the log says so, and the gateway goes on. */
  keep(sdl: string): Promise<void>;
};

/** Keeps the last good supergraph in a file. */
export function createLastGood(file: string, log: Log): LastGood {
  let kept: string | undefined;
  let refused = false;
  return {
    read: async (subgraphs) => {
      try {
        const [sdl, { mtime }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
        const problem = problemFor(sdl, subgraphs);
        if (problem === null) return { sdl, of: mtime.toISOString() };
        log.warn({}, `${file} is not used: ${problem}`);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
          log.warn({}, `${file} is not used: it cannot be read (${(error as Error).message})`);
      }
      return null;
    },
    keep: async (sdl) => {
      if (sdl === kept) return;
      try {
        await writeWhole(file, sdl);
        kept = sdl;
        refused = false;
      } catch (error) {
        if (!refused)
          log.warn(
            { problem: (error as Error).message },
            `${file} cannot be written: a start while a subgraph is away would have no last good supergraph. Give --data (TANDEM_DATA) a folder that can be`,
          );
        refused = true;
      }
    },
  };
}

function problemFor(sdl: string, subgraphs: readonly string[]): string | null {
  const problem = problemOfSupergraph(sdl);
  if (problem !== null) return problem;
  const names = (of: Iterable<string>) => [...of].sort().join(', ');
  const [found, wanted] = [names(subgraphAddresses(sdl).keys()), names(subgraphs)];
  return found === wanted ? null : `it is of the subgraphs ${found}, and not of ${wanted}`;
}

/** Complete or not at all, also where the machine loses its power meanwhile. */
async function writeWhole(file: string, text: string): Promise<void> {
  await makeFolder(dirname(file));
  const unfinished = `${file}.${process.pid}`;
  const handle = await open(unfinished, 'w');
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(unfinished, file);
}

/**
 * As `mkdir -p`. Node's own tries for ever where the parent is there and the system makes no folder in it all the same, as
 * in /proc.
 */
async function makeFolder(folder: string): Promise<void> {
  const once = (): Promise<void> =>
    mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  const parent = dirname(folder);
  await once().catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' || parent === folder) throw error;
    await makeFolder(parent);
    await once();
  });
}
