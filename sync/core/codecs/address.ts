import { codeAsKept } from '../code-lists.ts';
import type { Codec, CodecContext, Decoded, Encoded } from '../mapping.ts';
import type { Json } from '../types.ts';
import { codec, type Shapes, unmapped, unreadable } from './codec.ts';
import { countryRead, standardWritten } from './standard-codes.ts';
import { tidy } from './text.ts';

/** The canonical names of the six parts, in the order in which systems declare theirs. */
export const addressParts = ['line1', 'line2', 'city', 'postalCode', 'region', 'country'] as const;

/** One atomic value of six parts. Six empty parts are no opinion, a country nobody knows is unreadable. */
export const address = (shapes: Shapes): Codec =>
  codec(
    'address',
    (native, context) => read(native, shapes[context.side]?.parts ?? addressParts, context),
    (value, context) => written(value, shapes[context.side]?.parts ?? addressParts, context),
    { list: 'country' },
  );

function read(native: Json, parts: readonly string[], context: CodecContext): Decoded {
  if (typeof native !== 'object' || native === null || Array.isArray(native))
    return unreadable('is no address. Correct it where it was typed.');
  const given = native as Readonly<Record<string, Json>>;
  const value: Record<string, Json> = {};
  let filled = false;
  for (let n = 0; n < addressParts.length; n++) {
    const part = given[parts[n] ?? ''];
    const text = typeof part === 'string' ? tidy(part) : null;
    if (text !== null) filled = true;
    value[addressParts[n] ?? ''] = text;
  }
  if (!filled) return { none: true };
  const country = value.country;
  if (typeof country !== 'string') return { value };
  const code = countryRead(country, context);
  if (code === undefined) return unknownCountry(codeAsKept('country', country));
  value.country = code;
  return { value };
}

function written(value: Json, parts: readonly string[], { side, lookup }: CodecContext): Encoded {
  const given = value as Readonly<Record<string, Json>>;
  const { country } = given;
  const own =
    side === 'erp' && typeof country === 'string' ? standardWritten('country', country, lookup) : country;
  if (own === undefined && typeof country === 'string') return unmapped('country', 'crm', country);
  const native: Readonly<Record<string, Json>> = { ...given, country: own ?? null };
  return {
    value: Object.fromEntries(addressParts.map((part, n) => [parts[n] ?? part, native[part] ?? null])),
  };
}

const unknownCountry = (code: string): Decoded => ({
  held: {
    kind: 'unmapped',
    list: 'country',
    code,
    message: 'is a country that nobody knows. Use its ISO 3166-1 code there, or map it in the list country.',
  },
});

/** Where a record keeps the address that tells its country: native property per side, and the canonical field. */
export interface CountryAt {
  readonly field: string;
  readonly crm: string;
  readonly erp: string;
}

/** The country of the record's own address, or undefined while it has none. */
export function countryIn(at: CountryAt | null, context: CodecContext): string | undefined {
  if (!at) return undefined;
  const { side, fields, values } = context;
  if (values && at.field in values) return part(values[at.field], 'country');
  const native = fields[at[side]];
  const country =
    side === 'erp' ? (part(native, 'countryCode') ?? part(native, 'country')) : part(native, 'country');
  return country === undefined ? undefined : countryRead(country, context);
}

const part = (address: Json | undefined, name: string): string | undefined => {
  if (typeof address !== 'object' || address === null || Array.isArray(address)) return undefined;
  const value = (address as Readonly<Record<string, Json>>)[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};
