import { afterAll, expect, test } from 'vitest';
import { assembleSync, openSystems } from '../../console/assemble.ts';
import type { Connector } from '../../sync/core/connector.ts';
import { testDatabase } from '../support/database.ts';

const { sql } = await testDatabase();
const systems = openSystems(sql);

let sent = Promise.withResolvers<void>();
const erp: Connector = {
  ...systems.erp,
  write(writes, author) {
    const writing = systems.erp.write(writes, author);
    if (writes.some(({ kind }) => kind === 'update')) sent.resolve();
    return writing;
  },
};
const sync = await assembleSync(sql, { crm: systems.crm, erp }, { error: () => {}, info: () => {} });
await sync.start();
afterAll(async () => {
  await sync.stop();
  await systems.close();
});

// A note that came after its write, over another connection, would leave a write that nobody can tell of, once the
// process is killed between the two and a person has typed over it.
test('nothing is written before it is noted, however long the note takes', async () => {
  const fields = { name: 'Noted first' };
  const [made] = await systems.crm.write([{ kind: 'create', entity: 'Customer', fields }], anna);
  const { id } = (made as { record: { id: string } }).record;
  await sync.quiet();
  sent = Promise.withResolvers<void>();
  const inErp = async () => (await sql`select name from erp.customer`).map(({ name }) => name);

  await sql.begin(async (tx) => {
    await tx`lock table sync.decision in exclusive mode`;
    await systems.crm.write([{ kind: 'update', entity: 'Customer', id, fields: { name: 'Edited' } }], anna);
    await Promise.all([sent.promise, waitsForTheLock()]);
    expect(await inErp(), 'while the note waits').toEqual(['Noted first']);
  });
  await sync.quiet();
  expect(await inErp()).toEqual(['Edited']);
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
