import { describe, expect, test } from 'vitest';
import { address } from '../../sync/core/codecs/address.ts';
import { countryRead, currencyRead, standardWritten } from '../../sync/core/codecs/standard-codes.ts';
import type { Lookup } from '../../sync/core/mapping.ts';
import type { Side } from '../../sync/core/types.ts';
import { lookup as company, context } from './fixture.ts';

/**
 * A company whose ERP has codes of its own: `UK` for Great Britain, `CH` for China (Switzerland's by the standard), `KR` for
 * the Norwegian crown, and `SEK` for it as well, by an old mistake.
 */
const codes: Readonly<Record<string, string>> = {
  'country:erp:UK': 'GB',
  'country:crm:GB': 'UK',
  'country:erp:CH': 'CN',
  'country:crm:CN': 'CH',
  'country:erp:DE': 'DE',
  'currency:erp:KR': 'NOK',
  'currency:crm:NOK': 'KR',
  'currency:erp:SEK': 'NOK',
};
const lookup: Lookup = { ...company, code: (list, side, code) => codes[`${list}:${side}:${code}`] };
const at = (side: Side) => ({ side, lookup });

describe('a country', () => {
  test.each<[string, Side, string | undefined]>([
    ['UK', 'erp', 'GB'],
    [' uk ', 'erp', 'GB'],
    ['CH', 'erp', 'CN'],
    ['CH', 'crm', 'CH'],
    // What the standard does not know is a spelling of the company's, in the CRM too.
    ['UK', 'crm', 'GB'],
    ['NO', 'erp', 'NO'],
    ['Norway', 'crm', 'NO'],
    ['XX', 'erp', undefined],
    ['XX', 'crm', undefined],
  ])('written %j in the %s is %j', (written, side, is) => {
    expect(countryRead(written, at(side))).toBe(is);
  });
});

describe('a currency', () => {
  test.each<[string, Side, string | undefined]>([
    ['KR', 'erp', 'NOK'],
    [' kr', 'erp', 'NOK'],
    ['KR', 'crm', undefined],
    ['SEK', 'erp', 'NOK'],
    ['SEK', 'crm', 'SEK'],
    ['eur', 'crm', 'EUR'],
    ['EUR', 'erp', 'EUR'],
    // Units of account, which no runtime formats.
    ['CLF', 'crm', 'CLF'],
    ['UYW', 'erp', 'UYW'],
    ['EURO', 'erp', undefined],
  ])('written %j in the %s is %j', (written, side, is) => {
    expect(currencyRead(written, at(side))).toBe(is);
  });
});

describe('a code of the standard is written in the ERP', () => {
  test.each<[string, string, string, string | undefined]>([
    ['as its own code', 'country', 'GB', 'UK'],
    ['as its own code, which is another of the standard', 'country', 'CN', 'CH'],
    ['as it is, where it means the same there', 'country', 'DE', 'DE'],
    ['as it is, where it has none of its own', 'country', 'NO', 'NO'],
    ['not at all, where it means another there', 'country', 'CH', undefined],
    ['not at all, nor a currency', 'currency', 'SEK', undefined],
  ])('%s', (_, list, code, is) => {
    expect(standardWritten(list, code, lookup)).toBe(is);
  });
});

describe('the country of an address', () => {
  const codec = address({ crm: undefined, erp: undefined });
  const parts = { line1: 'A 1', line2: null, city: 'B', postalCode: null, region: null };

  test("is the ERP's own code there, and what it may not mean is a code that has to be mapped", () => {
    expect(codec.list).toBe('country');
    expect(codec.decode({ ...parts, country: 'CH' }, context('erp', {}, { lookup }))).toEqual({
      value: { ...parts, country: 'CN' },
    });
    expect(codec.encode({ ...parts, country: 'CN' }, context('erp', {}, { lookup }))).toEqual({
      value: { ...parts, country: 'CH' },
    });
    expect(codec.encode({ ...parts, country: 'CN' }, context('crm', {}, { lookup }))).toEqual({
      value: { ...parts, country: 'CN' },
    });
    expect(codec.encode({ ...parts, country: null }, context('erp', {}, { lookup }))).toEqual({
      value: { ...parts, country: null },
    });
    expect(codec.encode({ ...parts, country: 'CH' }, context('erp', {}, { lookup }))).toMatchObject({
      held: { kind: 'unmapped', list: 'country', code: 'CH' },
    });
    expect(codec.decode({ ...parts, country: 'nowhere' }, context('erp', {}, { lookup }))).toMatchObject({
      held: { kind: 'unmapped', list: 'country', code: 'NOWHERE' },
    });
  });

  test('is none of what is no address', () => {
    for (const native of ['A 1', ['A 1']])
      expect(codec.decode(native, context('crm', {}, { lookup }))).toMatchObject({
        held: { kind: 'unreadable' },
      });
  });
});
