import { createReadStream, type ReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type CsvError, type Info, parse } from 'csv-parse';
import type { ImportMap } from './map-file.ts';
import { ImportMistake } from './mistake.ts';

/** One row: its values by the header's order, and where it begins. */
export interface CsvRow {
  readonly kind: 'row';
  /** Line of the file, from 1. */
  readonly line: number;
  readonly values: readonly string[];
}

/** A row that cannot be read. */
export interface CsvFault {
  readonly kind: 'fault';
  readonly line: number;
  readonly reason: string;
  /** What could be read of it. */
  readonly values: readonly string[];
}

/** A CSV file, read as a stream. */
export interface CsvFile {
  readonly header: readonly string[];
  /** Size in bytes, and how much of it has been read. */
  readonly size: number;
  read(): number;
  rows(): AsyncIterable<CsvRow | CsvFault>;
}

/** Opens a CSV file and reads its header. Throws an ImportMistake where there is none. */
export async function openCsv(file: string, csv: ImportMap['csv']): Promise<CsvFile> {
  const info = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new ImportMistake(`${file} cannot be read: ${error.code ?? error.message}.`);
  });
  if (!info.isFile()) throw new ImportMistake(`${file} is not a file.`);
  let source: ReadStream | undefined;
  const header = await headerOf(file, csv);
  return {
    header,
    size: info.size,
    read: () => source?.bytesRead ?? 0,
    rows() {
      source = createReadStream(file);
      return rowsOf(source, csv, header);
    },
  };
}

async function headerOf(file: string, csv: ImportMap['csv']): Promise<readonly string[]> {
  const source = createReadStream(file);
  for await (const row of records(source, csv)) {
    source.destroy();
    if (row.kind === 'fault') throw new ImportMistake(`${file}: the header cannot be read: ${row.reason}`);
    const twice = row.values.filter((name, at) => row.values.indexOf(name) !== at);
    if (twice.length > 0)
      throw new ImportMistake(`${file}: the header has ${twice.join(', ')} twice; rename one of them.`);
    return row.values;
  }
  throw new ImportMistake(`${file} is empty: the first row has to name the columns.`);
}

async function* rowsOf(
  source: ReadStream,
  csv: ImportMap['csv'],
  header: readonly string[],
): AsyncGenerator<CsvRow | CsvFault> {
  let first = true;
  for await (const row of records(source, csv)) {
    if (row.kind === 'fault') yield row;
    else if (first) first = false;
    else if (row.values.length !== header.length)
      yield {
        ...row,
        kind: 'fault',
        reason: `has ${row.values.length} values for ${header.length} columns; is a delimiter or a quote missing?`,
      };
    else if (row.values.some((value) => value.includes('\uFFFD')))
      yield { ...row, kind: 'fault', reason: `is not ${csv.encoding}: set csv.encoding in the map file.` };
    else yield row;
  }
}

/** No row is longer, in bytes: one that is has lost a quote, and what lies behind it cannot be told from it. */
const longest = 1_000_000;

async function* records(source: ReadStream, csv: ImportMap['csv']): AsyncGenerator<CsvRow | CsvFault> {
  const nothing = new Set(csv.empty);
  const faults: string[] = [];
  let line = 1;
  const parser = parse({
    bom: true,
    delimiter: csv.delimiter,
    encoding: csv.encoding,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    // A stray quote spoils its own row alone: the parser's own way out swallows the rows behind it.
    relax_quotes: true,
    max_record_size: longest,
    skip_records_with_error: true,
    raw: true,
    cast: (value) => {
      const text = value.trim();
      return nothing.has(text) ? '' : text;
    },
  });
  /** How many rows came before one that is too long. */
  let before = Number.POSITIVE_INFINITY;
  parser.on('skip', (error: CsvError) => {
    if (before < Number.POSITIVE_INFINITY) return;
    if (error.code === 'CSV_MAX_RECORD_SIZE') {
      before = Number(error.records);
      faults.push(
        `is longer than ${longest} bytes; is the quote missing that closes a value? This row and all behind it cannot be read.`,
      );
      // What the parser makes of the rest are pieces of this row.
      source.unpipe(parser);
      parser.end();
      return;
    }
    const reason =
      error.code === 'CSV_QUOTE_NOT_CLOSED'
        ? 'opens a quote that is never closed: this row and all behind it cannot be read.'
        : error.message;
    faults.push(reason);
  });
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    for await (const { record, info, raw } of parser as AsyncIterable<{
      record: string[];
      info: Info;
      raw: string;
    }>) {
      if (info.records > before) break;
      // A quoted value that begins with a quote has three of them in the file.
      const stray = record.some((value) => value.startsWith('"')) && !raw.includes('"""');
      if (stray)
        yield {
          kind: 'fault',
          line,
          values: record,
          reason: 'has a quote inside a quoted value: write it twice.',
        };
      else yield { kind: 'row', line, values: record };
      line = info.lines + 1;
    }
    for (const reason of faults) yield { kind: 'fault', line, reason, values: [] };
  } finally {
    source.destroy();
    parser.destroy();
  }
}
