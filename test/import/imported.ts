import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type ImportResult, importFile } from '../../console/import/import-file.ts';
import { readMapFile } from '../../console/import/map-file.ts';
import type { RefusedRow } from '../../console/import/refused.ts';
import type { ImportOptions } from '../../console/import/run.ts';
import { createCrm } from '../../subgraphs/crm/system.ts';
import { createErp } from '../../subgraphs/erp/system.ts';
import type { Json } from '../../sync/core/types.ts';
import { testDatabase } from '../support/database.ts';

/** What an import came to. */
export interface Imported {
  readonly result: ImportResult;
  readonly refused: readonly RefusedRow[];
}

/** Both systems over a database of the test's own, a folder for files, and the import over both. */
export async function importing() {
  const { sql, url } = await testDatabase();
  const systems = { crm: createCrm({ sql }), erp: createErp({ sql }) };
  const folder = mkdtempSync(join(tmpdir(), 'tandem-import-'));
  afterAll(async () => {
    await Promise.all([systems.crm.close(), systems.erp.close()]);
    rmSync(folder, { recursive: true, force: true });
  });
  const write = (name: string, content: string | Buffer): string => {
    const file = join(folder, name);
    writeFileSync(file, content);
    return file;
  };
  return {
    sql,
    url,
    systems,
    folder,
    write,
    /** Imports a CSV text by a map; the lines' file is written by the test. */
    async run(map: object, csv: string | Buffer, options: ImportOptions = {}): Promise<Imported> {
      const mapFile = write('test.map.json', JSON.stringify(map));
      const csvFile = write('test.csv', csv);
      const refused: RefusedRow[] = [];
      const parts = {
        sql,
        systems,
        refused: {
          add: (row: RefusedRow) => void refused.push(row),
          close: async () => {},
        },
        progress: { tick() {}, say() {} },
      };
      const result = await importFile(parts, { map: await readMapFile(mapFile), mapFile, csvFile }, options);
      return { result, refused };
    },
    /** All records of an entity, by a property. */
    async records(
      system: 'crm' | 'erp',
      entity: string,
      by: string,
    ): Promise<Readonly<Record<string, Readonly<Record<string, Json>>>>> {
      const all = await systems[system].list(entity, null, 1000);
      return Object.fromEntries(all.map(({ fields }) => [String(fields[by]), fields]));
    },
  };
}
