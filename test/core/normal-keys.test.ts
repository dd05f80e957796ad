import { describe, expect, test } from 'vitest';
import { newOwnKeys, normalKeys } from '../../sync/core/normal-keys.ts';
import type { Json, Side, Values } from '../../sync/core/types.ts';
import { contact } from '../../sync/mappings/contact.ts';
import { customer } from '../../sync/mappings/customer.ts';
import { order } from '../../sync/mappings/order.ts';

const norway: Json = { line1: 'a', line2: null, city: 'Oslo', postalCode: null, region: null, country: 'NO' };
/** Ids of both systems behind a link, as the other side's are looked up. */
const idOf = (link: string, side: Side) => ({ crm: `c-${link}`, erp: `e-${link}` })[side];
const of = (values: Values, side: Side = 'crm', native: Record<string, Json> = {}) =>
  normalKeys(customer, side, values, { native: (property) => native[property], idOf });

describe('records are found under the same forms', () => {
  test.each<[string, Values, Values]>([
    [
      'names in other case, with other legal forms, accents and punctuation',
      { name: 'Ångström & Sønn A/S' },
      { name: 'ANGSTROM SØNN AS.' },
    ],
    ['e-mail addresses in other case', { email: 'Office@acme.no' }, { email: 'office@ACME.no' }],
    [
      'identifiers, which the codecs have brought to one form',
      { orgNumber: '923609016' },
      { orgNumber: '923609016' },
    ],
  ])('%s', (_, here, there) => {
    const [a, b] = [of(here), of(there, 'erp')];
    expect(a.own.length).toBeGreaterThan(0);
    expect(a.there).toEqual(b.own);
    expect(b.there).toEqual(a.own);
  });

  test('and others not', () => {
    expect(of({ name: 'Acme' }).own).not.toEqual(of({ name: 'Acme Nord' }).own);
    expect(of({ name: 'Acme', billingAddress: norway }).own).toHaveLength(2);
    expect(of({ name: null, email: null }).own).toEqual([]);
    expect(of({ name: null, email: '?crm:Email:a' }).own).toEqual([]);
    expect(of({ name: null, email: '?crm:Email:a' }, 'erp').own).toHaveLength(1);
  });
});

test('what refers to another record does so by its own id, and is looked for by the id that the other system has', () => {
  const values = { email: 'a@b.no', customerId: 'l7' };
  const keys = normalKeys(contact, 'crm', values, { native: () => 'c-l7', idOf });
  const theirs = normalKeys(contact, 'erp', values, { native: () => 'e-l7', idOf });
  expect(keys.there).toEqual(theirs.own);
  expect(keys.own).not.toEqual(keys.there);
  // The customer is not linked yet: others can find the contact by then, it can't find them.
  const early = normalKeys(
    contact,
    'crm',
    { ...values, customerId: '?crm:Customer:c-l7' },
    {
      native: () => 'c-l7',
      idOf: () => undefined,
    },
  );
  expect(early.own).toEqual(keys.own);
  expect(early.there).toEqual([]);
});

test('only keys that must be unique look beside their record, and documents have none', () => {
  const { own, twins } = of({ email: 'a@b.no', orgNumber: '923609016' });
  expect(own).toHaveLength(2);
  expect(twins).toHaveLength(1);
  expect(normalKeys(order, 'crm', { id: 'x' }, { native: () => 'x', idOf }).own).toEqual([]);
});

test('a record with new values is found under the new forms as well, and the old ones are not told again', () => {
  const native: Record<string, Json> = { customerId: 'c-l7' };
  const before: Values = {
    email: 'a@b.no',
    phone: '+4722334455',
    customerId: 'l7',
    firstName: 'Kari',
    lastName: 'Moe',
  };
  const told = (now: Values, was: Values | null = before) =>
    newOwnKeys(contact, 'crm', { before: was, now }, (property) => native[property]);
  const all = (values: Values) =>
    normalKeys(contact, 'crm', values, { native: (property) => native[property], idOf }).own;
  const newEmail = { ...before, email: 'kari@b.no' };
  expect(told(newEmail)).toEqual(all(newEmail).filter((form) => !all(before).includes(form)));
  expect(told(newEmail)).toHaveLength(1);
  // What is only spelt another way has the same form, and by a title nobody is looked for.
  expect(told({ ...before, email: 'A@B.no', jobTitle: 'CEO' })).toEqual([]);
  // Of a name there are two: by itself, and with the phone.
  expect(told({ ...before, firstName: 'Karin' })).toHaveLength(2);
  expect(told({ ...before, email: null })).toEqual([]);
  expect(told(before, null)).toEqual(all(before));
  expect(told({ id: 'x' }, null)).toEqual([]);
});
