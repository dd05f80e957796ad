import { dirname, resolve } from 'node:path';
import type { Sql } from '../../drizzle/postgres/open.ts';
import { checkColumns, lineFileColumns } from './check-map.ts';
import { openCsv } from './csv.ts';
import type { Row } from './evaluate.ts';
import { storeLines } from './line-store.ts';
import type { LineSource } from './map-file.ts';
import type { ImportJob } from './project-file.ts';
import type { RefusedRows } from './refused.ts';

/** A row of the lines' file. `fault` says why it cannot be read. */
export interface LineRow {
  readonly line: number;
  readonly value: Row;
  readonly fault: string | null;
}

/** The second file of a map: rows that are lines of the documents in the first. */
export interface LineFile {
  readonly file: string;
  /** The lines of the documents of these rows, by the value that both files share. */
  take(rows: readonly Row[]): Promise<ReadonlyMap<string, readonly LineRow[]>>;
  /** The value by which a document's row finds its lines. */
  keyOf(row: Row): string;
  /** Refuses the rows whose document is not in the first file. */
  reportUnused(refused: RefusedRows): Promise<void>;
  close(): Promise<void>;
}

/** Opens the lines' file of a map. Throws an ImportMistake when it does not have the columns. */
export async function openLineFile(
  sql: Sql,
  { map, mapFile, csvFile }: ImportJob,
  line: LineSource,
): Promise<LineFile> {
  const file = resolve(dirname(csvFile), line.file!);
  const csv = await openCsv(file, map.csv);
  checkColumns(mapFile, file, csv.header, lineFileColumns(line));
  const [[lineColumn, documentColumn]] = Object.entries(line.match!) as [[string, string]];
  const at = new Map(csv.header.map((name, n) => [name, n]));
  const store = await storeLines(sql, csv, lineColumn);
  return {
    file,
    keyOf: (row) => row(documentColumn),
    async take(rows) {
      const stored = await store.take(rows.map((row) => row(documentColumn)));
      return Map.groupBy(
        stored.map(({ key, line: number, values, fault }) => ({
          key,
          line: number,
          fault,
          value: (column: string) => values[at.get(column)!] ?? '',
        })),
        ({ key }) => key,
      );
    },
    async reportUnused(refused) {
      for await (const rows of store.unused()) {
        for (const { line: number, key, fault } of rows)
          refused.add({
            file,
            line: number,
            column: lineColumn,
            property: null,
            value: key,
            code: fault === null ? 'NO_DOCUMENT' : 'BAD_ROW',
            reason: fault ?? `no row of ${csvFile} has this ${documentColumn}, so the line belongs nowhere.`,
          });
      }
    },
    close: () => store.close(),
  };
}
