import Big from 'big.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeLists } from '../../sync/core/code-lists.ts';
import { address, addressParts } from '../../sync/core/codecs/address.ts';
import { choice, flag, inverseFlag, sameChoice, status } from '../../sync/core/codecs/choices.ts';
import type { Shapes } from '../../sync/core/codecs/codec.ts';
import { codeList, language, salesUnits } from '../../sync/core/codecs/codes.ts';
import { countries, countryOf } from '../../sync/core/codecs/countries.ts';
import { date, isDate, localDateOf } from '../../sync/core/codecs/dates.ts';
import { gtin, luhn, orgNumber, vatNumber } from '../../sync/core/codecs/identifiers.ts';
import {
  currency,
  decimal,
  decimalOf,
  inverseRate,
  lineNumber,
  money,
  quantityDecimals,
} from '../../sync/core/codecs/numbers.ts';
import { email, phone, url } from '../../sync/core/codecs/reachable.ts';
import { lineKind, reference } from '../../sync/core/codecs/references.ts';
import { joined, label, plainText, split, text, upperText } from '../../sync/core/codecs/text.ts';
import type { Codec, CodecContext } from '../../sync/core/mapping.ts';
import { mapA, mapB, mapC } from '../../sync/core/state-maps.ts';
import type { Json, Side } from '../../sync/core/types.ts';
import { context } from './fixture.ts';

const runs = { numRuns: 400 };
const free: Shapes = { crm: { kind: 'text' }, erp: { kind: 'text' } };
const at = { field: 'billingAddress', crm: 'billingAddress', erp: 'invoiceAddress' } as const;

const decode = (codec: Codec, native: Json, ctx: CodecContext): Json | undefined => {
  const decoded = codec.decode(native, ctx);
  return 'value' in decoded && !('held' in decoded) ? decoded.value : undefined;
};
const encode = (codec: Codec, value: Json, ctx: CodecContext): Json | undefined => {
  const encoded = codec.encode(value, ctx);
  return 'value' in encoded ? encoded.value : undefined;
};

/** back(forth(x)) = x: what a side stored, once in normal form, survives being written on either side and read again. */
function roundTrips(
  codec: Codec,
  natives: fc.Arbitrary<Json>,
  fields: Readonly<Record<string, Json>> = {},
): void {
  fc.assert(
    fc.property(natives, fc.constantFrom<Side>('crm', 'erp'), (native, side) => {
      const value = decode(codec, native, context(side, fields));
      if (value === undefined || value === null) return;
      for (const target of ['crm', 'erp'] as const) {
        const written = encode(codec, value, context(target, fields));
        expect(written, `${JSON.stringify(value)} can't be written in the ${target}`).toBeDefined();
        expect(decode(codec, written!, context(target, fields))).toEqual(value);
      }
    }),
    runs,
  );
}

const words = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string(),
  fc.constantFrom('e\u0301', '\u00a0x\t y ', 'ﬁ', '\u202Eabc', 'İ'),
);
const digits = (n: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: n, maxLength: n }).map((d) => d.join(''));

describe('text', () => {
  test('round-trips in its normal form', () => {
    roundTrips(text(free), words);
    roundTrips(upperText(free), words);
    roundTrips(
      plainText(free),
      fc.oneof(words, fc.constantFrom('<p>a</p>b', 'a\r\nb  \nc', '<<b>b>x', 'a < b > c', '<!-- x -->')),
    );
  });

  test('normal form: trimmed, one space, NFC, empty is null', () => {
    const of = (native: string) => decode(text(free), native, context('crm'));
    expect(of('  a\t\u00a0b ')).toBe('a b');
    expect(of('e\u0301')).toBe('\u00e9');
    expect(of(' \n ')).toBeNull();
    expect(decode(plainText(free), '<p>Hi <b>you</b></p><script>x</script>a < b', context('erp'))).toBe(
      'Hi you\nxa < b',
    );
  });

  test('counts characters as people do, and never cuts silently', () => {
    const short = text({ crm: { kind: 'text', max: 3 }, erp: { kind: 'text', max: 2 } });
    expect(encode(short, '👍👍', context('erp'))).toBe('👍👍');
    expect(encode(short, 'abc', context('crm'))).toBe('abc');
    expect(short.encode('abc', context('erp'))).toEqual({
      held: { kind: 'unfit', message: 'is 3 characters long; the ERP holds 2. Shorten it.' },
    });
  });

  test('a label is cut to whole characters', () => {
    const cut = label({ crm: undefined, erp: { kind: 'text', max: 3 } });
    expect(encode(cut, 'a👍b👍', context('erp'))).toBe('a👍b');
    expect(cut.lossy).toBeDefined();
  });

  test('a long description splits into pieces that fit and join again', () => {
    const tidy = fc
      .array(fc.string({ unit: fc.constantFrom('a', 'é', '👍'), minLength: 1, maxLength: 9 }), {
        minLength: 1,
      })
      .map((all) => all.join(' '));
    fc.assert(
      fc.property(tidy, fc.integer({ min: 10, max: 20 }), (value, max) => {
        const pieces = split(value, max);
        for (const piece of pieces) expect([...piece].length).toBeLessThanOrEqual(max);
        expect(joined(pieces, max)).toBe(value);
      }),
      runs,
    );
    expect(joined(split('x'.repeat(25), 10), 10)).toBe('x'.repeat(25));
  });
});

describe('reachable', () => {
  const e164 = fc.constantFrom(
    '+4722334455',
    '+46812345678',
    '+493012345678',
    '+14155550123',
    '+442071838750',
    '+4791234567',
    '+5255512345678',
  );
  const typed = fc.oneof(
    e164,
    fc.constantFrom('22 33 44 55', '(5) 555-4729', '030-0074321', '0047 22 33 44 55', 'call me', '1'),
    digits(8),
  );

  test.each(['NO', 'SE', 'DE', 'US'])('a phone of %s round-trips', (country) => {
    const fields = { billingAddress: { country }, invoiceAddress: { countryCode: country } };
    roundTrips(phone(at)(free), typed, fields);
  });

  test('a phone is E.164 in the CRM and national in the ERP of its own country', () => {
    const of = phone(at)(free);
    const norway = { invoiceAddress: { countryCode: 'NO' } };
    expect(decode(of, '22 33 44 55', context('erp', norway))).toBe('+4722334455');
    expect(encode(of, '+4722334455', context('erp', norway))).toBe('22 33 44 55');
    expect(encode(of, '+46812345678', context('erp', norway))).toBe('+46812345678');
    expect(encode(of, '+4722334455', context('crm'))).toBe('+4722334455');
    const moved = context('erp', norway, { values: { billingAddress: { country: 'SE' } } });
    expect(encode(of, '+4722334455', moved)).toBe('+4722334455');
    expect(of.decode('00000000', context('erp', { invoiceAddress: { countryCode: 'DE' } }))).toMatchObject({
      held: { kind: 'unreadable' },
    });
    expect(of.decode('call me', context('erp'))).toMatchObject({ held: { kind: 'unreadable' } });
    expect(of.decode('22 33 44 55 ext. 12', context('erp'))).toMatchObject({ held: { kind: 'unreadable' } });
    expect(of.spellings!('+4722334455', context('erp', norway))).toEqual([
      '+4722334455',
      '22 33 44 55',
      '+47 22 33 44 55',
    ]);
  });

  test('e-mail: the host in lower case, junk held', () => {
    roundTrips(email(free), fc.oneof(fc.emailAddress(), words));
    expect(decode(email(free), ' Ola@Firma.NO ', context('crm'))).toBe('Ola@firma.no');
    for (const junk of ['a', 'a@', '@b', 'a b@c.no', 'a@b@c.no', 'a@.no'])
      expect(email(free).decode(junk, context('crm'))).toMatchObject({ held: { kind: 'unreadable' } });
  });

  test('url: scheme added, host in lower case, nothing but http', () => {
    roundTrips(
      url(free),
      fc.oneof(
        fc.webUrl({ size: 'xsmall' }),
        fc.constantFrom('www.Firma.no', 'http://a.no/', 'a.no:8080/X?y#z'),
        words,
      ),
    );
    expect(decode(url(free), 'WWW.Firma.no/Path', context('crm'))).toBe('https://www.firma.no/Path');
    for (const junk of ['javascript:alert(1)', 'ftp://a.no', 'a', 'https://', 'a b.no'])
      expect(url(free).decode(junk, context('crm'))).toMatchObject({ held: { kind: 'unreadable' } });
  });
});

describe('identifiers', () => {
  const norway = { billingAddress: { country: 'NO' }, invoiceAddress: { countryCode: 'NO' } };

  test.each([
    ['NO', '923 609 016', '923609016', '923609017'],
    ['NO', 'NO 974760673 MVA', '974760673', '974760674'],
    ['SE', '556016-0680', '5560160680', '5560160681'],
    ['SE', '556016-9996', '5560169996', '5560169906'],
    ['DK', '24256790', '24256790', '24256791'],
    ['FI', '0112038-9', '01120389', '01120388'],
    ['FR', '732 829 320', '732829320', '732829321'],
    ['BE', '0403.019.261', '0403019261', '0403019262'],
    ['CH', 'CHE-109.322.551', '109322551', '109322552'],
  ])('a registration number of %s: %s', (country, typed, value, wrong) => {
    const ctx = context('crm', { billingAddress: { country } });
    const of = orgNumber(at)(free);
    expect(decode(of, typed, ctx)).toBe(value);
    expect(of.decode(wrong, ctx)).toMatchObject({ held: { kind: 'unreadable' } });
    expect(of.decode(`${value}1`, ctx)).toMatchObject({ held: { kind: 'unreadable' } });
  });

  test('a number whose check would be ten is none, whatever it ends in', () => {
    for (let n = 0; n < 10; n++)
      expect(
        orgNumber(at)(free).decode(`40000000${n}`, context('crm', { billingAddress: { country: 'NO' } })),
      ).toMatchObject({ held: { kind: 'unreadable' } });
  });

  test('a registration number of a country without a known register keeps its letters', () => {
    expect(
      decode(orgNumber(at)(free), 'hrb 12-34', context('crm', { billingAddress: { country: 'DE' } })),
    ).toBe('HRB1234');
    roundTrips(orgNumber(at)(free), fc.oneof(digits(9), words), norway);
  });

  test('Luhn finds every single wrong digit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 9, maxLength: 9 }),
        fc.nat(9),
        fc.integer({ min: 1, max: 9 }),
        (body, n, by) => {
          const check = [...Array(10).keys()].find((d) => luhn([...body, d]))!;
          const all = [...body, check];
          expect(luhn(all.map((d, i) => (i === n ? (d + by) % 10 : d)))).toBe(false);
        },
      ),
      runs,
    );
  });

  test('a VAT number has its prefix in the CRM and not in the ERP, and round-trips', () => {
    const of = vatNumber(at)(free);
    expect(decode(of, '923 609 016 mva', context('erp', norway))).toBe('NO923609016MVA');
    expect(encode(of, 'NO923609016MVA', context('erp', norway))).toBe('923609016MVA');
    expect(encode(of, 'NO923609016MVA', context('crm', norway))).toBe('NO923609016MVA');
    expect(decode(of, 'SE556016068001', context('erp', norway))).toBe('SE556016068001');
    expect(decode(of, '123456789', context('crm', { billingAddress: { country: 'GR' } }))).toBe(
      'EL123456789',
    );
    for (const country of ['NO', 'GR', 'ES', 'FR', 'CY'])
      roundTrips(
        of,
        fc.oneof(digits(9), words, fc.constantFrom('A12345678', 'XX123456789', 'EL12', 'NO', 'NONO1')),
        {
          billingAddress: { country },
          invoiceAddress: { countryCode: country },
        },
      );
  });

  test('a GTIN is padded to 14 and checked', () => {
    const of = gtin(free);
    expect(decode(of, '4006381333931', context('erp'))).toBe('04006381333931');
    expect(decode(of, '96385074', context('erp'))).toBe('00000096385074');
    for (const junk of ['4006381333932', '12345', 'x', '123456789'])
      expect(of.decode(junk, context('erp'))).toMatchObject({ held: { kind: 'unreadable' } });
    expect(of.spellings!('00000096385074', context('erp'))).toContain('96385074');
    roundTrips(of, fc.oneof(digits(8), digits(12), digits(13), digits(14)));
  });
});

describe('numbers', () => {
  test('a decimal is exact, in one normal form whatever way it is written', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }),
        fc.nat(9),
        fc.nat(3),
        (n, scale, zeros) => {
          const written =
            new Big(n.toString()).div(new Big(10).pow(scale)).toFixed(scale) +
            (scale > 0 ? '0'.repeat(zeros) : '');
          const value = decimalOf(written)!;
          expect(new Big(value).eq(written)).toBe(true);
          expect(decimalOf(value)).toBe(value);
          expect(value).toMatch(/^(?:0|-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?)$/);
        },
      ),
      runs,
    );
    for (const junk of ['1e3', 'NaN', '', '1,5', '.5', '0x1', ' ', '--1', '1.2.3'])
      expect(decimalOf(junk)).toBeUndefined();
    expect(decimalOf(Number.NaN)).toBeUndefined();
    expect(decimalOf(1e21)).toBe('1000000000000000000000');
    expect(decimalOf('-0.00')).toBe('0');
    expect(decimalOf('+007.50')).toBe('7.5');
  });

  test('what has more digits than the target is an issue', () => {
    const of = decimal({ crm: undefined, erp: { kind: 'decimal', precision: 7, scale: 4 } });
    expect(encode(of, '123.4567', context('erp'))).toBe('123.4567');
    expect(of.encode('0.12345', context('erp'))).toMatchObject({
      held: { kind: 'unfit', message: 'has 5 decimals; the ERP holds 4. Round it.' },
    });
    expect(of.encode('-1234', context('erp'))).toMatchObject({
      held: { kind: 'unfit', message: 'has 4 digits; the ERP holds 3. Check it.' },
    });
  });

  test('money has the decimals of its currency: the record’s, or the company’s', () => {
    const of = money({ crm: { kind: 'money' }, erp: { kind: 'money' } });
    expect(encode(of, '10.05', context('crm'))).toBe('10.05');
    expect(of.encode('10.5', context('crm', { currency: 'JPY' }))).toMatchObject({ held: { kind: 'unfit' } });
    expect(encode(of, '10.505', context('erp', { currencyCode: 'KWD' }))).toBe('10.505');
    expect(
      of.encode('10.505', context('erp', { currencyCode: 'KWD' }, { values: { currency: 'EUR' } })),
    ).toMatchObject({ held: { kind: 'unfit' } });
    const company = money({ crm: { kind: 'money', in: 'company' }, erp: undefined });
    expect(encode(company, '10.05', context('crm', { currency: 'JPY' }))).toBe('10.05');
  });

  test('the ERP’s blank currency is the company’s', () => {
    roundTrips(currency, fc.constantFrom(null, 'EUR', 'nok', 'USD', 'JPY', 'XXXX'));
    expect(decode(currency, null, context('erp'))).toBe('EUR');
    expect(decode(currency, null, context('crm'))).toBeNull();
    expect(encode(currency, 'EUR', context('erp'))).toBeNull();
    expect(currency.decode('ZZZ', context('crm'))).toMatchObject({ held: { kind: 'unreadable' } });
  });

  test('decimals of a quantity are a step in the ERP', () => {
    for (let n = 0; n <= 5; n++) {
      const step = encode(quantityDecimals, n, context('erp'))!;
      expect(decode(quantityDecimals, step, context('erp'))).toBe(n);
      expect(Number(step)).toBeCloseTo(10 ** -n);
    }
    expect(quantityDecimals.decode('0.05', context('erp'))).toMatchObject({ held: { kind: 'unreadable' } });
  });

  test('an inverse rate comes back within the ninth place', () => {
    const of = inverseRate({ crm: undefined, erp: { kind: 'decimal', precision: 18, scale: 9 } });
    fc.assert(
      fc.property(fc.integer({ min: 10_000, max: 99_999_999 }), (n) => {
        const rate = decimalOf(new Big(n).div(1_000_000).toFixed())!;
        const back = decode(of, encode(of, rate, context('erp'))!, context('erp'))!;
        expect(Number(new Big(String(back)).minus(rate).abs())).toBeLessThan(1e-4);
      }),
      runs,
    );
    expect(of.lossy).toBeDefined();
  });

  test('line numbers come in steps of 10000 in the ERP', () => {
    roundTrips(lineNumber, fc.constantFrom(10_000, 20_000, 990_000));
    expect(decode(lineNumber, 15_000, context('erp'))).toBe(1.5);
    expect(encode(lineNumber, 1.5, context('erp'))).toBe(15_000);
  });
});

describe('address', () => {
  const of = address({
    crm: { kind: 'address', parts: addressParts },
    erp: { kind: 'address', parts: ['street', 'street2', 'city', 'postCode', 'county', 'countryCode'] },
  });

  test('is one value of six parts on both sides', () => {
    const native = {
      street: ' Storgata  1 ',
      city: 'Oslo',
      postCode: '0155',
      county: '',
      countryCode: 'Norway',
    };
    const value = {
      line1: 'Storgata 1',
      line2: null,
      city: 'Oslo',
      postalCode: '0155',
      region: null,
      country: 'NO',
    };
    expect(decode(of, native, context('erp'))).toEqual(value);
    expect(encode(of, value, context('erp'))).toEqual({
      street: 'Storgata 1',
      street2: null,
      city: 'Oslo',
      postCode: '0155',
      county: null,
      countryCode: 'NO',
    });
    const part = fc.option(words, { nil: null });
    const any = (names: readonly string[]) =>
      fc.record(
        Object.fromEntries(
          names.map((n, i) => [n, i === 5 ? fc.constantFrom('NO', 'UK', 'Sverige', 'DEU') : part]),
        ),
      ) as fc.Arbitrary<Json>;
    roundTrips(of, any(addressParts));
  });

  test('six empty parts are no opinion; a country nobody knows is held', () => {
    expect(of.decode({ line1: ' ', country: null }, context('crm'))).toEqual({ none: true });
    expect(of.decode({ line1: 'x', country: 'Narnia' }, context('crm'))).toMatchObject({
      held: { kind: 'unmapped', list: 'country' },
    });
  });

  test('countries are known by code and by name', () => {
    expect(countries.size).toBe(249);
    for (const [written, code] of [
      ['Norway', 'NO'],
      ['NOR', 'NO'],
      ['UK', 'GB'],
      ['usa', 'US'],
      ['Norge', 'NO'],
      ['Deutschland', 'DE'],
      ['Holland', 'NL'],
      ['se', 'SE'],
      ['Venezuela', 'VE'],
    ] as const)
      expect(countryOf(written)).toBe(code);
    expect(countryOf('XX')).toBeUndefined();
  });
});

describe('codes and choices', () => {
  test.each(codeLists.map((l) => [l.list, l] as const))(
    'every code of list %s round-trips',
    (list, { pairs, open }) => {
      const of = codeList(list)(free);
      for (const [crm, erp] of pairs) {
        expect(encode(of, crm, context('erp'))).toBe(erp);
        expect(decode(of, erp, context('erp'))).toBe(crm);
        expect(decode(of, crm, context('crm'))).toBe(crm);
      }
      if (open) expect(decode(of, 'x9', context('erp'))).toBe('X9');
      else {
        expect(of.decode('X9', context('erp'))).toMatchObject({ held: { kind: 'unmapped', list } });
        expect(of.encode('X9', context('erp'))).toMatchObject({ held: { kind: 'unmapped', list } });
      }
    },
  );

  test('choices, flags and languages round-trip; a finer ERP value that means the same stays', () => {
    const blocked = choice({ ACTIVE: ['NONE'], ON_HOLD: ['SHIP', 'INVOICE'], INACTIVE: ['ALL'] }, 'blocked');
    roundTrips(
      blocked,
      fc.constantFrom('ACTIVE', 'ON_HOLD', 'INACTIVE', 'NONE', 'SHIP', 'INVOICE', 'ALL', 'x'),
    );
    expect(encode(blocked, 'ON_HOLD', context('erp', { blocked: 'INVOICE' }))).toBe('INVOICE');
    expect(encode(blocked, 'ON_HOLD', context('erp', { blocked: 'NONE' }))).toBe('SHIP');
    expect(encode(blocked, 'ACTIVE', context('erp', { blocked: 'INVOICE' }))).toBe('NONE');
    expect(blocked.lossy).toBeUndefined();
    roundTrips(sameChoice('A', 'B'), fc.constantFrom('A', 'B', 'C'));
    roundTrips(flag, fc.constantFrom<Json>(true, false, 'true', 1));
    roundTrips(inverseFlag, fc.boolean());
    expect(encode(inverseFlag, true, context('erp'))).toBe(false);
    roundTrips(language(free), fc.constantFrom('nb-no', 'EN', 'zh-hant-tw', 'x', '12'));
    expect(decode(language(free), 'ZH-hant-tw', context('crm'))).toBe('zh-Hant-TW');
    const product = choice({ ACTIVE: [false], RETIRED: [true], DRAFT: [true] });
    expect(decode(product, true, context('erp'))).toBe('RETIRED');
    expect(encode(product, 'DRAFT', context('erp'))).toBe(true);
    expect(product.lossy).toBeDefined();
  });

  test.each([mapA, mapB, mapC])('a status of map $name keeps its class, and a finer ERP state', (map) => {
    const of = status(map);
    for (const [state, { erp }] of Object.entries(map.states))
      for (const native of erp) {
        expect(encode(of, state, context('erp', { status: native }))).toBe(native);
        expect(map.states[String(decode(of, native, context('erp')))]!.erp).toContain(native);
      }
    expect(of.decode('NONSENSE', context('erp'))).toMatchObject({ held: { kind: 'unreadable' } });
  });

  test('sales units are a set in the CRM’s codes', () => {
    const native = [
      { code: 'PCS', qtyPerBase: '1.000000' },
      { code: 'BOX', qtyPerBase: '12' },
    ];
    expect(salesUnits.decode(native, context('erp'))).toMatchObject({
      held: { kind: 'unmapped', list: 'units' },
    });
    expect(
      decode(
        salesUnits,
        [
          { code: 'PCS', qtyPerBase: '1.0' },
          { code: 'HOUR', qtyPerBase: '12' },
        ],
        context('erp'),
      ),
    ).toEqual([
      { unit: 'H87', factor: '1' },
      { unit: 'HUR', factor: '12' },
    ]);
    roundTrips(
      salesUnits,
      fc.constantFrom<Json>([{ unit: 'C62', factor: '1', code: 'UNIT', qtyPerBase: '1' }], []),
    );
  });
});

describe('dates', () => {
  test('only days that exist', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1900-01-01'), max: new Date('2199-12-31'), noInvalidDate: true }),
        (d) => {
          expect(isDate(d.toISOString().slice(0, 10))).toBe(true);
        },
      ),
      runs,
    );
    for (const junk of [
      '2026-02-29',
      '2026-13-01',
      '2026-00-10',
      '2026-04-31',
      '1900-02-29',
      '26-01-01',
      '2026-1-1',
      '2026-01-01T00:00:00Z',
    ])
      expect(isDate(junk)).toBe(false);
    expect(isDate('2000-02-29')).toBe(true);
    roundTrips(date, fc.constantFrom('2026-01-31', '2024-02-29', 'x'));
  });

  test('an instant falls on the company’s local day', () => {
    const of = localDateOf('acceptedAt', 'quoteDate');
    const on = (acceptedAt: string | null) =>
      decode(of, null, context('crm', { acceptedAt, quoteDate: '2026-01-02' }));
    expect(on(null)).toBe('2026-01-02');
    expect(on('2026-03-01T23:30:00Z')).toBe('2026-03-02');
    expect(on('2026-07-01T21:59:59Z')).toBe('2026-07-01');
    expect(on('2026-07-01T22:00:00Z')).toBe('2026-07-02');
    expect(of.decode(null, context('crm', { acceptedAt: 'soon' }))).toMatchObject({
      held: { kind: 'unreadable' },
    });
    expect(decode(of, '2026-05-05', context('erp'))).toBe('2026-05-05');
  });
});

describe('references', () => {
  const of = reference({ crm: 'User', erp: 'Salesperson' });

  test('go through the link, and wait while there is none', () => {
    expect(decode(of, 'c-7', context('crm'))).toBe('link-User-7');
    expect(decode(of, 'e-7', context('erp'))).toBe('link-User-7');
    expect(encode(of, 'link-User-7', context('erp'))).toBe('e-7');
    expect(of.decode('new-1', context('erp'))).toEqual({
      value: '?erp:Salesperson:new-1',
      held: expect.objectContaining({
        kind: 'waits',
        for: { side: 'erp', entity: 'Salesperson', id: 'new-1' },
      }),
    });
    expect(of.encode('link-User-missing', context('erp'))).toMatchObject({ held: { kind: 'waits' } });
  });

  test('a write-in is the configured item in the ERP', () => {
    expect(decode(lineKind, 'ITEM', context('erp', { itemNo: 'WRITE-IN' }))).toBe('WRITE_IN');
    expect(decode(lineKind, 'ITEM', context('erp', { itemNo: 'I1' }))).toBe('PRODUCT');
    expect(lineKind.also!('WRITE_IN', context('erp'))).toEqual({ itemNo: 'WRITE-IN', productId: undefined });
    for (const kind of ['PRODUCT', 'TEXT', 'CHARGE'])
      expect(decode(lineKind, encode(lineKind, kind, context('erp'))!, context('erp'))).toBe(kind);
  });
});
