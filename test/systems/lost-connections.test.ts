import { expect, test } from 'vitest';
import { postgres } from '../../drizzle/postgres/driver.ts';
import type { Sql } from '../../drizzle/postgres/open.ts';
import { clientOptions } from '../../drizzle/postgres/wire.ts';
import { createCrm } from '../../subgraphs/crm/system.ts';
import type { WriteResult } from '../../sync/core/connector.ts';
import { testDatabase } from '../support/database.ts';
import { accepted, person } from './systems.ts';

const { sql: admin, url } = await testDatabase();

test('connections that are cut leave nothing half done, and a repeated create finds what is there', async () => {
  // The driver asks for array types on every new connection and lets that question fail unheard when it is cut.
  const pool = postgres(url, {
    ...clientOptions(url, undefined),
    fetch_types: false,
    connection: { application_name: 'cut me', TimeZone: 'UTC' },
  });
  const crm = createCrm({ sql: pool as unknown as Sql });
  let failed = 0;
  // After every create that came through, one connection is cut, whatever it is doing.
  const cut = () => admin`select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'cut me' and datname = current_database() order by random() limit 1`;
  const writer = async (name: number) => {
    const ids: string[] = [];
    for (let n = 0; n < 25; n++) {
      const fields = {
        name: `${name}.${n}`,
        lines: [
          { kind: 'WRITE_IN', unitPrice: '1' },
          { kind: 'WRITE_IN', unitPrice: '2' },
        ],
      };
      let result: WriteResult | undefined;
      while (!result) {
        try {
          [result] = await crm.write(
            [{ entity: 'Quote', kind: 'create', key: `${name}.${n}`, fields }],
            person,
          );
        } catch {
          // Whether it was written is unknown: the same key answers that.
          failed++;
        }
      }
      ids.push(accepted(result).id);
      await cut();
    }
    return ids;
  };
  const ids = (await Promise.all([1, 2, 3, 4].map(writer))).flat();
  expect(failed).toBeGreaterThan(0);
  expect(new Set(ids).size).toBe(100);
  const [stored] =
    await admin`select count(*), count(distinct name) as names, (select count(*) from crm.quote_line) as lines,
    (select count(*) from crm.change where entity = 'Quote') as changes from crm.quote`;
  expect(stored).toEqual({ count: 100, names: 100, lines: 200, changes: 100 });
  await crm.close();
  await pool.end({ timeout: 1 });
});
