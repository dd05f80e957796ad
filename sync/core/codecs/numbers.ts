import Big from 'big.js';
import { codeAsKept } from '../code-lists.ts';
import { isCurrency, minorUnitsOf } from '../currencies.ts';
import type { Codec, CodecContext, Encoded } from '../mapping.ts';
import type { Json } from '../types.ts';
import { codec, isEmpty, type Shape, type Shapes, systemName, unfit, unmapped, unreadable } from './codec.ts';
import { currencyRead, standardWritten } from './standard-codes.ts';

const whole = /^[1-9]\d*$/;
const written = /^([+-]?)0*(\d+)(?:\.(\d*?)0*)?$/;

/** The normal form of a decimal: no sign of plus, no leading or trailing zeros, no exponent; undefined where it is none. */
export function decimalOf(native: Json): string | undefined {
  const text = typeof native === 'number' ? fixed(native) : native;
  if (typeof text !== 'string') return undefined;
  if (whole.test(text)) return text;
  const found = written.exec(text.trim());
  if (!found) return undefined;
  const [, sign, digits = '0', fraction = ''] = found;
  const value = fraction ? `${digits}.${fraction}` : digits;
  return sign === '-' && value !== '0' ? `-${value}` : value;
}

const fixed = (value: number): string | undefined =>
  Number.isFinite(value) ? (/e/iu.test(String(value)) ? new Big(value).toFixed() : String(value)) : undefined;

const noNumber = unreadable('is no number. Correct it where it was typed.');

/** Refuses a decimal with more digits than the side's property. */
function digits(
  value: Json,
  shape: Pick<Shape, 'precision' | 'scale'> | undefined,
  context: CodecContext,
): Encoded {
  if (typeof value !== 'string' || shape?.scale === undefined) return { value };
  const point = value.indexOf('.');
  const behind = point < 0 ? 0 : value.length - point - 1;
  const name = systemName(context.side);
  if (behind > shape.scale)
    return unfit(`has ${behind} decimals; the ${name} holds ${shape.scale}. Round it.`);
  const before = (point < 0 ? value : value.slice(0, point)).replace('-', '').length;
  if (shape.precision !== undefined && before > shape.precision - shape.scale)
    return unfit(`has ${before} digits; the ${name} holds ${shape.precision - shape.scale}. Check it.`);
  return { value };
}

/** An exact decimal, a string. */
export const decimal = (shapes: Shapes): Codec =>
  codec(
    'decimal',
    (native) => {
      const value = decimalOf(native);
      return value === undefined ? noNumber : { value };
    },
    (value, context) => digits(value, shapes[context.side], context),
  );

/** A whole number. */
export const int = codec('whole number', (native) => {
  const value = typeof native === 'string' && /^-?\d{1,15}$/u.test(native) ? Number(native) : native;
  return Number.isSafeInteger(value)
    ? { value }
    : unreadable('is no whole number. Correct it where it was typed.');
});

/** One over the other side's rate, at nine places, for a system that stores it the other way round. */
export const inverseRate = (shapes: Shapes): Codec => {
  const inverse = (value: string): string => new Big(1).div(value).round(9, Big.roundHalfUp).toFixed();
  return {
    ...codec(
      'inverse rate',
      (native, { side }) => {
        const value = decimalOf(native);
        if (value === undefined || value === '0') return noNumber;
        return { value: side === 'erp' ? inverse(value) : value };
      },
      (value, context) =>
        digits(context.side === 'erp' ? inverse(String(value)) : value, shapes[context.side], context),
    ),
    lossy: 'the inverse is kept at nine places',
  };
};

/** Decimals of an amount in a record's currency. */
export const decimalsIn = (context: CodecContext): number => minorUnitsOf(currencyIn(context));

function currencyIn(context: CodecContext): string {
  const { values, fields, document, lookup } = context;
  if (typeof values?.currency === 'string' && isCurrency(values.currency)) return values.currency;
  const given = fields.currency ?? fields.currencyCode ?? document?.currency ?? document?.currencyCode;
  const known = typeof given === 'string' ? currencyRead(given, context) : undefined;
  return known ?? lookup.company.baseCurrency;
}

/** An amount in the record's currency, or the company's: exactly as many decimals as the currency has. */
export const money = (shapes: Shapes): Codec =>
  codec(
    'money',
    (native) => {
      const value = decimalOf(native);
      return value === undefined ? noNumber : { value };
    },
    (value, context) => {
      const ofCompany = shapes[context.side]?.in === 'company';
      const scale = ofCompany ? minorUnitsOf(context.lookup.company.baseCurrency) : decimalsIn(context);
      return digits(value, { precision: 18, scale }, context);
    },
  );

/** ISO 4217, or the ERP's own code where the company maps one; the ERP's blank is the company's currency. */
export const currency: Codec = {
  name: 'currency',
  list: 'currency',
  decode: (native, context) => {
    const { side, lookup } = context;
    if (native === null || native === '')
      return { value: side === 'erp' ? lookup.company.baseCurrency : null };
    const value = currencyRead(String(native), context);
    if (value !== undefined) return { value };
    return side === 'erp'
      ? unmapped('currency', 'erp', codeAsKept('currency', String(native)))
      : unreadable('is no currency of ISO 4217. Correct it.');
  },
  encode: (value, { side, lookup }) => {
    if (side === 'crm' || value === null) return { value };
    if (value === lookup.company.baseCurrency) return { value: null };
    const code = standardWritten('currency', String(value), lookup);
    return code === undefined ? unmapped('currency', 'crm', String(value)) : { value: code };
  },
};

const step = codec(
  'decimals as a step',
  (native, { side }) => {
    if (side === 'crm') return Number.isInteger(native) ? { value: native } : noNumber;
    const size = decimalOf(native);
    if (size === '1') return { value: 0 };
    const found = /^0\.(0*)1$/u.exec(size ?? '');
    return found
      ? { value: (found[1] ?? '').length + 1 }
      : unreadable('is no power of ten. Use 1, 0.1, 0.01 …');
  },
  (value, { side }) => {
    if (side === 'crm' || typeof value !== 'number') return { value };
    return { value: value === 0 ? '1' : `0.${'0'.repeat(value - 1)}1` };
  },
);

/** What a quantity has at most; an item without a step has them all. */
const mostDecimals = 5;

/** Decimals of a quantity as the step that the ERP keeps: 2 and 0.01. */
export const quantityDecimals: Codec = {
  ...step,
  decode: (native, context) =>
    context.side === 'erp' && isEmpty(native) ? { value: mostDecimals } : step.decode(native, context),
};

/** Order of display: 1, 2, 3 in the CRM, steps of 10000 in the ERP. */
export const lineNumber = codec(
  'line number',
  (native, { side }) => {
    if (typeof native !== 'number') return noNumber;
    return { value: side === 'erp' ? native / 10_000 : native };
  },
  (value, { side }) => ({
    value: side === 'erp' ? Math.round(Number(value) * 10_000) : Math.round(Number(value)),
  }),
);

/** Which of percent and amount was typed, and where each side says so. */
export interface Typed {
  readonly as: 'PERCENT' | 'AMOUNT';
  readonly crm: string;
  readonly erp: string;
}

/** Half of a discount: only the typed one has a value, the derived one and zero are none. */
export const discount =
  (typed: Typed, of: (shapes: Shapes) => Codec) =>
  (shapes: Shapes): Codec => {
    const inner = of(shapes);
    return {
      ...inner,
      name: typed.as === 'PERCENT' ? 'discount in percent' : 'discount as an amount',
      sets: (side) => ({ [typed[side]]: typed.as }),
      decode: (native, context) => {
        const basis = context.fields[typed[context.side]];
        if (typeof basis === 'string' && basis !== typed.as) return { value: null };
        const decoded = inner.decode(native, context);
        return 'value' in decoded && decoded.value === '0' ? { value: null } : decoded;
      },
    };
  };

/** An amount of which zero is none. */
export const nonzero =
  (of: (shapes: Shapes) => Codec) =>
  (shapes: Shapes): Codec => {
    const inner = of(shapes);
    return {
      ...inner,
      decode: (native, context) => {
        const decoded = inner.decode(native, context);
        return 'value' in decoded && decoded.value === '0' ? { value: null } : decoded;
      },
    };
  };
