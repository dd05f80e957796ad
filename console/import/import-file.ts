import { basename } from 'node:path';
import { checkColumns, checkMap, headerColumns } from './check-map.ts';
import { type CsvFault, type CsvRow, openCsv } from './csv.ts';
import { draftsOf, type ReadRow } from './drafts.ts';
import { meets, type Row } from './evaluate.ts';
import { type LineFile, openLineFile } from './line-file.ts';
import { createLookups } from './lookups.ts';
import { ImportMistake } from './mistake.ts';
import type { ImportJob } from './project-file.ts';
import { countingRows } from './refused.ts';
import type { Counts, ImportOptions, ImportParts, Run } from './run.ts';
import { writeDrafts, writeLater } from './write-drafts.ts';

/** What became of one file. */
export interface ImportResult extends Counts {
  readonly file: string;
  readonly system: 'crm' | 'erp';
  readonly entity: string;
  readonly rows: number;
  readonly refused: number;
  readonly seconds: number;
}

/** Rows that are made into records together: one batch of the system's write door. */
const batchSize = 500;

/**
 * Imports one CSV file. Rows that cannot be imported are reported and the others go on; what was imported before is
 * known by its key, so that a second import, or one after a crash, creates nothing twice. Throws an ImportMistake when
 * the map does not fit the file or the system, before anything is written.
 */
export async function importFile(
  parts: ImportParts,
  job: ImportJob,
  options: ImportOptions,
): Promise<ImportResult> {
  const began = performance.now();
  const { map, mapFile, csvFile } = job;
  const target = targetOf(job, options);
  const system = parts.systems[target.system];
  const entity = checkMap(map, mapFile, system.shape, target.entity);
  const csv = await openCsv(csvFile, map.csv);
  checkColumns(mapFile, csvFile, csv.header, headerColumns(map));
  const refused = countingRows(parts.refused);
  const counts: Counts = { created: 0, existed: 0, updated: 0, repeated: 0 };
  const lineFiles: (LineFile | null)[] = [];
  const run: Run = {
    parts: { ...parts, refused },
    job,
    options,
    system,
    entity,
    lookups: createLookups(parts.sql, system.shape),
    lineFiles,
    counts,
  };
  let rows = 0;
  const counted = () => {
    rows++;
  };
  try {
    for (const line of map.lines)
      lineFiles.push(line.file === undefined ? null : await openLineFile(parts.sql, job, line));
    const seen = new Set<string>();
    for await (const batch of batchesOf(run, csv.rows(), csv.header, counted)) {
      await writeDrafts(run, await draftsOf(run, batch, seen, false));
      parts.progress.tick(basename(csvFile), rows, csv.read(), csv.size);
    }
    for (const lineFile of lineFiles) await lineFile?.reportUnused(refused);
    if (hasLater(job) && !options.check) {
      for await (const batch of batchesOf(run, csv.rows(), csv.header, null))
        await writeLater(run, await draftsOf(run, batch, null, true));
    }
  } finally {
    for (const lineFile of lineFiles) await lineFile?.close();
  }
  return {
    ...counts,
    file: csvFile,
    system: system.shape.schema as 'crm' | 'erp',
    entity: entity.name,
    rows,
    refused: refused.count(),
    seconds: (performance.now() - began) / 1000,
  };
}

/** Where the rows of a file go: the map or the options say it. Throws an ImportMistake where neither does, or each another. */
export function targetOf(
  { map, mapFile }: ImportJob,
  options: ImportOptions,
): { readonly system: 'crm' | 'erp'; readonly entity: string } {
  return {
    system: agreed('system', map.system, options.system, mapFile),
    entity: agreed('entity', map.entity, options.entity, mapFile),
  };
}

/** One line that says what became of a file. */
export function summary({
  file,
  system,
  entity,
  rows,
  created,
  existed,
  updated,
  repeated,
  refused,
  seconds,
}: ImportResult): string {
  const what = [
    `${created} created`,
    ...(existed > 0 ? [`${existed} were there`] : []),
    ...(updated > 0 ? [`${updated} updated`] : []),
    ...(repeated > 0 ? [`${repeated} repeated`] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
  ];
  return `${basename(file)} → ${system.toUpperCase()} ${entity}: ${rows} ${rows === 1 ? 'row' : 'rows'}, ${what.join(', ')} (${seconds.toFixed(1)} s)`;
}

function agreed<T extends string>(
  name: string,
  ofMap: T | undefined,
  option: T | undefined,
  mapFile: string,
): T {
  const given = ofMap ?? option;
  if (given === undefined)
    throw new ImportMistake(`${mapFile} names no ${name}: add "${name}", or give --${name}.`);
  if (option !== undefined && option !== given)
    throw new ImportMistake(
      `${mapFile} says ${name} ${given}, and --${name} says ${option}: leave out --${name}, or take a map for ${option}.`,
    );
  return given;
}

/** References between rows of the same file need all rows to be there. */
function hasLater({ map }: ImportJob): boolean {
  return Object.values(map.fields).some((sources) => sources.some(({ later }) => later));
}

async function* batchesOf(
  run: Run,
  rows: AsyncIterable<CsvRow | CsvFault>,
  header: readonly string[],
  /** Told of every row, readable or not; null when they are read for the second time. */
  counted: (() => void) | null,
): AsyncGenerator<readonly ReadRow[]> {
  const at = new Map(header.map((name, n) => [name, n]));
  const { csvFile, map } = run.job;
  let batch: ReadRow[] = [];
  for await (const row of rows) {
    counted?.();
    if (row.kind === 'fault') {
      if (counted)
        run.parts.refused.add({
          file: csvFile,
          line: row.line,
          column: null,
          property: null,
          value: null,
          code: 'BAD_ROW',
          reason: row.reason,
        });
      continue;
    }
    const value: Row = (column) => row.values[at.get(column)!]!;
    if (map.when && !meets(map.when, value)) continue;
    batch.push({ line: row.line, value });
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
