import type { Codec, CodecContext, Decoded, Encoded, Hold } from '../mapping.ts';
import type { Json, Side } from '../types.ts';

/** What a codec may know of a property's declared type: its length, digits, and for an address its part names. */
export interface Shape {
  readonly kind: string;
  readonly max?: number;
  readonly precision?: number;
  readonly scale?: number;
  readonly in?: string;
  readonly parts?: readonly string[];
}

/** The declared types of a field on both sides; undefined where a side has no property for it. */
export type Shapes = Readonly<Record<Side, Shape | undefined>>;

/** A codec, or how to make one from the declared types of the two properties. */
export type CodecSource = Codec | ((shapes: Shapes) => Codec);

/** Nothing there. */
const absent: Decoded & Encoded = { value: null };

/** Whether a native value counts as empty: null, absent, or a text of nothing. */
export const isEmpty = (value: Json | undefined): boolean =>
  value === null || value === undefined || value === '';

/** A value that has no normal form. The message continues "<field> <value> …" and names the remedy. */
export const unreadable = (message: string): { readonly held: Hold } => ({
  held: { kind: 'unreadable', message },
});

/** A value that the target can't hold. */
export const unfit = (message: string): { readonly held: Hold } => ({ held: { kind: 'unfit', message } });

/** The system's name for people. */
export const systemName = (side: Side): string => (side === 'crm' ? 'CRM' : 'ERP');

/** A code that nobody mapped, as its list keeps it: one issue stands for all records that show it. */
export const unmapped = (list: string, side: Side, code: string): { readonly held: Hold } => ({
  held: {
    kind: 'unmapped',
    list,
    code,
    message: `is a code of the ${systemName(side)} that list ${list} does not map. Map it.`,
  },
});

/** A codec that treats empty as null both ways, so that the functions given only see values. */
export function codec(
  name: string,
  decode: (native: Json, context: CodecContext) => Decoded,
  encode: (value: Json, context: CodecContext) => Encoded = (value) => ({ value }),
  more: Pick<Codec, 'lossy' | 'also' | 'spellings' | 'refers' | 'list'> = {},
): Codec {
  return {
    name,
    decode: (native, context) => (isEmpty(native) ? absent : decode(native, context)),
    encode: (value, context) => (value === null ? absent : encode(value, context)),
    ...more,
  };
}

/** Number of characters as people and PostgreSQL count them. */
function characters(text: string): number {
  let n = 0;
  for (const _ of text) n++;
  return n;
}

/** Whether a text has more than `max` characters; counts only where it could. */
export const isLonger = (text: string, max: number | undefined): boolean =>
  max !== undefined && text.length > max && characters(text) > max;

/** Refuses a text that is longer than the side's property. */
export const fitting =
  (shapes: Shapes) =>
  (value: Json, { side }: CodecContext): Encoded => {
    const max = shapes[side]?.max;
    if (typeof value === 'string' && isLonger(value, max))
      return unfit(
        `is ${characters(value)} characters long; the ${systemName(side)} holds ${max}. Shorten it.`,
      );
    return { value };
  };
