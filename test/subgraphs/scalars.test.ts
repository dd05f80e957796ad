import fc from 'fast-check';
import { GraphQLError, type GraphQLScalarType, parseValue } from 'graphql';
import { describe, expect, it } from 'vitest';
import { scalars } from '../../subgraphs/system/scalars.ts';

/** What each scalar takes, and into which form, and what it refuses. */
const cases: Readonly<
  Record<string, { takes: readonly unknown[]; becomes?: object; refuses: readonly unknown[] }>
> = {
  Decimal: {
    takes: ['0', '1', '-1', '1234.50', '0.1', '999999999999999999.99999', 7, -3],
    becomes: { '-0.00': '0.00', '-0': '0' },
    refuses: [
      0.1,
      1e21,
      Number.NaN,
      '1e400',
      '1e2',
      'NaN',
      'Infinity',
      '',
      ' 1',
      '1 ',
      '+1',
      '01',
      '.5',
      '1.',
      '1,5',
      '٣',
      null,
      true,
      {},
      ['1'],
      '1'.repeat(60),
    ],
  },
  Date: {
    takes: ['2026-02-28', '2024-02-29', '0001-01-01', '9999-12-31'],
    refuses: [
      '2026-02-29',
      '2026-02-30',
      '2026-13-01',
      '2026-00-10',
      '2026-1-1',
      '2026-01-01T00:00:00Z',
      '0000-01-01',
      '+12026-01-01',
      20260101,
      '',
      null,
    ],
  },
  DateTime: {
    takes: ['2026-02-28T09:30:00Z', '2026-02-28T09:30:00.123456Z'],
    becomes: {
      '2026-02-28T09:30:00.500000Z': '2026-02-28T09:30:00.5Z',
      '2026-03-01T00:30:00+02:00': '2026-02-28T22:30:00Z',
      '2026-02-28T22:30:00.1234-05:30': '2026-03-01T04:00:00.1234Z',
    },
    refuses: [
      '2026-02-28T09:30:00',
      '2026-02-28T24:00:00Z',
      '2026-02-28T23:59:60Z',
      '2026-02-30T00:00:00Z',
      '2026-02-28T09:30:00.1234567Z',
      '2026-02-28 09:30:00Z',
      '2026-02-28T09:30:00+24:00',
      '2026-02-28',
      '0001-01-01T00:00:00+14:00',
      0,
      null,
    ],
  },
  Currency: { takes: ['EUR', 'JPY', 'KWD'], refuses: ['eur', 'Eur', 'XXZ', 'EURO', '', ' EUR', 978, null] },
  Country: {
    takes: ['NO', 'GB', 'SE'],
    refuses: ['no', 'UK', 'NOR', 'Norway', 'EU', 'ZZ', '', null],
  },
  Language: {
    takes: ['nb', 'nb-NO', 'zh-Hant-TW'],
    becomes: { 'EN-us': 'en-US' },
    refuses: ['english', 'nb_NO', 'x', '', 'a-', 5, null],
  },
  Email: {
    takes: ['kari@example.com', 'o.nordmann+x@mail.example.co.uk', 'ærlig@blåbær.no'],
    refuses: [
      'kari',
      'kari@',
      '@example.com',
      'kari@example',
      'a b@example.com',
      'kari@@example.com',
      '.a@example.com',
      'a..b@example.com',
      'kari@-a.com',
      `${'a'.repeat(65)}@example.com`,
      'a\u0000@example.com',
      'a\u202e@example.com',
      1,
      null,
    ],
  },
  Phone: {
    takes: ['+4722334455', '+12125550123'],
    refuses: [
      '22334455',
      '+47 22 33 44 55',
      '004722334455',
      '+0123456789',
      '+1',
      '+1234567890123456',
      '',
      null,
      4722334455,
    ],
  },
  URL: {
    takes: ['https://example.com/', 'http://example.com/a?b=c#d'],
    refuses: [
      'javascript:alert(1)',
      'ftp://example.com',
      'example.com',
      'https://',
      'https://user:pw@example.com/',
      'https://exa mple.com',
      'https://example.com/\n',
      '//example.com',
      '',
      null,
    ],
  },
  Cursor: { takes: ['123', 'a:b'], refuses: ['', 'a b', 'a\n', 'x'.repeat(300), 5, null] },
};

describe.each(Object.entries(cases))('%s', (name, { takes, becomes = {}, refuses }) => {
  const scalar = scalars[name]!;

  it.each(takes.map((value) => [value]))('takes %j', (value) => {
    expect(scalar.parseValue(value)).toBe(String(value));
    expect(scalar.serialize(scalar.parseValue(value))).toBe(String(value));
    expect(literal(scalar, value)).toBe(String(value));
  });

  it.each(Object.entries(becomes))('takes %j as %j', (given, normal) => {
    expect(scalar.parseValue(given)).toBe(normal);
    expect(scalar.parseValue(normal)).toBe(normal);
  });

  it.each(refuses.map((value) => [value]))('refuses %j', (value) => {
    expect(() => scalar.parseValue(value)).toThrow(GraphQLError);
    if (value !== null) expect(() => literal(scalar, value)).toThrow(GraphQLError);
  });
});

describe('whatever comes', () => {
  it('a text is either refused or taken in a form that is taken as it is and can be shown', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^-?\d{0,4}\.?\d{0,3}$/),
      fc.stringMatching(/^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,8})?(Z|[+-]\d\d:\d\d)?)?$/),
      fc.stringMatching(/^[A-Za-z]{2,3}$/),
      fc.stringMatching(/^\+?\d{5,17}$/),
      fc.webUrl(),
      fc.emailAddress(),
    );
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(cases)), text, (name, given) => {
        const scalar = scalars[name]!;
        const taken = outcome(() => scalar.parseValue(given));
        if (taken instanceof GraphQLError) {
          expect(taken.extensions.code).toBe('BAD_USER_INPUT');
          expect(taken.message.length).toBeLessThan(400);
          return;
        }
        expect(scalar.parseValue(taken)).toBe(taken);
        expect(scalar.serialize(taken)).toBe(taken);
      }),
      { numRuns: 2_000 },
    );
  });

  it('a Decimal keeps every digit it was given', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.nat(9), (units, scale) => {
        const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0');
        const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
        const signed = units < 0n ? `-${text}` : text;
        expect(scalars.Decimal!.parseValue(signed)).toBe(signed);
      }),
    );
  });

  it('a Date is taken exactly when the calendar has the day', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9999 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 31 }),
        (year, month, day) => {
          const text = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
          const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
          const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!;
          const taken = outcome(() => scalars.Date!.parseValue(text));
          expect(taken instanceof GraphQLError).toBe(day > days);
        },
      ),
    );
  });

  it('JSON carries every value, dangerous keys among them, as plain data', () => {
    const json = scalars.JSON!;
    const given = parseValue('{ __proto__: { polluted: true }, constructor: [1, 2.5, null, "x", YES] }');
    const taken = json.parseLiteral(given as never) as object;
    expect(Object.keys(taken)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(taken)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

function literal(scalar: GraphQLScalarType, value: unknown): unknown {
  return scalar.parseLiteral(parseValue(graphqlText(value)));
}

/** The value as a GraphQL literal; JSON differs only in the quotes of keys. */
function graphqlText(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) return 'NAN';
  return JSON.stringify(value).replace(/"(\w+)":/g, '$1:');
}

function outcome(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}
