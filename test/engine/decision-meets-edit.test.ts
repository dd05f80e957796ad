import { expect, test } from 'vitest';
import type { Connector } from '../../sync/core/connector.ts';
import type { Side } from '../../sync/core/types.ts';
import { openRuns } from '../runs/world.ts';

/** What somebody decided holds until it is written, and what a step found whose writes failed is found again by the next. */
const w = await openRuns();

/** Called once, as the sync is about to write to the ERP. */
let meanwhile: (() => Promise<unknown>) | null = null;
/** What an ERP with rules of its own refuses, by the field's name. */
const unwanted = 'https://unwanted.example';
const refusal = { code: 'BAD_USER_INPUT', field: 'homePage', message: 'homePage: is not wanted.' };
const through = (side: Side, connector: Connector): Connector => ({
  ...connector,
  async write(writes, author) {
    const act = side === 'erp' ? meanwhile : null;
    if (act) {
      meanwhile = null;
      await act();
    }
    if (side === 'erp' && writes.some((write) => 'fields' in write && write.fields.homePage === unwanted))
      return writes.map(() => ({ kind: 'failed', failure: { ...refusal } }));
    return connector.write(writes, author);
  },
});
const life = await w.live(through);
await life.sync.setField('customer', 'website', { wins: 'inbox' }, 'test');

let n = 0;
async function pair() {
  const made = await w.create('crm', 'Customer', {
    name: `Decided ${++n} AS`,
    website: 'https://base.example',
  });
  await w.settled(life);
  const [link] = await w.sql<{ id: string; erpId: string }[]>`
    select id, erp_id as "erpId" from sync.link where crm_id = ${made.id} and mapping = 'customer'`;
  return { crm: made.id, erp: link!.erpId, link: link!.id };
}
type Pair = Awaited<ReturnType<typeof pair>>;

/** Both sides are edited before the sync comes to either. */
async function atOnce(ids: Pair, fields: { readonly crm: object; readonly erp: object }): Promise<void> {
  await life.sync.pause('customer', true, 'a test', 'test');
  await w.edit('crm', 'Customer', ids.crm, { ...fields.crm });
  await w.edit('erp', 'Customer', ids.erp, { ...fields.erp });
  await life.sync.pause('customer', false, null, 'test');
  await w.settled(life);
}
const both = { crm: { website: 'https://crm.example' }, erp: { homePage: 'https://erp.example' } };
const open = ({ link }: Pair) => w.sql<{ id: string; field: string }[]>`
  select id, field from sync.conflict where link_id = ${link} and resolved_at is null`;
const state = async ({ link }: Pair) =>
  (await w.sql`select state from sync.link where id = ${link}`)[0]!.state;

test('a decision whose write meets an edit of another field is written after it', async () => {
  const ids = await pair();
  await atOnce(ids, both);
  const [conflict] = await open(ids);
  meanwhile = () => w.edit('erp', 'Customer', ids.erp, { legalName: 'Edited meanwhile' });
  await life.sync.resolveConflict(conflict!.id, [{ field: 'website', take: 'crm' }], {
    mode: 'apply',
    actor: 'test',
  });
  await w.settled(life);
  expect((await w.read('erp', 'Customer', ids.erp))!.fields.homePage).toBe('https://crm.example');
  expect(await open(ids)).toEqual([]);
  expect(await state(ids)).toBe('synced');
});

test('a conflict that was found while another write failed is open only as long as the two differ', async () => {
  const ids = await pair();
  meanwhile = () => w.edit('erp', 'Customer', ids.erp, { homePage: 'https://crm.example' });
  await atOnce(ids, { ...both, crm: { ...both.crm, phone: '+4722334455' } });
  expect(meanwhile).toBeNull();
  expect((await w.read('erp', 'Customer', ids.erp))!.fields.phoneNo).toMatch(/22 ?33 ?44 ?55/);
  expect(await open(ids)).toEqual([]);
  expect(await state(ids)).toBe('synced');
});

test('a typed value that the ERP refuses by its name is no value of the CRM alone, and stays to be decided', async () => {
  const ids = await pair();
  await atOnce(ids, both);
  const [conflict] = await open(ids);
  const done = await life.sync.resolveConflict(
    conflict!.id,
    [{ field: 'website', take: { value: unwanted } }],
    { mode: 'apply', actor: 'test' },
  );
  expect(done.outcome).toBe('failed');
  await w.settled(life);
  expect((await w.read('crm', 'Customer', ids.crm))!.fields.website).toBe('https://crm.example');
  expect((await w.read('erp', 'Customer', ids.erp))!.fields.homePage).toBe('https://erp.example');
  expect(await open(ids)).toMatchObject([{ field: 'website' }]);
  expect(await state(ids)).toBe('conflict');
});
