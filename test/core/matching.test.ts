import { describe, expect, test } from 'vitest';
import { judge, loose, matchValues } from '../../sync/core/matching.ts';
import type { Json, SideState, Values } from '../../sync/core/types.ts';
import { contact } from '../../sync/mappings/contact.ts';
import { customer } from '../../sync/mappings/customer.ts';
import { product } from '../../sync/mappings/product.ts';
import { user } from '../../sync/mappings/user.ts';
import { lookup } from './fixture.ts';

const state = (values: Values): SideState => ({ values, held: [], at: 1 });
const norway: Json = { line1: 'a', line2: null, city: 'Oslo', postalCode: null, region: null, country: 'NO' };
const wheres = (keys: ReturnType<typeof matchValues>) => keys.map(({ nativeWhere }) => nativeWhere);

describe('look-ups', () => {
  test('a CRM customer is looked up in the ERP by native names, in order, in every spelling', () => {
    const keys = matchValues(
      customer,
      'crm',
      state({
        id: 'c-1',
        orgNumber: '923609016',
        vatNumber: 'NO923609016MVA',
        email: 'a@b.no',
        name: 'Acme',
        billingAddress: norway,
      }),
      lookup,
    );
    expect(wheres(keys)).toEqual([
      { externalReference: 'c-1' },
      { registrationNo: '923609016' },
      { vatRegistrationNo: '923609016MVA' },
      { vatRegistrationNo: 'NO923609016MVA' },
      { email: 'a@b.no' },
      { name: 'Acme' },
      { name: 'Acme' },
    ]);
    expect(keys.map(({ key }) => key.score)).toEqual([100, 98, 96, 96, 92, 75, 60]);
    expect(keys.find(({ key }) => key.uniqueOnly)?.ownWhere).toEqual({ email: 'a@b.no' });
  });

  test('keys with an empty or waiting value are left out; references go through their links', () => {
    expect(matchValues(customer, 'crm', state({ orgNumber: null }), lookup)).toEqual([]);
    const waits = state({ email: 'a@b.no', customerId: '?crm:Customer:new-1' });
    expect(matchValues(contact, 'crm', waits, lookup)).toEqual([]);
    const known = state({ email: 'a@b.no', customerId: 'link-Customer-7' });
    expect(wheres(matchValues(contact, 'crm', known, lookup))).toEqual([
      { email: 'a@b.no', customerId: 'e-7' },
    ]);
    expect(wheres(matchValues(contact, 'erp', known, lookup))).toEqual([
      { email: 'a@b.no', customerId: 'c-7' },
    ]);
  });

  test('an ERP record that bears a stamp is looked up by it', () => {
    expect(wheres(matchValues(user, 'erp', state({ id: 'c-9' }), lookup))).toEqual([{ id: 'c-9' }]);
  });

  test('a GTIN is looked up at every length', () => {
    expect(wheres(matchValues(product, 'crm', state({ gtin: '00000096385074' }), lookup))).toEqual(
      ['00000096385074', '0000096385074', '000096385074', '96385074'].map((gtin) => ({ gtin })),
    );
  });
});

describe('judgement', () => {
  const acme = state({ orgNumber: '923609016', email: 'a@b.no', name: 'Acme AS', billingAddress: norway });
  const at = (id: string, values: Values) => ({ id, state: state(values) });

  test('one sure candidate links, with key and score', () => {
    const judged = judge(customer, acme, [at('e-1', { orgNumber: '923609016', name: 'Other' })]);
    expect(judged).toMatchObject({ kind: 'link', id: 'e-1', score: 98, key: { fields: ['orgNumber'] } });
  });

  test('two sure candidates never link: a person decides, with the evidence', () => {
    const judged = judge(customer, acme, [
      at('e-1', { orgNumber: '923609016' }),
      at('e-2', { email: 'a@b.no' }),
    ]);
    expect(judged).toEqual({
      kind: 'propose',
      candidates: [
        expect.objectContaining({
          id: 'e-1',
          score: 98,
          evidence: [{ field: 'orgNumber', value: '923609016' }],
        }),
        expect.objectContaining({ id: 'e-2', score: 92 }),
      ],
    });
  });

  test('a name alone, however alike, is a proposal; another country is no evidence for the stronger key', () => {
    const judged = judge(customer, acme, [at('e-1', { name: 'ACME a/s', billingAddress: norway })]);
    expect(judged).toMatchObject({ kind: 'propose', candidates: [{ id: 'e-1', score: 75 }] });
    const abroad = judge(customer, acme, [
      at('e-1', { name: 'Acme', billingAddress: { ...(norway as object), country: 'SE' } }),
    ]);
    expect(abroad).toMatchObject({ kind: 'propose', candidates: [{ score: 60 }] });
    expect(judge(customer, acme, [at('e-1', { name: 'Nobody' })])).toEqual({ kind: 'none' });
    expect(judge(customer, acme, [])).toEqual({ kind: 'none' });
  });

  test('an e-mail counts only where it is unique on both sides', () => {
    const mail = state({ email: 'a@b.no' });
    expect(judge(customer, mail, [at('e-1', { email: 'a@b.no' })])).toMatchObject({
      kind: 'link',
      score: 92,
    });
    const twin = judge(customer, mail, [at('e-1', { email: 'a@b.no' })], [state({ email: 'a@b.no' })]);
    expect(twin).toMatchObject({ kind: 'propose', candidates: [{ score: 85 }] });
    const two = judge(customer, mail, [at('e-1', { email: 'a@b.no' }), at('e-2', { email: 'a@b.no' })]);
    expect(two).toMatchObject({ kind: 'propose', candidates: [{ score: 85 }, { score: 85 }] });
  });

  test('the stamp beats every other evidence', () => {
    const judged = judge(customer, state({ id: 'c-1', orgNumber: '1' }), [
      at('e-1', { orgNumber: '1' }),
      at('e-2', { id: 'c-1' }),
    ]);
    expect(judged).toMatchObject({ kind: 'link', id: 'e-2', score: 100 });
  });

  test.each([
    ['Acme AS', 'ACME A/S'],
    ['Müller GmbH & Co. KG', 'Muller'],
    ['The Cat Ltd.', 'the  cat limited'],
  ])('%s and %s are alike', (a, b) => expect(loose(a)).toBe(loose(b)));

  test('a name of nothing but a legal form stays itself', () => {
    expect(loose('AB')).toBe('ab');
    expect(loose('!!')).toBe('!!');
  });
});
