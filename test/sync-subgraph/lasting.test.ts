import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { at, each, members, type Tree } from './fixture.ts';
import { post as ask, type CustomerPair, customerPair, gatewayOver, startLive } from './live.ts';

/**
 * What the graph promises of a unified record: its id is stable while either record lives, and it exists as soon as one
 * side does. Asked of the gateway only.
 */
const live = await startLive();
const gateway = await gatewayOver(live);
const post = (query: string): Promise<Tree> => ask(gateway, query);

const shown = '{ id crmId erpId name archived crm { id name } erp { id name } link { id state } }';

/** A pair of customers that is in step. */
async function pair(name: string): Promise<CustomerPair> {
  const { id } = await live.create('crm', 'Customer', { name });
  await live.sync.quiet();
  return customerPair(post, id);
}

/** Customers of a list by a word of their names, both ways of counting compared. */
async function listed(word: string): Promise<readonly Tree[]> {
  const { customers } = await post(
    `{ customers(first: 50, search: "${word}") { totalCount nodes ${shown} } }`,
  );
  const nodes = members(at(customers, 'nodes'));
  expect(at(customers, 'totalCount')).toBe(nodes.length);
  expect(new Set(each(at(customers, 'nodes'), 'id')).size).toBe(nodes.length);
  return nodes;
}

const ids = (nodes: readonly Tree[]) => nodes.map(({ id, crmId, erpId }) => ({ id, crmId, erpId }));

describe('after an unlinking that keeps both', () => {
  it('both live on: the id goes on with the CRM record, the ERP record has one of its own, each is listed once', async () => {
    const one = await pair('Skilt AS');
    await post(`mutation { unlink(id: "${one.link}") { outcome } }`);
    const at1 = await listed('Skilt');
    const other = at1.find(({ erpId }) => String(erpId) === one.erpId);
    expect(ids(at1).toSorted((a) => (a.crmId === null ? 1 : -1))).toEqual([
      { id: one.id, crmId: one.crmId, erpId: null },
      { id: expect.stringMatching(/^Customer_/), crmId: null, erpId: one.erpId },
    ]);
    const asked = await post(
      `{ byId: customer(id: "${one.id}") ${shown} node(id: "${one.id}") { ... on Customer { crmId erpId } }
         byCrm: customer(crmId: "${one.crmId}") { id } byErp: customer(erpId: "${one.erpId}") { id }
         crmCustomer(id: "${one.crmId}") { unified { id } erp { id } }
         erpCustomer(id: "${one.erpId}") { unified { id } crm { id } }
         second: customer(id: "${other?.id}") ${shown} }`,
    );
    expect(asked).toMatchObject({
      byId: {
        id: one.id,
        name: 'Skilt AS',
        crm: { id: one.crmId },
        erp: null,
        link: { id: one.link, state: 'ENDED' },
      },
      node: { crmId: one.crmId, erpId: null },
      byCrm: { id: one.id },
      byErp: { id: String(other?.id) },
      crmCustomer: { unified: { id: one.id }, erp: null },
      erpCustomer: { unified: { id: String(other?.id) }, crm: null },
      second: { name: 'Skilt AS', crm: null, erp: { id: one.erpId }, link: { id: one.link, state: 'ENDED' } },
    });
  });

  it('each answers from what its own side showed last', async () => {
    const one = await pair('Egen AS');
    await post(`mutation { unlink(id: "${one.link}") { outcome } }`);
    await live.update('crm', 'Customer', one.crmId, { name: 'Egen CRM AS', email: 'egen@example.com' });
    await live.update('erp', 'Customer', one.erpId, { name: 'Egen ERP AS' });
    await live.sync.quiet();
    const asked = await post(
      `{ byId: customer(id: "${one.id}") { name email } byErp: customer(erpId: "${one.erpId}") { name email } }`,
    );
    expect(asked).toEqual({
      byId: { name: 'Egen CRM AS', email: 'egen@example.com' },
      byErp: { name: 'Egen ERP AS', email: null },
    });
    expect(each((await listed('Egen')) as unknown as Tree, 'name').toSorted()).toEqual([
      'Egen CRM AS',
      'Egen ERP AS',
    ]);
  });

  it('linked again, one record stands for both, and every id it had answers with it', async () => {
    const one = await pair('Atter AS');
    await post(`mutation { unlink(id: "${one.link}") { outcome } }`);
    const { customer } = await post(`{ customer(erpId: "${one.erpId}") { id } }`);
    await post(`mutation { link(flow: CUSTOMER, crmId: "${one.crmId}", erpId: "${one.erpId}") { outcome } }`);
    await live.sync.quiet();
    const [only, ...more] = await listed('Atter');
    expect(more).toEqual([]);
    expect(only).toMatchObject({ crmId: one.crmId, erpId: one.erpId, link: { state: 'SYNCED' } });
    const asked = await post(
      `{ first: customer(id: "${one.id}") { id } second: customer(id: "${at(customer, 'id')}") { id } }`,
    );
    expect(asked).toEqual({ first: { id: only?.id }, second: { id: only?.id } });
    const { syncCustomer } = await post(`mutation { syncCustomer(id: "${one.id}") { outcome link { id } } }`);
    expect(syncCustomer).toEqual({ outcome: 'UNCHANGED', link: { id: String(at(only, 'link.id')) } });
  });

  it('taken back, the record is what it was', async () => {
    const one = await pair('Angret AS');
    const { unlink } = await post(`mutation { unlink(id: "${one.link}") { events { id } } }`);
    await post(`mutation { revert(eventId: "${at(unlink, 'events.0.id')}", mode: APPLY) { outcome } }`);
    await live.sync.quiet();
    expect(ids(await listed('Angret'))).toEqual([{ id: one.id, crmId: one.crmId, erpId: one.erpId }]);
  });

  it('the id goes on with the ERP record where the CRM record is gone, and is gone with both', async () => {
    const one = await pair('Igjen AS');
    await post(`mutation { unlink(id: "${one.link}") { outcome } }`);
    await live.remove('crm', 'Customer', one.crmId);
    expect((await post(`{ customer(id: "${one.id}") { crmId erpId } }`)).customer).toEqual({
      crmId: null,
      erpId: one.erpId,
    });
    expect((await listed('Igjen')).length).toBe(1);
    await live.remove('erp', 'Customer', one.erpId);
    expect((await post(`{ customer(id: "${one.id}") { id } }`)).customer).toBeNull();
    expect(await listed('Igjen')).toEqual([]);
  });

  it('of several ERP records that it had, the id goes on with the last and is gone with it, whatever the others are linked with', async () => {
    const [one, two, three] = [
      await pair('Nyest en AS'),
      await pair('Nyest to AS'),
      await pair('Nyest tre AS'),
    ];
    for (const { link } of [one, two, three]) await post(`mutation { unlink(id: "${link}") { outcome } }`);
    const linked = async (crmId: string, erpId: string) =>
      (await post(`mutation { link(flow: CUSTOMER, crmId: "${crmId}", erpId: "${erpId}") { link { id } } }`))
        .link;
    const second = await linked(one.crmId, two.erpId);
    await post(`mutation { unlink(id: "${at(second, 'link.id')}") { outcome } }`);
    await linked(three.crmId, one.erpId);
    await live.remove('crm', 'Customer', one.crmId);
    expect((await post(`{ customer(id: "${one.id}") { crmId erpId } }`)).customer).toEqual({
      crmId: null,
      erpId: two.erpId,
    });
    await live.remove('erp', 'Customer', two.erpId);
    expect((await post(`{ customer(id: "${one.id}") { crmId erpId } }`)).customer).toBeNull();
  });

  it('the id of an ERP record that was alone answers with the pair that it went into, and with that record after', async () => {
    const one = await pair('Gikk inn AS');
    await post(`mutation { unlink(id: "${one.link}") { outcome } }`);
    await post('mutation { pauseFlow(flow: CUSTOMER) { paused } }');
    const { id: erpId } = await live.create('erp', 'Customer', { name: 'Var alene AS' });
    await live.sync.quiet();
    const { customer: alone } = await post(`{ customer(erpId: "${erpId}") { id } }`);
    const byId = `{ customer(id: "${at(alone, 'id')}") { id crmId erpId } }`;
    // Nobody makes a counterpart of what was put away: it waits with a link of its own.
    const [archived] = await live.systems.erp.write([{ kind: 'archive', entity: 'Customer', id: erpId }], {
      actor: 'kari',
      origin: 'person',
    });
    expect(archived).toMatchObject({ kind: 'archived' });
    await post('mutation { resumeFlow(flow: CUSTOMER) { paused } }');
    await live.sync.quiet();
    expect(await post(byId)).toEqual({ customer: { id: String(at(alone, 'id')), crmId: null, erpId } });
    const { link } = await post(
      `mutation { link(flow: CUSTOMER, crmId: "${one.crmId}", erpId: "${erpId}") { link { id } } }`,
    );
    await live.sync.quiet();
    expect(await post(byId)).toEqual({ customer: { id: one.id, crmId: one.crmId, erpId } });
    await post(`mutation { unlink(id: "${at(link, 'link.id')}") { outcome } }`);
    expect(await post(byId)).toEqual({ customer: { id: String(at(alone, 'id')), crmId: null, erpId } });
    expect((await post(`{ customer(id: "${one.id}") { crmId erpId } }`)).customer).toEqual({
      crmId: one.crmId,
      erpId: null,
    });
  });

  it('a customer keeps its orders, and they keep it', async () => {
    const one = await pair('Kjede AS');
    const contact = await live.create('crm', 'Contact', { lastName: 'Kjedesen', customerId: one.crmId });
    await live.sync.quiet();
    await post(`mutation { unlink(id: "${one.link}") { outcome } }`);
    const asked = await post(
      `{ customer(id: "${one.id}") { contacts { totalCount nodes { crmId } } }
         contact(crmId: "${contact.id}") { customerId customer { id } } }`,
    );
    expect(asked).toEqual({
      customer: { contacts: { totalCount: 1, nodes: [{ crmId: contact.id }] } },
      contact: { customerId: one.crmId, customer: { id: one.id } },
    });
  });
});

describe('after one side was deleted', () => {
  it.each([
    ['crm', 'crmId', 'erpId'],
    ['erp', 'erpId', 'crmId'],
  ] as const)('in the %s, id and record stay with the side that lives', async (side, gone, kept) => {
    const word = `Halv${side}`;
    const one = await pair(`${word} AS`);
    await live.remove(side, 'Customer', one[gone]);
    const [only, ...more] = await listed(word);
    expect(more).toEqual([]);
    // The flow puts the other away.
    const survivor = { id: one.id, [gone]: null, [kept]: one[kept], name: `${word} AS`, archived: true };
    expect(only).toMatchObject({ ...survivor, [side]: null, link: { id: one.link, state: 'ENDED' } });
    const asked = await post(
      `{ byId: customer(id: "${one.id}") ${shown} byKept: customer(${kept}: "${one[kept]}") { id }
         byGone: customer(${gone}: "${one[gone]}") { id } }`,
    );
    expect(asked).toMatchObject({ byId: survivor, byKept: { id: one.id }, byGone: null });
  });

  it('brought back and synced by hand, it gets its counterpart anew, and the id answers with the pair', async () => {
    const one = await pair('Tilbake AS');
    await live.remove('erp', 'Customer', one.erpId);
    await post(`mutation { restoreCrmCustomer(id: "${one.crmId}") { id } }`);
    await live.sync.quiet();
    await post(`mutation { syncCustomer(id: "${one.id}") { outcome } }`);
    await live.sync.quiet();
    const [only, ...more] = await listed('Tilbake');
    expect(more).toEqual([]);
    expect(only).toMatchObject({ crmId: one.crmId, archived: false, link: { state: 'SYNCED' } });
    expect(only?.erpId).not.toBeNull();
    expect((await post(`{ customer(id: "${one.id}") { id } }`)).customer).toEqual({ id: only?.id });
  });

  it('a document keeps its lines', async () => {
    const customer = await pair('Ordrekunde AS');
    const order = await live.create('crm', 'Order', {
      customerId: customer.crmId,
      lines: [{ kind: 'TEXT', description: 'Takk for sist', quantity: '1' }],
    });
    await live.sync.quiet();
    const before = await post(`{ order(crmId: "${order.id}") { id erpId lines { description } } }`);
    await live.remove('crm', 'Order', order.id);
    const after = await post(
      `{ order(id: "${at(before, 'order.id')}") { id crmId erpId crm { id } lines { description crm { lineId } } customer { id } } }`,
    );
    expect(after.order).toMatchObject({
      id: String(at(before, 'order.id')),
      crmId: null,
      erpId: String(at(before, 'order.erpId')),
      crm: null,
      lines: [{ description: 'Takk for sist', crm: null }],
      customer: { id: customer.id },
    });
  });
});

describe('where records change partners', () => {
  it('swapped, each id goes where its CRM record is', async () => {
    const [a, b] = [await pair('Bytte En AS'), await pair('Bytte To AS')];
    await post(`mutation { swapLinks(a: "${a.link}", b: "${b.link}") { outcome } }`);
    await live.sync.quiet();
    const asked = await post(
      `{ a: customer(id: "${a.id}") { crmId erpId } b: customer(id: "${b.id}") { crmId erpId } }`,
    );
    expect(asked).toEqual({
      a: { crmId: a.crmId, erpId: b.erpId },
      b: { crmId: b.crmId, erpId: a.erpId },
    });
    expect((await listed('Bytte')).length).toBe(2);
  });

  it('relinked, the id goes with its CRM record, and what is left has one of its own', async () => {
    const [a, b] = [await pair('Flytt En AS'), await pair('Flytt To AS')];
    await post(`mutation { unlink(id: "${b.link}") { outcome } }`);
    const { alone } = await post(`{ alone: customer(erpId: "${b.erpId}") { id } }`);
    await post(`mutation { relink(id: "${a.link}", erpId: "${b.erpId}") { outcome } }`);
    await live.sync.quiet();
    const asked = await post(
      `{ a: customer(id: "${a.id}") { id crmId erpId } b: customer(id: "${b.id}") { id crmId erpId }
         alone: customer(id: "${alone!.id}") { id } left: customer(erpId: "${a.erpId}") { crmId } }`,
    );
    expect(asked).toEqual({
      a: { id: a.id, crmId: a.crmId, erpId: b.erpId },
      b: { id: b.id, crmId: b.crmId, erpId: null },
      alone: { id: a.id },
      left: { crmId: null },
    });
    expect((await listed('Flytt')).length).toBe(3);
  });

  it('merged, the ids answer with what became of their records', async () => {
    const [from, into] = [await pair('Flett En AS'), await pair('Flett To AS')];
    await post(
      `mutation { followMerge(side: CRM, entity: CUSTOMER, from: "${from.crmId}", into: "${into.crmId}") { outcome } }`,
    );
    await live.sync.quiet();
    const asked = await post(
      `{ from: customer(id: "${from.id}") { id crmId } into: customer(id: "${into.id}") { crmId erpId } }`,
    );
    expect(asked).toEqual({
      from: { id: from.id, crmId: from.crmId },
      into: { crmId: into.crmId, erpId: into.erpId },
    });
    // Three: the merge left the first's counterpart, put away, without one.
    expect((await listed('Flett')).length).toBe(3);
    await live.remove('crm', 'Customer', from.crmId);
    expect((await listed('Flett')).length).toBe(2);
  });

  it('a quote that was revised lives on as its old revision', async () => {
    const customer = await pair('Revidert AS');
    const fields = {
      customerId: customer.crmId,
      lines: [{ kind: 'TEXT', description: 'Tekst', quantity: '1' }],
    };
    const first = await live.create('crm', 'Quote', fields);
    await live.sync.quiet();
    const before = await post(`{ quote(crmId: "${first.id}") { id quoteNumber } }`);
    await live.create('crm', 'Quote', { ...fields, revisionOfId: first.id });
    await live.sync.quiet();
    const { quote, customer: owner } = await post(
      `{ quote(id: "${at(before, 'quote.id')}") { id crmId erpId status } customer(id: "${customer.id}") { quotes { totalCount } } }`,
    );
    expect(quote).toMatchObject({ id: String(at(before, 'quote.id')), crmId: first.id, erpId: null });
    expect(at(owner, 'quotes.totalCount')).toBe(2);
  });

  it('erased, what is left of it still answers, emptied', async () => {
    const { id } = await live.create('crm', 'Customer', { name: 'Slett Meg', kind: 'PERSON' });
    await live.sync.quiet();
    const { customer } = await post(`{ customer(crmId: "${id}") { id } }`);
    await post(
      `mutation { erase(ref: { side: CRM, entity: CUSTOMER, id: "${id}" }, mode: APPLY) { proof } }`,
    );
    await live.sync.quiet();
    expect(
      (await post(`{ customer(id: "${at(customer, 'id')}") { id crmId name archived } }`)).customer,
    ).toEqual({ id: String(at(customer, 'id')), crmId: id, name: 'erased', archived: true });
    expect(await listed('Slett')).toEqual([]);
  });
});

it('what links had left before there were lone records is looked for when the database is brought up to date', async () => {
  const [gone, kept] = [await pair('Gammel En AS'), await pair('Gammel To AS')];
  for (const { link } of [gone, kept]) await post(`mutation { unlink(id: "${link}") { outcome } }`);
  await live.remove('erp', 'Customer', gone.erpId);
  await live.sql`delete from sync.link where lone`;
  expect(await listed('Gammel')).toEqual([]);
  const migration = await readFile('drizzle/migrations/0019_lone_records.sql', 'utf8');
  await live.sql.unsafe(migration.split('--> statement-breakpoint').at(-1)!);
  await live.sync.quiet();
  expect(
    ids(await listed('Gammel'))
      .map(({ crmId, erpId }) => crmId ?? erpId)
      .toSorted(),
  ).toEqual([gone.crmId, kept.crmId, kept.erpId].toSorted());
  expect((await post(`{ customer(id: "${gone.id}") { crmId } }`)).customer).toEqual({ crmId: gone.crmId });
});

describe('a record that is in one system only', () => {
  it('is there while it waits', async () => {
    const contact = await live
      .create('erp', 'Contact', { lastName: 'Ventesen', companyId: null })
      .catch(() => null);
    expect(contact).toBeNull();
    const quote = await live.create('crm', 'Quote', { lines: [] });
    await live.sync.quiet();
    expect((await post(`{ quote(crmId: "${quote.id}") { crmId erpId link { state } } }`)).quote).toEqual({
      crmId: quote.id,
      erpId: null,
      link: { state: 'WAITING' },
    });
  });

  it('belongs to what it names, which is in one system only as well', async () => {
    await post('mutation { pauseFlow(flow: CUSTOMER) { paused } }');
    const { id: customerId } = await live.create('crm', 'Customer', { name: 'Alene AS' });
    const contact = await live.create('crm', 'Contact', { lastName: 'Alenesen', customerId });
    await live.sync.quiet();
    const asked = await post(
      `{ contact(crmId: "${contact.id}") { customerId customer { id crmId } link { state } }
         customer(crmId: "${customerId}") { id contacts { totalCount nodes { crmId } } } }`,
    );
    expect(asked).toMatchObject({
      contact: { customerId, customer: { crmId: customerId }, link: { state: 'WAITING' } },
      customer: { contacts: { totalCount: 1, nodes: [{ crmId: contact.id }] } },
    });
    await post('mutation { resumeFlow(flow: CUSTOMER) { paused } }');
    await live.sync.quiet();
    const { customer } = await post(
      `{ customer(id: "${at(asked, 'customer.id')}") { erpId contacts { nodes { crmId } } } }`,
    );
    expect(customer).toEqual({ erpId: expect.any(String), contacts: { nodes: [{ crmId: contact.id }] } });
  });

  it('is there while a person has to decide what it is', async () => {
    const one = await live.create('crm', 'Customer', { name: 'Kanskje Lik AS', phone: '+4722446688' });
    await live.sync.quiet();
    const alike = await live.create('erp', 'Customer', { name: 'Kanskje Lik Norge', phoneNo: '+4722446688' });
    await live.sync.quiet();
    const { customer } = await post(`{ customer(erpId: "${alike.id}") { crmId erpId name } }`);
    expect(customer).toMatchObject({ erpId: alike.id, name: 'Kanskje Lik Norge' });
    expect(one.id).not.toBe('');
  });

  it('is there while its flow is paused, and keeps answering to its id once it is linked', async () => {
    await post('mutation { pauseFlow(flow: CUSTOMER) { paused } }');
    const { id: crmId } = await live.create('crm', 'Customer', { name: 'Hviler AS' });
    const { id: erpId } = await live.create('erp', 'Customer', { name: 'Hviler Alene AS' });
    await live.sync.quiet();
    const nodes = await listed('Hviler');
    expect(nodes.length).toBe(2);
    const byCrm = nodes.find((node) => String(node.crmId) === crmId);
    expect(byCrm).toMatchObject({
      erpId: null,
      name: 'Hviler AS',
      crm: { id: crmId },
      link: { state: 'PAUSED' },
    });
    expect((await post(`{ customer(erpId: "${erpId}") { name } }`)).customer).toEqual({
      name: 'Hviler Alene AS',
    });
    await post('mutation { resumeFlow(flow: CUSTOMER) { paused } }');
    await live.sync.quiet();
    const after = await listed('Hviler');
    expect(after.length).toBe(2);
    expect(after.every((node) => node.crmId !== null && node.erpId !== null)).toBe(true);
    expect((await post(`{ customer(id: "${byCrm?.id}") { crmId } }`)).customer).toEqual({ crmId });
  });

  it('is there while a flow of its deal is paused, and says that this is what it waits for', async () => {
    const customer = await pair('Venter Med AS');
    const fields = {
      customerId: customer.crmId,
      lines: [{ kind: 'TEXT', description: 'Tekst', quantity: '1' }],
    };
    const stateOf = async (id: string) =>
      (await post(`{ quote(crmId: "${id}") { name erp { quoteNo } link { state } } }`)).quote;
    const before = await live.create('crm', 'Quote', { ...fields, name: 'Før' });
    await live.sync.quiet();
    await post('mutation { pauseFlow(flow: QUOTE_ORDER) { paused } }');
    const after = await live.create('crm', 'Quote', { ...fields, name: 'Etter' });
    await live.sync.quiet();
    expect(await stateOf(after.id)).toEqual({ name: 'Etter', erp: null, link: { state: 'PAUSED' } });
    expect(await stateOf(before.id)).toMatchObject({ link: { state: 'SYNCED' } });
    // Of the name its order knows nothing.
    await live.update('crm', 'Quote', before.id, { name: 'Endret' });
    await live.sync.quiet();
    expect(await stateOf(before.id)).toMatchObject({ link: { state: 'SYNCED' } });
    await live.update('crm', 'Quote', before.id, { requestedDeliveryDate: '2027-01-09' });
    await live.sync.quiet();
    expect(await stateOf(before.id)).toMatchObject({ link: { state: 'PAUSED' } });
    const { links } = await post(
      '{ links(filter: { flow: { eq: QUOTE }, state: { eq: PAUSED } }) { totalCount } }',
    );
    expect(links).toEqual({ totalCount: 1 });
    await post('mutation { resumeFlow(flow: QUOTE_ORDER) { paused } }');
    await live.sync.quiet();
    for (const id of [before.id, after.id])
      expect(await stateOf(id)).toMatchObject({
        erp: { quoteNo: expect.stringMatching(/./) },
        link: { state: 'SYNCED' },
      });
    const { quote } = await post(`{ quote(crmId: "${before.id}") { name requestedDeliveryDate } }`);
    expect(quote).toEqual({ name: 'Endret', requestedDeliveryDate: '2027-01-09' });
  });
});
