import { afterEach, describe, expect, test } from 'vitest';
import { createSyncSubgraph } from '../../subgraphs/sync/subgraph.ts';
import { homesOf } from '../../sync/core/home.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { releaseReady } from '../../sync/store/waits.ts';
import { ask, at, data, members } from '../sync-subgraph/fixture.ts';
import { type Fields, openWorld } from './world.ts';

/** What a person sees of what needs one, through the graph, and what becomes of the answer. */
const w = await openWorld();
const subgraph = createSyncSubgraph({ sql: w.sql, sync: w.sync, mappings });
const mutate = (text: string, variables = {}) => data(subgraph, `mutation ${text}`, variables);
let n = 0;

async function pair(fields: Fields = {}) {
  const made = await w.create('crm', 'Customer', { name: `Pair ${++n} of the findings`, ...fields });
  await w.settled();
  const link = await w.linkOf('customer', made.id);
  return { crm: made.id, erp: link.erpId!, link: link.id };
}
const both = async (ids: { crm: string; erp: string }, field: string, crm: unknown, erp: unknown) => {
  await w.sync.pause('customer', true, 'a test', 'test');
  try {
    await w.edit('crm', 'Customer', ids.crm, { [field]: crm } as Fields);
    await w.edit('erp', 'Customer', ids.erp, { [inErp[field] ?? field]: erp } as Fields);
  } finally {
    await w.sync.pause('customer', false, null, 'test');
  }
  await w.settled();
};
const inErp: Readonly<Record<string, string>> = {
  phone: 'phoneNo',
  ownerId: 'salespersonId',
  orgNumber: 'registrationNo',
  shippingMethod: 'shippingAgentCode',
  billingAddress: 'invoiceAddress',
  paymentTerms: 'paymentTermsCode',
};
const shownIn = async (ids: { crm: string; erp: string }, field: string) => [
  (await w.fields('crm', 'Customer', ids.crm))[field],
  (await w.fields('erp', 'Customer', ids.erp))[inErp[field] ?? field],
];

const inNorway = (line1: string) => ({ line1, country: 'NO' });
const inErpNorway = (street: string) => ({ street, countryCode: 'NO' });

const asked = [
  'name',
  'legalName',
  'orgNumber',
  'phone',
  'billingAddress',
  'shippingMethod',
  'paymentTerms',
  'ownerId',
];
await Promise.all(
  asked.map((field) => mutate(`{ setField(flow: CUSTOMER, field: "${field}", wins: INBOX) { field } }`)),
);

afterEach(async () => {
  for (const { id } of members(at(await data(subgraph, '{ rules { id } }'), 'rules')))
    await mutate(`{ removeRule(id: "${id}") { id } }`);
});

describe('a typed value', () => {
  const resolve = `($id: ID!, $field: String!, $value: JSON, $mode: SyncMode) {
    resolveConflict(id: $id, choices: [{ field: $field, take: VALUE, value: $value }], mode: $mode) { outcome }
  }`;
  test.each([
    ['legalName', 'A', 'B', 'x'.repeat(200), /legalName .* is 200 characters long; the CRM holds 150/],
    ['legalName', 'A', 'B', { not: 'a text' }, /legalName \{"not":"a text"\} is no text/],
    ['legalName', 'A', 'B', 5, /legalName 5 is no text/],
    ['orgNumber', '974760673', '974760703', { no: 1 }, /orgNumber \{"no":1\} is no text/],
    ['shippingMethod', 'TRUCK', 'VAN', true, /shippingMethod true is no text/],
    ['shippingMethod', 'TRUCK', 'VAN', ['TRUCK'], /shippingMethod \["TRUCK"\] is no text/],
    [
      'billingAddress',
      inNorway('A'),
      inErpNorway('B'),
      { line1: 5, country: 'NO' },
      /has a line1 that is no text/,
    ],
    [
      'billingAddress',
      inNorway('A'),
      inErpNorway('B'),
      { street: 'C', country: 'NO' },
      /has street, which is no part/,
    ],
    ['billingAddress', inNorway('A'), inErpNorway('B'), { line1: 'C' }, /lacks its country/],
    ['billingAddress', inNorway('A'), inErpNorway('B'), 'Oslo', /billingAddress "Oslo" is no address/],
    ['name', 'A', 'B', null, /name must have a value/],
    ['name', 'A', 'B', '  ', /name must have a value/],
    ['phone', '+4722446601', '22 44 66 02', 'ask at the desk', /phone "ask at the desk" is no phone number/],
    ['paymentTerms', 'NET14', 'NET45', 'NET77', /paymentTerms "NET77"/],
    ['ownerId', 'u1', 'u2', 'nobody', /ownerId "nobody"/],
  ])(
    'of %s that a side cannot hold is refused, and nothing is decided',
    async (field, crm, erp, value, why) => {
      const users = await knownUsers();
      const ids = await pair();
      const known = (of: Readonly<Record<string, string>>, given: unknown) =>
        (typeof given === 'string' ? of[given] : undefined) ?? given;
      await both(ids, field, known(users.crm, crm), known(users.erp, erp));
      const [conflict] = await w.conflicts(ids.link);
      expect(conflict?.field).toBe(field);
      for (const mode of ['PREVIEW', 'APPLY']) {
        const id = `Conflict_${conflict!.id}`;
        const refused = await ask(subgraph, `mutation ${resolve}`, { id, field, value, mode });
        expect(refused.errors).toMatchObject([
          {
            message: expect.stringMatching(why),
            extensions: { code: 'BAD_USER_INPUT', argumentPath: ['choices', 0, 'value'] },
          },
        ]);
      }
      expect((await w.conflicts(ids.link)).map(({ id }) => id)).toEqual([conflict!.id]);
      expect((await w.linkOf('customer', ids.crm)).state).toBe('conflict');
    },
  );

  test('of a reference is refused where it names a record of another kind', async () => {
    const users = await knownUsers();
    const ids = await pair();
    await both(ids, 'ownerId', users.crm.u1, users.erp.u2);
    const [conflict] = await w.conflicts(ids.link);
    const given = { id: `Conflict_${conflict!.id}`, field: 'ownerId', value: ids.link, mode: 'PREVIEW' };
    const refused = await ask(subgraph, `mutation ${resolve}`, given);
    expect(refused.errors).toMatchObject([
      { message: expect.stringContaining('is no User, but a Customer. Name a User.') },
    ]);
  });

  test('is brought to normal form, and each side has it in its own way of writing', async () => {
    const ids = await pair();
    await both(ids, 'phone', '+4722446601', '22 44 66 02');
    const [conflict] = await w.conflicts(ids.link);
    const id = `Conflict_${conflict!.id}`;
    await mutate(resolve, { id, field: 'phone', value: ' +47 22 44 66 03', mode: 'APPLY' });
    await w.settled();
    expect(await shownIn(ids, 'phone')).toEqual(['+4722446603', '22 44 66 03']);
    expect(await w.conflicts(ids.link)).toEqual([]);
  });

  test('may name a record by its unified id', async () => {
    const users = await knownUsers();
    const ids = await pair();
    await both(ids, 'ownerId', users.crm.u1, users.erp.u2);
    const [conflict] = await w.conflicts(ids.link);
    const seen = await data(
      subgraph,
      `{ conflicts(filter: { link: { eq: "Link_${ids.link}" } }) { nodes { field crm crmTitle erpTitle } } }`,
    );
    expect(at(seen, 'conflicts.nodes.0')).toMatchObject({
      field: 'ownerId',
      crmTitle: 'User u1 of the findings',
      erpTitle: 'User u2 of the findings',
    });
    const { data: user } = await ask(subgraph, `{ user(crmId: "${users.crm.u3}") { id } }`);
    const value = at(user, 'user.id');
    await mutate(resolve, { id: `Conflict_${conflict!.id}`, field: 'ownerId', value, mode: 'APPLY' });
    await w.settled();
    expect(await shownIn(ids, 'ownerId')).toEqual([users.crm.u3, users.erp.u3]);
  });

  test('a choice about a field that is not in conflict names the choice', async () => {
    const ids = await pair();
    await both(ids, 'legalName', 'A', 'B');
    const refused = await ask(
      subgraph,
      `mutation { resolveConflict(id: "Link_${ids.link}", choices: [{ field: "legalName", take: CRM }, { field: "nome", take: CRM }]) { outcome } }`,
    );
    expect(refused.errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT', argumentPath: ['choices', 1, 'field'] } },
    ]);
  });
});

test('choices that contradict each other decide nothing, and name the choice', async () => {
  const ids = await pair();
  await both(ids, 'legalName', 'A', 'B');
  const refused = await ask(
    subgraph,
    `mutation { resolveConflict(id: "Link_${ids.link}", choices: [{ field: "legalName", take: CRM }, { field: "legalName", take: ERP }]) { outcome } }`,
  );
  expect(refused.errors).toMatchObject([
    {
      message: expect.stringContaining('legalName is decided twice'),
      extensions: { code: 'BAD_USER_INPUT', argumentPath: ['choices', 1, 'field'] },
    },
  ]);
  expect(await w.conflicts(ids.link)).toHaveLength(1);
});

describe('conflicts in bulk', () => {
  test('a preview shows the rules that always would make, and tells each failure', async () => {
    const [a, b] = [await pair(), await pair()];
    for (const ids of [a, b]) await both(ids, 'legalName', 'Ours', 'Theirs');
    const of = `filter: { link: { in: ["Link_${a.link}", "Link_${b.link}"] } }`;
    const preview = await mutate(
      `{ resolveConflicts(${of}, choose: ERP, always: true) { matched applied failed rules { id flow field take } } }`,
    );
    expect(preview.resolveConflicts).toEqual({
      matched: 2,
      applied: 0,
      failed: 0,
      rules: [{ id: '', flow: 'CUSTOMER', field: 'legalName', take: 'ERP' }],
    });
    expect(at(await data(subgraph, '{ rules { id } }'), 'rules')).toEqual([]);
    await mutate(
      `{ resolveConflicts(${of}, choose: ERP, always: true, mode: APPLY) { applied rules { id } } }`,
    );
    await w.settled();
    expect(await shownIn(a, 'legalName')).toEqual(['Theirs', 'Theirs']);
  });

  test('what a rule decided later says so', async () => {
    const first = await pair();
    await both(first, 'legalName', 'Ours', 'Theirs');
    await mutate(
      `{ resolveConflicts(filter: { link: { eq: "Link_${first.link}" } }, choose: CRM, always: true, mode: APPLY) { applied } }`,
    );
    const ids = await pair();
    await both(ids, 'legalName', 'Ours', 'Theirs');
    expect(await shownIn(ids, 'legalName')).toEqual(['Ours', 'Ours']);
    const told = (await w.events(ids.link)).at(-1)!;
    expect(told.fields).toMatchObject([
      { field: 'legalName', winner: 'crm', why: 'rule: CRM', lost: 'Theirs' },
    ]);
  });
});

test('a preview says which fields would stay behind', async () => {
  const customer = await pair();
  const made = await w.create('crm', 'Contact', { lastName: 'Long', customerId: customer.crm });
  await w.settled();
  await w.sync.pause('contact', true, 'a test', 'test');
  await w.edit('crm', 'Contact', made.id, { jobTitle: 'x'.repeat(60) });
  const preview = at(
    await mutate(
      `{ syncContact(crmId: "${made.id}", mode: PREVIEW) { outcome plan { kind calls held { field side message } writes { fields { field } } } } }`,
    ),
    'syncContact',
  );
  await w.sync.pause('contact', false, null, 'test');
  await w.settled();
  const stays = { field: 'jobTitle', side: 'ERP', message: expect.stringContaining('the ERP holds 50') };
  expect(preview).toEqual({
    outcome: 'UNCHANGED',
    plan: { kind: 'NONE', calls: 0, held: [stays], writes: [] },
  });
  const after = at(
    await mutate(`{ syncContact(crmId: "${made.id}") { issues { code field } link { issues { code } } } }`),
    'syncContact',
  );
  expect(after).toEqual({
    issues: [{ code: 'VALUE_DOES_NOT_FIT', field: 'jobTitle' }],
    link: { issues: [{ code: 'VALUE_DOES_NOT_FIT' }] },
  });
});

describe('a code that nobody mapped', () => {
  const issue = () =>
    data(
      subgraph,
      `{ issues(filter: { code: { eq: "UNMAPPED_CODE" } }) { nodes { value records closedAt } } issueGroups { code issues records } }`,
    ).then(({ issueGroups, ...found }) => ({
      ...found,
      issueGroups: members(issueGroups).filter(({ code }) => String(code) === 'UNMAPPED_CODE'),
    }));

  test('is one issue that counts its records, of each of them, and closes when the last has another value', async () => {
    const made = await w.writeAll(
      'erp',
      Array.from({ length: 25 }, (_, i) => ({
        kind: 'create' as const,
        entity: 'Customer',
        fields: { name: `Coded ${i} of the findings`, paymentTermsCode: 'NET99' },
      })),
    );
    await w.settled();
    expect(await issue()).toEqual({
      issues: { nodes: [{ value: 'NET99', records: 25, closedAt: null }] },
      issueGroups: [{ code: 'UNMAPPED_CODE', issues: 1, records: 25 }],
    });
    const one = await data(
      subgraph,
      `{ customer(erpId: "${made[0]!.id}") { link { issues { code unmapped { list side code } } } } }`,
    );
    expect(at(one, 'customer.link.issues')).toEqual([
      { code: 'UNMAPPED_CODE', unmapped: { list: 'PAYMENT_TERMS', side: 'ERP', code: 'NET99' } },
    ]);
    await Promise.all(
      made.slice(1).map(({ id }) => w.edit('erp', 'Customer', id, { paymentTermsCode: 'NET30' })),
    );
    await w.settled();
    expect(at((await issue()) as never, 'issues.nodes.0.records')).toBe(1);
    await w.edit('erp', 'Customer', made[0]!.id, { paymentTermsCode: 'NET30' });
    await w.settled();
    expect(await issue()).toEqual({ issues: { nodes: [] }, issueGroups: [] });
  });

  test('closes when it is mapped, and all that waited has it', async () => {
    const made = await w.create('erp', 'Customer', {
      name: `Mapped of the findings`,
      paymentTermsCode: 'NET21',
    });
    await w.settled();
    await mutate('{ setCode(list: PAYMENT_TERMS, crm: "NET21", erp: "NET21") { crm } }');
    await w.settled();
    expect(at((await issue()) as never, 'issues.nodes')).toEqual([]);
    const crm = await w.twin('customer', 'erp', made.id);
    expect((await w.fields('crm', 'Customer', crm)).paymentTerms).toBe('NET21');
  });
});

test('what is put back may be a record that neither side names any more', async () => {
  const users = await knownUsers();
  const ids = await pair({ ownerId: users.crm.u1! });
  await w.edit('crm', 'Customer', ids.crm, { ownerId: users.crm.u2! });
  await w.settled();
  const event = (await w.events(ids.link)).at(-1)!;
  await mutate(`{ revert(eventId: "Event_${event.id}", mode: APPLY) { outcome } }`);
  await w.settled();
  expect(await shownIn(ids, 'ownerId')).toEqual([users.crm.u1, users.erp.u1]);
});

describe('drift', () => {
  const driftOf = async (link: string) =>
    members(
      at(
        await data(
          subgraph,
          `{ node(id: "Link_${link}") { ... on Link { drift { field base crm erp crmTitle erpTitle verdict why } } } }`,
        ),
        'node.drift',
      ),
    ).filter(({ verdict }) => String(verdict) !== 'EQUAL');

  test('shows what a system really says where a value cannot travel, and why', async () => {
    const ids = await pair({ phone: '+4722446601' });
    await w.edit('erp', 'Customer', ids.erp, { phoneNo: 'ask at the desk' });
    await w.settled();
    expect(await driftOf(ids.link)).toEqual([
      {
        field: 'phone',
        base: '+4722446601',
        crm: '+4722446601',
        erp: 'ask at the desk',
        crmTitle: null,
        erpTitle: null,
        verdict: 'HELD',
        why: expect.stringContaining('is no phone number'),
      },
    ]);
  });

  test('names the records that a field refers to', async () => {
    const users = await knownUsers();
    const ids = await pair({ ownerId: users.crm.u1! });
    await both(ids, 'ownerId', users.crm.u2, users.erp.u3);
    expect(await driftOf(ids.link)).toMatchObject([
      {
        field: 'ownerId',
        crmTitle: 'User u2 of the findings',
        erpTitle: 'User u3 of the findings',
        verdict: 'CONFLICT',
      },
    ]);
  });
});

let users: Promise<Readonly<Record<'crm' | 'erp', Readonly<Record<string, string>>>>> | undefined;

/** Users u1 to u3 with their salespersons; a user gets one with the first customer that he owns. */
function knownUsers() {
  users ??= (async () => {
    const found: Record<'crm' | 'erp', Record<string, string>> = { crm: {}, erp: {} };
    for (const name of ['u1', 'u2', 'u3']) {
      const user = await w.create('crm', 'User', {
        fullName: `User ${name} of the findings`,
        email: `${name}@findings.example`,
      });
      const { erp } = await pair({ ownerId: user.id });
      found.crm[name] = user.id;
      found.erp[name] = String((await w.fields('erp', 'Customer', erp)).salespersonId);
    }
    return found;
  })();
  return users;
}

test('a record that found its twin while it waited waits no more', async () => {
  const rest = (flow: 'customer' | 'contact', paused: boolean) =>
    w.sync.pause(flow, paused, paused ? 'a test' : null, 'test');
  const email = 'office@waited.example';
  const person = { firstName: 'Ola', lastName: 'Waits', email: 'ola@waited.example' };
  await rest('customer', true);
  const erp = await w.create('erp', 'Customer', { name: 'Waited AS', email });
  const theirs = await w.create('erp', 'Contact', { ...person, customerId: erp.id });
  await w.settled();
  expect((await w.linkOf('contact', theirs.id)).state).toBe('waiting');
  await rest('contact', true);
  const crm = await w.create('crm', 'Customer', { name: 'Waited AS', email });
  await rest('customer', false);
  await w.settled();
  const ours = await w.create('crm', 'Contact', { ...person, customerId: crm.id });
  await rest('contact', false);
  await w.settled();
  const link = await w.linkOf('contact', ours.id);
  expect(link).toMatchObject({ erpId: theirs.id, state: 'synced' });
  expect(await w.sql`select "on" from sync.wait where link_id = ${link.id}`).toEqual([]);
});

test('what is rung for nothing is not rung again', async () => {
  const ids = await pair();
  const { crm } = await pair();
  // A wait that something left behind: both sides of what it names are there.
  await w.sql`insert into sync.wait (link_id, "on", lane, since)
    values (${ids.link}, ${`crm:Customer:${crm}`}, ${`link:${ids.link}`}, now() - interval '1 minute')`;
  await releaseReady(w.sql, homesOf(mappings), null);
  await w.settled();
  expect(await w.sql`select "on" from sync.wait where link_id = ${ids.link}`).toEqual([]);
});

test('two that waited for the same customer, one on either side, become one pair', async () => {
  const rest = (flow: 'customer' | 'contact', paused: boolean) =>
    w.sync.pause(flow, paused, paused ? 'a test' : null, 'test');
  await rest('customer', true);
  const made = [];
  for (let i = 0; i < 3; i++) {
    const email = `office@both${i}.example`;
    const crm = await w.create('crm', 'Customer', { name: `Both ${i} AS`, email });
    const erp = await w.create('erp', 'Customer', { name: `Both ${i} AS`, email });
    const person = { firstName: 'Ola', lastName: `Both ${i}`, email: `ola@both${i}.example` };
    const theirs = await w.create('erp', 'Contact', { ...person, customerId: erp.id });
    const ours = await w.create('crm', 'Contact', { ...person, customerId: crm.id });
    made.push({ ours: ours.id, theirs: theirs.id, email: person.email });
  }
  await w.settled();
  await rest('customer', false);
  await w.settled();
  for (const { ours, theirs, email } of made) {
    expect(await w.count('crm', 'Contact', 'email', email), 'in the CRM').toBe(1);
    expect(await w.count('erp', 'Contact', 'email', email), 'in the ERP').toBe(1);
    expect((await w.linkOf('contact', ours)).erpId).toBe(theirs);
  }
});

test('a retry of dead letters previews what each would write', async () => {
  const ids = await pair();
  const lone = await w.create('crm', 'Contact', { lastName: 'Alone', customerId: ids.crm });
  await w.settled();
  await w.sync.pause('customer', true, 'a test', 'test');
  await w.edit('crm', 'Customer', ids.crm, { website: 'https://again.example' });
  await w.sql`
    insert into sync.dead_letter (id, mapping, link_id, lane, code, message, attempts, cause)
    values ('again-1', 'customer', ${ids.link}, ${`link:${ids.link}`}, 'REFUSED', 'm', 1, '{"kind":"change"}'),
      ('again-2', 'contact', null, ${`rec:crm:Contact:${lone.id}`}, 'REFUSED', 'm', 1, '{"kind":"change"}'),
      ('again-3', 'contact', null, 'rec:crm:Contact:nobody', 'REFUSED', 'm', 1, '{"kind":"change"}')`;
  const shown = await mutate(
    '{ retry(code: "REFUSED", mode: PREVIEW) { matched applied reasons results { outcome link { id } plan { writes { side fields { field after } } } } } }',
  );
  await w.sql`delete from sync.dead_letter where id like 'again-%'`;
  await w.sync.pause('customer', false, null, 'test');
  await w.settled();
  expect(shown.retry).toMatchObject({ matched: 3, applied: 0, reasons: [expect.stringContaining('nobody')] });
  expect(members(at(shown, 'retry.results'))).toMatchObject([
    {
      link: { id: `Link_${ids.link}` },
      plan: { writes: [{ side: 'ERP', fields: [{ field: 'website', after: 'https://again.example' }] }] },
    },
    { outcome: 'UNCHANGED' },
  ]);
});

test('a reconciliation tells what waits for a person apart from what has drifted', async () => {
  const [held, drifted] = [await pair(), await pair()];
  await w.edit('erp', 'Customer', held.erp, { phoneNo: 'ask at the desk' });
  await w.settled();
  await w.sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    await tx`update erp.customer set home_page = 'https://unseen.example' where id = ${drifted.erp}`;
  });
  const id = await w.sync.startRun('reconciliation', ['customer'], 'preview', 'test', true);
  const run = async () => at(await data(subgraph, `{ run(id: "Run_${id}") { state samples } }`), 'run');
  await expect.poll(async () => String((await run()).state)).toBe('done');
  const samples = (await run()).samples as unknown as Record<string, Record<string, { linkId: string }[]>>;
  expect(samples.customer!.drifted!.map(({ linkId }) => linkId)).toEqual([drifted.link]);
  expect(Object.keys(samples.customer!)).toContain('waits for a person');
  await mutate(`{ syncCustomer(id: "Link_${drifted.link}") { outcome } }`);
});
