import { describe, expect, it } from 'vitest';
import { testDatabase } from '../support/database.ts';
import {
  ask,
  at,
  counting,
  customer,
  data,
  each,
  line,
  members,
  order,
  readingSubgraph,
  storeLines,
  storeLinks,
  type Tree,
} from './fixture.ts';

const { sql } = await testDatabase();
const subgraph = readingSubgraph(sql);

await storeLinks(sql, [
  {
    id: 'u1',
    mapping: 'user',
    agreed: { fullName: 'Kari Nordmann', email: 'kari@example.com', active: true },
  },
  {
    id: 'p1',
    mapping: 'product',
    agreed: { sku: 'SKU-1', name: 'Bolt', kind: 'GOOD', status: 'ACTIVE', unitCost: '3.20' },
  },
  ...Array.from({ length: 100 }, (_, n) => ({
    id: `k${String(n).padStart(3, '0')}`,
    mapping: 'customer',
    agreed: customer(`Customer ${String(n).padStart(3, '0')}`, {
      ownerId: 'u1',
      creditLimit: `${n * 10}.50`,
      billingAddress: {
        line1: 'Main 1',
        line2: null,
        city: n % 2 ? 'Oslo' : 'Bergen',
        postalCode: '0150',
        region: null,
        country: 'NO',
      },
      email: n % 3 === 0 ? `mail${n}@example.com` : null,
    }),
  })),
  {
    id: 'alone',
    mapping: 'customer',
    erpId: null,
    state: 'pending',
    based: false,
    agreed: customer('Alone', { ownerId: '?crm:User:U77' }),
  },
  { id: 'ended', mapping: 'customer', state: 'ended', agreed: customer('Ended') },
  ...Array.from({ length: 300 }, (_, n) => ({
    id: `o${String(n).padStart(3, '0')}`,
    mapping: 'order',
    agreed: order({
      customerId: `k${String(n % 100).padStart(3, '0')}`,
      ownerId: 'u1',
      totalAmount: `${n}.25`,
      orderNumber: `O${n}`,
    }),
  })),
  {
    id: 't1',
    mapping: 'contact',
    agreed: {
      firstName: 'Ola',
      lastName: 'Hansen',
      kind: 'PERSON',
      marketingOptOut: false,
      status: 'ACTIVE',
      customerId: 'k000',
    },
  },
  {
    id: 't2',
    mapping: 'contact',
    agreed: {
      lastName: 'Moe',
      kind: 'PERSON',
      marketingOptOut: true,
      status: 'ACTIVE',
      customerId: '?crm:Customer:C99',
    },
  },
  {
    id: 'q1',
    mapping: 'quote',
    lane: 'deal:crm:Q1',
    agreed: {
      quoteNumber: 'Q1',
      revision: 1,
      quoteDate: '2026-02-01',
      pricesIncludeTax: false,
      status: 'SENT',
      customerId: 'k000',
    },
  },
  {
    id: 'qo1',
    mapping: 'quoteOrder',
    crmId: 'c-q1',
    erpId: 'e-prop',
    lane: 'deal:crm:Q1',
    agreed: { status: 'SENT', erpOrderNumber: 'O-77', orderState: null },
  },
  {
    id: 'prop',
    mapping: 'order',
    crmId: null,
    erpId: 'e-prop',
    lane: 'deal:crm:Q1',
    based: false,
    state: 'pending',
    agreed: { orderDate: '2026-02-01', pricesIncludeTax: false, customerId: 'k000', erpOrderNumber: 'O-77' },
  },
  { id: 'uo1', mapping: 'userOrder', crmId: 'c-u1', erpId: 'e-o000', agreed: { fullName: 'Kari Nordmann' } },
  { id: 'uo2', mapping: 'userOrder', crmId: 'c-u1', erpId: 'e-o001', agreed: { fullName: 'Kari Nordmann' } },
]);
await storeLines(sql, [
  ...Array.from({ length: 300 }, (_, n) =>
    [0, 1].map((k) => ({
      id: `l${String(n).padStart(3, '0')}${k}`,
      of: `o${String(n).padStart(3, '0')}`,
      position: k,
      agreed: line({ productId: 'p1', quantity: String(k + 1) }),
    })),
  ).flat(),
  { id: 'lq', of: 'q1', position: 0, agreed: line({ productId: 'p1' }) },
  { id: 'lp', of: 'qo1', position: 0, agreed: line({ productId: 'p1', quantity: '7' }) },
]);

describe('a unified read', () => {
  it('answers 100 customers with orders, lines, products and both sides in a handful of statements', async () => {
    const counted = counting(sql);
    const result = await data(
      readingSubgraph(counted.sql),
      `{ customers(first: 100) { totalCount nodes {
        id crmId erpId name ownerId owner { fullName salesperson { id } } billingAddress { city country }
        crm { id } erp { id }
        orders(first: 5) { totalCount nodes { id orderNumber customerId customer { name }
          lines { id quantity productId product { sku } crm { lineId } erp { lineId } } crm { id } erp { id } } }
      } } }`,
    );
    expect(at(result, 'customers.totalCount')).toBe(101);
    const nodes = members(at(result, 'customers.nodes'));
    expect(nodes).toHaveLength(100);
    const first = nodes.find(({ id }) => String(id) === 'Customer_k000')!;
    expect(first).toMatchObject({
      crmId: 'c-k000',
      erpId: 'e-k000',
      ownerId: 'c-u1',
      owner: { fullName: 'Kari Nordmann', salesperson: { id: 'e-u1' } },
      billingAddress: { city: 'Bergen', country: 'NO' },
      crm: { id: 'c-k000' },
      erp: { id: 'e-k000' },
    });
    expect(at(first, 'orders.totalCount')).toBe(3);
    expect(at(first, 'orders.nodes')).toHaveLength(3);
    expect(at(first, 'orders.nodes.0')).toMatchObject({
      id: 'Order_o000',
      customerId: 'c-k000',
      customer: { name: 'Customer 000' },
    });
    expect(at(first, 'orders.nodes.0.lines')).toMatchObject([
      {
        quantity: '1',
        productId: 'c-p1',
        product: { sku: 'SKU-1' },
        crm: { lineId: 'cl-l0000' },
        erp: { lineId: 'el-l0000' },
      },
      { quantity: '2' },
    ]);
    // Customers and their count, owners, orders and their counts, lines, products.
    expect(counted.statements.length, counted.statements.join('\n')).toBeLessThanOrEqual(7);
  });

  it('answers 20 plain customers in one statement', async () => {
    const counted = counting(sql);
    await data(
      readingSubgraph(counted.sql),
      '{ customers(first: 20) { nodes { id name crm { id } erp { id } } } }',
    );
    expect(counted.statements).toHaveLength(1);
  });

  it('shows a record as soon as one side has it, and none that has ended', async () => {
    const result = await data(
      subgraph,
      `{ alone: customer(crmId: "c-alone") { id erpId name ownerId owner { id } erp { id } link { state erpId } }
         ended: customer(id: "Customer_ended") { id } none: customer(erpId: "nothing") { id } }`,
    );
    expect(result).toEqual({
      alone: {
        id: 'Customer_alone',
        erpId: null,
        name: 'Alone',
        ownerId: 'U77',
        owner: null,
        erp: null,
        link: { state: 'PENDING', erpId: null },
      },
      ended: null,
      none: null,
    });
  });

  it('shows nothing of a link that has not been read yet', async () => {
    await storeLinks(sql, [
      { id: 'fresh', mapping: 'customer', erpId: null, state: 'pending', based: false },
    ]);
    const result = await data(
      subgraph,
      '{ customer(crmId: "c-fresh") { name } node(id: "Customer_fresh") { id } customers(last: 1) { totalCount } }',
    );
    expect(result).toEqual({ customer: null, node: null, customers: { totalCount: 101 } });
    await sql`delete from sync.link where id = 'fresh'`;
  });

  it('derives the primary contact from the customer', async () => {
    await sql`update sync.link set agreed = agreed || '{"primaryContactId":"t1"}' where id = 'k000'`;
    const result = await data(
      subgraph,
      '{ customer(id: "Customer_k000") { primaryContactId primaryContact { lastName } contacts { nodes { isPrimary } } } }',
    );
    expect(result.customer).toEqual({
      primaryContactId: 'c-t1',
      primaryContact: { lastName: 'Hansen' },
      contacts: { nodes: [{ isPrimary: true }] },
    });
  });

  it('leaves proposals out of orders unless asked for, and shows the order of a quote from the proposal on', async () => {
    const result = await data(
      subgraph,
      `{ customer(id: "Customer_k000") { orders { nodes { id } }
           proposals: orders(filter: { status: { eq: PROPOSAL } }) { nodes { id status crmId erpOrderNumber quote { id } quoteId
             lines { quantity crmLineId crm { lineId } erp { lineId } } } } }
         all: orders(filter: { status: { in: [PROPOSAL, CONFIRMED] } }) { totalCount }
         quote(id: "Quote_q1") { erpOrderNumber orderState lines { quantity crm { lineId } } order { id status } } }`,
    );
    expect(each(at(result, 'customer.orders.nodes'), 'id')).toEqual([
      'Order_o000',
      'Order_o100',
      'Order_o200',
    ]);
    expect(at(result, 'customer.proposals.nodes')).toEqual([
      {
        id: 'Order_prop',
        status: 'PROPOSAL',
        crmId: null,
        erpOrderNumber: 'O-77',
        quote: { id: 'Quote_q1' },
        quoteId: 'c-q1',
        lines: [{ quantity: '7', crmLineId: null, crm: null, erp: { lineId: 'el-lp' } }],
      },
    ]);
    expect(at(result, 'all.totalCount')).toBe(301);
    expect(result.quote).toEqual({
      erpOrderNumber: 'O-77',
      orderState: null,
      lines: [{ quantity: '2', crm: { lineId: 'cl-lq' } }],
      order: { id: 'Order_prop', status: 'PROPOSAL' },
    });
  });

  it('gives a user links, salesperson, orders, quotes and customers', async () => {
    const { user } = await data(
      subgraph,
      `{ user(crmId: "c-u1") { id crm { id } salesperson { id } links { totalCount nodes { flow erpId record { id } } }
         orders { totalCount } quotes { totalCount } customers(first: 1) { totalCount nodes { name } } } }`,
    );
    expect(user).toEqual({
      id: 'User_u1',
      crm: { id: 'c-u1' },
      salesperson: { id: 'e-u1' },
      links: {
        totalCount: 2,
        nodes: [
          { flow: 'USER_ORDER', erpId: 'e-o000', record: { id: 'User_u1' } },
          { flow: 'USER_ORDER', erpId: 'e-o001', record: { id: 'User_u1' } },
        ],
      },
      orders: { totalCount: 300 },
      quotes: { totalCount: 0 },
      customers: { totalCount: 100, nodes: [{ name: 'Customer 000' }] },
    });
  });
});

describe('filters, search, sort and pages', () => {
  const names = async (args: string): Promise<readonly string[]> => {
    const result = await data(subgraph, `{ customers(${args}) { nodes { name } } }`);
    return each(at(result, 'customers.nodes'), 'name');
  };

  it.each([
    ['filter: { name: { eq: "Customer 007" } }', ['Customer 007']],
    ['filter: { name: { in: ["Customer 007", "Customer 009"] } }', ['Customer 007', 'Customer 009']],
    ['filter: { name: { contains: "ALONE" } }', ['Alone']],
    ['filter: { name: { contains: "%" } }', []],
    ['filter: { name: { startsWith: "alo" } }', ['Alone']],
    ['filter: { name: { startsWith: "lone" } }', []],
    ['filter: { name: { gte: "Customer 098", lte: "Customer 099" } }', ['Customer 098', 'Customer 099']],
    ['filter: { name: { gt: "Customer 098", lt: "D" } }', ['Customer 099']],
    ['filter: { creditLimit: { gte: "970.5" } }', ['Customer 097', 'Customer 098', 'Customer 099']],
    ['filter: { creditLimit: { gt: "9.5", lt: "11" } }', ['Customer 001']],
    ['filter: { ownerId: { eq: "c-u1" }, creditLimit: { lte: 0.5 } }', null],
    ['filter: { not: { ownerId: { eq: "c-u1" } } }', ['Alone']],
    ['filter: { erpId: { isNull: true } }', ['Alone']],
    [
      'filter: { billingAddress: { city: { eq: "Oslo" }, country: { in: ["NO"] } }, name: { lt: "Customer 004" } }',
      ['Customer 001', 'Customer 003'],
    ],
    ['filter: { not: { billingAddress: { country: { eq: "NO" } } } }', ['Alone']],
    ['filter: { billingAddress: { region: { isNull: false } } }', []],
    [
      'filter: { or: [{ name: { eq: "Alone" } }, { creditLimit: { eq: "30.50" } }] }',
      ['Alone', 'Customer 003'],
    ],
    [
      'filter: { and: [{ email: { isNull: false } }, { creditLimit: { lt: "31" } }] }',
      ['Customer 000', 'Customer 003'],
    ],
    ['filter: { id: { in: ["Customer_k004", "Customer_k005"] } }', ['Customer 004', 'Customer 005']],
    ['filter: { crmId: { eq: "c-k004" } }', ['Customer 004']],
    ['filter: { state: { eq: PENDING } }', ['Alone']],
    ['filter: { name: { eq: "\'; drop table sync.link; --" } }', []],
    ['search: "customer 042"', ['Customer 042']],
    ['search: "MAIL99"', ['Customer 099']],
    [
      'first: 2, sort: { field: creditLimit, direction: DESC }, filter: { creditLimit: { isNull: false } }',
      ['Customer 099', 'Customer 098'],
    ],
    ['first: 1, sort: { field: creditLimit, direction: DESC }', ['Alone']],
    ['last: 1, sort: { field: creditLimit }', ['Alone']],
  ])('%s', async (args, expected) => {
    if (expected === null) {
      const result = await ask(subgraph, `{ customers(${args.replace('0.5', '"0.5"')}) { nodes { name } } }`);
      expect(at(result.data, 'customers.nodes')).toEqual([{ name: 'Customer 000' }]);
    } else expect(await names(args)).toEqual(expected);
  });

  it.each(['id', 'name', 'creditLimit', 'email', 'createdAt'])(
    'walks all pages by %s, forth and back',
    async (field) => {
      for (const direction of ['ASC', 'DESC']) {
        const walk = async (way: 'forth' | 'back') => {
          const found: string[] = [];
          let cursor: string | null = null;
          do {
            const window: string =
              way === 'forth' ? 'first: 17, after: $cursor' : 'last: 17, before: $cursor';
            const answer: Tree = await data(
              subgraph,
              `query ($cursor: String) { customers(${window}, sort: { field: ${field}, direction: ${direction} }) {
               nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
              { cursor },
            );
            const ids = each(at(answer, 'customers.nodes'), 'id');
            if (way === 'forth') found.push(...ids);
            else found.unshift(...ids);
            const { hasNextPage, hasPreviousPage, startCursor, endCursor } = at(
              answer,
              'customers.pageInfo',
            ) as unknown as {
              readonly [name in 'hasNextPage' | 'hasPreviousPage']: boolean;
            } & { readonly [name in 'startCursor' | 'endCursor']: string | null };
            cursor =
              way === 'forth' ? (hasNextPage ? endCursor : null) : hasPreviousPage ? startCursor : null;
          } while (cursor !== null);
          return found;
        };
        const forth = await walk('forth');
        expect(new Set(forth).size).toBe(101);
        expect(await walk('back')).toEqual(forth);
      }
    },
  );

  it('ends a walk by a yes or no after the last yes', async () => {
    const page = 'sort: { field: active }) { nodes { id } pageInfo { endCursor } }';
    const first = await data(subgraph, `{ users(first: 1, ${page} }`);
    expect(each(at(first, 'users.nodes'), 'id')).toHaveLength(1);
    const cursor = at(first, 'users.pageInfo.endCursor') as unknown as string;
    const next = await data(subgraph, `{ users(first: 1, after: "${cursor}", ${page} }`);
    expect(each(at(next, 'users.nodes'), 'id')).toEqual([]);
  });

  it.each([
    ['{ customers(first: 101) { nodes { id } } }', ['first']],
    ['{ customers(first: -1) { nodes { id } } }', ['first']],
    ['{ customers(after: "nonsense") { nodes { id } } }', ['after']],
    ['{ customer { id } }', ['id']],
    ['{ customer(id: "Order_o000") { id } }', ['id']],
    [
      '{ customers(filter: { createdAt: { gt: "yesterday" } }) { nodes { id } } }',
      ['filter', 'createdAt', 'gt'],
    ],
    [
      '{ customers(filter: { or: [{ name: { eq: "a" } }, { creditLimit: { eq: "1e400" } }] }) { nodes { id } } }',
      ['filter', 'or', 1, 'creditLimit', 'eq'],
    ],
  ])('refuses %s', async (document, argumentPath) => {
    const { errors } = await ask(subgraph, document);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argumentPath });
  });
});

describe('node and references', () => {
  it('answers for unified records, links, events and runs', async () => {
    await sql`insert into sync.event (id, pos, mapping, link_id, outcome, cause, fields, correlation_id)
      values ('ev1', 1, 'customer', 'k000', 'updated', '{"kind":"change","side":"erp"}', '[]', 'c1')`;
    await sql`update sync.event_head set pos = 1`;
    await sql`insert into sync.run (id, kind, mode, state, flows) values ('r1', 'backfill', 'preview', 'done', '["customer"]')`;
    const ids = [
      'Customer_k000',
      'Order_prop',
      'User_u1',
      'Link_k000',
      'Link_ended',
      'Event_ev1',
      'Run_r1',
      'Customer_ended',
      'Customer_u1',
      'Nothing_1',
      'x',
      '_',
    ];
    const result = await data(
      subgraph,
      `query (${ids.map((_, n) => `$i${n}: ID!`).join(' ')}) { ${ids.map((_, n) => `n${n}: node(id: $i${n}) { __typename id }`).join(' ')} }`,
      Object.fromEntries(ids.map((id, n) => [`i${n}`, id])),
    );
    expect(Object.values(result)).toEqual([
      { __typename: 'Customer', id: 'Customer_k000' },
      { __typename: 'Order', id: 'Order_prop' },
      { __typename: 'User', id: 'User_u1' },
      { __typename: 'Link', id: 'Link_k000' },
      { __typename: 'Link', id: 'Link_ended' },
      { __typename: 'SyncEvent', id: 'Event_ev1' },
      { __typename: 'Run', id: 'Run_r1' },
      null,
      null,
      null,
      null,
      null,
    ]);
  });

  it('resolves references by each key, and a null key to null', async () => {
    const result = await data(
      subgraph,
      'query ($r: [_Any!]!) { _entities(representations: $r) { __typename ... on Customer { id name } ... on CrmCustomer { id unified { id } erp { id } } ... on ErpOrder { id crmOrder { id } crmQuote { id } unified { id } crm { id } } ... on CrmQuote { erpQuote { id } erpOrder { id } erp { id } unified { id } } ... on ErpSalesperson { unified { id } crm { id } } } }',
      {
        r: [
          { __typename: 'Customer', id: 'Customer_k001' },
          { __typename: 'Customer', crmId: 'c-k002' },
          { __typename: 'Customer', erpId: 'e-k003' },
          { __typename: 'Customer', erpId: null },
          { __typename: 'CrmCustomer', id: 'c-k004' },
          { __typename: 'CrmCustomer', id: 'unknown' },
          { __typename: 'CrmCustomer', id: null },
          { __typename: 'ErpOrder', id: 'e-prop' },
          { __typename: 'ErpOrder', id: 'e-o000' },
          { __typename: 'CrmQuote', id: 'c-q1' },
          { __typename: 'ErpSalesperson', id: 'e-u1' },
        ],
      },
    );
    expect(result._entities).toEqual([
      { __typename: 'Customer', id: 'Customer_k001', name: 'Customer 001' },
      { __typename: 'Customer', id: 'Customer_k002', name: 'Customer 002' },
      { __typename: 'Customer', id: 'Customer_k003', name: 'Customer 003' },
      null,
      { __typename: 'CrmCustomer', id: 'c-k004', unified: { id: 'Customer_k004' }, erp: { id: 'e-k004' } },
      { __typename: 'CrmCustomer', id: 'unknown', unified: null, erp: null },
      null,
      {
        __typename: 'ErpOrder',
        id: 'e-prop',
        crmOrder: null,
        crmQuote: { id: 'c-q1' },
        unified: { id: 'Order_prop' },
        crm: null,
      },
      {
        __typename: 'ErpOrder',
        id: 'e-o000',
        crmOrder: { id: 'c-o000' },
        crmQuote: null,
        unified: { id: 'Order_o000' },
        crm: { id: 'c-o000' },
      },
      {
        __typename: 'CrmQuote',
        erpQuote: { id: 'e-q1' },
        erpOrder: { id: 'e-prop' },
        erp: { id: 'e-q1' },
        unified: { id: 'Quote_q1' },
      },
      { __typename: 'ErpSalesperson', unified: { id: 'User_u1' }, crm: { id: 'c-u1' } },
    ]);
  });

  it('reads the links of many records of a system in one statement', async () => {
    const counted = counting(sql);
    await data(
      readingSubgraph(counted.sql),
      'query ($r: [_Any!]!) { _entities(representations: $r) { ... on CrmCustomer { unified { name } erp { id } } } }',
      {
        r: Array.from({ length: 100 }, (_, n) => ({
          __typename: 'CrmCustomer',
          id: `c-k${String(n).padStart(3, '0')}`,
        })),
      },
    );
    expect(counted.statements).toHaveLength(1);
  });
});

describe('rights', () => {
  const reader = { subject: 'kari', scopes: ['read'] };
  it('refuses everything without read, also by reference', async () => {
    const nobody = { subject: null, scopes: [] };
    const plain = await ask(subgraph, '{ customers { nodes { id } } }', {}, nobody);
    expect(plain.errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', scope: 'read' });
    const entity = await ask(
      subgraph,
      'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Customer { name } } }',
      { r: [{ __typename: 'Customer', id: 'Customer_k000' }] },
      nobody,
    );
    expect(entity.errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' });
    expect(entity.data?._entities).toEqual([null]);
  });

  it('hides cost and personal values from those who may not see them, in fields, filters and sorts', async () => {
    const fields = await ask(
      subgraph,
      '{ product(id: "Product_p1") { sku unitCost } contact(id: "Contact_t1") { lastName firstName } }',
      {},
      reader,
    );
    expect(fields.data).toEqual({
      product: { sku: 'SKU-1', unitCost: null },
      contact: { lastName: 'Hansen', firstName: null },
    });
    expect(fields.errors?.map(({ extensions }) => extensions?.scope)).toEqual(['read:cost', 'read:personal']);
    const filtered = await ask(
      subgraph,
      '{ products(filter: { unitCost: { gt: "1" } }) { nodes { id } } }',
      {},
      reader,
    );
    expect(filtered.errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', scope: 'read:cost' });
    const sorted = await ask(
      subgraph,
      '{ contacts(sort: { field: firstName }) { nodes { id } } }',
      {},
      reader,
    );
    expect(sorted.errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', scope: 'read:personal' });
    const all = await data(
      subgraph,
      '{ product(id: "Product_p1") { unitCost } }',
      {},
      { subject: 'x', scopes: ['read', 'read:cost'] },
    );
    expect(at(all, 'product.unitCost')).toBe('3.20');
  });

  it('hides them where texts tell them, too: in the names of records, in messages and in samples', async () => {
    await sql`update sync.link set held = ${JSON.stringify([
      {
        field: 'birthDate',
        side: 'erp',
        kind: 'value',
        value: '31.02.1980',
        message: 'birthDate "31.02.1980" is no date.',
      },
    ])}::text::jsonb where id = 't1'`;
    await sql`insert into sync.issue (id, key, code, mapping, link_id, side, entity, record_id, field, value, message)
      values ('birth', 'birth', 'INVALID_VALUE', 'contact', 't1', 'erp', 'Contact', 'e-t1', 'birthDate', '"31.02.1980"', 'birthDate "31.02.1980" is no date.')`;
    await sql`insert into sync.proposal (id, mapping, link_id, side, record_id, candidates) values
      ('twins', 'contact', 't2', 'crm', 'c-t2', '[{"id":"e-t1","title":"Ola Hansen","score":60,"evidence":[],"linkedTo":null}]')`;
    await sql`insert into sync.run (id, kind, mode, state, flows, counts, samples, started_at)
      values ('sampled', 'backfill', 'preview', 'done', '["contact"]', '{}', '{"contact":{"link":[{"title":"Ola Hansen","crmId":"c-t1"}]},"customer":{"link":[{"title":"Kunde 000"}]}}', now())`;
    const query = `{
      contact(id: "Contact_t1") { link { title held { message value } issues { message value } } }
      matchProposals(flow: CONTACT) { nodes { candidates { id title } } }
      run(id: "Run_sampled") { samples }
    }`;
    const told = JSON.stringify((await ask(subgraph, query, {}, reader)).data);
    expect(told).not.toMatch(/Ola|1980/);
    expect(told).toContain('Hansen');
    expect(told).toContain('Kunde 000');
    expect(told).toContain('read:personal');
    const all = JSON.stringify(
      (await ask(subgraph, query, {}, { subject: 'x', scopes: ['read', 'read:personal'] })).data,
    );
    expect(all.match(/Ola Hansen/g)).toHaveLength(3);
    expect(all.match(/is no date/g)).toHaveLength(2);
  });

  it('asks for sync and admin before it acts', async () => {
    const sync = await ask(subgraph, 'mutation { syncCustomer(crmId: "c-k000") { outcome } }', {}, reader);
    expect(sync.errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', scope: 'sync' });
    const admin = await ask(
      subgraph,
      'mutation { pauseFlow(flow: ORDER) { paused } }',
      {},
      { subject: 'x', scopes: ['read', 'sync'] },
    );
    expect(admin.errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', scope: 'admin' });
  });
});
