import { codeAsKept, openLists } from '../code-lists.ts';
import type { Codec, CodecContext, Encoded } from '../mapping.ts';
import type { Json, Side } from '../types.ts';
import { codec, fitting, type Shapes, unmapped, unreadable } from './codec.ts';
import { decimalOf } from './numbers.ts';

/** The other system's code; of an open list, a code that nobody mapped stands for itself. */
function translate(list: string, code: string, { lookup }: CodecContext, from: Side): string | undefined {
  return lookup.code(list, from, code) ?? (openLists.has(list) ? code : undefined);
}

/** A code of a code list: canonical is the CRM's. Which of several ERP codes with that meaning stands there is kept beside. */
export const codeList =
  (list: string) =>
  (shapes: Shapes): Codec => {
    const fits = fitting(shapes);
    return codec(
      `code list ${list}`,
      (native, context) => {
        const code = codeAsKept(list, String(native));
        if (code === '') return { value: null };
        if (context.side === 'crm') return { value: code };
        const value = translate(list, code, context, 'erp');
        if (value === undefined) return unmapped(list, 'erp', code);
        return context.lookup.isShared(list, value) ? { value, finer: code } : { value };
      },
      (value, context): Encoded => {
        if (context.side === 'crm') return fits(value, context);
        const code = translate(list, String(value), context, 'crm');
        return code === undefined ? unmapped(list, 'crm', String(value)) : fits(code, context);
      },
      { list },
    );
  };

const languageForm = /^[a-z]{2,3}(?:-[a-z0-9]{2,8})*$/iu;

/** BCP 47 in its usual case: `nb-NO`, `zh-Hant-TW`; undefined where it is none. */
export function languageOf(written: string): string | undefined {
  if (!languageForm.test(written)) return undefined;
  const [first = '', ...rest] = written.split('-');
  const part = (text: string): string => {
    if (text.length === 2) return text.toUpperCase();
    return text.length === 4 && /^[a-z]/iu.test(text)
      ? text.slice(0, 1).toUpperCase() + text.slice(1).toLowerCase()
      : text.toLowerCase();
  };
  return [first.toLowerCase(), ...rest.map(part)].join('-');
}

/** A language: BCP 47 in the CRM; the ERP's own code where the list maps one, else BCP 47 as well. */
export const language = (shapes: Shapes): Codec => {
  const fits = fitting(shapes);
  return codec(
    'code list language',
    (native, context) => {
      const typed = codeAsKept('language', String(native));
      const mapped = context.side === 'erp' ? context.lookup.code('language', 'erp', typed) : undefined;
      const value = mapped ?? languageOf(typed);
      return value === undefined ? unmapped('language', context.side, typed) : { value };
    },
    (value, context) => {
      const own = context.side === 'erp' ? context.lookup.code('language', 'crm', String(value)) : undefined;
      return fits(own ?? value, context);
    },
    { list: 'language' },
  );
};

/** Units a product is sold in: a set keyed by unit, read from the ERP's list. */
export const salesUnits = codec(
  'list of units',
  (native, context) => {
    if (!Array.isArray(native)) return unreadable('is no list. Correct it.');
    const rows: { unit: string; factor: string }[] = [];
    for (const row of native as readonly Readonly<Record<string, Json>>[]) {
      const typed = codeAsKept('units', String((context.side === 'erp' ? row?.code : row?.unit) ?? ''));
      const unit = context.side === 'erp' ? context.lookup.code('units', 'erp', typed) : typed;
      const factor = decimalOf((context.side === 'erp' ? row?.qtyPerBase : row?.factor) ?? null);
      if (unit === undefined) return unmapped('units', 'erp', typed);
      if (unit === '' || factor === undefined) return unreadable('lacks a unit or its factor. Correct it.');
      rows.push({ unit, factor });
    }
    rows.sort((a, b) => (a.unit < b.unit ? -1 : a.unit > b.unit ? 1 : 0));
    return { value: rows.length === 0 ? null : rows };
  },
  (value, context) => {
    if (context.side === 'crm' || !Array.isArray(value)) return { value };
    const rows: Json[] = [];
    for (const { unit, factor } of value as readonly { unit: string; factor: string }[]) {
      const code = context.lookup.code('units', 'crm', unit);
      if (code === undefined) return unmapped('units', 'crm', unit);
      rows.push({ code, qtyPerBase: factor });
    }
    return { value: rows };
  },
  { list: 'units' },
);
