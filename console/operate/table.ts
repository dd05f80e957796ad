import { styleText } from 'node:util';

/** A column: its title, and its cell of a row. Numbers stand to the right. */
export type Column<Row> = readonly [title: string, cell: (row: Row) => unknown];

/** Characters of a cell on a terminal, which is no spreadsheet; elsewhere nothing is cut. */
const widestOnTerminal = 60;

/** Rows as lines of aligned columns. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): readonly string[] {
  const widest = process.stdout.isTTY ? widestOnTerminal : Number.POSITIVE_INFINITY;
  const cells = rows.map((row) => columns.map(([, cell]) => cut(plain(cell(row)), widest)));
  const right = columns.map(([, cell]) => rows.length > 0 && rows.every((row) => isNumeric(cell(row))));
  const widths = columns.map(([title], n) =>
    Math.max(title.length, ...cells.map((row) => [...row[n]!].length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((text, n) => {
        const gap = ' '.repeat(widths[n]! - [...text].length);
        return right[n] ? gap + text : text + gap;
      })
      .join('  ')
      .trimEnd();
  return [bold(line(columns.map(([title]) => title))), ...cells.map(line)];
}

/** A heading on a terminal; plain text elsewhere. */
export function bold(text: string): string {
  return styleText('bold', text, { stream: process.stdout });
}

/** A value in one line; `-` for nothing. */
export function plain(value: unknown): string {
  if (value === null || value === undefined || value === '') return '-';
  if (typeof value === 'object')
    return Object.values(value)
      .filter((part) => part !== null)
      .map(plain)
      .join(', ');
  return String(value).replaceAll(/\s+/g, ' ');
}

/** `14 ms`, `3.2 s`; `-` where nothing was measured. */
export function duration(ms: number | null): string {
  if (ms === null) return '-';
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function isNumeric(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    typeof value === 'number' ||
    /^[\d.]+ (ms|s|%)$/.test(String(value))
  );
}

function cut(text: string, widest: number): string {
  const characters = [...text];
  return characters.length <= widest ? text : `${characters.slice(0, widest - 1).join('')}…`;
}
