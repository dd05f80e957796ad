import { expect, test } from 'vitest';
import type { Connector } from '../../sync/core/connector.ts';
import type { Side } from '../../sync/core/types.ts';
import { openRuns } from '../runs/world.ts';

/** What somebody decides about a proposal is not lost to a step that has read it as open. */
const w = await openRuns();

/** Called once, when a step has read this CRM customer. */
let meanwhile: { readonly id: string; readonly act: () => Promise<unknown> } | null = null;
const through = (side: Side, connector: Connector): Connector => ({
  ...connector,
  async read(entity, ids) {
    const found = await connector.read(entity, ids);
    const due = side === 'crm' && meanwhile && ids.includes(meanwhile.id) ? meanwhile : null;
    if (due) meanwhile = null;
    await due?.act();
    return found;
  },
});
const life = await w.live(through);
const apply = { mode: 'apply', actor: 'kari' } as const;
const numbers = ['923609016', '974760673', '971524960'];

/** A customer of the CRM that looks like one that is linked already, and the proposal about it. */
async function twin() {
  const orgNumber = numbers.pop()!;
  await w.create('crm', 'Customer', { name: `First of ${orgNumber}`, orgNumber });
  await w.settled(life);
  const { id } = await w.create('crm', 'Customer', { name: `Again ${orgNumber}`, orgNumber });
  await w.settled(life);
  const [proposal] = await w.sql<{ id: string; lane: string; link: string }[]>`
    select p.id, l.lane, l.id as link from sync.proposal p join sync.link l on l.id = p.link_id
    where p.record_id = ${id} and p.resolved_at is null`;
  return { ...proposal!, record: id };
}
type Twin = Awaited<ReturnType<typeof twin>>;

/** Somebody decides while the step that an edit has rung is between reading and writing. */
async function decidedAmidst(one: Twin, edit: object) {
  const { promise: decided, resolve } = Promise.withResolvers<ReturnType<typeof life.sync.resolveMatch>>();
  meanwhile = {
    id: one.record,
    act: async () => {
      const deciding = life.sync.resolveMatch(one.id, { create: true }, apply);
      deciding.catch(() => {});
      resolve(deciding);
      // He waits for the lane now, and has stored whatever he stores before.
      for (let rung = false; !rung; ) {
        const [lane] = await w.sql<{ by: string | null }[]>`
          select cause ->> 'actor' as by from sync.lane where key = ${one.lane}`;
        rung = lane?.by === 'kari';
      }
    },
  };
  await w.edit('crm', 'Customer', one.record, { ...edit });
  const result = await await decided;
  await w.settled(life);
  return result;
}

const open = ({ record }: Twin) =>
  w.sql`select id from sync.proposal where record_id = ${record} and resolved_at is null`;
const linked = async ({ link }: Twin) =>
  (
    await w.sql<{ erpId: string | null; linkedBy: { kind: string } }[]>`
      select erp_id as "erpId", linked_by as "linkedBy" from sync.link where id = ${link}`
  )[0]!;
const created = ({ link }: Twin) => w.sql<{ id: string }[]>`
  select id from sync.event where link_id = ${link} and outcome = 'created'`;

test('a step that finds it as unsure as before does not ask anew', async () => {
  const one = await twin();
  const result = await decidedAmidst(one, { legalName: 'Edited meanwhile' });
  const [event] = await created(one);
  expect(result).toMatchObject({ outcome: 'created', eventIds: [event!.id] });
  expect(await open(one)).toEqual([]);
  const { erpId } = await linked(one);
  expect((await w.read('erp', 'Customer', erpId!))!.fields).toMatchObject({ legalName: 'Edited meanwhile' });
});

test('where that step makes the counterpart itself, the answer tells of it', async () => {
  const one = await twin();
  const result = await decidedAmidst(one, { orgNumber: null });
  const events = await created(one);
  expect(events).toHaveLength(1);
  expect(result).toMatchObject({
    outcome: 'created',
    plan: { kind: 'create' },
    linkId: one.link,
    eventIds: [events[0]!.id],
  });
  expect(await open(one)).toEqual([]);
});

test('where that step links it, the decision is refused with what it is linked with', async () => {
  const one = await twin();
  const orgNumber = '976389387';
  const other = await w.create('crm', 'Customer', { name: 'Gives up its debtor', orgNumber });
  await w.settled(life);
  const [pair] = await w.sql<{ id: string; erpId: string }[]>`
    select id, erp_id as "erpId" from sync.link where crm_id = ${other.id} and mapping = 'customer'`;
  await life.sync.unlink(pair!.id, 'both', apply);
  await w.edit('crm', 'Customer', other.id, { orgNumber: null });
  await w.settled(life);
  await expect(decidedAmidst(one, { orgNumber })).rejects.toMatchObject({
    code: 'BAD_USER_INPUT',
    message: expect.stringContaining(`with ERP ${pair!.erpId}`),
  });
  await w.settled(life);
  expect((await linked(one)).erpId).toBe(pair!.erpId);
});
