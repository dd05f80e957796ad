import { describe, expect, it } from 'vitest';
import { at, data, each, members, type Tree } from './fixture.ts';
import { type CustomerPair, customerPair, startLive } from './live.ts';

/**
 * Records that no live link holds, where it is easy to get them wrong: while a link is being made of them, when they come
 * back, when they are erased, and in what belongs to them.
 */
const live = await startLive();
const post = (document: string): Promise<Tree> => data(live.subgraph, document);

/** The pair that comes of a record of the CRM. */
async function pair(name: string, fields: Readonly<Record<string, string>> = {}): Promise<CustomerPair> {
  const { id: crmId } = await live.create('crm', 'Customer', { name, ...fields });
  await live.sync.quiet();
  return pairOf(crmId);
}

const pairOf = (crmId: string): Promise<CustomerPair> => customerPair(post, crmId);

async function unlinked(name: string): Promise<CustomerPair> {
  const one = await pair(name);
  await post(`mutation { unlink(id: "${one.link}") { outcome } }`);
  return one;
}

async function linked({ crmId, erpId }: Pick<CustomerPair, 'crmId' | 'erpId'>): Promise<void> {
  await post(`mutation { link(flow: CUSTOMER, crmId: "${crmId}", erpId: "${erpId}") { outcome } }`);
  await live.sync.quiet();
}

async function listed(word: string): Promise<readonly Tree[]> {
  const { customers } = await post(
    `{ customers(first: 50, search: "${word}") { totalCount nodes { id crmId erpId name } } }`,
  );
  expect(at(customers, 'totalCount')).toBe(members(at(customers, 'nodes')).length);
  return members(at(customers, 'nodes'));
}

const remove = (side: 'crm' | 'erp', id: string): Promise<void> => live.remove(side, 'Customer', id);

describe('the id of a unified record', () => {
  it('is the same once its record is linked anew', async () => {
    const one = await unlinked('Fast AS');
    await linked(one);
    expect(await pairOf(one.crmId)).toMatchObject({ id: one.id });
    expect((await pairOf(one.crmId)).link).not.toBe(one.link);
    expect((await post(`{ customer(id: "${one.id}") { id erpId } }`)).customer).toEqual({
      id: one.id,
      erpId: one.erpId,
    });
  });

  it('is that of the CRM record, also where an ERP record that it is linked with has a link already', async () => {
    const one = await unlinked('Først AS');
    await post('mutation { pauseFlow(flow: CUSTOMER) { paused } }');
    const { id: erpId } = await live.create('erp', 'Customer', { name: 'Lagt Bort AS' });
    await live.systems.erp.write([{ kind: 'archive', entity: 'Customer', id: erpId }], {
      actor: 'kari',
      origin: 'person',
    });
    await post('mutation { resumeFlow(flow: CUSTOMER) { paused } }');
    await live.sync.quiet();
    // Nobody makes a counterpart of what was put away: it waits with a link of its own.
    const { customer: waiting } = await post(`{ customer(erpId: "${erpId}") { id crmId link { state } } }`);
    expect(waiting).toMatchObject({ crmId: null });
    expect(String(at(waiting, 'link.state'))).not.toBe('ENDED');
    await linked({ crmId: one.crmId, erpId });
    expect(await pairOf(one.crmId)).toMatchObject({ id: one.id, erpId });
    expect((await post(`{ customer(id: "${at(waiting, 'id')}") { id } }`)).customer).toEqual({ id: one.id });
  });

  it('is the same once its flow goes on', async () => {
    await post('mutation { pauseFlow(flow: CUSTOMER) { paused } }');
    const { id: crmId } = await live.create('crm', 'Customer', { name: 'Pauset AS' });
    await live.sync.quiet();
    const { customer } = await post(`{ customer(crmId: "${crmId}") { id } }`);
    await post('mutation { resumeFlow(flow: CUSTOMER) { paused } }');
    await live.sync.quiet();
    expect(await pairOf(crmId)).toMatchObject({ id: String(at(customer, 'id')) });
  });

  it('goes with whichever record lives, however often they were parted', async () => {
    const one = await unlinked('Ofte AS');
    const { customer: other } = await post(`{ customer(erpId: "${one.erpId}") { id } }`);
    await linked(one);
    await post(`mutation { unlink(id: "${(await pairOf(one.crmId)).link}") { outcome } }`);
    const asked = `{ crm: customer(crmId: "${one.crmId}") { id } erp: customer(erpId: "${one.erpId}") { id } }`;
    expect(await post(asked)).toEqual({ crm: { id: one.id }, erp: { id: String(at(other, 'id')) } });
    await linked(one);
    await remove('crm', one.crmId);
    expect(await post(`{ customer(id: "${one.id}") { id erpId } }`)).toEqual({
      customer: { id: one.id, erpId: one.erpId },
    });
    expect((await listed('Ofte')).length).toBe(1);
  });

  it('is that of one of them where the ERP record was alone before there was a pair', async () => {
    await post('mutation { pauseFlow(flow: CUSTOMER) { paused } }');
    const { id: erpId } = await live.create('erp', 'Customer', { name: 'Delt AS' });
    await live.sync.quiet();
    const { customer: alone } = await post(`{ customer(erpId: "${erpId}") { id } }`);
    await post('mutation { resumeFlow(flow: CUSTOMER) { paused } }');
    await live.sync.quiet();
    const { customer } = await post(`{ customer(erpId: "${erpId}") { id crmId link { id } } }`);
    expect(at(customer, 'id')).toEqual(at(alone, 'id'));
    await post(`mutation { unlink(id: "${at(customer, 'link.id')}") { outcome } }`);
    const nodes = await listed('Delt');
    expect(nodes.length).toBe(2);
    expect(new Set(nodes.map(({ id }) => String(id))).size).toBe(2);
    expect((await post(`{ customer(id: "${at(alone, 'id')}") { crmId } }`)).customer).toEqual({
      crmId: String(at(customer, 'crmId')),
    });
  });

  it('belongs to one record, also where a deleted one comes back', async () => {
    const one = await pair('Gjenoppsto AS');
    const [stood] = await live.sql<{ row: string }[]>`
      select to_jsonb(c)::text as row from crm.customer c where id = ${one.crmId}`;
    await remove('crm', one.crmId);
    await live.sql`delete from crm.customer where id = ${one.crmId}`;
    await live.sql`insert into crm.customer select * from jsonb_populate_record(null::crm.customer, ${stood!.row}::text::jsonb)`;
    await live.update('crm', 'Customer', one.crmId, { phone: '+4722113344' });
    await live.sync.quiet();
    const nodes = await listed('Gjenoppsto');
    expect(nodes.length).toBe(2);
    expect(new Set(nodes.map(({ id }) => String(id))).size).toBe(2);
  });
});

it('records are listed while a link is being made of them', async () => {
  const one = await unlinked('Underveis AS');
  await live.update('crm', 'Customer', one.crmId, { name: 'Underveis Ny AS' });
  await live.sync.quiet();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: locked, resolve: lock } = Promise.withResolvers<void>();
  const holding = live.sql.begin(async (tx) => {
    await tx`select from erp.customer where id = ${one.erpId} for update`;
    lock();
    await released;
  });
  await locked;
  const linking = linked(one);
  for (let isMade = false; !isMade; )
    isMade =
      (
        await live.sql`select from sync.link where mapping = 'customer' and crm_id = ${one.crmId} and state <> 'ended'`
      ).count > 0;
  const meanwhile = await listed('Underveis');
  const { customer } = await post(`{ customer(id: "${one.id}") { id crmId } }`);
  release();
  await Promise.all([holding, linking]);
  expect(meanwhile.map(({ crmId }) => crmId)).toContain(one.crmId);
  expect(customer).toEqual({ id: one.id, crmId: one.crmId });
});

describe('what belongs to a record', () => {
  it('is found under it once it has its counterpart, though it was read before', async () => {
    const one = await pair('Eier AS');
    const contact = await live.create('crm', 'Contact', { lastName: 'Eiersen', customerId: one.crmId });
    await live.sync.quiet();
    const { contact: was } = await post(`{ contact(crmId: "${contact.id}") { link { id } } }`);
    await post(`mutation { unlink(id: "${one.link}") { outcome } }`);
    await post(`mutation { unlink(id: "${at(was, 'link.id')}") { outcome } }`);
    await live.update('crm', 'Contact', contact.id, { jobTitle: 'Sjef' });
    await live.sync.quiet();
    const asked = `{ customer(crmId: "${one.crmId}") { contacts { totalCount nodes { crmId } } }
      contact(crmId: "${contact.id}") { customer { crmId } }
      contacts(filter: { customerId: { eq: "${one.crmId}" }, crmId: { eq: "${contact.id}" } }) { totalCount } }`;
    const expected = {
      customer: { contacts: { totalCount: 1, nodes: [{ crmId: contact.id }] } },
      contact: { customer: { crmId: one.crmId } },
      contacts: { totalCount: 1 },
    };
    expect(await post(asked)).toEqual(expected);
    await linked(one);
    // The contact in the ERP is one of its own by now, and belongs to the pair as well.
    const both = { totalCount: 2, nodes: [{ crmId: contact.id }, { crmId: null }] };
    expect(await post(asked)).toEqual({ ...expected, customer: { contacts: both } });
  });

  it('is its order, and its quote, also where one of them has no link any more', async () => {
    const customer = await pair('Avtale AS');
    const quote = await live.create('crm', 'Quote', {
      customerId: customer.crmId,
      lines: [{ kind: 'TEXT', description: 'Tekst', quantity: '1' }],
    });
    await live.sync.quiet();
    const order = await live.create('crm', 'Order', {
      customerId: customer.crmId,
      quoteId: quote.id,
      lines: [{ kind: 'TEXT', description: 'Tekst', quantity: '1' }],
    });
    await live.sync.quiet();
    const asked = `{ quote(crmId: "${quote.id}") { order { crmId } link { id } } order(crmId: "${order.id}") { quoteId quote { crmId } } }`;
    const before = await post(asked);
    const whole = {
      quote: { order: { crmId: order.id } },
      order: { quoteId: quote.id, quote: { crmId: quote.id } },
    };
    expect(before).toMatchObject(whole);
    await post(`mutation { unlink(id: "${at(before, 'quote.link.id')}") { outcome } }`);
    await live.sync.quiet();
    expect(await post(asked)).toMatchObject(whole);
  });
});

describe('erasing', () => {
  it('leaves a live pair alone whose record was linked with the person by mistake', async () => {
    const [wrong, right] = [
      await pair('Slettes Person', { kind: 'PERSON' }),
      await pair('Beholdes Person', { kind: 'PERSON' }),
    ];
    await post(`mutation { swapLinks(a: "${wrong.link}", b: "${right.link}") { outcome } }`);
    await live.sync.quiet();
    const kept = await pairOf(right.crmId);
    await live.update('crm', 'Customer', wrong.crmId, { name: 'Slettes Person' });
    await live.update('crm', 'Customer', right.crmId, { name: 'Beholdes Person' });
    await live.sync.quiet();
    await post(
      `mutation { erase(ref: { side: CRM, entity: CUSTOMER, id: "${wrong.crmId}" }, mode: APPLY) { proof } }`,
    );
    await live.sync.quiet();
    expect(
      (await post(`{ customer(crmId: "${right.crmId}") { name erpId link { id state } } }`)).customer,
    ).toEqual({ name: 'Beholdes Person', erpId: kept.erpId, link: { id: kept.link, state: 'SYNCED' } });
    expect(each((await listed('Slettes')) as unknown as Tree, 'name')).toEqual([]);
  });

  it('twice leaves the records in their lists', async () => {
    const one = await pair('Dobbelt Person', { kind: 'PERSON' });
    const erasing = `mutation { erase(ref: { side: CRM, entity: CUSTOMER, id: "${one.crmId}" }, mode: APPLY) { proof } }`;
    for (const _ of ['once', 'again']) {
      await post(erasing);
      await live.sync.quiet();
      expect(
        await post(
          `{ crm: customers(filter: { crmId: { eq: "${one.crmId}" } }) { nodes { id name } } erp: customers(filter: { erpId: { eq: "${one.erpId}" } }) { nodes { name } } }`,
        ),
      ).toEqual({
        crm: { nodes: [{ id: one.id, name: 'erased' }] },
        erp: { nodes: [{ name: 'erased' }] },
      });
    }
  });

  it('leaves none of what was gone before anybody had missed it', async () => {
    const one = await pair('Savnet Person', { kind: 'PERSON' });
    await post('mutation { pauseFlow(flow: CUSTOMER) { paused } }');
    await remove('crm', one.crmId);
    await post(
      `mutation { erase(ref: { side: ERP, entity: CUSTOMER, id: "${one.erpId}" }, mode: APPLY) { proof } }`,
    );
    await live.sync.quiet();
    const asked = await post(
      `{ customer(id: "${one.id}") { crmId erpId } customers(filter: { crmId: { eq: "${one.crmId}" } }) { totalCount } }`,
    );
    await post('mutation { resumeFlow(flow: CUSTOMER) { paused } }');
    await live.sync.quiet();
    expect(asked).toEqual({
      customer: { crmId: null, erpId: one.erpId },
      customers: { totalCount: 0 },
    });
  });

  it('is told of the link, leaves nothing with what is alone, and nothing in what a link left', async () => {
    await post('mutation { pauseFlow(flow: CUSTOMER) { paused } }');
    const { id: crmId } = await live.create('crm', 'Customer', {
      name: 'Hemmelig Person',
      kind: 'PERSON',
      email: 'hemmelig@example.com',
    });
    await live.sync.quiet();
    await post('mutation { resumeFlow(flow: CUSTOMER) { paused } }');
    await live.sync.quiet();
    const one = await pairOf(crmId);
    await post(`mutation { unlink(id: "${one.link}") { outcome } }`);
    await post(
      `mutation { erase(ref: { side: CRM, entity: CUSTOMER, id: "${crmId}" }, mode: APPLY) { proof } }`,
    );
    await live.sync.quiet();
    const tables = await live.sql<{ name: string }[]>`
      select table_name as name from information_schema.tables where table_schema = 'sync' and table_type = 'BASE TABLE'`;
    for (const { name } of tables) {
      const rows =
        await live.sql`select t::text as text from sync.${live.sql(name)} t where t::text ilike '%hemmelig%'`;
      expect({ name, rows: rows.map(({ text }) => text) }).toEqual({ name, rows: [] });
    }
    const [event] = await live.sql<{ lone: boolean }[]>`
      select l.lone from sync.event e join sync.link l on l.id = e.link_id where e.outcome = 'erased' and (l.crm_id = ${crmId})`;
    expect(event).toEqual({ lone: false });
    const both = await post(
      `{ crm: customer(crmId: "${one.crmId}") { id name } erp: customer(erpId: "${one.erpId}") { name } byId: customer(id: "${one.id}") { crmId } }`,
    );
    expect(both).toEqual({
      crm: { id: one.id, name: 'erased' },
      erp: { name: 'erased' },
      byId: { crmId },
    });
  });
});

it('no record is listed that is gone, where it joined a link that was there', async () => {
  const one = await unlinked('Gjenferd AS');
  // A look at the record that began before it was linked anew is stored after that.
  await linked(one);
  await live.sql`update sync.link set record = id where lone and mapping = 'customer' and erp_id = ${one.erpId}`;
  await remove('erp', one.erpId);
  const nodes = await listed('Gjenferd');
  expect(nodes.map(({ crmId, erpId }) => ({ crmId, erpId }))).toEqual([{ crmId: one.crmId, erpId: null }]);
});

it('a record that goes while its flow is paused is listed no more, and its id goes on', async () => {
  const one = await pair('Pausegang AS');
  await post('mutation { pauseFlow(flow: CUSTOMER) { paused } }');
  await post(`mutation { unlink(id: "${one.link}") { outcome } }`);
  await live.sync.quiet();
  await remove('crm', one.crmId);
  const nodes = await listed('Pausegang');
  await post('mutation { resumeFlow(flow: CUSTOMER) { paused } }');
  await live.sync.quiet();
  expect(nodes.map(({ crmId, erpId }) => ({ crmId, erpId }))).toEqual([{ crmId: null, erpId: one.erpId }]);
  expect((await post(`{ customer(id: "${one.id}") { erpId } }`)).customer).toEqual({ erpId: one.erpId });
});
