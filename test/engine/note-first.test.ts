import { afterAll, expect, test } from 'vitest';
import { assembleSync, openSystems } from '../../console/assemble.ts';
import type { Connector } from '../../sync/core/connector.ts';
import { testDatabase } from '../support/database.ts';

const { sql } = await testDatabase();
const systems = openSystems(sql);

/** Of each update that the sync sends to the ERP, whether a note of it was there when it was sent. */
const noted: boolean[] = [];
let sent = Promise.withResolvers<void>();
const erp: Connector = {
  ...systems.erp,
  async write(writes, author) {
    if (writes.some(({ kind }) => kind === 'update')) {
      sent.resolve();
      const [row] = await sql<{ n: number }[]>`select count(*)::int as n from sync.decision`;
      noted.push(row!.n > 0);
    }
    return systems.erp.write(writes, author);
  },
};
const sync = await assembleSync(sql, { crm: systems.crm, erp }, { error: () => {}, info: () => {} });
await sync.start();
afterAll(async () => {
  await sync.stop();
  await systems.close();
});

// The note goes over a connection of its own, which may be slow: it may just be opened. A process that is killed
// between the two would leave a write that nobody can tell of once a person has typed over it.
test('nothing is written before it is noted, however long the note takes', async () => {
  const fields = { name: 'Noted first' };
  const [made] = await systems.crm.write([{ kind: 'create', entity: 'Customer', fields }], anna);
  const { id } = (made as { record: { id: string } }).record;
  await sync.quiet();
  noted.length = 0;
  sent = Promise.withResolvers<void>();

  await sql.begin(async (tx) => {
    await tx`lock table sync.decision in exclusive mode`;
    await systems.crm.write([{ kind: 'update', entity: 'Customer', id, fields: { name: 'Edited' } }], anna);
    await Promise.race([sent.promise, waitsForTheLock()]);
  });
  await sync.quiet();
  expect(noted).toEqual([true]);
});

const anna = { actor: 'anna', origin: 'person' } as const;

const waitsForTheLock = () =>
  expect
    .poll(async () => {
      const waiting = await sql`
        select 1 from pg_locks where not granted and relation = 'sync.decision'::regclass`;
      return waiting.length;
    })
    .toBeGreaterThan(0);
