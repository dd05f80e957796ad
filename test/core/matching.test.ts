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

describe('a key', () => {
  const key = (fields: readonly string[], score: number, more: object = {}) => ({ fields, score, ...more });
  const of = (...match: readonly ReturnType<typeof key>[]) => ({ ...customer, match });
  const one = (values: Values, id = 'e-1') => ({ id, state: state(values) });

  test('of exactly ninety links by itself, one below proposes', () => {
    expect(judge(of(key(['email'], 90)), state({ email: 'a' }), [one({ email: 'a' })])).toMatchObject({
      kind: 'link',
      id: 'e-1',
      score: 90,
    });
    expect(judge(of(key(['email'], 89)), state({ email: 'a' }), [one({ email: 'a' })]).kind).toBe('propose');
  });

  test('that two candidates share links neither; one that is unsure does not hinder', () => {
    const sureOnes = of(key(['email'], 90), key(['name'], 75));
    const mine = state({ email: 'a', name: 'n' });
    expect(judge(sureOnes, mine, [one({ email: 'a' }), one({ email: 'a' }, 'e-2')]).kind).toBe('propose');
    expect(judge(sureOnes, mine, [one({ name: 'n' }, 'e-2'), one({ email: 'a' })])).toMatchObject({
      kind: 'link',
      id: 'e-1',
    });
    const proposed = judge(sureOnes, mine, [one({ name: 'n' }, 'e-2'), one({ name: 'n' })]);
    expect(proposed).toMatchObject({ kind: 'propose', candidates: [{ id: 'e-2' }, { id: 'e-1' }] });
  });

  test('that is the stamp goes before every other, but not before another stamp', () => {
    const stamped = of(key(['id'], 100), key(['email'], 92));
    const mine = state({ id: 'c-1', email: 'a' });
    expect(judge(stamped, mine, [one({ email: 'a' }, 'e-2'), one({ id: 'c-1' })])).toMatchObject({
      kind: 'link',
      id: 'e-1',
    });
    expect(judge(stamped, mine, [one({ id: 'c-1' }), one({ id: 'c-1' }, 'e-2')]).kind).toBe('propose');
    const bothSure = of(key(['email'], 92), key(['phone'], 91));
    const other = state({ email: 'a', phone: 'p' });
    expect(judge(bothSure, other, [one({ email: 'a' }), one({ phone: 'p' }, 'e-2')]).kind).toBe('propose');
  });

  test('whose value is empty on either side finds nothing', () => {
    const by = of(key(['email'], 95));
    for (const [here, there] of [
      [{}, {}],
      [{ email: null }, { email: null }],
      [{ email: 'a' }, {}],
      [{}, { email: 'a' }],
    ] as const)
      expect(judge(by, state(here), [one(there)])).toEqual({ kind: 'none' });
  });

  test('that is not loose compares all but the case', () => {
    const mine = state({ email: 'ola.nes@c.no' });
    expect(judge(of(key(['email'], 95)), mine, [one({ email: 'Ola.Nes@c.no' })]).kind).toBe('link');
    expect(judge(of(key(['email'], 95)), mine, [one({ email: 'olanes@c.no' })])).toEqual({ kind: 'none' });
    expect(judge(of(key(['email'], 95, { loose: true })), mine, [one({ email: 'olanes@c.no' })]).kind).toBe(
      'link',
    );
  });

  test('that must be unique counts for less where it is not', () => {
    const by = of(key(['email'], 92, { uniqueOnly: true }));
    const mine = state({ email: 'a' });
    const told = (candidates: readonly ReturnType<typeof one>[], twins: readonly SideState[] = []) =>
      judge(by, mine, candidates, twins);
    expect(told([one({ email: 'a' })])).toMatchObject({ kind: 'link', score: 92 });
    expect(told([one({ email: 'a' })], [state({ email: 'a' })])).toMatchObject({
      kind: 'propose',
      candidates: [{ score: 85, evidence: [{ field: 'email', value: 'a' }] }],
    });
    expect(told([one({ email: 'a' })], [state({ email: 'b' })]).kind).toBe('link');
    expect(told([one({ email: 'a' }), one({ email: 'a' }, 'e-2')])).toMatchObject({
      kind: 'propose',
      candidates: [{ score: 85 }, { score: 85 }],
    });
    expect(told([one({ email: 'a' }), one({ email: 'b' }, 'e-2')]).kind).toBe('link');
  });

  test('of several the surest tells, the first of equals', () => {
    const by = of(key(['email'], 92), key(['phone'], 92), key(['name'], 95));
    const all = { email: 'a', phone: 'p', name: 'n' };
    expect(judge(by, state(all), [one(all)])).toMatchObject({ key: { fields: ['name'] }, score: 95 });
    expect(judge(by, state(all), [one({ email: 'a', phone: 'p' })])).toMatchObject({
      key: { fields: ['email'] },
    });
    expect(judge(of(key(['email'], 0)), state(all), [one(all)]).kind).toBe('propose');
  });

  test('of fields that a system has no property for looks up nothing', () => {
    expect(matchValues(of(key(['nothing'], 90)), 'crm', state({ nothing: 'x' }), lookup)).toEqual([]);
    expect(
      matchValues(of(key(['billingAddress'], 60)), 'crm', state({ billingAddress: norway }), lookup),
    ).toEqual([]);
  });

  test.each([
    ['Acme A/S', 'acme'],
    ['Acme AS', 'acme'],
    ['ACME GmbH & Co. KG', 'acme'],
    ['Ålesund Ørn', 'alesundørn'],
    ['  a  b ', 'ab'],
    ['AS', 'as'],
    ['A.S.', 'as'],
    ['--', '--'],
    ['Acme 24', 'acme24'],
    [7, 7],
    [null, null],
    [norway, 'NO'],
    [{ line1: 'a' }, null],
  ] as const)('loosely %j is %j', (value, wanted) => {
    expect(loose(value as Json)).toBe(wanted);
  });

  test('a list is compared as it is', () => {
    expect(loose(['a'])).toEqual(['a']);
  });
});
