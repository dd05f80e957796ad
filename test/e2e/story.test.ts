import { describe, expect, test } from 'vitest';
import { type Answer, startHouse, until } from './house.ts';

const house = await startHouse();
const { ask, post, overSocket, overSse } = house;

const create =
  'mutation ($input: CreateCrmCustomerInput!) { createCrmCustomer(input: $input) { id version } }';
const update =
  'mutation ($id: ID!, $input: CrmCustomerPatch!) { updateCrmCustomer(id: $id, input: $input) { id phone } }';
const event =
  '{ cursor outcome flow at cause { kind actor } link { id crmId erpId } fields { field side before after winner why } }';

async function customer(name: string): Promise<{ id: string; erpId: string }> {
  const { createCrmCustomer } = await ask(create, { input: { name } });
  await house.sync.quiet();
  const data = await ask('query ($id: ID!) { customer(crmId: $id) { erpId } }', { id: createCrmCustomer.id });
  return { id: createCrmCustomer.id, erpId: data.customer.erpId };
}

const lastCursor = async (): Promise<string> => {
  const data = await ask('{ syncEvents(last: 1) { nodes { cursor } } }');
  return data.syncEvents.nodes.at(-1)?.cursor ?? '0';
};

describe('the story', () => {
  test('change a phone in the CRM, receive the event, read the ERP changed', async () => {
    const { id, erpId } = await customer('Nordlys AS');
    const after = await lastCursor();
    const events = overSocket(`subscription ($after: Cursor) { syncEvents(after: $after) ${event} }`, {
      after,
    });
    await ask(update, { id, input: { phone: '+4722334455' } });
    const told = (await until(events, (data) => data.syncEvents.link?.crmId === id)).at(-1).syncEvents;
    await events.return?.();
    expect(told).toMatchObject({
      outcome: 'UPDATED',
      flow: 'CUSTOMER',
      cause: { kind: 'CHANGE' },
      link: { crmId: id, erpId },
      fields: [
        { field: 'phone', side: 'ERP', before: null, after: '+4722334455', winner: 'CRM', why: 'edited' },
      ],
    });
    const data = await ask(
      'query ($id: ID!) { erpCustomer(id: $id) { phoneNo crm { phone } unified { phone crm { phone } erp { phoneNo } } } }',
      { id: erpId },
    );
    expect(data.erpCustomer).toEqual({
      phoneNo: '22 33 44 55',
      crm: { phone: '+4722334455' },
      unified: { phone: '+4722334455', crm: { phone: '+4722334455' }, erp: { phoneNo: '22 33 44 55' } },
    });
  });

  test('and the other way round', async () => {
    const { id, erpId } = await customer('Sørlys AS');
    const after = await lastCursor();
    await ask(
      'mutation ($id: ID!) { updateErpCustomer(id: $id, input: { homePage: "https://sorlys.example" }) { id } }',
      { id: erpId },
    );
    const events = overSse(`subscription ($after: Cursor) { syncEvents(after: $after) ${event} }`, { after });
    await until(events, (data) => data.syncEvents.link?.crmId === id);
    await events.return?.();
    const data = await ask('query ($id: ID!) { crmCustomer(id: $id) { website } }', { id });
    expect(data.crmCustomer.website).toBe('https://sorlys.example');
  });

  test('a quote becomes one ERP order, seen through the unified graph', async () => {
    const { id } = await customer('Deal AS');
    const { createCrmProduct } = await ask(
      'mutation { createCrmProduct(input: { sku: "LAMP-E2E", name: "Lamp e2e", listPrice: "100" }) { id } }',
    );
    const { createCrmQuote } = await ask(
      'mutation ($input: CreateCrmQuoteInput!) { createCrmQuote(input: $input) { id } }',
      {
        input: {
          customerId: id,
          lines: [{ productId: createCrmProduct.id, quantity: '2', unitPrice: '100' }],
        },
      },
    );
    await house.sync.quiet();
    const seen = async () =>
      (
        await ask(
          'query ($id: ID!) { quote(crmId: $id) { status totalAmount customer { name } lines { quantity product { sku } } order { id erp { status } crmId } crm { erpOrder { orderNo } } } }',
          { id: createCrmQuote.id },
        )
      ).quote;
    const before = await seen();
    expect(before).toMatchObject({
      status: 'DRAFT',
      customer: { name: 'Deal AS' },
      order: { crmId: null, erp: { status: 'PROPOSAL' } },
    });
    expect(Number(before.totalAmount)).toBe(250);
    expect(before.lines).toEqual([{ quantity: '2', product: { sku: 'LAMP-E2E' } }]);
    await ask('mutation ($id: ID!) { updateCrmQuote(id: $id, input: { status: ACCEPTED }) { id } }', {
      id: createCrmQuote.id,
    });
    await house.sync.quiet();
    const after = await seen();
    expect(after.status).toBe('ACCEPTED');
    expect(after.order).toMatchObject({ id: before.order.id, erp: { status: 'OPEN' } });
  });
});

describe('acts over HTTP', () => {
  test('PREVIEW, a stale plan, and applyPlan', async () => {
    const { id, erpId } = await customer('Planned AS');
    await ask('mutation { pauseFlow(flow: CUSTOMER, reason: "a test") { paused } }');
    await ask(update, { id, input: { phone: '+4722334466' } });
    const preview =
      'mutation ($id: ID!) { syncCustomer(crmId: $id, mode: PREVIEW) { outcome planToken plan { kind writes { side entity id action fields { field before after } } } } }';
    const { syncCustomer } = await ask(preview, { id });
    expect(syncCustomer.plan).toEqual({
      kind: 'UPDATE',
      writes: [
        {
          side: 'ERP',
          entity: 'CUSTOMER',
          id: erpId,
          action: 'UPDATE',
          fields: [{ field: 'phone', before: null, after: '+4722334466' }],
        },
      ],
    });
    await ask('mutation ($id: ID!) { updateErpCustomer(id: $id, input: { legalName: "moved" }) { id } }', {
      id: erpId,
    });
    const apply =
      'mutation ($token: String!) { applyPlan(token: $token) { outcome syncToken events { outcome } } }';
    const stale = await post(apply, { token: syncCustomer.planToken });
    expect(stale.errors[0].extensions.code).toBe('STALE_PLAN');
    const again = await ask(preview, { id });
    const done = await ask(apply, { token: again.syncCustomer.planToken });
    expect(done.applyPlan.outcome).toBe('UPDATED');
    expect(
      (await ask('query ($id: ID!) { erpCustomer(id: $id) { phoneNo } }', { id: erpId })).erpCustomer.phoneNo,
    ).toBe('22 33 44 66');
    await ask('mutation { resumeFlow(flow: CUSTOMER) { paused } }');
  });

  test('a sync token reads what was written', async () => {
    const { id } = await customer('Token AS');
    await ask(update, { id, input: { phone: '+4722334477' } });
    const { syncCustomer } = await ask('mutation ($id: ID!) { syncCustomer(crmId: $id) { syncToken } }', {
      id,
    });
    const data = await ask(
      'query ($id: ID!) { customer(crmId: $id) { phone } }',
      { id },
      { 'x-sync-token': syncCustomer.syncToken },
    );
    expect(data.customer.phone).toBe('+4722334477');
  });

  test('link and unlink', async () => {
    const { id, erpId } = await customer('Linked AS');
    const { customer: found } = await ask('query ($id: ID!) { customer(crmId: $id) { link { id state } } }', {
      id,
    });
    expect(found.link.state).toBe('SYNCED');
    const { unlink } = await ask('mutation ($id: ID!) { unlink(id: $id) { outcome } }', {
      id: found.link.id,
    });
    expect(unlink.outcome).toMatch(/UNLINKED|DELETED|UPDATED/);
    const { link } = await ask(
      'mutation ($crmId: ID!, $erpId: ID!) { link(flow: CUSTOMER, crmId: $crmId, erpId: $erpId) { outcome link { state } } }',
      { crmId: id, erpId },
    );
    expect(link).toEqual({ outcome: 'LINKED', link: { state: 'SYNCED' } });
  });

  test('bad input is an error with its code and path', async () => {
    const { errors } = await post('mutation { syncCustomer(crmId: "nobody") { outcome } }');
    expect(errors[0].extensions.code).toBe('BAD_USER_INPUT');
    expect(errors[0].path).toBeDefined();
  });
});

describe('streams', () => {
  test.for(['socket', 'sse'] as const)(
    'syncEvents replays what lies after the cursor and goes live, without a hole, over %s',
    async (transport) => {
      const after = await lastCursor();
      const ids = (
        await Promise.all(
          [1, 2, 3].map((i) => ask(create, { input: { name: `Replayed ${transport} ${i}` } })),
        )
      ).map((data) => data.createCrmCustomer.id);
      await house.sync.quiet();
      const known = new Set<string>();
      const heard = (data: Answer, id: string) => known.add(data.syncEvents.link?.crmId).has(id);
      const open = transport === 'socket' ? overSocket : overSse;
      const events = open(`subscription ($after: Cursor) { syncEvents(after: $after) ${event} }`, { after });
      const replayed = await until(events, (data) => ids.every((id) => heard(data, id)));
      const live = await ask(create, { input: { name: `Live ${transport}` } });
      const rest = await until(events, (data) => data.syncEvents.link?.crmId === live.createCrmCustomer.id);
      await events.return?.();
      const cursors = [...replayed, ...rest].map((data) => Number(data.syncEvents.cursor));
      expect(cursors).toEqual(cursors.map((_, i) => Number(after) + 1 + i));
      const seen = new Set([...replayed, ...rest].map((data) => data.syncEvents.link?.crmId));
      for (const id of ids) expect(seen).toContain(id);
    },
  );

  test.for(['crm', 'erp'] as const)('%sChanges replays and goes live', async (side) => {
    const { id, erpId } = await customer(`Feed ${side}`);
    const changes = overSocket(`subscription { ${side}Changes(after: "0") { cursor entity id kind } }`);
    const mine = side === 'crm' ? id : erpId;
    const seen = await until(changes, (data) => data[`${side}Changes`].id === mine);
    expect(seen.at(-1)[`${side}Changes`]).toMatchObject({ entity: 'CUSTOMER', kind: 'CREATED' });
    const cursors = seen.map((data) => Number(data[`${side}Changes`].cursor));
    expect(cursors).toEqual([...cursors].sort((a, b) => a - b));
    await changes.return?.();
  });

  test('customerChanged is enriched from all subgraphs', async () => {
    const { id } = await customer('Watched AS');
    const unified = (await ask('query ($id: ID!) { customer(crmId: $id) { id } }', { id })).customer.id;
    const changes = overSocket(
      'subscription ($id: ID!) { customerChanged(id: $id) { phone crm { phone } erp { phoneNo } } }',
      { id: unified },
    );
    const next = until(changes, (data) => data.customerChanged.erp?.phoneNo === '22 33 44 99');
    await ask(update, { id, input: { phone: '+4722334499' } });
    expect((await next).at(-1).customerChanged).toEqual({
      phone: '+4722334499',
      crm: { phone: '+4722334499' },
      erp: { phoneNo: '22 33 44 99' },
    });
    await changes.return?.();
  });

  describe.for(['socket', 'sse'] as const)('a cursor, over %s,', (transport) => {
    const refusal = async (field: string, after: string): Promise<Answer> => {
      const open = transport === 'socket' ? overSocket : overSse;
      const stream = open(`subscription { ${field}(after: ${JSON.stringify(after)}) { cursor } }`);
      const { value } = await stream.next();
      await stream.return?.();
      return value.errors[0];
    };
    const newest = {
      syncEvents: 'sync.event_head',
      crmChanges: 'crm.feed_head',
      erpChanges: 'erp.feed_head',
    };

    test.for(Object.keys(newest) as (keyof typeof newest)[])(
      'that cannot be resumed at in %s is refused, never silence',
      async (field) => {
        await customer(`Cursor ${field}`);
        await house.sql`update sync.event_head set oldest = 5`;
        await house.sql`update crm.feed_head set pruned = 1`;
        await house.sql`update erp.feed_head set pruned = 1`;
        const expired = await refusal(field, '0');
        const oldest = field === 'syncEvents' ? '4' : '1';
        expect(expired.extensions).toMatchObject({ code: 'CURSOR_EXPIRED', oldest });
        expect(expired.message).toContain(`the oldest cursor that works is ${oldest}`);
        const malformed = await refusal(field, 'nonsense');
        expect(malformed.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argumentPath: ['after'] });
        expect(malformed.message).toContain('"nonsense" is no');
        const [head] = await house.sql.unsafe<{ pos: string }[]>(`select pos from ${newest[field]}`);
        const beyond = await refusal(field, '999999999');
        expect(beyond.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argumentPath: ['after'] });
        expect(beyond.message).toMatch(
          new RegExp(`Cursor 999999999 lies beyond .* whose newest is ${head!.pos}`),
        );
      },
    );
  });

  test('a page of the log that would begin behind what is gone says so', async () => {
    await customer('Paged AS');
    await house.sql`update sync.event_head set oldest = 5`;
    const { errors } = await post('{ syncEvents(first: 1, after: "1") { nodes { cursor } } }');
    expect(errors[0].extensions).toMatchObject({ code: 'CURSOR_EXPIRED', oldest: '4' });
    const { syncEvents } = await ask('{ syncEvents(first: 1, after: "4") { nodes { cursor } } }');
    expect(syncEvents.nodes).toEqual([{ cursor: '5' }]);
  });
});
