import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { isCurrency } from '../../sync/core/currencies.ts';
import { isCountry } from './countries.ts';

/**
 * The scalars of the graph, exact and strict: a value that is not in the stated form is refused, never repaired.
 * A literal and a variable obey the same rule, so moving a value into a variable never changes what happens.
 */
export const scalars: Readonly<Record<string, GraphQLScalarType>> = Object.freeze({
  Decimal: textScalar({
    name: 'Decimal',
    doc: 'An exact decimal number as text, such as "1234.50": digits with an optional sign and fraction, at most 38 digits, no exponent. A whole number may also be given as Int; a Float is refused, because it has lost digits already.',
    parse: parseDecimal,
    shape: /^-?\d{1,38}(\.\d{1,38})?$/,
  }),
  Date: textScalar({
    name: 'Date',
    doc: 'A day of the calendar without time or zone, such as "2026-02-28" (RFC 3339 full-date).',
    specifiedBy: 'https://scalars.graphql.org/andimarek/local-date',
    parse: parseDate,
    shape: /^\d{4}-\d\d-\d\d$/,
  }),
  DateTime: textScalar({
    name: 'DateTime',
    doc: 'An instant, such as "2026-02-28T09:30:00Z" (RFC 3339 date-time). Input needs a zone and at most six decimals of a second; output is in UTC.',
    specifiedBy: 'https://scalars.graphql.org/andimarek/date-time',
    parse: parseDateTime,
    shape: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/,
  }),
  Currency: textScalar({
    name: 'Currency',
    doc: 'An ISO 4217 currency code in upper case, such as "EUR".',
    parse: (value) => known(value, isCurrency, 'an ISO 4217 currency code in upper case, such as "EUR"'),
    shape: /^[A-Z]{3}$/,
  }),
  Country: textScalar({
    name: 'Country',
    doc: 'An ISO 3166-1 alpha-2 country code in upper case, such as "NO".',
    parse: (value) =>
      known(value, isCountry, 'an ISO 3166-1 alpha-2 country code in upper case, such as "NO"'),
    shape: /^[A-Z]{2}$/,
  }),
  Language: textScalar({
    name: 'Language',
    doc: 'A BCP 47 language tag in canonical form, such as "nb-NO".',
    specifiedBy: 'https://www.rfc-editor.org/rfc/rfc5646',
    parse: parseLanguage,
    shape: /^[A-Za-z0-9-]{2,35}$/,
  }),
  Email: textScalar({
    name: 'Email',
    doc: 'An e-mail address, such as "kari@example.com": one @, a domain of at least two labels, at most 254 characters.',
    parse: parseEmail,
    shape: /^[^@]+@[^@]+$/,
  }),
  Phone: textScalar({
    name: 'Phone',
    doc: 'A telephone number in E.164 form, such as "+4722334455".',
    specifiedBy: 'https://www.itu.int/rec/T-REC-E.164',
    parse: (value) => matching(value, phoneForm, 'a number in E.164 form, such as "+4722334455"'),
    shape: /^\+\d+$/,
  }),
  URL: textScalar({
    name: 'URL',
    doc: 'An absolute http or https address without user name or password, such as "https://example.com/".',
    specifiedBy: 'https://url.spec.whatwg.org/',
    parse: parseUrl,
    shape: /^https?:/i,
  }),
  Cursor: textScalar({
    name: 'Cursor',
    doc: 'A position in a feed, opaque: keep the last one you got and resume after it.',
    parse: (value) => matching(value, /^[\x21-\x7e]{1,200}$/, 'a cursor that a feed has given out'),
    shape: /^[\x21-\x7e]+$/,
  }),
  JSON: new GraphQLScalarType({
    name: 'JSON',
    description: 'Any JSON value.',
    specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
    serialize: (value) => value,
    parseValue: (value) => value,
    parseLiteral: jsonLiteral,
  }),
});

const phoneForm = /^\+[1-9]\d{4,14}$/;

interface TextScalar {
  readonly name: string;
  readonly doc: string;
  readonly specifiedBy?: string;
  /** Gives the value in its normal form, or throws what it expected. */
  readonly parse: (value: unknown) => string;
  /** What a stored value looks like: cheap, because every value of every answer passes it. */
  readonly shape: RegExp;
}

function textScalar({ name, doc, specifiedBy, parse, shape }: TextScalar): GraphQLScalarType {
  return new GraphQLScalarType({
    name,
    description: doc,
    ...(specifiedBy === undefined ? {} : { specifiedByURL: specifiedBy }),
    serialize: (value) => {
      if (typeof value === 'string' && shape.test(value)) return value;
      throw new GraphQLError(`${name} cannot represent ${shown(value)}.`);
    },
    parseValue: (value) => refusing(name, value, parse),
    parseLiteral: (node) => {
      if (node.kind === Kind.STRING) return refusing(name, node.value, parse);
      if (node.kind === Kind.INT) return refusing(name, Number(node.value), parse);
      throw refusal(name, 'text', node.kind === Kind.FLOAT ? Number(node.value) : undefined);
    },
  });
}

function refusing(name: string, value: unknown, parse: (value: unknown) => string): string {
  try {
    return parse(value);
  } catch (error) {
    if (error instanceof Expected) throw refusal(name, error.message, value);
    throw error;
  }
}

function refusal(name: string, expected: string, value: unknown): GraphQLError {
  return new GraphQLError(`${name} must be ${expected}, got ${shown(value)}.`, {
    extensions: { code: 'BAD_USER_INPUT' },
  });
}

/** Enough of a value to recognise it; a megabyte of text stays out of messages and logs. */
function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : String(JSON.stringify(value));
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

class Expected extends Error {}

function matching(value: unknown, form: RegExp, expected: string): string {
  if (typeof value === 'string' && form.test(value)) return value;
  throw new Expected(expected);
}

function known(value: unknown, isKnown: (code: string) => boolean, expected: string): string {
  if (typeof value === 'string' && isKnown(value)) return value;
  throw new Expected(expected);
}

function parseDecimal(value: unknown): string {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  const expected = 'a decimal number as text with at most 38 digits, such as "1234.50"';
  const plain = matching(text, /^-?(0|[1-9]\d*)(\.\d+)?$/, expected);
  if (plain.length > 40) throw new Expected(expected);
  return /^-[0.]+$/.test(plain) ? plain.slice(1) : plain;
}

function parseDate(value: unknown): string {
  const expected = 'a day such as "2026-02-28"';
  const text = matching(value, /^\d{4}-\d\d-\d\d$/, expected);
  if (!isDay(text)) throw new Expected(expected);
  return text;
}

/** Whether the calendar has that day; `Date` itself would roll 30 February over into March. */
function isDay(text: string): boolean {
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text) && !text.startsWith('0000');
}

const instantForm =
  /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,6}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

function parseDateTime(value: unknown): string {
  const expected = 'an instant with its zone and at most six decimals, such as "2026-02-28T09:30:00Z"';
  const parts = instantForm.exec(typeof value === 'string' ? value : '');
  const [text, day = '', , , , fraction, sign = '+', hours = '0', minutes = '0'] = parts ?? [];
  if (text === undefined || !isDay(day)) throw new Expected(expected);
  const local = Date.parse(`${text.slice(0, 19)}Z`);
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
  const utc = new Date(local - offset).toISOString();
  if (!/^\d{4}-/.test(utc) || utc.startsWith('0000')) throw new Expected(expected);
  const digits = (fraction ?? '').replace(/0+$/, '');
  return `${utc.slice(0, 19)}${digits && `.${digits}`}Z`;
}

function parseLanguage(value: unknown): string {
  const expected = 'a BCP 47 language tag, such as "nb-NO"';
  const text = matching(value, /^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/, expected);
  try {
    const [canonical] = Intl.getCanonicalLocales(text);
    if (canonical !== undefined && canonical.length <= 35) return canonical;
  } catch {
    // Not a well-formed tag: told below, like every other refusal.
  }
  throw new Expected(expected);
}

const emailForm =
  /^[^\s@<>()[\]\\,;:"\p{C}]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?$/u;

function parseEmail(value: unknown): string {
  const expected = 'an e-mail address, such as "kari@example.com"';
  const text = matching(value, emailForm, expected);
  const [local = ''] = text.split('@');
  if (text.length > 254 || /^\.|\.$|\.\./.test(local)) throw new Expected(expected);
  return text;
}

function parseUrl(value: unknown): string {
  const expected = 'an absolute http or https address, such as "https://example.com/"';
  const text = matching(value, /^https?:\/\/[^\s\p{C}]{1,2000}$/iu, expected);
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '') throw new Expected(expected);
  return text;
}

function jsonLiteral(node: ValueNode, variables?: Readonly<Record<string, unknown>> | null): unknown {
  switch (node.kind) {
    case Kind.STRING:
    case Kind.BOOLEAN:
    case Kind.ENUM:
      return node.value;
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.NULL:
      return null;
    case Kind.LIST:
      return node.values.map((value) => jsonLiteral(value, variables));
    case Kind.OBJECT:
      return Object.fromEntries(
        node.fields.map(({ name, value }) => [name.value, jsonLiteral(value, variables)]),
      );
    case Kind.VARIABLE:
      return variables?.[node.name.value];
  }
}
