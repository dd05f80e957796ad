import { describe, expect, test } from 'vitest';
import { createSyncSubgraph } from '../../subgraphs/sync/subgraph.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { ask, at, data, members } from '../sync-subgraph/fixture.ts';
import { pairsOf } from './pairs.ts';
import { openWorld } from './world.ts';

/** Code lists as the company edits them: countries and currencies an ERP has codes of its own for, and codes taken away. */
const w = await openWorld();
const { pair } = pairsOf(w);
const subgraph = createSyncSubgraph({ sql: w.sql, sync: w.sync, mappings });
const mutate = (text: string) => data(subgraph, `mutation { ${text} }`);
const issuesOf = (list: string) =>
  w.sql<{ key: string; value: unknown; message: string }[]>`
    select key, value, message from sync.issue where key like ${`unmapped:${list}:%`} and closed_at is null order by key`;
/** The built-in ERP takes ISO codes alone; what another one holds is written past it. */
const currencyInErp = async (id: string, code: string) => {
  await w.sql`update erp.customer set currency_code = ${code} where id = ${id}`;
  await w.settled();
};
const countryIn = async (side: 'crm' | 'erp', id: string, text: string) => {
  if (side === 'erp')
    await w.sql`update erp.customer set invoice_address = jsonb_set(invoice_address, '{countryCode}', to_jsonb(${text}::text)) where id = ${id}`;
  else
    await w.sql`update crm.customer set billing_address = jsonb_set(billing_address, '{country}', to_jsonb(${text}::text)) where id = ${id}`;
  await w.settled();
};
const address = { line1: 'Gate 1', city: 'Bergen', country: 'SE' };
const currencyOf = async (id: string) => (await w.fields('crm', 'Customer', id)).currency;
const countryOf = async (id: string) =>
  ((await w.fields('crm', 'Customer', id)).billingAddress as { country: string }).country;

describe("a currency of the ERP's own", () => {
  test('is one issue until it is mapped, and then ISO in the CRM, and written as the ERP has it', async () => {
    const [a, b] = [await pair({ currency: 'SEK' }), await pair({ currency: 'SEK' })];
    for (const ids of [a, b]) await currencyInErp(ids.erp, 'NKR');
    expect(await issuesOf('currency')).toMatchObject([{ key: 'unmapped:currency:erp:NKR', value: 'NKR' }]);
    await w.edit('erp', 'Customer', a.erp, { homePage: 'https://goes-on.example' });
    await w.settled();
    expect(await w.fields('crm', 'Customer', a.crm)).toMatchObject({
      currency: 'SEK',
      website: 'https://goes-on.example',
    });
    const set = await mutate('setCode(list: CURRENCY, crm: "nok", erp: " nkr ") { list crm erp direction }');
    expect(at(set, 'setCode')).toEqual({ list: 'CURRENCY', crm: 'NOK', erp: 'NKR', direction: 'BOTH' });
    await w.settled();
    expect([await currencyOf(a.crm), await currencyOf(b.crm)]).toEqual(['NOK', 'NOK']);
    expect(await issuesOf('currency')).toEqual([]);
    await w.create('crm', 'Customer', { name: 'Pays in kroner', currency: 'NOK' });
    await w.settled();
    // The built-in ERP has no such code: what was sent is told by its refusal.
    const [refused] = await w.sql<{ message: string }[]>`
      select message from sync.issue where code = 'VALUE_DOES_NOT_FIT' and closed_at is null`;
    expect(refused?.message).toContain('NKR');
    await mutate('removeCode(list: CURRENCY, crm: "NOK", erp: "NKR") { crm }');
  });
});

describe('a country', () => {
  test('has as many names as the company gives it, in either system, and the ERP is written the ISO code', async () => {
    const [a, b] = [await pair({ billingAddress: address }), await pair({ billingAddress: address })];
    await countryIn('erp', a.erp, 'Norgenland');
    await countryIn('crm', b.crm, 'Noregio');
    expect((await issuesOf('country')).map(({ key }) => key)).toEqual([
      'unmapped:country:crm:NOREGIO',
      'unmapped:country:erp:NORGENLAND',
    ]);
    // The address is anybody's data; its country is the code that is meant.
    expect(JSON.stringify(await issuesOf('country'))).not.toContain('Gate 1');
    const set = await mutate('setCode(list: COUNTRY, crm: "NO", erp: "Norgenland") { crm erp direction }');
    expect(at(set, 'setCode')).toEqual({ crm: 'NO', erp: 'NORGENLAND', direction: 'TO_CRM' });
    await mutate('setCode(list: COUNTRY, crm: "NO", erp: "Noregio") { crm }');
    await w.settled();
    expect(await issuesOf('country')).toEqual([]);
    expect(await countryOf(a.crm)).toBe('NO');
    const shown = await w.fields('erp', 'Customer', b.erp);
    expect(shown.invoiceAddress).toMatchObject({ countryCode: 'NO' });
    await w.edit('crm', 'Customer', a.crm, {
      billingAddress: { ...address, line1: 'Gate 2', country: 'NO' },
    });
    await w.settled();
    expect((await w.fields('erp', 'Customer', a.erp)).invoiceAddress).toMatchObject({
      street: 'Gate 2',
      countryCode: 'NO',
    });
  });

  test('of the ERP’s own codes is never written as another one’s', async () => {
    await mutate('setCode(list: COUNTRY, crm: "CN", erp: "CH", direction: TO_CRM) { crm }');
    const ids = await pair({ billingAddress: { ...address, country: 'CH' } });
    expect((await issuesOf('country')).map(({ key }) => key)).toEqual(['unmapped:country:crm:CH']);
    await mutate('removeCode(list: COUNTRY, crm: "CN", erp: "CH") { crm }');
    await w.sync.syncLink(ids.link, { mode: 'apply', actor: 'test' });
    await w.settled();
    expect((await w.fields('erp', 'Customer', ids.erp)).invoiceAddress).toMatchObject({ countryCode: 'CH' });
    expect(await issuesOf('country')).toEqual([]);
  });
});

test.each([
  ['setCode(list: COUNTRY, crm: "Norway", erp: "X")', ['crm'], /"NORWAY" is no code of ISO 3166-1 alpha-2/],
  ['setCode(list: CURRENCY, crm: "KRONER", erp: "X")', ['crm'], /"KRONER" is no code of ISO 4217/],
  ['setCode(list: LANGUAGE, crm: "!", erp: "X")', ['crm'], /"!" is no code of BCP 47/],
  ['setCode(list: UNITS, crm: "", erp: "X")', ['crm'], /1 to 20 characters/],
  ['setCode(list: COUNTRY, crm: "NO", erp: "  ")', ['erp'], /1 to 100 characters/],
  [
    'removeCode(list: UNITS, crm: "EA", erp: "NOWHERE")',
    ['erp'],
    /UNITS does not map EA to NOWHERE; codes lists/,
  ],
])('%s is refused, with the reason', async (text, argumentPath, message) => {
  const { errors } = await ask(subgraph, `mutation { ${text} { crm } }`);
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argumentPath });
  expect(errors?.[0]?.message).toMatch(message);
});

describe('one more code beside a pair that translates both ways', () => {
  const shown = 'direction others { crm erp before after }';
  const set = async (more = '') =>
    at(
      await mutate(`setCode(list: PAYMENT_TERMS, crm: "NET8", erp: "NET14"${more}) { ${shown} }`),
      'setCode',
    );
  const standing = async (): Promise<unknown> => {
    const { codes } = await data(subgraph, '{ codes(list: PAYMENT_TERMS) { crm erp direction } }');
    return members(codes).filter(({ erp }) => String(erp) === 'NET14');
  };
  const [one, both] = [
    { crm: 'NET14', erp: 'NET14', direction: 'BOTH' },
    { crm: 'NET8', erp: 'NET14', direction: 'BOTH' },
  ];
  const yields = { crm: 'NET14', erp: 'NET14', before: 'BOTH', after: 'TO_ERP' };

  test('takes nothing from it where it goes the way that is left', async () => {
    const ids = await pair({ paymentTerms: 'NET14' });
    expect(await set(', direction: TO_ERP, mode: PREVIEW')).toEqual({ direction: 'TO_ERP', others: [] });
    expect(await set(', direction: TO_ERP')).toEqual({ direction: 'TO_ERP', others: [] });
    expect(await standing()).toEqual([one, { ...both, direction: 'TO_ERP' }]);
    await w.edit('erp', 'Customer', ids.erp, { homePage: 'https://beside.example' });
    await w.settled();
    expect(await w.fields('crm', 'Customer', ids.crm)).toMatchObject({
      website: 'https://beside.example',
      paymentTerms: 'NET14',
    });
    const other = await pair({ paymentTerms: 'NET8' });
    expect((await w.fields('erp', 'Customer', other.erp)).paymentTermsCode).toBe('NET14');
    expect((await w.fields('crm', 'Customer', other.crm)).paymentTerms).toBe('NET8');
    await mutate('removeCode(list: PAYMENT_TERMS, crm: "NET8", erp: "NET14") { crm }');
  });

  test('has it yield, says so, and gives back what it took when it is taken away', async () => {
    const told = { direction: 'BOTH', others: [yields] };
    expect(await set(', mode: PREVIEW')).toEqual(told);
    expect(await set()).toEqual(told);
    expect(await standing()).toEqual([{ ...one, direction: 'TO_ERP' }, both]);
    const ids = await pair();
    // Nobody reads it as NET14 any more.
    await w.edit('erp', 'Customer', ids.erp, { paymentTermsCode: 'NET14' });
    await w.settled();
    expect((await w.fields('crm', 'Customer', ids.crm)).paymentTerms).toBe('NET8');
    const removal = `removeCode(list: PAYMENT_TERMS, crm: "NET8", erp: "NET14"`;
    const back = { direction: 'BOTH', others: [{ ...yields, before: 'TO_ERP', after: 'BOTH' }] };
    expect(at(await mutate(`${removal}, mode: PREVIEW) { ${shown} }`), 'removeCode')).toEqual(back);
    expect(at(await mutate(`${removal}) { ${shown} }`), 'removeCode')).toEqual(back);
    expect(await standing()).toEqual([one]);
    const next = await pair();
    await w.edit('erp', 'Customer', next.erp, { paymentTermsCode: 'NET14' });
    await w.settled();
    expect((await w.fields('crm', 'Customer', next.crm)).paymentTerms).toBe('NET14');
  });
});

describe('a code that is taken away', () => {
  test('stays where it stands; who syncs next and has it raises its one issue, and other fields go on', async () => {
    await mutate('setCode(list: PAYMENT_TERMS, crm: "NET66", erp: "66D") { crm }');
    const [a, b] = [await pair({ paymentTerms: 'NET66' }), await pair({ paymentTerms: 'NET66' })];
    const terms = async (id: string) => (await w.fields('erp', 'Customer', id)).paymentTermsCode;
    const removed = await mutate(
      'removeCode(list: PAYMENT_TERMS, crm: "net66", erp: "66d", reason: "a mistake") { list crm erp direction }',
    );
    expect(at(removed, 'removeCode')).toMatchObject({ list: 'PAYMENT_TERMS', crm: 'NET66', erp: '66D' });
    await w.settled();
    expect([await terms(a.erp), await terms(b.erp)]).toEqual(['66D', '66D']);
    expect(await issuesOf('paymentTerms')).toEqual([]);
    for (const ids of [a, b]) await w.edit('crm', 'Customer', ids.crm, { website: 'https://later.example' });
    await w.settled();
    expect((await issuesOf('paymentTerms')).map(({ key }) => key)).toEqual(['unmapped:paymentTerms:erp:66D']);
    expect(await w.fields('erp', 'Customer', a.erp)).toMatchObject({
      homePage: 'https://later.example',
      paymentTermsCode: '66D',
    });
    expect(await w.fields('crm', 'Customer', a.crm)).toMatchObject({ paymentTerms: 'NET66' });
    const codes = await data(subgraph, '{ codes(list: PAYMENT_TERMS) { crm } }');
    expect(JSON.stringify(codes)).not.toContain('NET66');
    const acts = await data(
      subgraph,
      '{ acts(last: 1, filter: { name: { eq: "removeCode" } }) { nodes { reason outcome } } }',
    );
    expect(at(acts, 'acts.nodes.0')).toEqual({ reason: 'a mistake', outcome: 'DONE' });
    await mutate('setCode(list: PAYMENT_TERMS, crm: "NET66", erp: "66D") { crm }');
    await w.settled();
    expect(await issuesOf('paymentTerms')).toEqual([]);
  });

  test('a code typed in lower case is the same code, and what waited for it goes on', async () => {
    const ids = await pair();
    await w.sql`update erp.customer set payment_terms_code = 'n55' where id = ${ids.erp}`;
    await w.settled();
    expect((await issuesOf('paymentTerms')).map(({ key }) => key)).toEqual(['unmapped:paymentTerms:erp:N55']);
    await mutate('setCode(list: PAYMENT_TERMS, crm: "net55", erp: "n55") { crm }');
    await w.settled();
    expect(await issuesOf('paymentTerms')).toEqual([]);
    expect((await w.fields('crm', 'Customer', ids.crm)).paymentTerms).toBe('NET55');
  });
});

test('one code of a system has one of the other: a later mapping leaves the earlier to be read only, or in its place', async () => {
  const listed = async () =>
    at(await data(subgraph, '{ codes(list: HOLD_REASON) { crm erp direction } }'), 'codes') as unknown as {
      crm: string;
      erp: string;
      direction: string;
    }[];
  const set = (crm: string, erp: string, direction = 'BOTH') =>
    mutate(`setCode(list: HOLD_REASON, crm: "${crm}", erp: "${erp}", direction: ${direction}) { crm }`);
  const of = async (...crm: string[]) =>
    (await listed())
      .filter((each) => crm.includes(each.crm))
      .map(({ crm, erp, direction }) => [crm, erp, direction]);
  await set('STOCK', 'NONE-LEFT');
  expect(await of('STOCK')).toEqual([
    ['STOCK', 'NONE-LEFT', 'BOTH'],
    ['STOCK', 'STOCK', 'TO_CRM'],
  ]);
  await set('OTHER', 'NONE-LEFT', 'TO_CRM');
  expect(await of('STOCK', 'OTHER')).toEqual([
    ['OTHER', 'NONE-LEFT', 'TO_CRM'],
    ['OTHER', 'OTHER', 'BOTH'],
    ['STOCK', 'NONE-LEFT', 'TO_ERP'],
    ['STOCK', 'STOCK', 'TO_CRM'],
  ]);
  await set('STOCK', 'STOCK');
  expect(await of('STOCK')).toEqual([['STOCK', 'STOCK', 'BOTH']]);
});
