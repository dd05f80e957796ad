import { isCurrency } from '../../sync/core/currencies.ts';
import type { Json } from '../../sync/core/types.ts';
import { isCountry } from './countries.ts';
import type { AddressParts, PropertyType } from './entity.ts';
import { badInput } from './failures.ts';

/** Turns an input value into its stored form, or throws a Refusal that names property, value, limit and remedy. */
export type Parser = (field: string, value: Json) => Json;

/**
 * The parser of a property type. Stored forms are unique, so that equal values are equal strings: decimals without
 * trailing zeros, instants in UTC, texts in NFC, an address with all six parts in order; an empty text is null.
 */
export function parserOf(type: PropertyType): Parser {
  const parse = strictParserOf(type);
  return (field, value) => (value === null || value === undefined ? null : parse(field, value));
}

function strictParserOf(type: PropertyType): Parser {
  switch (type.kind) {
    case 'text':
      return (field, value) => text(field, value, type.max ?? longText);
    case 'code':
    case 'refCode':
      return (field, value) => code(field, value, type.max);
    case 'ref':
      return id;
    case 'email':
      return email;
    case 'phone':
      return phone;
    case 'url':
      return url;
    case 'currency':
      return currency;
    case 'language':
      return language;
    case 'int':
      return int;
    case 'boolean':
      return boolean;
    case 'date':
      return date;
    case 'dateTime':
      return dateTime;
    case 'decimal':
      return (field, value) => decimal(field, value, type.precision, type.scale);
    // How many decimals the currency has is known once the whole record is: see moneyOf.
    case 'money':
      // Decimal(18,2) has sixteen digits before the point; how many decimals there may be, the currency says.
      return (field, value) => decimal(field, value, 20, 4);
    case 'choice':
      return (field, value) => choice(field, value, type.values);
    case 'address':
      return (field, value) => address(field, value, type.parts);
    case 'texts':
      return (field, value) => texts(field, value, type.max);
    case 'list':
      return listParser(type.of);
  }
}

/** Characters of a text without a limit of its own: a request body holds no more. */
const longText = 1_000_000;

function plain(field: string, value: Json): string {
  if (typeof value !== 'string') throw badInput(field, value, 'is not a text.');
  // Most texts are ASCII, which needs no normalisation.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the first character that is not ASCII, or NUL.
  if (!/[^\x01-\x7f]/.test(value)) return value;
  if (!value.isWellFormed())
    throw badInput(field, undefined, 'holds half a surrogate pair; send well-formed Unicode.');
  if (value.includes('\0')) throw badInput(field, undefined, 'holds the character NUL; remove it.');
  return value.normalize('NFC');
}

function text(field: string, value: Json, max: number): string | null {
  const given = plain(field, value);
  if (given.length > max && lengthOf(given) > max) {
    throw badInput(field, value, `has ${lengthOf(given)} characters; at most ${max} fit, shorten it.`);
  }
  return given.trim() === '' ? null : given;
}

function lengthOf(given: string): number {
  let length = 0;
  for (const _ of given) length++;
  return length;
}

function code(field: string, value: Json, max: number): string | null {
  const given = plain(field, value).trim().toUpperCase();
  if (given.length > max)
    throw badInput(field, value, `has ${given.length} characters; a code has at most ${max}.`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
  if (/[\x00-\x1f\x7f]/.test(given))
    throw badInput(field, value, 'holds control characters; a code is one line of text.');
  return given === '' ? null : given;
}

/** Any id: made by a system, or chosen by whoever creates the record. */
function id(field: string, value: Json): string | null {
  const given = text(field, value, 36);
  if (given !== null && /\s/.test(given)) throw badInput(field, value, 'is not an id: it holds white space.');
  return given;
}

const emailForm =
  /^[^\s@"<>()[\]\\,;:]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]{2,63}$/u;

function email(field: string, value: Json): string | null {
  const given = plain(field, value).trim();
  if (given === '') return null;
  if (given.length > 254 || !emailForm.test(given)) {
    throw badInput(
      field,
      value,
      'is not an e-mail address of at most 254 characters, such as kari@example.com.',
    );
  }
  const at = given.lastIndexOf('@');
  return given.slice(0, at) + given.slice(at).toLowerCase();
}

function phone(field: string, value: Json): string | null {
  const given = plain(field, value).replace(/[\s().\-/]/g, '');
  if (given === '') return null;
  if (!/^\+[1-9]\d{4,14}$/.test(given)) {
    throw badInput(
      field,
      value,
      'is not a phone in E.164: write + and the country code, such as +4791234567.',
    );
  }
  return given;
}

function url(field: string, value: Json): string | null {
  const given = plain(field, value).trim();
  if (given === '') return null;
  if (given.length > 255)
    throw badInput(field, value, `has ${given.length} characters; a URL has at most 255.`);
  const parsed =
    URL.canParse(given) && /^https?:\/\//i.test(given) && !/\s/.test(given) ? new URL(given) : null;
  if (!parsed || parsed.username || parsed.password) {
    throw badInput(field, value, 'is not a URL: write http:// or https://, a host, and no user name.');
  }
  return given;
}

function currency(field: string, value: Json): string | null {
  const given = plain(field, value).trim();
  if (given === '') return null;
  if (!isCurrency(given))
    throw badInput(field, value, 'is not a currency of ISO 4217 in upper case, such as EUR.');
  return given;
}

const languages = new Map<string, string>();

function language(field: string, value: Json): string | null {
  const given = plain(field, value).trim();
  if (given === '') return null;
  const known = languages.get(given);
  if (known) return known;
  try {
    const [canonical] = Intl.getCanonicalLocales(given);
    if (canonical && canonical.length <= 35) {
      if (languages.size < 1000) languages.set(given, canonical);
      return canonical;
    }
  } catch {
    // Falls through to the refusal: getCanonicalLocales throws what it cannot read.
  }
  throw badInput(field, value, 'is not a language tag of BCP 47, such as nb or en-GB.');
}

function int(field: string, value: Json): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || Math.abs(value) > 2_147_483_647) {
    throw badInput(field, value, 'is not a whole number between -2147483647 and 2147483647.');
  }
  return value;
}

function boolean(field: string, value: Json): boolean {
  if (typeof value !== 'boolean') throw badInput(field, value, 'is neither true nor false.');
  return value;
}

function choice(field: string, value: Json, values: readonly string[]): string {
  if (typeof value !== 'string' || !values.includes(value)) {
    throw badInput(field, value, `is none of ${values.join(', ')}.`);
  }
  return value;
}

function date(field: string, value: Json): string | null {
  if (value === '') return null;
  if (typeof value !== 'string' || !isDate(value)) {
    throw badInput(field, value, 'is not a calendar date, such as 2028-02-29.');
  }
  return value;
}

function isDate(given: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(given);
  if (!match) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
}

function daysIn(year: number, month: number): number {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31;
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
}

const instantForm =
  /^(\d{4}-\d\d-\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6})0*)?)?([Zz]|[+-]\d\d:?\d\d)$/;

function dateTime(field: string, value: Json): string | null {
  if (value === '') return null;
  const match = typeof value === 'string' ? instantForm.exec(value) : null;
  const [, day = '', hour = '', minute = '', second = '00', fraction = '', zone = ''] = match ?? [];
  const offset = /^[Zz]$/.test(zone) ? 0 : Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  const real = isDate(day) && Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
  if (!match || !real || offset > 18 * 60 || (offset > 0 && Number(zone.slice(-2)) > 59)) {
    throw badInput(
      field,
      value,
      'is not an instant with its zone and at most microseconds, such as 2026-01-31T09:30:00Z.',
    );
  }
  const local = Date.parse(`${day}T${hour}:${minute}:${second}Z`);
  const utc = new Date(local - (zone.startsWith('-') ? -offset : offset) * 60_000).toISOString().slice(0, 19);
  const digits = fraction.replace(/0+$/, '');
  return `${utc}${digits && `.${digits}`}Z`;
}

const decimalForm = /^([+-]?)0*(\d{0,40}?)(?:\.(\d{0,40}?)0*)?$/;

/** An exact decimal as its shortest string. What does not fit is refused, never rounded. */
function decimal(field: string, value: Json, precision: number, scale: number): string | null {
  if (value === '') return null;
  const given = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  const match =
    typeof given === 'string' && given.length <= 60 && /\d/.test(given) ? decimalForm.exec(given) : null;
  if (!match) throw badInput(field, value, 'is not an exact decimal: write it as a string such as "12.50".');
  const [, sign, whole = '', fraction = ''] = match;
  if (whole.length > precision - scale) {
    throw badInput(
      field,
      value,
      `has ${whole.length} digits before the point; at most ${precision - scale} fit.`,
    );
  }
  if (fraction.length > scale) {
    throw badInput(field, value, `has ${fraction.length} decimals; at most ${scale} fit, round it first.`);
  }
  if (whole === '' && fraction === '') return '0';
  return `${sign === '-' ? '-' : ''}${whole || '0'}${fraction && `.${fraction}`}`;
}

/** A decimal as an amount with exactly the currency's decimals; refuses one that has more. */
export function moneyOf(field: string, value: string, currencyCode: string, decimals: number): string {
  const point = value.indexOf('.');
  const has = point < 0 ? 0 : value.length - point - 1;
  if (has === decimals) return value;
  if (has < decimals) return `${value}${point < 0 ? '.' : ''}${'0'.repeat(decimals - has)}`;
  if (/^0+$/.test(value.slice(point + 1 + decimals)))
    return value.slice(0, decimals ? point + 1 + decimals : point);
  throw badInput(field, value, `has ${has} decimals; ${currencyCode} has ${decimals}, round it first.`);
}

// What a label, a town and a postal code need on paper; the country is checked by its list.
const partLengths = [100, 100, 50, 20, 50, 2];

function address(field: string, value: Json, parts: AddressParts): Json {
  if (!isObject(value)) throw badInput(field, value, `is not an address {${parts.join(' ')}}.`);
  const stray = Object.keys(value).find((name) => !parts.includes(name));
  if (stray !== undefined)
    throw badInput(
      `${field}.${stray}`,
      undefined,
      `is no part of an address; the parts are ${parts.join(', ')}.`,
    );
  const entries = parts.map((part, at) => {
    const given = Object.hasOwn(value, part) ? (value[part] ?? null) : null;
    return [part, given === null ? null : text(`${field}.${part}`, given, partLengths[at]!)] as const;
  });
  if (entries.every(([, part]) => part === null)) return null;
  const [name, country] = entries[5]!;
  if (country === null || !isCountry(country)) {
    throw badInput(
      `${field}.${name}`,
      country ?? undefined,
      'an address needs its country by ISO 3166-1 in upper case, such as NO.',
    );
  }
  return Object.fromEntries(entries);
}

function texts(field: string, value: Json, max: number): Json {
  if (!Array.isArray(value) || value.length > 100)
    throw badInput(field, value, 'is not a list of at most 100 texts.');
  const given = value
    .map((item: Json, at) => text(`${field}[${at}]`, item, max))
    .filter((item) => item !== null);
  return given.length === 0 ? null : [...new Set(given)];
}

function listParser(of: Readonly<Record<string, PropertyType>>): Parser {
  const parsers = Object.entries(of).map(([name, type]) => [name, parserOf(type)] as const);
  return (field, value) => {
    if (!Array.isArray(value) || value.length > 100)
      throw badInput(field, value, 'is not a list of at most 100 items.');
    const items = value.map((item: Json, at) => {
      if (!isObject(item)) throw badInput(`${field}[${at}]`, item, `is not {${Object.keys(of).join(' ')}}.`);
      const stray = Object.keys(item).find((name) => !Object.hasOwn(of, name));
      if (stray !== undefined) throw badInput(`${field}[${at}].${stray}`, undefined, 'is not known here.');
      return Object.fromEntries(
        parsers.map(([name, parse]) => {
          const parsed = parse(`${field}[${at}].${name}`, item[name] ?? null);
          if (parsed === null) throw badInput(`${field}[${at}].${name}`, undefined, 'is missing.');
          return [name, parsed];
        }),
      );
    });
    return items.length === 0 ? null : items;
  };
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
