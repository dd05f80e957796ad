import { expect, test } from 'vitest';
import { openRuns } from '../runs/world.ts';

const w = await openRuns();

// A stranger's lock is one of the database's own: nothing of it can be made shorter than what a connection waits for one.
test('a table of a system that a stranger has locked holds up its entity alone, is told of, and heals by itself', async () => {
  const life = await w.live();
  const customers = await w.all(
    'crm',
    Array.from({ length: 8 }, (_, n) => ({
      kind: 'create',
      entity: 'Customer',
      fields: { name: `Firm ${n}` },
    })),
  );
  const product = await w.create('crm', 'Product', { sku: 'LAMP', name: 'Lamp' });
  await w.settled(life);
  /** How long an edit of the product takes to arrive, in ms. */
  const arrival = async (name: string): Promise<number> => {
    const from = performance.now();
    await w.edit('crm', 'Product', product.id, { name });
    await w.until(
      'the product is there',
      async () => (await w.sql`select 1 from erp.product where description = ${name}`).length === 1,
    );
    return performance.now() - from;
  };
  const usual = await arrival('Bright lamp');
  const began = performance.now();
  await w.sql.begin(async (tx) => {
    await tx`lock table erp.customer in access exclusive mode`;
    for (const [n, { id }] of customers.entries()) await w.edit('crm', 'Customer', id, { name: `Held ${n}` });
    await w.until('it is told', async () => life.sync.breakers().erp.heldUp.length > 0);
    expect(performance.now() - began).toBeLessThan(25_000 + 10 * usual);
    const { heldUp, open } = life.sync.breakers().erp;
    expect(open).toBe(false);
    expect(heldUp).toMatchObject([{ entity: 'Customer', reason: expect.stringMatching(/lock timeout/) }]);
    expect(life.sync.breakers().crm).toMatchObject({ open: false, heldUp: [] });
    // What has nothing to do with it goes on, at its usual pace.
    expect(await arrival('Brighter lamp')).toBeLessThan(3_000 + 10 * usual);
    expect((await w.sql`select attempts from sync.lane where attempts > 0`).length).toBe(0);
  });
  await w.until('it is healed', async () => life.sync.breakers().erp.heldUp.length === 0);
  await w.until('all is there', async () => {
    const [row] = await w.sql<
      { n: number }[]
    >`select count(*) as n from erp.customer where name like 'Held %'`;
    return row!.n === customers.length;
  });
  expect(await w.sql`select 1 from sync.dead_letter`).toEqual([]);
  await life.stop();
});

test('a single record that a stranger has locked holds up nobody else', async () => {
  const life = await w.live();
  const [held, ...others] = await w.all(
    'crm',
    Array.from({ length: 4 }, (_, n) => ({
      kind: 'create',
      entity: 'Customer',
      fields: { name: `Row ${n}` },
    })),
  );
  await w.settled(life);
  const named = async (name: string) =>
    (await w.sql`select 1 from erp.customer where name like ${`${name}%`}`).length;
  await w.sql.begin(async (tx) => {
    await tx`select 1 from erp.customer where name = 'Row 0' for update`;
    await w.all(
      'crm',
      [held!, ...others].map(({ id }, n) => ({
        kind: 'update',
        entity: 'Customer',
        id,
        fields: { name: `Moved ${n}` },
      })),
    );
    await w.until('the others have moved', async () => (await named('Moved')) === others.length);
  });
  await w.until('it has moved, too', async () => (await named('Moved')) === others.length + 1);
  expect(await w.sql`select 1 from sync.dead_letter`).toEqual([]);
  await life.stop();
});

test('a table of ours that a stranger has locked uses up no attempt', async () => {
  const life = await w.live();
  const { id } = await w.create('crm', 'Customer', { name: 'Ours' });
  await w.settled(life);
  await life.sync.pause('customer', true, null, 'test');
  await w.edit('crm', 'Customer', id, { name: 'Ours, moved' });
  const lane = (state: 'free' | 'any') => w.sql<{ key: string; attempts: number }[]>`
    select key, attempts from sync.lane where ${state} = 'any' or locked_until is null`;
  // It waits in the queue while its flow rests, as what was rung before does.
  await w.sql`insert into sync.lane (key, mapping, cause) select lane, mapping, '{"kind":"release"}' from sync.link where crm_id = ${id}`;
  const [{ key }] = (await lane('any')) as unknown as [{ key: string }];
  await w.sql.begin(async (tx) => {
    await tx`lock table sync.link in access exclusive mode`;
    await life.sync.pause('customer', false, null, 'test');
    await w.until('it is told', async () => w.errors.some((e) => e.includes(key) && /lock timeout/.test(e)));
    await w.until('it was given back', async () => (await lane('free')).length === 1);
    expect(await lane('any')).toEqual([{ key, attempts: 0 }]);
  });
  await w.settled(life);
  expect(await w.sql`select name from erp.customer where name like 'Ours%'`).toEqual([
    { name: 'Ours, moved' },
  ]);
  await life.stop();
});
