import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';

/** A row of a CSV file by column. */
export type CsvRecord = Readonly<Record<string, string>>;

/** A whole CSV file, read without the import's code. */
export function csv(file: string): readonly CsvRecord[] {
  return parse(readFileSync(file), { columns: true, bom: true, trim: true });
}

/** How a text looks to a reader: outer and repeated white space does not count, nor does how an accent is composed. */
export function seen(text: string | null | undefined): string {
  return (text ?? '').normalize('NFC').replace(/\s+/g, ' ').trim();
}

/** An amount in cents (or any decimal in its smallest digits), exactly, from its text. */
export function units(text: string | null, decimals: number): bigint {
  const [whole = '0', fraction = ''] = (text ?? '0').replace('-', '').split('.');
  const value =
    BigInt(whole) * 10n ** BigInt(decimals) + BigInt((fraction + '0'.repeat(decimals)).slice(0, decimals));
  return text?.startsWith('-') ? -value : value;
}

/** Rounds half up from `decimals + 2`-digit units to whole cents, for values that are not negative. */
export function cents(value: bigint, divisor: bigint): bigint {
  return (value * 2n + divisor) / (divisor * 2n);
}

/** A phone in two systems: the same number, one that could not be read, or two different ones. */
export function phones(crm: string | null, erp: string | null): 'same' | 'unreadable' | 'different' {
  if (crm === null) return erp === null ? 'same' : 'unreadable';
  const typed = (erp ?? '').replace(/\D/g, '').replace(/^0+/, '');
  return typed !== '' && crm.replace(/\D/g, '').endsWith(typed.replace(/^00/, '')) ? 'same' : 'different';
}

/** What differs between two sets of values, by name. */
export function differences(
  left: Readonly<Record<string, string>>,
  right: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.keys(left).flatMap((name) =>
    left[name] === right[name]
      ? []
      : [`${name} ${JSON.stringify(left[name])} / ${JSON.stringify(right[name])}`],
  );
}

/** An address of either system as one text. */
export function addressText(address: Readonly<Record<string, string | null>> | null): string {
  if (!address) return '';
  const names =
    'line1' in address
      ? ['line1', 'line2', 'city', 'postalCode', 'region', 'country']
      : ['street', 'street2', 'city', 'postCode', 'county', 'countryCode'];
  return names.map((name) => seen(address[name])).join(' | ');
}
