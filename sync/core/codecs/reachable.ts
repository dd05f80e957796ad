import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/min';
import type { Codec } from '../mapping.ts';
import { type CountryAt, countryIn } from './address.ts';
import { codec, fitting, type Shapes, unreadable } from './codec.ts';
import { tidy } from './text.ts';

const emailForm = /^[^\s@"(),:;<>[\\\]]+@[^\s@.]+(?:\.[^\s@.]+)*$/u;

/** An e-mail address: the host in lower case, the local part as typed. */
export const email = (shapes: Shapes): Codec =>
  codec(
    'email',
    (native) => {
      const value = typeof native === 'string' ? tidy(native) : '';
      if (value === null) return { value: null };
      if (!emailForm.test(value)) return unreadable('is no e-mail address. Correct it where it was typed.');
      const at = value.indexOf('@');
      return { value: value.slice(0, at) + value.slice(at).toLowerCase() };
    },
    fitting(shapes),
  );

const urlForm = /^(?:(https?):\/\/)?([^\s/?#@:]+\.[^\s/?#@:.]+|localhost)(:\d{1,5})?([/?#]\S*)?$/iu;

/** A web address: `https` where the scheme is missing, the host in lower case, no lone slash at the end. */
export const url = (shapes: Shapes): Codec =>
  codec(
    'url',
    (native) => {
      const value = typeof native === 'string' ? tidy(native) : '';
      if (value === null) return { value: null };
      const found = urlForm.exec(value);
      if (!found) return unreadable('is no web address. Correct it where it was typed.');
      const [, scheme = 'https', host = '', port = '', path = ''] = found;
      return { value: `${scheme.toLowerCase()}://${host.toLowerCase()}${port}${path === '/' ? '' : path}` };
    },
    fitting(shapes),
  );

/** Parsing a number takes some 20 µs, and the same ones come again and again. */
const read = new Map<string, string | null>();
const limit = 50_000;

/** E.164 of a number as typed in a country, or null. */
function e164(typed: string, country: string): string | null {
  const key = `${country}${typed}`;
  const known = read.get(key);
  if (known !== undefined) return known;
  if (read.size >= limit) read.clear();
  const parsed = parsePhoneNumberFromString(typed, country as CountryCode);
  const found = parsed?.isPossible() && !parsed.ext ? parsed.number : null;
  // `0000…` is read as a number that reads as another one: only what reads back as itself is a normal form
  const value = found !== null && parsePhoneNumberFromString(found)?.number === found ? found : null;
  read.set(key, value);
  return value;
}

const spelt = new Map<string, string>();

/** The number in the country's own way of writing, where that reads back as the same number. */
function national(number: string, country: string): string {
  const key = `${country}${number}`;
  const known = spelt.get(key);
  if (known !== undefined) return known;
  if (spelt.size >= limit) spelt.clear();
  const parsed = parsePhoneNumberFromString(number);
  const typed = parsed?.country === country ? parsed.formatNational() : number;
  const value = e164(typed, country) === number ? typed : number;
  spelt.set(key, value);
  return value;
}

const isE164 = /^\+[1-9]\d{6,14}$/;

/** A phone number: E.164 in the CRM; in the ERP the national way of the record's country, where it reads back. */
export const phone =
  (at: CountryAt | null) =>
  (shapes: Shapes): Codec =>
    codec(
      'E.164',
      (native, context) => {
        if (typeof native !== 'string')
          return unreadable('is no phone number. Correct it where it was typed.');
        const typed = native.trim();
        if (typed === '') return { value: null };
        const value = e164(typed, countryIn(at, context) ?? context.lookup.company.country);
        return value === null
          ? unreadable('is no phone number that E.164 can hold. Write it with its country code.')
          : { value };
      },
      (value, context) => {
        if (context.side === 'crm' || typeof value !== 'string') return { value };
        const country = countryIn(at, context) ?? context.lookup.company.country;
        const typed = isE164.test(value) ? national(value, country) : value;
        return fitting(shapes)(typed, context);
      },
      {
        spellings: (value, context) => {
          if (typeof value !== 'string' || context.side === 'crm') return [value];
          const country = countryIn(at, context) ?? context.lookup.company.country;
          const parsed = parsePhoneNumberFromString(value);
          return [...new Set([value, national(value, country), parsed?.formatInternational() ?? value])];
        },
      },
    );
