import { parse } from 'graphql';
import { expect, onTestFinished, test } from 'vitest';
import { fillDemo } from '../../console/demo/fill-demo.ts';
import { pages } from '../../console/page.ts';
import { type Answer, startHouse } from './house.ts';

/** Every example that GraphiQL opens as a tab, run against the demo company as a visitor would run it. */
const house = await startHouse({ before: (systems) => fillDemo(systems, '2026-03-02') });
await house.sync.quiet();

// Nobody has edited anything: not while it is being filled either, which the list of what is open does not tell.
test('the demo company has never had a late edit', async () => {
  expect(await house.sql`select message from sync.issue where code = 'LATE_EDIT'`).toEqual([]);
});

/** The documents by the names of their operations, as the page serves them. */
const documents = new Map(pages().examples.map(({ document }) => [nameOf(document), document]));
const run = (name: string, variables: object = {}): Promise<Answer> =>
  house.ask(documents.get(name)!, variables);

/** What each example has to answer. */
const examples: Readonly<Record<string, () => Promise<void>>> = {
  UnifiedCustomers: async () => {
    const { customers } = await run('UnifiedCustomers');
    expect(customers.totalCount).toBeGreaterThan(350);
    expect(customers.nodes).toHaveLength(10);
    const both = customers.nodes.find(({ crm, erp }: Answer) => crm && erp);
    expect(both.link).toMatchObject({ state: 'SYNCED', linkedBy: { kind: expect.any(String) } });
  },
  WatchSyncEvents: async () => {
    const { crmId } = await linked();
    const events = await watching('WatchSyncEvents');
    await change(crmId, '+4722446688');
    const told = await events.until(({ syncEvents }) => syncEvents.link?.crmId === crmId);
    expect(told.syncEvents).toMatchObject({
      flow: 'CUSTOMER',
      outcome: 'UPDATED',
      cause: { kind: 'CHANGE', side: 'CRM' },
      fields: [{ field: 'phone', side: 'ERP', after: '+4722446688', winner: 'CRM' }],
    });
    events.stop();
    // And from a cursor on, as it tells its reader: what came after the one before is told again.
    const again = await watching('WatchSyncEvents', { after: String(BigInt(told.syncEvents.cursor) - 1n) });
    expect((await again.until(() => true)).syncEvents).toEqual(told.syncEvents);
    again.stop();
  },
  FindACustomer: async () => {
    const { customers } = await run('FindACustomer');
    expect(customers.nodes).toHaveLength(5);
    const ids = { crmId: expect.any(String), erpId: expect.any(String) };
    for (const node of customers.nodes) expect(node).toMatchObject(ids);
  },
  ChangeAPhoneInTheCrm: async () => {
    const { crmId } = await linked();
    expect(await change(crmId, '+4722334455')).toMatchObject({ id: crmId, phone: '+4722334455' });
    await house.sync.quiet();
    // Asked anew, both sides show it, the ERP in its own way of writing.
    const again = await change(crmId, '+4722334455');
    expect(again.erp.phoneNo).toMatch(written('22334455'));
  },
  ChangeAPriceInTheErp: async () => {
    const { products } = await house.ask(
      '{ products(first: 1, filter: { state: { eq: SYNCED }, erpId: { isNull: false } }) { nodes { erpId } } }',
    );
    const variables = { id: products.nodes[0].erpId, price: '129.50' };
    const changed = await run('ChangeAPriceInTheErp', variables);
    expect(changed.updateErpProduct).toMatchObject({ itemNo: expect.any(String), unitPrice: '129.5' });
    await house.sync.quiet();
    const again = await run('ChangeAPriceInTheErp', variables);
    expect(again.updateErpProduct.crm.listPrice).toBe('129.5');
  },
  OrdersWithLines: async () => {
    const { orders } = await run('OrdersWithLines');
    expect(orders.nodes).toHaveLength(5);
    for (const { customer, lines } of orders.nodes) {
      expect(customer.name).toEqual(expect.any(String));
      expect(lines[0]).toMatchObject({ quantity: expect.any(String) });
    }
  },
  PreviewASync: async () => {
    const { crmId, id } = await linked();
    await house.ask('mutation { pauseFlow(flow: CUSTOMER) { paused } }');
    onTestFinished(async () => {
      await house.ask('mutation { resumeFlow(flow: CUSTOMER) { paused } }');
      await house.sync.quiet();
    });
    await change(crmId, '+4722110099');
    const { syncCustomer } = await run('PreviewASync', { crmId });
    expect(syncCustomer).toMatchObject({ outcome: 'UPDATED', planToken: expect.any(String) });
    expect(syncCustomer.plan.writes).toMatchObject([
      { side: 'ERP', fields: [{ field: 'phone', after: '+4722110099' }] },
    ]);
    // It has written nothing: the sides differ still, and the next example says in what.
    const { customer } = await run('DriftOfOnePair', { id });
    expect(unequal(customer)).toMatchObject([{ field: 'phone', crm: '+4722110099' }]);
  },
  WhatNeedsAPerson: async () => {
    const asked = await run('WhatNeedsAPerson');
    expect(asked.flows).toHaveLength(7);
    expect(asked.matchProposals.totalCount).toBeGreaterThan(0);
    expect(asked.issues.totalCount).toBeGreaterThan(0);
    expect(asked.blockers.length).toBeGreaterThan(0);
    expect(asked.deadLetters).toEqual({ totalCount: 0, nodes: [] });
  },
  DriftOfOnePair: async () => {
    const { id, crmId } = await linked();
    await change(crmId, '+4722001122');
    await house.sync.quiet();
    const { customer } = await run('DriftOfOnePair', { id });
    expect(unequal(customer)).toEqual([]);
    expect(customer.link.history.nodes.at(-1)).toMatchObject({
      outcome: 'UPDATED',
      fields: [{ field: 'phone', after: '+4722001122' }],
    });
  },
  HealthOfBothSystems: async () => {
    const { systems, dataflow } = await run('HealthOfBothSystems');
    expect(systems).toMatchObject([
      { side: 'CRM', healthy: true },
      { side: 'ERP', healthy: true },
    ]);
    expect(dataflow[0].markdown).toContain('| phone |');
  },
  WatchACustomer: async () => {
    const { id, crmId } = await linked();
    const changes = await watching('WatchACustomer', { id });
    await change(crmId, '+4722557799');
    const { customerChanged } = await changes.until(() => true);
    expect(customerChanged).toMatchObject({
      phone: '+4722557799',
      crm: { phone: '+4722557799' },
      erp: { phoneNo: expect.stringMatching(written('22557799')) },
      link: { state: 'SYNCED' },
    });
    changes.stop();
  },
};

test('each example is one of these', () => {
  expect([...documents.keys()].sort()).toEqual(Object.keys(examples).sort());
});

test.each(Object.entries(examples))('%s', (_, example) => example());

const unequal = ({ link }: Answer): Answer[] =>
  link.drift.filter(({ verdict }: Answer) => verdict !== 'EQUAL');

/**
 * A customer as the third example finds them, its unified id beside it. Some of the demo company hold a value that waits
 * for a person: here it is one that is equal in both systems.
 */
async function linked(): Promise<Answer> {
  const { customers } = await run('FindACustomer');
  const found = await Promise.all(
    customers.nodes.map(({ crmId }: Answer) =>
      house.ask('query ($id: ID!) { customer(crmId: $id) { id crmId link { drift { verdict } } } }', {
        id: crmId,
      }),
    ),
  );
  return found.map(({ customer }) => customer).find((customer) => unequal(customer).length === 0);
}

/** A Norwegian number as the ERP may write it: `22 33 44 55` for a customer there, `+47 …` for another. */
const written = (digits: string): RegExp => new RegExp(`${[...digits].join(' ?')}$`);

async function change(id: string, phone: string): Promise<Answer> {
  const { updateCrmCustomer } = await run('ChangeAPhoneInTheCrm', { id, phone });
  return updateCrmCustomer;
}

/** Subscribes to an example; over SSE, since that answers once it has. */
async function watching(name: string, variables: object = {}) {
  const stop = new AbortController();
  const answer = await fetch(`${house.gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query: documents.get(name), variables }),
    signal: stop.signal,
  });
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    stop: () => stop.abort(),
    /** The data of the first event that meets the condition. */
    async until(met: (data: Answer) => boolean): Promise<Answer> {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) throw new Error(`The stream ended: ${text}`);
        text += value;
        const parts = text.split('\n\n');
        text = parts.pop()!;
        for (const part of parts) {
          const data = /^data: ?(.+)$/m.exec(part)?.[1];
          if (!data) continue;
          const event: Answer = JSON.parse(data);
          expect(event.errors).toBeUndefined();
          if (met(event.data)) return event.data;
        }
      }
    },
  };
}

function nameOf(document: string): string {
  const [operation] = parse(document).definitions;
  if (operation?.kind !== 'OperationDefinition' || !operation.name)
    throw new Error(`No named operation: ${document}`);
  return operation.name.value;
}
