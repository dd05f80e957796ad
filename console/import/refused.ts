import { createWriteStream, openSync, type WriteStream } from 'node:fs';
import { basename } from 'node:path';
import { finished } from 'node:stream/promises';
import { ImportMistake } from './mistake.ts';

/** Why a row was refused; there may be several of these for one row. */
export interface RefusedRow {
  readonly file: string;
  /** Line of the file on which the row begins, from 1. */
  readonly line: number;
  /** The CSV column, several joined by commas; null where the whole row is meant. */
  readonly column: string | null;
  /** The property it was for. */
  readonly property: string | null;
  readonly value: string | null;
  readonly code: string;
  readonly reason: string;
}

/** Where refused rows go. */
export interface RefusedRows {
  add(row: RefusedRow): void;
  /** Waits until the report is written. */
  close(): Promise<void>;
}

/** Refused rows shown on the terminal when a report has them all. */
const shownBesideReport = 20;

/** Refused rows of one file, which are counted once for all that is wrong with them; they go on to the report. */
export function countingRows(report: RefusedRows): RefusedRows & { readonly count: () => number } {
  const rows = new Set<string>();
  return {
    add(row) {
      rows.add(`${row.line} ${row.file}`);
      report.add(row);
    },
    count: () => rows.size,
    close: () => report.close(),
  };
}

/**
 * Says every refused row, and writes them into a report, as CSV or, where its name ends in .json, as JSON. Throws an
 * ImportMistake where the report cannot be written.
 */
export function reportRefused(say: (line: string) => void, report?: string): RefusedRows {
  let count = 0;
  const out = report === undefined ? undefined : opened(report);
  const json = report?.toLowerCase().endsWith('.json') ?? false;
  const failed = out && finished(out).catch((error: Error) => error);
  out?.write(json ? '[' : `${columns.join(',')}\n`);
  return {
    add(row) {
      count++;
      if (out) write(out, row, json, count === 1);
      if (!out || count <= shownBesideReport) say(shown(row));
      else if (count === shownBesideReport + 1) say(`… more in ${report}`);
    },
    async close() {
      if (!out) return;
      out.end(json ? '\n]\n' : '');
      const error = await failed;
      if (error)
        throw new ImportMistake(
          `The report ${report} is not whole (${error.message}). All rows were read: import again with another --report, nothing is created twice.`,
        );
    },
  };
}

/** Opened at once, so that a place that cannot be written is noticed before there is anything to report. */
function opened(report: string): WriteStream {
  try {
    return createWriteStream(report, { fd: openSync(report, 'w') });
  } catch (error) {
    throw new ImportMistake(
      `The report ${report} cannot be written (${error instanceof Error ? error.message : error}). Name another file with --report.`,
    );
  }
}

const columns = ['file', 'line', 'column', 'property', 'value', 'code', 'reason'] as const;

function write(out: WriteStream, row: RefusedRow, json: boolean, first: boolean): void {
  if (json) out.write(`${first ? '' : ','}\n  ${JSON.stringify(row)}`);
  else out.write(`${columns.map((name) => quoted(row[name])).join(',')}\n`);
}

function quoted(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function shown({ file, line, column, property, value, reason }: RefusedRow): string {
  const cut = value !== null && value.length > 60 ? `${value.slice(0, 60)}…` : value;
  const what = [
    column,
    property && property !== column ? `(${property})` : null,
    cut === null ? null : JSON.stringify(cut),
  ];
  return `refused ${basename(file)}:${line} ${what.filter((part) => part !== null).join(' ')}${column || property ? ': ' : ''}${reason}`;
}
