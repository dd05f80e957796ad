import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Discount, decimal, settleDiscount } from '../../subgraphs/system/amounts.ts';
import type { PropertyType } from '../../subgraphs/system/entity.ts';
import { Refusal } from '../../subgraphs/system/failures.ts';
import { newId } from '../../subgraphs/system/ids.ts';
import { moneyOf, parserOf } from '../../subgraphs/system/values.ts';
import type { Json } from '../../sync/core/types.ts';

const parse = (type: PropertyType, value: unknown) => parserOf(type)('field', value as Json);
const price = { kind: 'decimal', precision: 18, scale: 2 } as const;
const address = {
  kind: 'address',
  name: 'Address',
  parts: ['line1', 'line2', 'city', 'postalCode', 'region', 'country'],
} as const;

describe('accepted values in their stored form', () => {
  test.each<[PropertyType, unknown, Json]>([
    [price, '1.50', '1.5'],
    [price, '-0.00', '0'],
    [price, '0012', '12'],
    [price, 7, '7'],
    [price, '', null],
    // Decimal(18,2) of a currency with cents: sixteen digits before the point.
    [{ kind: 'money' }, '9999999999999999.99', '9999999999999999.99'],
    [{ kind: 'text', max: 3 }, '👍👍👍', '👍👍👍'],
    [{ kind: 'text' }, '  ', null],
    [{ kind: 'text' }, 'e\u0301', '\u00e9'],
    [{ kind: 'text' }, "'; DROP TABLE x; --", "'; DROP TABLE x; --"],
    [{ kind: 'text' }, '\u202Eabc', '\u202Eabc'],
    [{ kind: 'code', max: 10 }, ' net30 ', 'NET30'],
    [{ kind: 'email' }, 'Kari@Example.COM', 'Kari@example.com'],
    [{ kind: 'phone' }, '+47 (22) 33-44 55', '+4722334455'],
    [{ kind: 'date' }, '2028-02-29', '2028-02-29'],
    [{ kind: 'dateTime' }, '2026-01-31T09:30:00.120000+02:00', '2026-01-31T07:30:00.12Z'],
    [{ kind: 'dateTime' }, '2026-10-25T02:30:00-08:00', '2026-10-25T10:30:00Z'],
    [{ kind: 'language' }, 'NB-no', 'nb-NO'],
    [
      address,
      { country: 'NO' },
      { line1: null, line2: null, city: null, postalCode: null, region: null, country: 'NO' },
    ],
    [address, { city: '' }, null],
    [{ kind: 'texts', max: 5 }, ['a', 'a', ' '], ['a']],
  ])('%j %j', (type, given, stored) => expect(parse(type, given)).toEqual(stored));
});

describe('refused values, with the property and a remedy', () => {
  test.each<[PropertyType, unknown, string]>([
    [price, '1.234', 'has 3 decimals'],
    [price, '12345678901234567', 'has 17 digits'],
    [price, 0.1, 'write it as a string'],
    [price, '1e400', 'not an exact decimal'],
    [price, 'NaN', 'not an exact decimal'],
    [price, '1,5', 'not an exact decimal'],
    [{ kind: 'text', max: 3 }, 'abcd', 'at most 3'],
    [{ kind: 'text' }, 'a\0b', 'NUL'],
    [{ kind: 'text' }, 'a\uD800', 'surrogate'],
    [{ kind: 'text' }, 5, 'not a text'],
    [{ kind: 'email' }, 'kari', 'e-mail'],
    [{ kind: 'url' }, 'javascript:alert(1)', 'http'],
    [{ kind: 'url' }, 'https://a:b@example.com', 'user name'],
    [{ kind: 'phone' }, '22334455', 'E.164'],
    [{ kind: 'currency' }, 'eur', 'upper case'],
    [{ kind: 'date' }, '2026-02-29', 'calendar date'],
    [{ kind: 'date' }, '2100-02-29', 'calendar date'],
    [{ kind: 'dateTime' }, '2026-01-31T24:00:00Z', 'instant'],
    [{ kind: 'dateTime' }, '2026-01-31T09:30:00', 'zone'],
    [{ kind: 'dateTime' }, '2026-01-31T09:30:00.1234567Z', 'microseconds'],
    [{ kind: 'int' }, 1.5, 'whole number'],
    [{ kind: 'choice', name: 'X', values: ['A', 'B'] }, 'C', 'none of A, B'],
    [address, { city: 'Oslo' }, 'needs its country'],
    [address, { country: 'UK' }, 'ISO 3166-1'],
    [address, JSON.parse('{"country":"NO","__proto__":{}}'), 'no part'],
    [{ kind: 'list', name: 'Unit', of: { unit: { kind: 'code', max: 3 } } }, [{}], 'missing'],
  ])('%j %j', (type, given, why) => {
    expect(() => parse(type, given)).toThrow(Refusal);
    expect(() => parse(type, given)).toThrow(why);
    expect(() => parse(type, given)).toThrow(/^field/);
  });
});

test('money has exactly its currency’s decimals', () => {
  expect([moneyOf('a', '1.5', 'EUR', 2), moneyOf('a', '5', 'JPY', 0), moneyOf('a', '5', 'KWD', 3)]).toEqual([
    '1.50',
    '5',
    '5.000',
  ]);
  expect(() => moneyOf('a', '5.5', 'JPY', 0)).toThrow('JPY has 0');
});

test('property: every exact decimal that fits keeps its value and has one form', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }),
      fc.nat(2),
      fc.nat(3),
      (units, scale, zeros) => {
        const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
        const plain = `${units < 0n ? '-' : ''}${digits.slice(0, digits.length - scale)}${scale ? `.${digits.slice(-scale)}` : ''}`;
        const stored = parse({ kind: 'decimal', precision: 20, scale: 2 }, plain) as string;
        expect(decimal(stored).eq(decimal(plain))).toBe(true);
        expect(stored).not.toMatch(/\.\d*0$|^-0$|\.$/);
        const padded = scale ? `${plain}${'0'.repeat(zeros)}` : plain;
        expect(parse({ kind: 'decimal', precision: 20, scale: 2 }, padded)).toBe(stored);
      },
    ),
  );
});

test('property: parsing a stored form again changes nothing', () => {
  const kinds: [PropertyType, fc.Arbitrary<unknown>][] = [
    [{ kind: 'text' }, fc.string({ unit: 'grapheme' })],
    [{ kind: 'code', max: 20 }, fc.string({ maxLength: 20 })],
    [{ kind: 'email' }, fc.emailAddress()],
    [{ kind: 'url' }, fc.webUrl()],
    [
      { kind: 'date' },
      fc
        .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
        .map((at) => at.toISOString().slice(0, 10)),
    ],
    [
      { kind: 'dateTime' },
      fc
        .date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true })
        .map((at) => at.toISOString()),
    ],
  ];
  for (const [type, values] of kinds) {
    fc.assert(
      fc.property(values, (given) => {
        let stored: Json;
        try {
          stored = parse(type, given);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
          return;
        }
        expect(parse(type, stored)).toEqual(stored);
      }),
      // Addresses and URLs are slow to make.
      { numRuns: 40 },
    );
  }
});

test('property: a discount keeps what was typed, and settles', () => {
  const money = fc.integer({ min: 0, max: 100_000 }).map((cents) => (cents / 100).toFixed(2));
  fc.assert(
    fc.property(money, money, fc.integer({ min: 1, max: 1_000_000 }), (percent, amount, cents) => {
      const base = decimal((cents / 100).toFixed(2));
      const none: Discount = { percent: null, amount: null, typed: null };
      for (const typed of [
        { ...none, percent },
        { ...none, amount },
      ]) {
        const settled = settleDiscount(typed, null, base, 2);
        expect(
          decimal(typed.percent ? settled.percent : settled.amount).eq(
            decimal(percent === typed.percent ? percent : amount),
          ),
        ).toBe(true);
        expect(settleDiscount(settled, settled, base, 2)).toEqual(settled);
      }
    }),
  );
});

test('ids sort by the time they were made and do not collide', () => {
  const ids = Array.from({ length: 10_000 }, newId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.toSorted()).toEqual(ids);
  expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
