import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
} from './fixture.ts';

const { sql } = await testDatabase();
const subgraph = readingSubgraph(sql);

await storeLinks(sql, [
  {
    id: 'k1',
    mapping: 'customer',
    agreed: customer('Nordvind', { email: 'a@example.com' }),
    overlay: { erp: { name: 'NORDVIND' } },
  },
  { id: 'k2', mapping: 'customer', agreed: customer('Sørvind') },
  { id: 'k3', mapping: 'customer', agreed: customer('Østvind'), state: 'conflict' },
  { id: 'k4', mapping: 'customer', agreed: customer('Alene'), erpId: null, state: 'pending', based: false },
  {
    id: 'p9',
    mapping: 'product',
    erpId: null,
    state: 'failed',
    based: false,
    agreed: { sku: 'SKU-9', name: 'Nut', kind: 'GOOD', status: 'ACTIVE', unitCost: '1' },
  },
  ...['o1', 'o2', 'o3'].map((id) => ({
    id,
    mapping: 'order',
    erpId: null,
    state: 'waiting',
    based: false,
    agreed: order({ customerId: 'k1' }),
    waitsFor: [{ on: 'crm:Product:c-p9', reason: 'The product has no counterpart yet.' }],
  })),
  {
    id: 'o4',
    mapping: 'order',
    agreed: order({ customerId: 'k1' }),
    held: [{ field: 'contactId', side: 'crm', kind: 'waits', value: 'C1', message: 'contactId waits.' }],
  },
  {
    id: 'q1',
    mapping: 'quote',
    erpId: null,
    state: 'waiting',
    based: false,
    agreed: { quoteDate: '2026-01-01', pricesIncludeTax: false, status: 'DRAFT' },
    waitsFor: [{ on: 'text:GTXPro', reason: 'No product is called GTXPro.' }],
  },
  { id: 'us', mapping: 'user', agreed: { fullName: 'Kari' } },
  { id: 'uo', mapping: 'userOrder', agreed: { fullName: 'Kari' } },
]);
await storeLines(sql, [
  { id: 'x1', of: 'o4', position: 0, agreed: line() },
  { id: 'x2', of: 'o4', position: 1, agreed: line(), overlay: { erp: { quantity: '3' } } },
]);
await sql`insert into sync.wait (link_id, "on", lane) values ('o1', 'crm:Product:c-p9', 'link:o1'), ('o2', 'crm:Product:c-p9', 'link:o2'),
  ('o3', 'crm:Product:c-p9', 'link:o3'), ('q1', 'text:GTXPro', 'link:q1')`;
await sql`insert into sync.conflict (id, link_id, field, base_crm, base_erp, crm, erp, why, crm_by, erp_by, resolved_at) values
  ('cf1', 'k3', 'name', '"Østvind"', '"Østvind"', '"Øst"', '"Vind"', 'both changed it', 'kari', 'clerk', null),
  ('cf2', 'k3', 'email', null, null, '"a@x.no"', '"b@x.no"', 'both changed it', null, null, now())`;
await sql`insert into sync.issue (id, key, code, mapping, link_id, side, entity, record_id, field, value, message, closed_at) values
  ('i1', 'a', 'UNREADABLE', 'customer', 'k1', 'erp', 'Customer', 'e-k1', 'phone', '"call me"', 'phone "call me" is no number', null),
  ('i2', 'b', 'UNREADABLE', 'order', 'o1', 'crm', 'Order', 'c-o1', 'notes', null, 'old', now())`;
await sql`insert into sync.dead_letter (id, lane, mapping, link_id, code, message, request, attempts, cause) values
  ('d1', 'link:p9', 'product', 'p9', 'BAD_USER_INPUT', 'refused', '{"a":1}', 3, '{"kind":"change","side":"crm"}')`;
await sql`insert into sync.proposal (id, mapping, link_id, side, record_id, candidates) values
  ('m1', 'customer', 'k4', 'crm', 'c-k4', '[{"id":"E7","title":"Alene AS","score":70,"evidence":[{"field":"name","value":"alene"}],"linkedTo":"k2"}]')`;
const change = (field: string, before: string, after: string) => [
  { field, side: 'erp', before, after, winner: 'crm', why: 'edited' },
];
for (const [n, [id, link, mapping, outcome, actor, fields]] of (
  [
    ['e1', 'k1', 'customer', 'created', 'kari', []],
    ['e2', 'k1', 'customer', 'updated', 'ola', change('name', 'Nord', 'Nordvind')],
    ['e3', 'k2', 'customer', 'updated', 'kari', change('name', 'Sør', 'Sørvind')],
    ['e4', 'p9', 'product', 'failed', 'kari', change('unitCost', '1', '2')],
    ['e5', 'us', 'user', 'updated', 'kari', []],
  ] as const
).entries())
  await sql`insert into sync.event (id, pos, at, mapping, link_id, outcome, cause, fields, correlation_id)
    values (${id}, ${n + 1}, ${`2026-03-0${n + 1}T10:00:00Z`}, ${mapping}, ${link}, ${outcome},
      ${sql.json({ kind: 'change', side: 'crm', actor, at: `2026-03-0${n + 1}T09:59:59Z`, id: String(n) })}, ${sql.json(fields as never)}, ${`c${n}`})`;
await sql`update sync.event_head set pos = 5`;

describe('a link', () => {
  it('tells how it stands, what holds it, and what happened', async () => {
    const result = await data(
      subgraph,
      `{ customer(id: "Customer_k1") { link { id flow state linkedBy { kind key score } syncedAt staleSince endedBy waitsFor { on }
           conflicts { id } issues { id code message side entity value }
           history { totalCount nodes { id cursor outcome cause { kind side actor } fields { field before after winner why } } } } }
         order(id: "Order_o1") { link { state waitsFor { on side entity id title reason holds text link { id } } } }
         conflicted: customer(id: "Customer_k3") { link { state conflicts { id field base crm erp why crmBy erpBy } } }
         held: order(id: "Order_o4") { link { held { field kind message } } } }`,
    );
    expect(at(result, 'customer.link')).toMatchObject({
      id: 'Link_k1',
      flow: 'CUSTOMER',
      state: 'SYNCED',
      linkedBy: { kind: 'MATCH', key: 'email', score: 98 },
      staleSince: null,
      waitsFor: [],
      conflicts: [],
      issues: [{ id: 'Issue_i1', code: 'UNREADABLE', side: 'ERP', entity: 'CUSTOMER', value: 'call me' }],
      history: {
        totalCount: 2,
        nodes: [
          {
            id: 'Event_e1',
            cursor: '1',
            outcome: 'CREATED',
            cause: { kind: 'CHANGE', side: 'CRM', actor: 'kari' },
          },
          {
            id: 'Event_e2',
            cursor: '2',
            fields: [{ field: 'name', before: 'Nord', after: 'Nordvind', winner: 'CRM', why: 'edited' }],
          },
        ],
      },
    });
    expect(at(result, 'order.link')).toEqual({
      state: 'WAITING',
      waitsFor: [
        {
          on: 'crm:Product:c-p9',
          side: 'CRM',
          entity: 'PRODUCT',
          id: 'c-p9',
          title: 'SKU-9',
          reason: 'The product has no counterpart yet.',
          holds: 3,
          text: 'Product SKU-9 holds 3 orders',
          link: { id: 'Link_p9' },
        },
      ],
    });
    expect(at(result, 'conflicted.link')).toEqual({
      state: 'CONFLICT',
      conflicts: [
        {
          id: 'Conflict_cf1',
          field: 'name',
          base: 'Østvind',
          crm: 'Øst',
          erp: 'Vind',
          why: 'both changed it',
          crmBy: 'kari',
          erpBy: 'clerk',
        },
      ],
    });
    expect(at(result, 'held.link.held')).toEqual([
      { field: 'contactId', kind: 'waits', message: 'contactId waits.' },
    ]);
  });

  it('is stale while work waits in its lane', async () => {
    await sql`insert into sync.lane (key, cause, mapping, enqueued_at) values ('link:k2', '{"kind":"change"}', 'customer', '2026-03-01T10:00:00Z')`;
    const result = await data(subgraph, '{ customer(id: "Customer_k2") { link { staleSince } } }');
    expect(at(result, 'customer.link.staleSince')).toBe('2026-03-01T10:00:00Z');
  });

  it('shows a pair as it was', async () => {
    const result = await data(
      subgraph,
      `{ before: node(id: "Link_k1") { ... on Link { asOf(at: "2026-03-01T12:00:00Z") { crm erp } } }
         now: node(id: "Link_k1") { ... on Link { asOf(at: "2027-01-01T00:00:00Z") { erp } } } }`,
    );
    expect(at(result, 'before.asOf')).toMatchObject({ crm: { name: 'Nord' }, erp: { name: 'Nord' } });
    expect(at(result, 'now.asOf')).toMatchObject({ erp: { name: 'NORDVIND' } });
  });
});

describe('lists of the sync', () => {
  it.each([
    ['{ flow: { eq: ORDER } }', ['Link_o1', 'Link_o2', 'Link_o3', 'Link_o4']],
    ['{ flow: { eq: USER_ORDER } }', ['Link_uo']],
    ['{ state: { in: [FAILED, CONFLICT] } }', ['Link_k3', 'Link_p9']],
    ['{ flow: { eq: CUSTOMER }, erpId: { isNull: true } }', ['Link_k4']],
    ['{ crmId: { eq: "c-k1" } }', ['Link_k1']],
    ['{ id: { eq: "Customer_k2" } }', ['Link_k2']],
  ])('links by %s', async (filter, expected) => {
    const result = await data(subgraph, `{ links(filter: ${filter}) { nodes { id } totalCount } }`);
    expect(each(at(result, 'links.nodes'), 'id')).toEqual(expected);
    expect(at(result, 'links.totalCount')).toBe(expected.length);
  });

  it.each([
    ['{}', ['e1', 'e2', 'e3', 'e4', 'e5']],
    ['{ flow: { eq: USER_ORDER } }', ['e5']],
    ['{ link: { eq: "Link_k1" } }', ['e1', 'e2']],
    ['{ outcome: { in: [UPDATED] }, actor: { eq: "kari" } }', ['e3', 'e5']],
    ['{ cause: { eq: CHANGE }, side: { eq: ERP } }', []],
    ['{ at: { gte: "2026-03-02T10:00:00Z", lt: "2026-03-04T10:00:00Z" } }', ['e2', 'e3']],
    ['{ correlationId: { eq: "c3" } }', ['e4']],
  ])('events by %s', async (filter, expected) => {
    const result = await data(subgraph, `{ syncEvents(filter: ${filter}) { nodes { id } } }`);
    expect(each(at(result, 'syncEvents.nodes'), 'id')).toEqual(expected.map((id) => `Event_${id}`));
  });

  it('reads the log after a cursor of the subscription, and its end', async () => {
    const result = await data(
      subgraph,
      '{ after: syncEvents(first: 2, after: "2") { nodes { id cursor } edges { cursor } pageInfo { hasNextPage endCursor } } last: syncEvents(last: 2) { nodes { id } } }',
    );
    expect(result).toEqual({
      after: {
        nodes: [
          { id: 'Event_e3', cursor: '3' },
          { id: 'Event_e4', cursor: '4' },
        ],
        edges: [{ cursor: '3' }, { cursor: '4' }],
        pageInfo: { hasNextPage: true, endCursor: '4' },
      },
      last: { nodes: [{ id: 'Event_e4' }, { id: 'Event_e5' }] },
    });
  });

  it('lists conflicts, issues, dead letters and proposals, closed ones only when asked for', async () => {
    const result = await data(
      subgraph,
      `{ conflicts { nodes { id link { id } } } resolved: conflicts(filter: { resolvedAt: { isNull: false } }) { nodes { id } }
         conflictGroups { flow field conflicts } issues(search: "call") { nodes { id } } closed: issues(filter: { closedAt: { isNull: false } }) { nodes { id flow } }
         deadLetters(flow: PRODUCT) { nodes { id code attempts cause { kind } link { id } request } } none: deadLetters(flow: ORDER) { totalCount }
         matchProposals { nodes { id side recordId link { id } candidates { id title score evidence { field value } linkedTo { id } } } } }`,
    );
    expect(result).toEqual({
      conflicts: { nodes: [{ id: 'Conflict_cf1', link: { id: 'Link_k3' } }] },
      resolved: { nodes: [{ id: 'Conflict_cf2' }] },
      conflictGroups: [{ flow: 'CUSTOMER', field: 'name', conflicts: 1 }],
      issues: { nodes: [{ id: 'Issue_i1' }] },
      closed: { nodes: [{ id: 'Issue_i2', flow: 'ORDER' }] },
      deadLetters: {
        nodes: [
          {
            id: 'DeadLetter_d1',
            code: 'BAD_USER_INPUT',
            attempts: 3,
            cause: { kind: 'CHANGE' },
            link: { id: 'Link_p9' },
            request: { a: 1 },
          },
        ],
      },
      none: { totalCount: 0 },
      matchProposals: {
        nodes: [
          {
            id: 'MatchProposal_m1',
            side: 'CRM',
            recordId: 'c-k4',
            link: { id: 'Link_k4' },
            candidates: [
              {
                id: 'E7',
                title: 'Alene AS',
                score: 70,
                evidence: [{ field: 'name', value: 'alene' }],
                linkedTo: { id: 'Link_k2' },
              },
            ],
          },
        ],
      },
    });
  });

  it('ranks what holds most back', async () => {
    const result = await data(subgraph, '{ blockers { text holds } orders: blockers(flow: QUOTE) { text } }');
    expect(result).toEqual({
      blockers: [
        { text: 'Product SKU-9 holds 3 orders', holds: 3 },
        { text: 'Unknown product GTXPro holds 1 quote', holds: 1 },
      ],
      orders: [{ text: 'Unknown product GTXPro holds 1 quote' }],
    });
  });
});

describe('the checklists of the mappings', () => {
  it('measure the pairs only where something measured is asked for', async () => {
    const statements = async (query: string) => {
      const counted = counting(sql);
      await data(readingSubgraph(counted.sql), query);
      return counted.statements.length;
    };
    const shape = 'flow rule properties { field crmType wins } lines { field }';
    expect(await statements(`{ dataflow { ${shape} } }`)).toBe(1);
    expect(
      await statements(`{ dataflow { ${shape} pairsChecked properties { equal examples { crm } } } }`),
    ).toBe(3);
  });
});

describe('the state of the flows', () => {
  it('counts all of them in one statement', async () => {
    const counted = counting(sql);
    const result = await data(
      readingSubgraph(counted.sql),
      '{ flows { flow rule paused linked pending waiting conflicts failed lagP50Ms perSecond } }',
    );
    expect(counted.statements).toHaveLength(1);
    const flows = members(result.flows);
    expect(flows.map(({ flow }) => flow)).toEqual([
      'CUSTOMER',
      'CONTACT',
      'PRODUCT',
      'QUOTE',
      'QUOTE_ORDER',
      'ORDER',
      'USER_ORDER',
    ]);
    expect(flows[0]).toMatchObject({
      linked: 3,
      pending: 1,
      conflicts: 1,
      waiting: 0,
      failed: 0,
      paused: false,
    });
    expect(flows[2]).toMatchObject({ linked: 0, failed: 1 });
    expect(flows[5]).toMatchObject({ linked: 1, waiting: 3 });
    expect(flows[6]).toMatchObject({ linked: 1 });
  });

  it('tells a paused flow, and shows its links as paused', async () => {
    await sql`insert into sync.flow (mapping, paused, reason, by) values ('product', true, 'stocktaking', 'kari')
      on conflict (mapping) do update set paused = true, reason = 'stocktaking', by = 'kari'`;
    await sql`insert into sync.backlog (mapping, side, cursor, changes) values ('product', 'crm', '10', 5), ('product', 'erp', null, 2)`;
    const result = await data(
      subgraph,
      '{ flows { flow paused reason pausedBy pausedSince behind } product(id: "Product_p9") { link { state } } links(filter: { state: { eq: PAUSED } }) { nodes { id } } }',
    );
    expect(at(result, 'flows.2')).toEqual({
      flow: 'PRODUCT',
      paused: true,
      reason: 'stocktaking',
      pausedBy: 'kari',
      pausedSince: expect.stringMatching(/^20/),
      behind: 7,
    });
    expect(at(result, 'flows.1')).toMatchObject({ paused: false, pausedSince: null, behind: 0 });
    expect(at(result, 'product.link.state')).toBe('PAUSED');
    expect(each(at(result, 'links.nodes'), 'id')).toEqual(['Link_p9']);
    await sql`update sync.flow set paused = false`;
    await sql`delete from sync.backlog`;
  });

  it('knows whether both systems answer', async () => {
    const result = await data(subgraph, '{ systems { side healthy version error queued seen } }');
    expect(members(result.systems)).toMatchObject([
      { side: 'CRM', healthy: true, error: null },
      { side: 'ERP', healthy: true, error: null },
    ]);
  });
});

describe('the dataflow', () => {
  it('is every row of every mapping with what was measured over the stored bases', async () => {
    const result = await data(
      subgraph,
      `{ dataflow { flow crmEntity erpEntity rule matchKeys pairsChecked properties { row crmProperty crmType erpProperty erpType direction transformation rule wins
           requiredInCrm requiredInErp lossy pairsChecked equal notEqual passRate lastMismatch examples { link { id } crm erp } }
           lines { crmProperty pairsChecked equal notEqual } } }`,
    );
    const flows = members(result.dataflow);
    expect(flows.map(({ flow }) => flow)).toHaveLength(7);
    expect(flows[0]).toMatchObject({
      crmEntity: 'CrmCustomer',
      erpEntity: 'ErpCustomer',
      rule: 'every',
      pairsChecked: 3,
    });
    const property = (flow: number, list: 'properties' | 'lines', name: string) =>
      members(flows[flow]?.[list]).find(({ crmProperty }) => String(crmProperty) === name);
    expect(property(0, 'properties', 'name')).toMatchObject({
      row: 3,
      crmType: 'String(100)',
      erpProperty: 'name',
      erpType: 'String(100)',
      direction: 'BOTH',
      wins: 'LATEST',
      requiredInCrm: true,
      requiredInErp: true,
      pairsChecked: 3,
      // One field is in conflict; where a base differs, it was agreed so.
      equal: 2,
      notEqual: 1,
      examples: [expect.objectContaining({ link: { id: 'Link_k3' } })],
    });
    expect(property(0, 'properties', 'email')).toMatchObject({
      pairsChecked: 3,
      equal: 3,
      passRate: 1,
      examples: [],
    });
    expect(property(5, 'lines', 'quantity')).toMatchObject({ pairsChecked: 2, equal: 2, notEqual: 0 });
    expect(property(5, 'properties', 'contactId')).toMatchObject({ pairsChecked: 1, equal: 0 });
  });

  it('prints as Markdown and as list-tables', async () => {
    const result = await data(subgraph, '{ dataflow(flow: ORDER) { markdown restructuredText } }');
    const [order] = members(result.dataflow);
    expect(String(order?.markdown)).toContain('| 3 | erpOrderNumber |');
    expect(String(order?.restructuredText)).toContain('.. list-table:: ORDER: CrmOrder and ErpOrder');
    expect(String(order?.restructuredText)).toContain('   * - 3\n     - erpOrderNumber');
    expect(String(order?.restructuredText).match(/list-table::/g), 'one table').toHaveLength(1);
    expect(String(order?.restructuredText)).toMatch(/ {3}\* - \d+\.\d+\n {5}- lines\.quantity\n/);
    expect(String(order?.markdown)).toContain('| Lossy |');
  });
});

describe('values that only some may see', () => {
  it('are hidden in events as they are in records', async () => {
    const reader = { subject: 'kari', scopes: ['read'] };
    const query =
      '{ syncEvents(filter: { link: { eq: "Link_p9" } }) { nodes { fields { field before after why } } } deadLetters { nodes { request } } }';
    const hidden = await data(subgraph, query, {}, reader);
    expect(at(hidden, 'syncEvents.nodes.0.fields')).toEqual([
      { field: 'unitCost', before: null, after: null, why: 'edited' },
    ]);
    expect(at(hidden, 'deadLetters.nodes.0.request')).toBeNull();
    const shown = await data(subgraph, query, {}, { subject: 'kari', scopes: ['read', 'read:cost'] });
    expect(at(shown, 'syncEvents.nodes.0.fields.0')).toMatchObject({ before: '1', after: '2' });
  });
});

describe('words of a system, which may quote a value that only some may see', () => {
  const reader = { subject: 'kari', scopes: ['read'] };
  const everything = { subject: 'kari', scopes: ['read', 'read:cost', 'read:personal'] };
  const query = `{
    deadLetters { nodes { code message } } deadLetterGroups { code message }
    issues(filter: { link: { in: ["Link_k1", "Link_p9"] } }) { nodes { code message } } issueGroups { code message } }`;

  beforeAll(async () => {
    await sql`update sync.dead_letter set message = 'The ERP refuses a cost of 812.55' where id = 'd1'`;
    await sql`insert into sync.issue (id, key, code, mapping, link_id, message) values
      ('i3', 'failed:p9:BAD_USER_INPUT', 'BAD_USER_INPUT', 'product', 'p9', 'The ERP refuses a cost of 812.55')`;
  });
  afterAll(async () => {
    await sql`delete from sync.issue where id = 'i3'`;
    await sql`update sync.dead_letter set message = 'refused' where id = 'd1'`;
  });

  it('are told to those who may see all; to others what the code means, and what it takes', async () => {
    const shown = await data(subgraph, query, {}, everything);
    expect(JSON.stringify(shown).match(/812\.55/g)).toHaveLength(4);
    const meaning =
      'The target refuses a value. Correct it where it was typed. Seeing what was said needs the scopes read:personal and read:cost.';
    const hidden = await data(subgraph, query, {}, reader);
    expect(at(hidden, 'deadLetters.nodes.0.message')).toBe(meaning);
    expect(at(hidden, 'deadLetterGroups.0.message')).toBe(meaning);
    const ofProduct = members(at(hidden, 'issues.nodes')).map(({ message }) => message);
    expect(ofProduct).toContain(meaning);
    expect(JSON.stringify(hidden)).not.toMatch(/812/);
    const some = await data(subgraph, query, {}, { ...reader, scopes: ['read', 'read:cost'] });
    expect(JSON.stringify(some)).not.toMatch(/812/);
  });

  it('are no ground to search or compare by for those who may not see them', async () => {
    const sought = '{ issues(search: "812") { totalCount } }';
    expect(await data(subgraph, sought, {}, everything)).toEqual({ issues: { totalCount: 1 } });
    expect(await data(subgraph, sought, {}, reader)).toEqual({ issues: { totalCount: 0 } });
    expect(await data(subgraph, '{ issues(search: "BAD_USER") { totalCount } }', {}, reader)).toEqual({
      issues: { totalCount: 1 },
    });
    const compared = '{ issues(filter: { message: { contains: "812" } }) { totalCount } }';
    expect(await data(subgraph, compared, {}, everything)).toEqual({ issues: { totalCount: 1 } });
    const { errors } = await ask(subgraph, compared, {}, reader);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' });
  });
});

describe('bad input', () => {
  it.each([
    ['{ blockers(first: 1000) { text } }', ['first']],
    ['{ links(filter: { id: { eq: "Run_1" } }) { nodes { id } } }', null],
    ['{ conflicts(filter: { id: { eq: "cf1" } }) { nodes { id } } }', ['filter', 'id', 'eq']],
    ['{ run(id: "cf1") { id } }', ['id']],
    ['{ syncEvents(after: "x") { nodes { id } } }', ['after']],
  ])('%s', async (document, argumentPath) => {
    const { errors } = await ask(subgraph, document);
    if (argumentPath === null) expect(errors).toBeUndefined();
    else expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argumentPath });
  });
});
