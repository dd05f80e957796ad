import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { type ImportMap, readChecked, readMapFile } from './map-file.ts';
import { refuseMistakes } from './mistake.ts';

const projectFile = z.strictObject({
  $comment: z.union([z.string(), z.array(z.string())]).optional(),
  /** Map files beside this one, each with its CSV file in the folder of the data, in the order of their import. */
  files: z.array(z.strictObject({ map: z.string(), csv: z.string() })).min(1),
});

/** One CSV file to import, and how. */
export interface ImportJob {
  readonly map: ImportMap;
  /** Where the map was read, for messages. */
  readonly mapFile: string;
  readonly csvFile: string;
}

/** Reads a project and all its map files. Throws an ImportMistake. */
export async function readProject(file: string, folder: string): Promise<readonly ImportJob[]> {
  const { files } = await readChecked(file, projectFile);
  const jobs = files.map(({ map, csv }) => ({
    mapFile: resolve(dirname(file), map),
    csvFile: resolve(folder, csv),
  }));
  refuseMistakes(
    file,
    jobs.flatMap(({ mapFile, csvFile }) =>
      [mapFile, csvFile].filter((one) => !existsSync(one)).map((one) => `${one} does not exist.`),
    ),
  );
  return Promise.all(jobs.map(async (job) => ({ ...job, map: await readMapFile(job.mapFile) })));
}
