import { afterEach, describe, expect, test } from 'vitest';
import { createSyncSubgraph } from '../../subgraphs/sync/subgraph.ts';
import type { Side } from '../../sync/index.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { ask, at, data } from '../sync-subgraph/fixture.ts';
import { type Fields, openWorld } from './world.ts';

/** What a company sets at run time, through the graph, and what the flows do from then on. */
const w = await openWorld();
const subgraph = createSyncSubgraph({ sql: w.sql, sync: w.sync, mappings });
const mutate = (text: string) => data(subgraph, `mutation { ${text} }`);
let n = 0;

async function pair(fields: Fields = {}) {
  const made = await w.create('crm', 'Customer', { name: `Pair ${++n} of the settings`, ...fields });
  await w.settled();
  const link = await w.linkOf('customer', made.id);
  return { crm: made.id, erp: link.erpId!, link: link.id };
}
const bothEdit = async (ids: { crm: string; erp: string }, crm: Fields, erp: Fields) => {
  await w.sync.pause('customer', true, 'a test', 'test');
  await w.edit('crm', 'Customer', ids.crm, crm);
  await w.edit('erp', 'Customer', ids.erp, erp);
  await w.sync.pause('customer', false, null, 'test');
  await w.settled();
};
const legalName = async (ids: Readonly<Record<Side, string>>) => [
  (await w.fields('crm', 'Customer', ids.crm)).legalName,
  (await w.fields('erp', 'Customer', ids.erp)).legalName,
];

afterEach(async () => {
  await mutate(
    'setFlow(flow: CUSTOMER, rule: EVERY, onDeleteInCrm: ARCHIVE, onDeleteInErp: ARCHIVE) { rule }',
  );
  for (const field of ['legalName', 'email', 'website'])
    await mutate(`setField(flow: CUSTOMER, field: "${field}") { field }`);
});

describe('a field', () => {
  test('has the winner that the company sets, and its declared one again', async () => {
    const ids = await pair({ legalName: 'First' });
    const set = await mutate(
      'setField(flow: CUSTOMER, field: "legalName", wins: CRM) { flow direction wins by }',
    );
    expect(at(set, 'setField')).toEqual({
      flow: 'CUSTOMER',
      direction: 'BOTH',
      wins: 'CRM',
      by: 'anonymous',
    });
    await bothEdit(ids, { legalName: 'Ours' }, { legalName: 'Theirs' });
    expect(await legalName(ids)).toEqual(['Ours', 'Ours']);
    await mutate('setField(flow: CUSTOMER, field: "legalName", wins: INBOX) { wins }');
    await bothEdit(ids, { legalName: 'Ours 2' }, { legalName: 'Theirs 2' });
    expect((await w.conflicts(ids.link)).map(({ field }) => field)).toEqual(['legalName']);
    await mutate('setField(flow: CUSTOMER, field: "legalName") { wins }');
    expect(at(await data(subgraph, '{ fieldSettings { field } }'), 'fieldSettings')).toEqual([]);
    await w.sync.syncLink(ids.link, { mode: 'apply', actor: 'test' });
    expect(await legalName(ids)).toEqual(['Theirs 2', 'Theirs 2']);
  });

  test('travels the way that the company sets: put back where it is one-way, left alone where it is off', async () => {
    const ids = await pair({ legalName: 'First', website: 'https://first.example' });
    await mutate('setField(flow: CUSTOMER, field: "legalName", direction: TO_CRM) { direction }');
    await mutate('setField(flow: CUSTOMER, field: "website", direction: OFF) { direction }');
    await w.edit('crm', 'Customer', ids.crm, {
      legalName: 'Not mine to edit',
      website: 'https://own.example',
    });
    await w.settled();
    expect(await legalName(ids)).toEqual(['First', 'First']);
    expect((await w.fields('erp', 'Customer', ids.erp)).homePage).toBe('https://first.example');
    const told = await data(
      subgraph,
      '{ dataflow(flow: CUSTOMER) { properties { crmProperty direction } } }',
    );
    expect(JSON.stringify(told)).toContain('{"crmProperty":"website","direction":"OFF"}');
  });

  test('rests as long as the company sets: what was typed in between never travels, other fields do at once', async () => {
    const ids = await pair({ email: 'old@rest.example' });
    const emails = async () =>
      (await w.events(ids.link)).flatMap(({ fields }) =>
        fields.filter(({ field, side }) => field === 'email' && side === 'erp').map(({ after }) => after),
      );
    await mutate('setField(flow: CUSTOMER, field: "email", settleSeconds: 600) { settleSeconds }');
    await w.edit('crm', 'Customer', ids.crm, { email: 'johndoe@rest.exa', website: 'https://rest.example' });
    await w.settled();
    expect(await w.fields('erp', 'Customer', ids.erp)).toMatchObject({
      email: 'old@rest.example',
      homePage: 'https://rest.example',
    });
    await w.edit('crm', 'Customer', ids.crm, { email: 'johndoe@rest.example' });
    await w.settled();
    expect((await w.fields('erp', 'Customer', ids.erp)).email).toBe('old@rest.example');
    await mutate('setField(flow: CUSTOMER, field: "email", settleSeconds: 0) { settleSeconds }');
    await w.edit('crm', 'Customer', ids.crm, { phone: '+4722334455' });
    await w.settled();
    expect((await w.fields('erp', 'Customer', ids.erp)).email).toBe('johndoe@rest.example');
    expect(await emails()).toEqual(['old@rest.example', 'johndoe@rest.example']);
  });

  test('that rests travels at once when somebody asks for it', async () => {
    const ids = await pair({ email: 'old@now.example' });
    await mutate('setField(flow: CUSTOMER, field: "email", settleSeconds: 600) { settleSeconds }');
    await w.edit('crm', 'Customer', ids.crm, { email: 'new@now.example' });
    await w.settled();
    await mutate(`syncCustomer(crmId: "${ids.crm}") { outcome }`);
    expect((await w.fields('erp', 'Customer', ids.erp)).email).toBe('new@now.example');
  });

  test.for([
    ['field: "nothing", wins: CRM', /no field nothing/],
    ['field: "name", direction: OFF', /required/],
    ['field: "accountNumber", direction: BOTH', /authored by the ERP alone/],
    ['field: "status", wins: RANK', /RANK/],
  ] as const)('is not set so: %s', async ([given, message]) => {
    const { errors } = await ask(subgraph, `mutation { setField(flow: CUSTOMER, ${given}) { field } }`);
    expect(errors?.[0]?.message).toMatch(message);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argumentPath: ['field'] });
  });

  test.for(['6000', '-1', '1e300', '1e400', '600.0005', '2147483648'])(
    'rests for no %s seconds',
    async (given) => {
      const text = `mutation { setField(flow: CUSTOMER, field: "email", settleSeconds: ${given}) { field } }`;
      const { errors } = await ask(subgraph, text);
      expect(errors?.[0]?.message).toMatch(/0 to 600 seconds/);
      expect(errors?.[0]?.extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        argumentPath: ['settleSeconds'],
      });
    },
  );
});

describe('a flow', () => {
  const there = async (ids: { erp: string }) =>
    (await w.erp.read('Customer', [ids.erp])).get(ids.erp)?.archived ?? 'gone';

  test('does with a deletion what the company sets', async () => {
    const gone = await pair();
    const set = await mutate(
      'setFlow(flow: CUSTOMER, onDeleteInCrm: DELETE) { onDeleteInCrm onDeleteInErp }',
    );
    expect(at(set, 'setFlow')).toEqual({ onDeleteInCrm: 'DELETE', onDeleteInErp: 'ARCHIVE' });
    await w.remove('crm', 'Customer', gone.crm);
    await w.settled();
    expect(await there(gone)).toBe('gone');
    const left = await pair();
    await mutate('setFlow(flow: CUSTOMER, onDeleteInCrm: UNLINK) { flow }');
    await w.remove('crm', 'Customer', left.crm);
    await w.settled();
    expect(await there(left)).toBe(false);
    expect(await w.links({ id: left.erp })).toEqual([]);
    const archived = await pair();
    await mutate('setFlow(flow: CUSTOMER, onDeleteInCrm: ARCHIVE) { flow }');
    await w.remove('crm', 'Customer', archived.crm);
    await w.settled();
    expect(await there(archived)).toBe(true);
  });

  test.for(['before', 'after'] as const)(
    'creates only what is connected: a contact that came %s it makes its customer travel',
    async (order) => {
      await mutate('setFlow(flow: CUSTOMER, rule: CONNECTED) { rule }');
      const alone = await w.create('crm', 'Customer', { name: `Alone ${order}` });
      const named = await w.create('crm', 'Customer', { name: `Named ${order}` });
      if (order === 'after') await w.settled();
      const person = await w.create('crm', 'Contact', { lastName: `Of ${order}`, customerId: named.id });
      await w.settled();
      expect(await w.count('erp', 'Customer', 'externalReference', alone.id)).toBe(0);
      expect(await w.count('erp', 'Customer', 'externalReference', named.id)).toBe(1);
      expect((await w.linkOf('contact', person.id)).state).toBe('synced');
    },
  );

  test('links what matches and creates nothing where the rule is MATCH', async () => {
    await mutate('setFlow(flow: CUSTOMER, rule: MATCH) { rule }');
    const made = await w.create('crm', 'Customer', { name: 'Only by match', orgNumber: '974760673' });
    await w.settled();
    expect(await w.count('erp', 'Customer', 'externalReference', made.id)).toBe(0);
  });

  test('does not take a rule that says nothing there', async () => {
    const { errors } = await ask(subgraph, 'mutation { setFlow(flow: ORDER, rule: ACCEPTED) { rule } }');
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});
