import type { Codec } from '../mapping.ts';
import type { Json } from '../types.ts';
import { codec, unreadable } from './codec.ts';

const form = /^(\d{4})-(\d{2})-(\d{2})$/;
const lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether a text is a day that exists, written as ISO 8601 does. */
export function isDate(text: string): boolean {
  const found = form.exec(text);
  if (!found) return false;
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const last = month === 2 && leap ? 29 : (lengths[month - 1] ?? 0);
  return day >= 1 && day <= last;
}

const noDate = unreadable('is no date. Write it as 2026-02-28.');

/** A day without a zone. */
export const date = codec('date', (native) =>
  typeof native === 'string' && isDate(native) ? { value: native } : noDate,
);

const formats = new Map<string, Intl.DateTimeFormat>();

/** The day that an instant falls on in a time zone, or undefined where it is no instant. */
function localDay(instant: string, timeZone: string): string | undefined {
  const at = Date.parse(instant);
  if (Number.isNaN(at)) return undefined;
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    });
    formats.set(timeZone, format);
  }
  return format.format(at);
}

/** The day of an instant, or else a day: the first of the CRM's properties that has a value. The ERP keeps the day. */
export const localDateOf = (...properties: readonly string[]): Codec => ({
  name: 'local date',
  decode: (native, { side, fields, lookup }) => {
    const given = side === 'erp' ? native : first(properties, fields);
    if (given === null || given === '') return { value: null };
    if (typeof given !== 'string') return noDate;
    if (isDate(given)) return { value: given };
    const value = localDay(given, lookup.company.timeZone);
    return value === undefined ? noDate : { value };
  },
  encode: (value) => ({ value }),
});

const first = (properties: readonly string[], fields: Readonly<Record<string, Json>>): Json =>
  properties.map((property) => fields[property] ?? null).find((value) => value !== null && value !== '') ??
  null;
