import { describe, expect, test } from 'vitest';
import { codeLists, openLists } from '../../sync/core/code-lists.ts';
import { address, countryIn } from '../../sync/core/codecs/address.ts';
import { choice, flag, inverseFlag, sameChoice, status } from '../../sync/core/codecs/choices.ts';
import { isEmpty, type Shapes } from '../../sync/core/codecs/codec.ts';
import { codeList, language, salesUnits } from '../../sync/core/codecs/codes.ts';
import { countries, countryOf } from '../../sync/core/codecs/countries.ts';
import { date, isDate, localDateOf } from '../../sync/core/codecs/dates.ts';
import { gtin, orgNumber, vatNumber } from '../../sync/core/codecs/identifiers.ts';
import {
  currency,
  decimal,
  decimalOf,
  discount,
  int,
  inverseRate,
  lineNumber,
  money,
  nonzero,
  quantityDecimals,
} from '../../sync/core/codecs/numbers.ts';
import { closedReason, orderState } from '../../sync/core/codecs/order-state.ts';
import { email, phone, url } from '../../sync/core/codecs/reachable.ts';
import { lineKind, productReference, reference } from '../../sync/core/codecs/references.ts';
import {
  description,
  joined,
  label,
  plainText,
  split,
  text,
  tidy,
  upperText,
} from '../../sync/core/codecs/text.ts';
import type { Codec, CodecContext } from '../../sync/core/mapping.ts';
import { isPlaceholder, nativeOf, placeholderOf, placeholderOfHeld } from '../../sync/core/placeholder.ts';
import { same } from '../../sync/core/same.ts';
import { other, reached, sides, stages } from '../../sync/core/sides.ts';
import { mapA, mapB, mapC } from '../../sync/core/state-maps.ts';
import type { Held, Json, Side } from '../../sync/core/types.ts';
import { context, lookup } from './fixture.ts';

type Fields = Readonly<Record<string, Json>>;

const free: Shapes = { crm: { kind: 'text' }, erp: { kind: 'text' } };
const at = { field: 'billingAddress', crm: 'billingAddress', erp: 'invoiceAddress' } as const;
const none = 'no opinion';

/** What a codec makes of a native value: the normal form, or `kind: why not`. */
function read(codec: Codec, side: Side, native: Json, fields: Fields = {}, more: Partial<CodecContext> = {}) {
  const made = codec.decode(native, context(side, fields, more));
  if ('none' in made) return none;
  return 'held' in made ? `${made.held.kind}: ${made.held.message}` : made.value;
}

/** What it writes of a normal form on a side. */
function write(codec: Codec, side: Side, value: Json, fields: Fields = {}, more: Partial<CodecContext> = {}) {
  const made = codec.encode(value, context(side, fields, more));
  return 'held' in made ? `${made.held.kind}: ${made.held.message}` : made.value;
}

test('every codec says in the dataflow document what it is, and what it loses', () => {
  const shared = choice({ A: ['x'], B: ['x'], C: ['y'], D: ['x'] });
  const codecs: readonly Codec[] = [
    text(free),
    upperText(free),
    label(free),
    plainText(free),
    description(free),
    email(free),
    url(free),
    phone(at)(free),
    orgNumber(at)(free),
    vatNumber(at)(free),
    gtin(free),
    decimal(free),
    money(free),
    int,
    inverseRate(free),
    currency,
    quantityDecimals,
    lineNumber,
    date,
    localDateOf(),
    address(free),
    flag,
    inverseFlag,
    sameChoice('A'),
    shared,
    status(mapA),
    status(mapB),
    status(mapC),
    orderState,
    closedReason,
    codeList('units')(free),
    language(free),
    salesUnits,
    reference({ crm: 'Customer', erp: 'Customer' }),
    productReference,
    lineKind,
  ];
  expect(codecs.map(({ name, lossy }) => (lossy === undefined ? name : `${name} (${lossy})`))).toEqual([
    'text',
    'text, upper case',
    'label (a longer label is cut to what the target holds)',
    'plain text (HTML tags are removed)',
    'text with overflow',
    'email',
    'url',
    'E.164',
    'registration number',
    'VAT number',
    'GTIN',
    'decimal',
    'money',
    'whole number',
    'inverse rate (the inverse is kept at nine places)',
    'currency',
    'decimals as a step',
    'line number',
    'date',
    'local date',
    'address',
    'boolean',
    'inverse boolean',
    'choice',
    'choice (B is x in the ERP, like A; D is x in the ERP, like A)',
    'state map A (the ERP does not tell SENT apart from others)',
    'state map B',
    'state map C (the ERP does not tell IN_REVIEW, APPROVED, SENT, DECLINED, EXPIRED, REVISED apart from others)',
    'state map B',
    'reason from the order',
    'code list units',
    'code list language',
    'list of units',
    'reference to Customer',
    'reference to Product',
    'kind of line',
  ]);
});

test('nothing is nothing, both ways', () => {
  for (const empty of [null, undefined, '']) expect(isEmpty(empty)).toBe(true);
  for (const value of [0, false, ' ', [], {}]) expect(isEmpty(value)).toBe(false);
  const codecs = [text(free), upperText(free), plainText(free), email(free), url(free), phone(at)(free)];
  for (const codec of [...codecs, gtin(free), decimal(free), date, flag, salesUnits, lineKind])
    for (const side of sides) {
      expect(read(codec, side, null)).toBeNull();
      expect(read(codec, side, '')).toBeNull();
      expect(write(codec, side, null)).toBeNull();
    }
});

describe('text', () => {
  test.each([
    ['plain', 'plain'],
    ['two words', 'two words'],
    ['  a  b\tc\n', 'a b c'],
    ['a  b', 'a b'],
    [' a', 'a'],
    ['a ', 'a'],
    ['é', 'é'],
    ['Grüße', 'Grüße'],
    ['   ', null],
  ])('%j is tidied to %j', (native, value) => {
    expect(tidy(native)).toBe(value);
    expect(read(text(free), 'crm', native)).toBe(value);
  });

  test('of a number is its digits; what is neither is no text', () => {
    expect(read(text(free), 'erp', 42)).toBe('42');
    expect(read(upperText(free), 'erp', 42)).toBe('42');
    for (const codec of [text(free), upperText(free), plainText(free)])
      expect(read(codec, 'crm', true)).toBe('unreadable: is no text. Correct it where it was typed.');
  });

  test('that is a key is in upper case', () => {
    expect(read(upperText(free), 'crm', ' sku  1a ')).toBe('SKU 1A');
    expect(write(upperText({ crm: undefined, erp: { kind: 'code', max: 2 } }), 'erp', 'ABC')).toBe(
      'unfit: is 3 characters long; the ERP holds 2. Shorten it.',
    );
  });

  test('a label is cut, and only where it has to be', () => {
    const cut = label({ crm: { kind: 'text' }, erp: { kind: 'text', max: 3 } });
    expect(write(cut, 'erp', 'abc')).toBe('abc');
    expect(write(cut, 'erp', 'ab cd')).toBe('ab');
    expect(write(cut, 'crm', 'abcdef')).toBe('abcdef');
    expect(write(label({ crm: undefined, erp: undefined }), 'erp', 'abcdef')).toBe('abcdef');
    expect(write(cut, 'erp', 12345)).toBe(12345);
    expect(read(cut, 'crm', ' a  b ')).toBe('a b');
  });

  test.each([
    ['a<br>b<br/>c<br />d', 'a\nb\nc\nd'],
    [
      '<p>one</p><div>two</div><h3>three</h3><ul><li>four</li></ul><tr>five</tr>',
      'one\ntwo\nthree\nfour\nfive',
    ],
    ['a <!-- hidden\nover lines --> b', 'a  b'],
    ['<b>x</b> < y > z', 'x < y > z'],
    ['<<b>i>joined to a new tag</i>', 'joined to a new tag'],
    ['win\r\ndows and old\rmac', 'win\ndows and old\nmac'],
    ['ends  \nin blanks\t', 'ends\nin blanks'],
    ['\n\n around \n', 'around'],
    ['1 < 2', '1 < 2'],
    ['<br>', null],
    ['é', 'é'],
  ])('plain text of %j is %j', (native, value) => {
    expect(read(plainText(free), 'crm', native)).toBe(value);
  });

  test.each([
    ['short', 10, ['short']],
    ['exactly10!', 10, ['exactly10!']],
    ['breaks at a space', 10, ['breaks at', 'a space']],
    ['abcdefghi jkl', 10, ['abcdefghi', 'jkl']],
    ['abcdefghij kl', 10, ['abcdefghij', ' kl']],
    ['abcdefghijklm', 10, ['abcdefghij', 'klm']],
    [' abcdefghijk', 10, [' abcdefghi', 'jk']],
  ])('%j splits into lines of %i characters and joins again', (value, max, pieces) => {
    expect(split(value, max)).toEqual(pieces);
    expect(joined(pieces, max)).toBe(value);
  });

  test('of two full pieces is cut inside a word, of others at a space', () => {
    expect(joined(['ab', 'cd'], 2)).toBe('abcd');
    expect(joined(['a', 'cd'], 2)).toBe('a cd');
    expect(joined(['a'], 2)).toBe('a');
    expect(joined([], 2)).toBe('');
  });

  test('a description goes on in further lines of the ERP, where it comes back as it was', () => {
    const of = description({ crm: { kind: 'text', max: 4 }, erp: { kind: 'text', max: 10 } });
    expect(write(of, 'erp', 'breaks at a space')).toBe('breaks at');
    expect(write(of, 'erp', 'fits')).toBe('fits');
    expect(write(of, 'erp', 'abcdefghij kl')).toBe(
      "unfit: has a word of 10 characters; the ERP's lines hold 10. Shorten it.",
    );
    expect(write(of, 'crm', 'longer')).toBe('unfit: is 6 characters long; the CRM holds 4. Shorten it.');
    expect(write(description(free), 'erp', 'x'.repeat(500))).toBe('x'.repeat(500));
  });
});

describe('reachable', () => {
  test.each([
    [' Ola.N@Firma.NO ', 'Ola.N@firma.no'],
    ['a@localhost', 'a@localhost'],
    ['   ', null],
    ['x@y..no', 'unreadable: is no e-mail address. Correct it where it was typed.'],
    ['<a@b.no>', 'unreadable: is no e-mail address. Correct it where it was typed.'],
    ['a@b.no;c@d.no', 'unreadable: is no e-mail address. Correct it where it was typed.'],
    [7, 'unreadable: is no e-mail address. Correct it where it was typed.'],
  ])('e-mail %j is %j', (native, value) => {
    expect(read(email(free), 'crm', native)).toBe(value);
  });

  test.each([
    ['www.Firma.no', 'https://www.firma.no'],
    ['HTTP://Firma.no/', 'http://firma.no'],
    ['https://firma.no/A/', 'https://firma.no/A/'],
    ['localhost:4000/x', 'https://localhost:4000/x'],
    ['firma.no?q=1', 'https://firma.no?q=1'],
    ['firma.no#top', 'https://firma.no#top'],
    ['   ', null],
    ['see firma.no', 'unreadable: is no web address. Correct it where it was typed.'],
    ['firma.no and more', 'unreadable: is no web address. Correct it where it was typed.'],
    ['firma.no:123456', 'unreadable: is no web address. Correct it where it was typed.'],
    ['firma.', 'unreadable: is no web address. Correct it where it was typed.'],
    ['ftp://firma.no', 'unreadable: is no web address. Correct it where it was typed.'],
    [7, 'unreadable: is no web address. Correct it where it was typed.'],
  ])('web address %j is %j', (native, value) => {
    expect(read(url(free), 'crm', native)).toBe(value);
  });

  test('e-mail and web address must fit', () => {
    const short: Shapes = { crm: undefined, erp: { kind: 'text', max: 5 } };
    for (const codec of [email(short), url(short)])
      expect(write(codec, 'erp', 'a@b.no')).toBe('unfit: is 6 characters long; the ERP holds 5. Shorten it.');
  });

  const norway = { billingAddress: { country: 'NO' }, invoiceAddress: { countryCode: 'NO' } };
  const notE164 = 'unreadable: is no phone number that E.164 can hold. Write it with its country code.';
  test.each([
    ['crm', ' +4722334455 ', '+4722334455'],
    ['crm', '0047 22 33 44 55', '+4722334455'],
    ['crm', '22334455', '+4722334455'],
    ['erp', '22 33 44 55', '+4722334455'],
    ['erp', '+46 8 123 456 78', '+46812345678'],
    ['erp', '   ', null],
    ['erp', 'call me', notE164],
    ['erp', '1', notE164],
    ['erp', '22334455 ext 1', notE164],
    ['erp', 22334455, 'unreadable: is no phone number. Correct it where it was typed.'],
  ] as const)('phone in the %s: %j is %j', (side, native, value) => {
    expect(read(phone(at)(free), side, native, norway)).toEqual(value);
  });

  test('a phone is read in the country of the record, else of the company', () => {
    const of = phone(at)(free);
    expect(read(of, 'erp', '08 123 456 78', { invoiceAddress: { country: 'SE' } })).toBe('+46812345678');
    expect(read(of, 'erp', '22334455')).toBe('+4722334455');
    expect(read(phone(null)(free), 'erp', '22334455', { invoiceAddress: { country: 'SE' } })).toBe(
      '+4722334455',
    );
    expect(write(of, 'erp', '+46812345678', { invoiceAddress: { country: 'SE' } })).toBe('08-123 456 78');
    expect(write(of, 'crm', '+46812345678', { billingAddress: { country: 'SE' } })).toBe('+46812345678');
    expect(write(of, 'erp', '+4722334455')).toBe('22 33 44 55');
    expect(of.spellings!('+4722334455', context('crm', norway))).toEqual(['+4722334455']);
    // Of a record in another country than the company: its own way of writing.
    expect(of.spellings!('+46812345678', context('erp', { invoiceAddress: { country: 'SE' } }))).toEqual([
      '+46812345678',
      '08-123 456 78',
      '+46 8 123 456 78',
    ]);
    expect(of.spellings!('+46812345678', context('erp', norway))).toEqual([
      '+46812345678',
      '+46 8 123 456 78',
    ]);
  });
});

describe('identifiers', () => {
  const of = (country: string) => ({ billingAddress: { country }, invoiceAddress: { countryCode: country } });

  test.each([
    ['NO', 'no 923 609 016 mva', '923609016'],
    ['NO', '12345678', 'unreadable: has 8 digits; a number of NO has 9. Correct it.'],
    ['NO', '923609017', 'unreadable: fails the check (NO mod 11). Correct it.'],
    ['SE', '5560160681', 'unreadable: fails the check (SE Luhn). Correct it.'],
    ['DK', '24256791', 'unreadable: fails the check (DK mod 11). Correct it.'],
    ['FI', '01120388', 'unreadable: fails the check (FI mod 11). Correct it.'],
    ['FR', '732829321', 'unreadable: fails the check (FR Luhn). Correct it.'],
    ['BE', '0403019262', 'unreadable: fails the check (BE mod 97). Correct it.'],
    ['CH', '109322552', 'unreadable: fails the check (CH mod 11). Correct it.'],
    // A check that would be 10 belongs to no number.
    ['NO', '100000020', 'unreadable: fails the check (NO mod 11). Correct it.'],
    ['DE', 'hrb 123-45', 'HRB12345'],
    ['DE', '--', null],
  ])('registration number of %s: %j is %j', (country, native, value) => {
    expect(read(orgNumber(at)(free), 'crm', native, of(country))).toBe(value);
  });

  test('a registration number of no known country is taken as it is', () => {
    expect(read(orgNumber(null)(free), 'crm', '1-2', of('NO'))).toBe('12');
    expect(read(orgNumber(at)(free), 'crm', '1-2')).toBe('12');
  });

  test.each([
    ['NO', '923609016mva', 'NO923609016MVA', '923609016MVA'],
    ['DE', 'de 123456789', 'DE123456789', '123456789'],
    ['GR', '123456789', 'EL123456789', '123456789'],
    ['GB', 'XI 123456789', 'XI123456789', 'XI123456789'],
    ['NO', 'SE556016068001', 'SE556016068001', 'SE556016068001'],
    ['FR', 'ATU12345678', 'ATU12345678', 'ATU12345678'],
    ['DE', 'DE', 'DE', 'DE'],
    ['NO', 'EL123456789', 'EL123456789', 'EL123456789'],
    ['SE', 'DEFGH12', 'SEDEFGH12', 'DEFGH12'],
    ['SE', 'SEDE1234', 'SEDE1234', 'SEDE1234'],
    ['DE', '.', null, null],
  ])('VAT number in %s: %j is %j, %j in the ERP', (country, native, value, inErp) => {
    const codec = vatNumber(at)(free);
    expect(read(codec, 'erp', native, of(country))).toBe(value);
    expect(write(codec, 'erp', value, of(country))).toBe(inErp);
    expect(write(codec, 'crm', value, of(country))).toBe(value);
  });

  test('a VAT number without a country stays as typed; a counterpart may hold it with or without prefix', () => {
    const codec = vatNumber(at)(free);
    expect(read(codec, 'erp', '123-456')).toBe('123456');
    expect(write(codec, 'erp', 'DE123456789')).toBe('DE123456789');
    expect(codec.spellings!('DE123456789', context('erp', of('DE')))).toEqual(['123456789', 'DE123456789']);
    expect(codec.spellings!('DE123456789', context('erp', of('NO')))).toEqual(['DE123456789', '123456789']);
    const short = vatNumber(at)({ crm: { kind: 'text', max: 9 }, erp: undefined });
    expect(write(short, 'crm', 'DE123456789', of('DE'))).toBe(
      'unfit: is 11 characters long; the CRM holds 9. Shorten it.',
    );
  });

  const noGtin = 'unreadable: is no GTIN: that has 8, 12, 13 or 14 digits. Correct it.';
  test.each([
    ['4006381333931', '04006381333931', ['04006381333931', '4006381333931']],
    ['96385074', '00000096385074', ['00000096385074', '0000096385074', '000096385074', '96385074']],
    ['400-6381 333931', '04006381333931', null],
    ['036000291452', '00036000291452', null],
    ['4006381333932', 'unreadable: fails the GS1 check digit. Correct it.', null],
    ['123456789', noGtin, null],
    ['1234567', noGtin, null],
    ['123456789012345', noGtin, null],
    ['x96385074', noGtin, null],
    ['96385074x', noGtin, null],
  ] as const)('GTIN %j is %j', (native, value, spellings) => {
    expect(read(gtin(free), 'crm', native)).toBe(value);
    if (spellings) expect(gtin(free).spellings!(value, context('erp'))).toEqual(spellings);
  });
});

describe('numbers', () => {
  test.each([
    ['1', '1'],
    ['10', '10'],
    ['007', '7'],
    ['0', '0'],
    ['-0', '0'],
    ['-0.0', '0'],
    ['+1.50', '1.5'],
    ['-1.50', '-1.5'],
    [' 2.0 ', '2'],
    ['2.', '2'],
    ['0.10', '0.1'],
    ['100.010', '100.01'],
    [12, '12'],
    [1.25, '1.25'],
    [1e-7, '0.0000001'],
    [1e21, '1000000000000000000000'],
    [Number.NaN, undefined],
    [Number.POSITIVE_INFINITY, undefined],
    ['1e3', undefined],
    ['1,5', undefined],
    ['.5', undefined],
    ['1.2.3', undefined],
    ['x1', undefined],
    ['1x', undefined],
    [true, undefined],
    [null, undefined],
  ])('the normal form of %j is %j', (native, value) => {
    expect(decimalOf(native)).toBe(value);
    if (native !== null)
      expect(read(decimal(free), 'crm', native)).toBe(
        value ?? 'unreadable: is no number. Correct it where it was typed.',
      );
  });

  const narrow: Shapes = { crm: undefined, erp: { kind: 'decimal', precision: 5, scale: 2 } };
  test.each([
    ['123.45', '123.45'],
    ['-123.45', '-123.45'],
    ['123', '123'],
    ['1234', 'unfit: has 4 digits; the ERP holds 3. Check it.'],
    ['1234.5', 'unfit: has 4 digits; the ERP holds 3. Check it.'],
    ['-1234', 'unfit: has 4 digits; the ERP holds 3. Check it.'],
    ['1.234', 'unfit: has 3 decimals; the ERP holds 2. Round it.'],
  ])('%s written where five digits fit, two of them behind the point: %s', (value, written) => {
    expect(write(decimal(narrow), 'erp', value)).toBe(written);
    expect(write(decimal(narrow), 'crm', value)).toBe(value);
  });

  test('a scale without a precision limits the decimals alone', () => {
    const shapes: Shapes = { crm: { kind: 'decimal', scale: 1 }, erp: undefined };
    expect(write(decimal(shapes), 'crm', '123456.7')).toBe('123456.7');
    expect(write(decimal(shapes), 'crm', '1.23')).toBe('unfit: has 2 decimals; the CRM holds 1. Round it.');
    expect(write(decimal(shapes), 'crm', 5)).toBe(5);
  });

  test.each([
    [7, 7],
    ['7', 7],
    ['-7', -7],
    ['1234567890123456', 'unreadable: is no whole number. Correct it where it was typed.'],
    ['-120', -120],
    ['7.5', 'unreadable: is no whole number. Correct it where it was typed.'],
    [7.5, 'unreadable: is no whole number. Correct it where it was typed.'],
    ['x7', 'unreadable: is no whole number. Correct it where it was typed.'],
    ['7x', 'unreadable: is no whole number. Correct it where it was typed.'],
    [2 ** 53, 'unreadable: is no whole number. Correct it where it was typed.'],
  ])('whole number %j is %j', (native, value) => {
    expect(read(int, 'crm', native)).toBe(value);
  });

  test('a rate stands the other way round in the ERP, at nine places', () => {
    const of = inverseRate({ crm: undefined, erp: { kind: 'decimal', precision: 12, scale: 9 } });
    expect(read(of, 'crm', '0.5')).toBe('0.5');
    expect(read(of, 'erp', '3')).toBe('0.333333333');
    expect(read(of, 'erp', '1.5')).toBe('0.666666667');
    expect(write(of, 'erp', '0.5')).toBe('2');
    expect(write(of, 'crm', '0.5')).toBe('0.5');
    expect(write(of, 'erp', '0.0000001')).toBe('unfit: has 8 digits; the ERP holds 3. Check it.');
    for (const none of ['0', 'x'])
      expect(read(of, 'erp', none)).toBe('unreadable: is no number. Correct it where it was typed.');
  });

  const inYen = { ...lookup, company: { ...lookup.company, baseCurrency: 'JPY' } };
  const noYen = 'unfit: has 1 decimals; the ERP holds 0. Round it.';
  test.each([
    ['values first', { currency: 'JPY' }, { values: { currency: 'EUR' } }, '1.23', '1.23'],
    ['the CRM field', { currency: 'JPY' }, {}, '1.23', 'unfit: has 2 decimals; the ERP holds 0. Round it.'],
    ['the ERP field', { currencyCode: 'KWD' }, {}, '1.234', '1.234'],
    ["the document's", {}, { document: { currency: 'KWD' } }, '1.234', '1.234'],
    ["the document's code", {}, { document: { currencyCode: 'KWD' } }, '1.234', '1.234'],
    [
      "the company's, where none is given",
      {},
      {},
      '1.234',
      'unfit: has 3 decimals; the ERP holds 2. Round it.',
    ],
    ["the company's, where nobody knows it", { currency: 'ZZZ' }, {}, '1.23', '1.23'],
    ["the company's own, where nobody knows it", { currency: 'ZZZ' }, { lookup: inYen }, '1.5', noYen],
  ] as const)('an amount has the decimals of its currency: %s', (_, fields, more, value, written) => {
    expect(write(money(free), 'erp', value, fields, more)).toBe(written);
  });

  test.each([
    [0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'],
    [2, 'EUR NOK HUF COP PKR IDR LBP ALL AFN MMK LAK MGA SOS SYP YER IRR KPW RSD TZS UZS'],
    [3, 'BHD IQD JOD KWD LYD OMR TND'],
    [4, 'CLF UYW'],
  ])('amounts have %i decimals in %s', (decimals, codes) => {
    for (const currency of codes.split(' ')) {
      const of = (digits: number) => write(money(free), 'erp', `1.${'1'.repeat(digits)}`, { currency });
      if (decimals > 0) expect([currency, of(decimals)]).toEqual([currency, `1.${'1'.repeat(decimals)}`]);
      expect(of(decimals + 1)).toBe(
        `unfit: has ${decimals + 1} decimals; the ERP holds ${decimals}. Round it.`,
      );
    }
  });

  test("an amount that is always in the company's currency does not look further", () => {
    const of = money({ crm: undefined, erp: { kind: 'money', in: 'company' } });
    expect(write(of, 'erp', '1.23', { currency: 'JPY' })).toBe('1.23');
    expect(read(of, 'erp', '1.230')).toBe('1.23');
    expect(read(of, 'erp', 'x')).toBe('unreadable: is no number. Correct it where it was typed.');
    expect(write(of, 'erp', `${'9'.repeat(17)}.5`)).toBe('unfit: has 17 digits; the ERP holds 16. Check it.');
  });

  test.each([
    ['crm', ' nok ', 'NOK'],
    ['crm', null, null],
    ['crm', '', null],
    ['erp', null, 'EUR'],
    ['erp', '', 'EUR'],
    ['erp', 'usd', 'USD'],
    ['crm', 'kroner', 'unreadable: is no currency of ISO 4217. Correct it.'],
    ['erp', 'kroner', 'unmapped: is a code of the ERP that list currency does not map. Map it.'],
  ] as const)('currency in the %s: %j is %j', (side, native, value) => {
    expect(read(currency, side, native)).toBe(value);
  });

  test("the company's currency is blank in the ERP alone", () => {
    expect([write(currency, 'erp', 'EUR'), write(currency, 'erp', 'NOK')]).toEqual([null, 'NOK']);
    expect(write(currency, 'crm', 'EUR')).toBe('EUR');
  });

  test.each([
    [0, '1'],
    [1, '0.1'],
    [3, '0.001'],
  ])('%i decimals are a step of %s in the ERP', (decimals, step) => {
    expect(read(quantityDecimals, 'erp', step)).toBe(decimals);
    expect(write(quantityDecimals, 'erp', decimals)).toBe(step);
    expect(read(quantityDecimals, 'crm', decimals)).toBe(decimals);
    expect(write(quantityDecimals, 'crm', decimals)).toBe(decimals);
  });

  test('an item without a step has all the decimals of a quantity', () => {
    expect([read(quantityDecimals, 'erp', null), read(quantityDecimals, 'crm', null)]).toEqual([5, null]);
  });

  test('a step that is no power of ten, and decimals that are no number', () => {
    for (const step of ['0.2', '0.11', '10', 'x', '10.1'])
      expect(read(quantityDecimals, 'erp', step)).toBe('unreadable: is no power of ten. Use 1, 0.1, 0.01 …');
    expect(read(quantityDecimals, 'crm', 1.5)).toBe(
      'unreadable: is no number. Correct it where it was typed.',
    );
  });

  test('lines count 1, 2, 3 in the CRM and in steps of ten thousand in the ERP', () => {
    expect([read(lineNumber, 'crm', 2), read(lineNumber, 'erp', 20_000)]).toEqual([2, 2]);
    expect([write(lineNumber, 'crm', 2.4), write(lineNumber, 'erp', 2.4)]).toEqual([2, 24_000]);
    expect(write(lineNumber, 'erp', 0.33333)).toBe(3333);
    expect(read(lineNumber, 'crm', '2')).toBe('unreadable: is no number. Correct it where it was typed.');
  });

  test('of a discount only the half that was typed has a value, and zero is none', () => {
    const typed = { crm: 'discountTyped', erp: 'headerDiscountTyped' } as const;
    const percent = discount({ as: 'PERCENT', ...typed }, decimal)(free);
    const amount = discount({ as: 'AMOUNT', ...typed }, money)(free);
    const fields = { discountTyped: 'PERCENT', headerDiscountTyped: 'AMOUNT' };
    expect([percent.name, amount.name]).toEqual(['discount in percent', 'discount as an amount']);
    expect([read(percent, 'crm', '5', fields), read(amount, 'crm', '5', fields)]).toEqual(['5', null]);
    expect([read(percent, 'erp', '5', fields), read(amount, 'erp', '5', fields)]).toEqual([null, '5']);
    expect([read(percent, 'crm', '5'), read(percent, 'crm', '0.00')]).toEqual(['5', null]);
    expect(read(percent, 'crm', 'x')).toBe('unreadable: is no number. Correct it where it was typed.');
    const amountOrNone = nonzero(money)(free);
    expect(['0.00', '1.00', 'x'].map((native) => read(amountOrNone, 'crm', native))).toEqual([
      null,
      '1',
      'unreadable: is no number. Correct it where it was typed.',
    ]);
  });
});

describe('days', () => {
  test.each([
    ['2026-02-28', true],
    ['2024-02-29', true],
    ['2000-02-29', true],
    ['1900-02-29', false],
    ['2026-02-29', false],
    ['2026-01-31', true],
    ['2026-04-31', false],
    ['2026-04-30', true],
    ['2026-13-01', false],
    ['2026-00-01', false],
    ['2026-01-00', false],
    ['2026-12-31', true],
    ['2024-01-31', true],
    ['2024-02-30', false],
    ['26-01-01', false],
    ['2026-1-1', false],
    ['x2026-01-01', false],
    ['2026-01-01T00:00', false],
  ])('%s is a day: %s', (written, is) => {
    expect(isDate(written)).toBe(is);
    expect(read(date, 'crm', written)).toBe(is ? written : 'unreadable: is no date. Write it as 2026-02-28.');
  });

  test('a date that is no text is none', () => {
    expect(read(date, 'crm', 20260101)).toBe('unreadable: is no date. Write it as 2026-02-28.');
  });

  const of = localDateOf('closedAt', 'dueDate');
  test.each([
    ['crm', { closedAt: '2026-03-01T23:30:00Z' }, '2026-03-02'],
    ['crm', { closedAt: '2026-03-01T22:30:00Z', dueDate: '2026-05-05' }, '2026-03-01'],
    ['crm', { closedAt: null, dueDate: '2026-05-05' }, '2026-05-05'],
    ['crm', { closedAt: '', dueDate: '2026-05-05' }, '2026-05-05'],
    ['crm', {}, null],
    ['crm', { closedAt: 'soon' }, 'unreadable: is no date. Write it as 2026-02-28.'],
    ['crm', { closedAt: 7 }, 'unreadable: is no date. Write it as 2026-02-28.'],
  ] as const)('the day in the company of %s %j is %j', (side, fields, day) => {
    expect(read(of, side, 'ignored', fields)).toBe(day);
  });

  test('a day is the same day wherever the company is', () => {
    const inNewYork = { ...lookup, company: { ...lookup.company, timeZone: 'America/New_York' } };
    expect(read(of, 'crm', 'ignored', { closedAt: '2026-03-01' }, { lookup: inNewYork })).toBe('2026-03-01');
    expect(read(of, 'crm', 'ignored', { closedAt: '2026-03-01T02:00:00Z' }, { lookup: inNewYork })).toBe(
      '2026-02-28',
    );
  });

  test('the ERP keeps the day itself', () => {
    expect([read(of, 'erp', '2026-03-01'), read(of, 'erp', ''), read(of, 'erp', null)]).toEqual([
      '2026-03-01',
      null,
      null,
    ]);
    expect(write(of, 'erp', '2026-03-01')).toBe('2026-03-01');
  });
});

describe('addresses', () => {
  const erpParts = ['street', 'street2', 'city', 'postCode', 'county', 'countryCode'];
  const of = address({ crm: undefined, erp: { kind: 'address', parts: erpParts } });
  const whole = {
    line1: 'Gate 1',
    line2: null,
    city: 'Oslo',
    postalCode: '0150',
    region: null,
    country: 'NO',
  };

  test('are one value of six parts under the names of each side', () => {
    const erp = {
      street: ' Gate  1',
      street2: '',
      city: 'Oslo',
      postCode: '0150',
      county: null,
      countryCode: 'NOR',
    };
    expect(read(of, 'erp', erp)).toEqual(whole);
    expect(read(of, 'crm', { ...whole, country: 'Norway' })).toEqual(whole);
    expect(write(of, 'erp', whole)).toEqual({
      street: 'Gate 1',
      street2: null,
      city: 'Oslo',
      postCode: '0150',
      county: null,
      countryCode: 'NO',
    });
    expect(write(of, 'crm', { line1: 'Gate 1' })).toEqual({
      line1: 'Gate 1',
      line2: null,
      city: null,
      postalCode: null,
      region: null,
      country: null,
    });
    expect(read(of, 'crm', { city: 'Oslo' })).toEqual({
      line1: null,
      line2: null,
      city: 'Oslo',
      postalCode: null,
      region: null,
      country: null,
    });
  });

  test('of six empty parts are no opinion; what is none, and a country nobody knows, is said', () => {
    expect(read(of, 'crm', {})).toBe(none);
    expect(read(of, 'crm', { line1: '', city: '  ', country: 7 })).toBe(none);
    for (const junk of ['Oslo', 7, true, ['Oslo']])
      expect(read(of, 'crm', junk)).toBe('unreadable: is no address. Correct it where it was typed.');
    expect(read(of, 'crm', { country: 'Atlantis' })).toBe(
      'unmapped: is a country that nobody knows. Use its ISO 3166-1 code there, or map it in the list country.',
    );
  });

  test.each([
    ['crm', { billingAddress: { country: 'Norway' } }, undefined, 'NO'],
    ['crm', { billingAddress: { countryCode: 'NO' } }, undefined, undefined],
    ['erp', { invoiceAddress: { countryCode: 'SE', country: 'NO' } }, undefined, 'SE'],
    ['erp', { invoiceAddress: { countryCode: '', country: 'NO' } }, undefined, 'NO'],
    ['erp', { invoiceAddress: 'Oslo' }, undefined, undefined],
    ['erp', { invoiceAddress: null }, undefined, undefined],
    ['erp', { invoiceAddress: [] }, undefined, undefined],
    ['crm', { billingAddress: { country: 7 } }, undefined, undefined],
    ['crm', { billingAddress: { country: 'NO' } }, { billingAddress: { country: 'DE' } }, 'DE'],
    ['crm', { billingAddress: { country: 'NO' } }, { billingAddress: null }, undefined],
    ['crm', { billingAddress: { country: 'NO' } }, { name: 'x' }, 'NO'],
  ] as const)('the country in the %s of %j, %j being written, is %s', (side, fields, values, country) => {
    expect(countryIn(at, context(side, fields as Fields, values ? { values } : {}))).toBe(country);
    expect(countryIn(null, context(side, fields as Fields))).toBeUndefined();
  });

  test.each([
    ['NO', 'NO'],
    [' no ', 'NO'],
    ['NOR', 'NO'],
    ['Norge', 'NO'],
    ['Deutschland', 'DE'],
    ['Germany', 'DE'],
    ['Allemagne', 'DE'],
    ['Alemania', 'DE'],
    ['Germania', 'DE'],
    ['Alemanha', 'DE'],
    ['Duitsland', 'DE'],
    ['Tyskland', 'DE'],
    ['Saksa', 'DE'],
    ['Niemcy', 'DE'],
    ['UK', 'GB'],
    ['Great Britain', 'GB'],
    ['England', 'GB'],
    ['Scotland', 'GB'],
    ['Wales', 'GB'],
    ['Northern Ireland', 'GB'],
    ['EL', 'GR'],
    ['United States of America', 'US'],
    ['U.S.A.', 'US'],
    ['U.S.', 'US'],
    ['America', 'US'],
    ['Holland', 'NL'],
    ['The Netherlands', 'NL'],
    ['Korea', 'KR'],
    ['Czech Republic', 'CZ'],
    ['Russia', 'RU'],
    ['Ivory Coast', 'CI'],
    ['Vietnam', 'VN'],
    ['Turkey', 'TR'],
    ['Burma', 'MM'],
    ['Macedonia', 'MK'],
    ['Swaziland', 'SZ'],
    ['Cape Verde', 'CV'],
    ['Atlantis', undefined],
    ['', undefined],
  ])('%j is the country %s', (written, code) => {
    expect(countryOf(written)).toBe(code);
  });

  test('there are 249 countries', () => {
    expect(countries.size).toBe(249);
    for (const code of countries) expect(countryOf(code)).toBe(code);
    expect(['CHE', 'ESP', 'TKM', 'ZWE', 'AND'].map(countryOf)).toEqual(['CH', 'ES', 'TM', 'ZW', 'AD']);
  });
});

describe('choices', () => {
  const of = choice(
    { GOOD: ['INVENTORY', 'NON_INVENTORY'], SERVICE: ['SERVICE'], OTHER: ['SERVICE'] },
    'type',
  );

  test('an ERP value that means the same stays; else the first one is written', () => {
    expect(['INVENTORY', 'NON_INVENTORY', 'SERVICE'].map((native) => read(of, 'erp', native))).toEqual([
      'GOOD',
      'GOOD',
      'SERVICE',
    ]);
    expect(write(of, 'erp', 'GOOD', { type: 'NON_INVENTORY' })).toBe('NON_INVENTORY');
    expect(write(of, 'erp', 'GOOD', { type: 'SERVICE' })).toBe('INVENTORY');
    expect(write(of, 'erp', 'GOOD')).toBe('INVENTORY');
    expect(write(of, 'erp', 'unheard')).toBeNull();
    expect(write(of, 'crm', 'GOOD', { type: 'NON_INVENTORY' })).toBe('GOOD');
    expect(write(choice({ A: ['x', 'y'] }), 'erp', 'A', { undefined: 'y' })).toBe('x');
  });

  test('what is none of them is said; names of every object are none', () => {
    const said = 'unreadable: is none of GOOD, SERVICE, OTHER. Correct it.';
    expect([read(of, 'crm', 'GOOD'), read(of, 'crm', 'OTHER')]).toEqual(['GOOD', 'OTHER']);
    for (const [side, native] of [
      ['crm', 'INVENTORY'],
      ['erp', 'GOOD'],
      ['crm', 'toString'],
      ['erp', 'toString'],
    ] as const)
      expect(read(of, side, native)).toBe(said);
  });

  test('values that are the same on both sides', () => {
    const alike = sameChoice('LOW', 'HIGH');
    expect([read(alike, 'erp', 'LOW'), write(alike, 'erp', 'HIGH')]).toEqual(['LOW', 'HIGH']);
    expect(alike).not.toHaveProperty('lossy');
  });

  test('true is true, and in the ERP false where it says blocked', () => {
    expect([read(flag, 'erp', true), read(flag, 'crm', false)]).toEqual([true, false]);
    expect([read(inverseFlag, 'erp', true), read(inverseFlag, 'crm', true)]).toEqual([false, true]);
    expect([write(inverseFlag, 'erp', true), write(inverseFlag, 'crm', true)]).toEqual([false, true]);
    for (const codec of [flag, inverseFlag])
      expect(read(codec, 'erp', 'yes')).toBe('unreadable: is neither true nor false. Correct it.');
  });

  test('a status is canonical under the name of the CRM; a finer ERP state that means the same stays', () => {
    const a = status(mapA);
    const [state] = Object.entries(mapA.states).find(([, { erp }]) => erp.length > 0)!;
    expect(read(a, 'crm', state)).toBe(state);
    expect(write(a, 'crm', state, { status: 'anything' })).toBe(state);
    expect(read(a, 'crm', 'NEVER')).toBe('unreadable: is no state of map A. Correct it.');
    expect(read(a, 'erp', 'NEVER')).toBe('unreadable: is no state of map A. Correct it.');
    for (const map of [mapA, mapB, mapC])
      for (const [name, { erp }] of Object.entries(map.states)) {
        for (const stands of erp) expect(write(status(map), 'erp', name, { status: stands })).toBe(stands);
        expect(write(status(map), 'erp', name)).toBe(erp[0] ?? name);
        expect(write(status(map), 'erp', name, { status: 'NEVER' })).toBe(erp[0] ?? name);
      }
    expect(read(status(mapB), 'erp', 'PROPOSAL')).toBe(none);
    expect(read(status(mapC), 'erp', 'PROPOSAL')).not.toBe(none);
    expect(read(status(mapB), 'crm', 'PROPOSAL')).not.toBe(none);
  });

  test('how far the order of a quote is, and what became of it', () => {
    const some = ['PROPOSAL', 'OPEN', 'CANCELLED', 'NEVER'];
    expect(some.map((native) => read(orderState, 'erp', native))).toEqual([
      null,
      mapB.reads.OPEN,
      mapB.reads.CANCELLED,
      'unreadable: is no state of map B. Correct it.',
    ]);
    expect(some.map((native) => read(closedReason, 'erp', native))).toEqual([
      null,
      'WON_ORDERED',
      'ORDER_CANCELLED',
      'WON_ORDERED',
    ]);
    for (const codec of [orderState, closedReason]) {
      expect(read(codec, 'crm', 'PROPOSAL')).toBe('PROPOSAL');
      expect(write(codec, 'crm', 'X')).toBe('X');
    }
  });
});

describe('codes', () => {
  const units = codeList('units')({ crm: { kind: 'code', max: 3 }, erp: { kind: 'code', max: 4 } });

  test.each([
    ['crm', ' c62 ', 'C62'],
    ['crm', 'X9', 'X9'],
    ['erp', 'unit', 'C62'],
    ['erp', 'X9', 'unmapped: is a code of the ERP that list units does not map. Map it.'],
    ['erp', '  ', null],
  ] as const)('unit in the %s: %j is %j', (side, native, value) => {
    expect(read(units, side, native)).toBe(value);
  });

  test.each([
    ['erp', 'C62', 'UNIT'],
    ['erp', 'X9', 'unmapped: is a code of the CRM that list units does not map. Map it.'],
    ['erp', 'MON', 'unfit: is 5 characters long; the ERP holds 4. Shorten it.'],
    ['crm', 'C62', 'C62'],
    ['crm', 'LONG', 'unfit: is 4 characters long; the CRM holds 3. Shorten it.'],
  ] as const)('unit written in the %s: %s is %s', (side, value, written) => {
    expect(write(units, side, value)).toBe(written);
  });

  test('an unmapped code names its list', () => {
    expect(units.decode('X9', context('erp'))).toMatchObject({ held: { list: 'units' } });
  });

  test('of an open list a code that nobody mapped stands for itself', () => {
    const open = codeList('territory')(free);
    expect([read(open, 'erp', 'north'), write(open, 'erp', 'NORTH')]).toEqual(['NORTH', 'NORTH']);
    expect([...openLists]).toEqual([
      'paymentMethod',
      'shippingMethod',
      'priceList',
      'category',
      'warehouse',
      'team',
      'department',
      'territory',
    ]);
  });

  test('a new company starts with these lists', () => {
    const told = codeLists.map(
      ({ list, pairs }) => `${list}: ${pairs.map((pair) => pair.join('=')).join(' ')}`,
    );
    expect(told).toEqual([
      'units: C62=UNIT EA=EACH H87=PCS SET=SET HUR=HOUR DAY=DAY MON=MONTH KGM=KG TNE=TON GRM=G LTR=L MTR=M MTK=M2 MTQ=M3 KMT=KM',
      'tax: S=STANDARD Z=ZERO E=EXEMPT AE=REVERSE K=INTRA G=EXPORT O=OUTSIDE',
      'taxTreatment: DOMESTIC=DOMESTIC EU_B2B=EU EXPORT=EXPORT EXEMPT=EXEMPT',
      'paymentTerms: NET0=NET0 NET14=NET14 NET30=NET30 NET45=NET45 NET60=NET60 2/10NET30=2/10NET30 PREPAID=PREPAID',
      'deliveryTerms: EXW=EXW FCA=FCA CPT=CPT CIP=CIP DAP=DAP DPU=DPU DDP=DDP FAS=FAS FOB=FOB CFR=CFR CIF=CIF',
      'salutation: MR=MR MS=MS MX=MX DR=DR NONE=NONE',
      'holdReason: CREDIT=CREDIT CUSTOMER=CUSTOMER STOCK=STOCK OTHER=OTHER',
      'language: ',
      ...[...openLists].map((list) => `${list}: `),
      'country: ',
      'currency: ',
    ]);
  });

  test.each([
    ['nb-no', 'nb-NO'],
    [' EN ', 'en'],
    ['ZH-hant-tw', 'zh-Hant-TW'],
    ['de-1996', 'de-1996'],
    ['sl-ROZAJ', 'sl-rozaj'],
    ['e', 'unmapped: is a code of the CRM that list language does not map. Map it.'],
    ['English please', 'unmapped: is a code of the CRM that list language does not map. Map it.'],
  ])('language %j is %j', (native, value) => {
    expect(read(language(free), 'crm', native)).toBe(value);
  });

  test("a language is the ERP's own code where the list maps one", () => {
    const company = context('erp').lookup;
    const codes: Readonly<Record<string, string>> = { 'erp:NOR': 'nb-NO', 'crm:nb-NO': 'NOR' };
    const lookup = {
      ...company,
      code: (list: string, side: Side, code: string) =>
        list === 'language' ? codes[`${side}:${code}`] : undefined,
    };
    expect(read(language(free), 'erp', 'NOR', {}, { lookup })).toBe('nb-NO');
    expect(write(language(free), 'erp', 'nb-NO', {}, { lookup })).toBe('NOR');
    expect(write(language(free), 'erp', 'sv', {}, { lookup })).toBe('sv');
    expect(write(language(free), 'crm', 'nb-NO', {}, { lookup })).toBe('nb-NO');
    expect(read(language(free), 'crm', 'NOR', {}, { lookup })).toBe('nor');
  });

  test('units a product is sold in are a set in one order', () => {
    const crm = [
      { unit: 'set', factor: '10.0' },
      { unit: 'C62', factor: 1 },
    ];
    const value = [
      { unit: 'C62', factor: '1' },
      { unit: 'SET', factor: '10' },
    ];
    const erp = [
      { code: 'UNIT', qtyPerBase: '1' },
      { code: 'SET', qtyPerBase: '10' },
    ];
    expect(read(salesUnits, 'crm', crm)).toEqual(value);
    expect(read(salesUnits, 'erp', [...erp].reverse())).toEqual(value);
    expect(write(salesUnits, 'erp', value)).toEqual(erp);
    expect(write(salesUnits, 'crm', value)).toEqual(value);
    expect(read(salesUnits, 'crm', [])).toBeNull();
  });

  test('units that cannot be read are said', () => {
    expect(read(salesUnits, 'crm', 'C62')).toBe('unreadable: is no list. Correct it.');
    const lacks = 'unreadable: lacks a unit or its factor. Correct it.';
    for (const row of [{ factor: '1' }, { unit: 'C62' }, { unit: 'C62', factor: 'x' }, null])
      expect(read(salesUnits, 'crm', [row])).toBe(lacks);
    expect(read(salesUnits, 'erp', [{ code: 'X9', qtyPerBase: '1' }])).toBe(
      'unmapped: is a code of the ERP that list units does not map. Map it.',
    );
    expect(write(salesUnits, 'erp', [{ unit: 'X9', factor: '1' }])).toBe(
      'unmapped: is a code of the CRM that list units does not map. Map it.',
    );
    expect(write(salesUnits, 'erp', 'odd')).toBe('odd');
  });
});

describe('references', () => {
  const person = reference({ crm: 'User', erp: 'Salesperson' });

  test.each([
    ['erased', 'was erased. Name another one, in either system.'],
    ['deleted', 'was deleted, or its counterpart was. Name another one in either system, or link it anew.'],
    ['3', 'is not linked yet. Link or create its counterpart.'],
  ])('of one without counterpart (%s) it is said why, and what to do', (by, why) => {
    const decoded = person.decode(`new-${by}`, context('erp'));
    expect(decoded).toMatchObject({ held: { message: `waits: the ERP's Salesperson new-${by} ${why}` } });
  });

  test('are the link that the other record belongs to, and wait while there is none', () => {
    expect([read(person, 'crm', 'c-7'), read(person, 'erp', 'e-7')]).toEqual(['link-User-7', 'link-User-7']);
    expect([write(person, 'crm', 'link-User-7'), write(person, 'erp', 'link-User-7')]).toEqual([
      'c-7',
      'e-7',
    ]);
    expect(person.decode('new-3', context('erp'))).toEqual({
      value: '?erp:Salesperson:new-3',
      held: {
        kind: 'waits',
        for: { side: 'erp', entity: 'Salesperson', id: 'new-3' },
        message: "waits: the ERP's Salesperson new-3 is not linked yet. Link or create its counterpart.",
      },
    });
  });

  test('to a record without counterpart are not written: they name it where it is known', () => {
    expect(person.encode('link-missing', context('erp'))).toEqual({
      held: { kind: 'waits', message: 'waits: User link-missing has no counterpart in the ERP yet.' },
    });
    const lookup = {
      ...context('erp').lookup,
      record: (_: string, side: Side) => (side === 'crm' ? 'c-7' : undefined),
    };
    expect(person.encode('link-User-7', context('erp', {}, { lookup }))).toEqual({
      held: {
        kind: 'waits',
        message: 'waits: User c-7 has no counterpart in the ERP yet.',
        for: { side: 'crm', entity: 'User', id: 'c-7' },
      },
    });
  });

  const typed = { kind: 'PRODUCT', productText: 'GTXPro' };
  test.each([
    ['crm', 'c-1', {}, 'link-Product-1'],
    ['erp', 'e-1', {}, 'link-Product-1'],
    ['erp', 'e-1', { itemNo: 'OTHER' }, 'link-Product-1'],
    ['erp', 'e-1', { itemNo: 'WRITE-IN' }, null],
    ['crm', 'c-1', { itemNo: 'WRITE-IN' }, 'link-Product-1'],
    ['crm', null, {}, null],
    ['crm', '', {}, null],
    ['crm', 'c-1', typed, 'link-Product-1'],
    ['crm', null, { kind: 'PRODUCT', productText: '' }, null],
    ['crm', null, { kind: 'PRODUCT', productText: 7 }, null],
    ['crm', null, { kind: 'WRITE_IN', productText: 'GTXPro' }, null],
    ['erp', null, typed, null],
    [
      'crm',
      null,
      typed,
      'waits: waits: no product has the number, name or alias "GTXPro". Create it, or add the alias.',
    ],
  ] as const)('product of a line in the %s: %j with %j is %j', (side, native, fields, value) => {
    expect(read(productReference, side, native, fields)).toBe(value);
  });

  test('a product typed in words waits under that text', () => {
    expect(productReference.decode(null, context('crm', typed))).toMatchObject({
      value: '?crm:Product:"GTXPro"',
      held: { value: 'GTXPro' },
    });
    expect(read(productReference, 'erp', 'new-1')).toBe(
      "waits: waits: the ERP's Product new-1 is not linked yet. Link or create its counterpart.",
    );
    const blank = {
      ...context('erp').lookup,
      company: { ...context('erp').lookup.company, writeInItem: '' },
    };
    expect(read(productReference, 'erp', 'e-1', { itemNo: '' }, { lookup: blank })).toBe('link-Product-1');
    expect(read(lineKind, 'erp', 'ITEM', { itemNo: '' }, { lookup: blank })).toBe('PRODUCT');
  });

  test.each([
    ['TEXT', 'COMMENT', {}],
    ['CHARGE', 'CHARGE', {}],
    ['PRODUCT', 'ITEM', {}],
    ['WRITE_IN', 'ITEM', { itemNo: 'WRITE-IN' }],
  ])('a %s line is a %s in the ERP', (kind, native, fields) => {
    expect(read(lineKind, 'erp', native, fields)).toBe(kind);
    expect(write(lineKind, 'erp', kind)).toBe(native);
    expect(read(lineKind, 'crm', kind)).toBe(kind);
    expect(write(lineKind, 'crm', kind)).toBe(kind);
    const also = { ...('itemNo' in fields && { ...fields, productId: undefined }) };
    expect(lineKind.also!(kind, context('erp'))).toEqual(also);
    expect(lineKind.also!(kind, context('crm'))).toEqual({});
  });
});

describe('what values are compared by', () => {
  test.each([
    [1, 1, true],
    ['a', 'b', false],
    [null, undefined, true],
    [undefined, null, true],
    [undefined, undefined, true],
    [null, 0, false],
    [0, null, false],
    ['', null, false],
    [{ a: 1 }, { a: 1 }, true],
    [{ a: 1 }, { a: 2 }, false],
    [{ a: 1 }, { b: 1 }, false],
    [{ a: null }, { b: null }, false],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: 1, b: 2 }, { a: 1 }, false],
    [{ a: { b: [1] } }, { a: { b: [1] } }, true],
    [[1, 2], [1, 2], true],
    [[1, 2], [2, 1], false],
    [[1], [1, 2], false],
    [[], {}, false],
    [{}, [], false],
    [{}, 'x', false],
    ['x', {}, false],
    [{}, null, false],
    [{}, 5, false],
    [5, {}, false],
    ['ab', { 0: 'a', 1: 'b' }, false],
    [{ length: 0 }, [], false],
    [[], { length: 0 }, false],
  ] as const)('%j and %j are the same: %s', (a, b, is) => {
    expect(same(a, b)).toBe(is);
  });

  test('placeholders name the side they were seen on, and are values of that side alone', () => {
    const reference = placeholderOf({ side: 'erp', entity: 'User', id: '7' });
    const unread = placeholderOfHeld({
      field: 'f',
      side: 'crm',
      kind: 'unreadable',
      value: { a: 1 },
      message: '',
    });
    expect([reference, unread]).toEqual(['?erp:User:7', '?crm:unreadable:{"a":1}']);
    expect([isPlaceholder('erp', reference), isPlaceholder('crm', reference)]).toEqual([true, false]);
    expect([isPlaceholder('erp', unread), isPlaceholder('crm', unread)]).toEqual([false, true]);
    for (const value of ['?', 'a?erp:', 'erp:', '', null, undefined, 7])
      expect([isPlaceholder('crm', value), isPlaceholder('erp', value)]).toEqual([false, false]);
  });

  /** Complete by type: a new kind has to be named here, and read back. */
  const everyKind: Readonly<Record<Held['kind'], true>> = {
    waits: true,
    unreadable: true,
    unfit: true,
    unmapped: true,
    quarantined: true,
    gap: true,
    late: true,
    away: true,
    second: true,
    taken: true,
    frozen: true,
  };
  const heldKinds = Object.keys(everyKind) as Held['kind'][];

  test('what a placeholder stands for is what the system shows', () => {
    expect(nativeOf(placeholderOf({ side: 'erp', entity: 'Salesperson', id: 'SP:7\n' }))).toBe('SP:7\n');
    for (const kind of heldKinds)
      for (const value of [{ a: ':' }, 'NET21', 7, null])
        expect(nativeOf(placeholderOfHeld({ field: 'f', side: 'crm', kind, value, message: '' }))).toEqual(
          value,
        );
    for (const value of ['x?crm:User:7', 'User:7', '?crm::7', '?crm:7', '', null, 7, { a: '?crm:User:7' }])
      expect(nativeOf(value)).toEqual(value);
  });

  test('sides and stages have an order', () => {
    expect(sides).toEqual(['crm', 'erp']);
    expect([other('crm'), other('erp')]).toEqual(['erp', 'crm']);
    expect(stages).toEqual(['quote', 'accepted', 'ordered', 'released', 'shipped', 'closed']);
    for (const [n, stage] of stages.entries())
      for (const [m, from] of stages.entries()) expect(reached(stage, from)).toBe(n >= m);
  });
});
