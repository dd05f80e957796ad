import type { Sql } from '../../drizzle/postgres/open.ts';
import { arrayLiteral } from '../../subgraphs/system/sql-text.ts';
import type { CsvFile } from './csv.ts';

/** A line's row as it was stored. `fault` says why it cannot be read. */
export interface StoredLine {
  readonly key: string;
  readonly line: number;
  readonly values: readonly string[];
  readonly fault: string | null;
}

/** The rows of a second file by the document they belong to. */
export interface LineStore {
  /** Rows of these documents, in the order of the file; they count as used from then on. */
  take(keys: readonly string[]): Promise<readonly StoredLine[]>;
  /** Rows whose document never came, in batches. */
  unused(): AsyncIterable<readonly StoredLine[]>;
  close(): Promise<void>;
}

/** Rows that cross in one statement. */
const batchSize = 2_000;

/**
 * Puts the rows of a file into a temporary table of the database, so that neither the order of the two files nor their
 * size matters. The table is that of a connection which ends with it.
 */
export async function storeLines(sql: Sql, csv: CsvFile, keyColumn: string): Promise<LineStore> {
  const connection = sql.alone();
  const at = csv.header.indexOf(keyColumn);
  await connection`create temp table import_line (at int not null, key text not null, line int not null, row json not null, fault text, used boolean not null default false)`;
  let n = 0;
  let batch: (StoredLine & { at: number })[] = [];
  const flush = async () => {
    if (batch.length === 0) return;
    const rows = JSON.stringify(batch.map(({ values, ...row }) => ({ ...row, row: values })));
    batch = [];
    await connection`insert into import_line (at, key, line, row, fault)
      select at, key, line, row, fault from json_to_recordset(${rows}::text::json) as r(at int, key text, line int, row json, fault text)`;
  };
  for await (const row of csv.rows()) {
    const fault = row.kind === 'fault' ? row.reason : null;
    batch.push({ at: n++, key: row.values[at] ?? '', line: row.line, values: row.values, fault });
    if (batch.length >= batchSize) await flush();
  }
  await flush();
  await connection`create index import_line_key on import_line (key)`;
  await connection`analyze import_line`;

  return {
    async take(keys) {
      const rows = await connection<(StoredLine & { at: number; row: string[] })[]>`
        update import_line set used = true where key = any(${arrayLiteral(new Set(keys))}::text::text[])
        returning at, key, line, row, fault`;
      return rows.map(({ row, ...stored }) => ({ ...stored, values: row })).sort((a, b) => a.at - b.at);
    },
    async *unused() {
      let after = -1;
      for (;;) {
        const rows = await connection<(StoredLine & { at: number; row: string[] })[]>`
          select at, key, line, row, fault from import_line where not used and at > ${after} order by at limit ${batchSize}`;
        const last = rows.at(-1);
        if (!last) return;
        after = last.at;
        yield rows.map(({ row, ...stored }) => ({ ...stored, values: row }));
      }
    },
    close: () => connection.end(),
  };
}
