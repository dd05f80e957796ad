import { createHash } from 'node:crypto';
import type { Properties } from '../../subgraphs/system/entity.ts';
import type { Json } from '../../sync/index.ts';
import { fieldsOf, filled, type Making, type Mistake, meets, type Row } from './evaluate.ts';
import type { LineRow } from './line-file.ts';
import type { ImportMap } from './map-file.ts';
import type { Run } from './run.ts';
import { templateColumns } from './source.ts';

/** A row of the file. */
export interface ReadRow {
  readonly line: number;
  readonly value: Row;
}

/** Where a value came from, so that its refusal can name the place. */
export interface Origin {
  readonly file: string;
  readonly line: number;
  readonly row: Row;
  readonly sources: ImportMap['fields'];
}

/** A record in the making. */
export interface Draft extends Origin {
  readonly key: string;
  readonly fields: Readonly<Record<string, Json>>;
  /** Per line of `fields.lines`, where it came from. */
  readonly lines: readonly Origin[];
}

/** Makes the records of a batch of rows; refuses what cannot be made. With `later`, only the fields of the second pass. */
export async function draftsOf(
  run: Run,
  batch: readonly ReadRow[],
  seen: Set<string> | null,
  later: boolean,
): Promise<readonly Draft[]> {
  const rows = keyed(run, batch, seen);
  const linesOf = later
    ? []
    : await Promise.all(run.lineFiles.map((file) => file?.take(rows.map(({ value }) => value)) ?? null));
  const make = () => rows.map((row) => made(run, row, linesOf, later));
  run.lookups.forget();
  // The first time to see what has to be looked up.
  let drafts = make();
  if (!run.options.check && (await run.lookups.ask())) drafts = make();
  return drafts.flatMap((draft) => {
    if (!('mistakes' in draft)) return [draft];
    if (!later)
      for (const { origin, ...mistake } of draft.mistakes)
        run.parts.refused.add({ file: origin.file, line: origin.line, ...mistake });
    return [];
  });
}

/** A mistake in a row of either file. */
type Placed = Mistake & { readonly origin: Pick<Origin, 'file' | 'line'> };

interface KeyedRow extends ReadRow {
  readonly key: string;
}

function keyed(run: Run, batch: readonly ReadRow[], seen: Set<string> | null): readonly KeyedRow[] {
  const { map, csvFile } = run.job;
  const needed = templateColumns(map.key);
  return batch.flatMap(({ line, value }) => {
    const key = filled(map.key, value);
    const refuse = (column: string | null, code: string, reason: string): [] => {
      run.parts.refused.add({
        file: csvFile,
        line,
        column,
        property: null,
        value: column === null ? null : needed.map(value).join(', '),
        code,
        reason,
      });
      return [];
    };
    if (seen === null) return [{ line, value, key }];
    const empty = needed.find((column) => value(column) === '');
    if (empty !== undefined)
      return refuse(
        empty,
        'NO_KEY',
        'is empty, and names the row: without it a second import would create it again.',
      );
    if (!seen.has(key)) {
      seen.add(key);
      return [{ line, value, key }];
    }
    if (!map.distinct)
      return refuse(
        needed.join(', '),
        'REPEATED_KEY',
        `names a row that came before: keys must be unique, or set "distinct" where such rows are the same.`,
      );
    run.counts.repeated++;
    return [];
  });
}

function made(
  run: Run,
  { line, value, key }: KeyedRow,
  linesOf: readonly (ReadonlyMap<string, readonly LineRow[]> | null)[],
  later: boolean,
): Draft | { readonly mistakes: readonly Placed[] } {
  const { map, csvFile } = run.job;
  const making: Making = { tables: map.tables, lookups: run.lookups };
  const origin: Origin = { file: csvFile, line, row: value, sources: map.fields };
  const wrong: Mistake[] = [];
  const fields = fieldsOf(making, map.fields, run.entity.properties, value, later, wrong);
  const mistakes: Placed[] = wrong.map((mistake) => ({ ...mistake, origin }));
  if (later || map.lines.length === 0)
    return mistakes.length > 0 ? { mistakes } : { ...origin, key, fields, lines: [] };

  const lines: { origin: Origin; fields: Record<string, Json> }[] = [];
  for (const [n, source] of map.lines.entries()) {
    const file = run.lineFiles[n];
    const rows: readonly LineRow[] = file
      ? (linesOf[n]!.get(file.keyOf(value)) ?? [])
      : [{ line, value, fault: null }];
    for (const given of rows) {
      const row: Row = (column) =>
        column.startsWith('header:') ? value(column.slice('header:'.length)) : given.value(column);
      const from: Origin = { file: file?.file ?? csvFile, line: given.line, row, sources: source.fields };
      if (given.fault !== null) {
        mistakes.push({
          origin: from,
          column: null,
          property: 'lines',
          value: null,
          code: 'BAD_ROW',
          reason: given.fault,
        });
        continue;
      }
      if (source.when && !meets(source.when, row)) continue;
      const ofLine: Mistake[] = [];
      const lineFields = fieldsOf(
        making,
        source.fields,
        run.entity.lines as Properties,
        row,
        false,
        ofLine,
        `lines[${lines.length}].`,
      );
      lines.push({
        origin: from,
        fields: { lineId: lineIdOf(key, n, filled(source.key, row) || source.key), ...lineFields },
      });
      mistakes.push(...ofLine.map((mistake) => ({ ...mistake, origin: from })));
    }
  }
  if (mistakes.length > 0) return { mistakes };
  return {
    ...origin,
    key,
    fields: { ...fields, lines: lines.map((one) => one.fields) },
    lines: lines.map((one) => one.origin),
  };
}

/** The same id for the same line at every import, in the form of a UUID. */
function lineIdOf(key: string, source: number, lineKey: string): string {
  const hex = createHash('sha256').update(`${key}\n${source}\n${lineKey}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
