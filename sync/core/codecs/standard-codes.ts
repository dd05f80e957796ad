import { codeAsKept } from '../code-lists.ts';
import { isCurrency } from '../currencies.ts';
import type { CodecContext, Lookup } from '../mapping.ts';
import { countryOf } from './countries.ts';

type Where = Pick<CodecContext, 'side' | 'lookup'>;

/**
 * ISO 3166-1 alpha-2 of a country as a system shows it: the company's aliases, then names in daily use. In the ERP the
 * company's come first, since its own code may be another country's by the standard; in the CRM they are spellings only.
 */
export function countryRead(written: string, { side, lookup }: Where): string | undefined {
  const own = (): string | undefined => lookup.code('country', 'erp', codeAsKept('country', written));
  return side === 'erp' ? (own() ?? countryOf(written)) : (countryOf(written) ?? own());
}

/** ISO 4217 of a currency as a system shows it: the ERP may have a code of its own. */
export function currencyRead(written: string, { side, lookup }: Where): string | undefined {
  const code = codeAsKept('currency', written);
  const own = side === 'erp' ? lookup.code('currency', 'erp', code) : undefined;
  return own ?? (isCurrency(code) ? code : undefined);
}

/** What the ERP calls a code of the standard: itself, unless the ERP means something else by it and nobody says what it has instead. */
export function standardWritten(list: string, code: string, lookup: Lookup): string | undefined {
  const own = lookup.code(list, 'crm', code);
  if (own !== undefined) return own;
  const means = lookup.code(list, 'erp', code);
  return means === undefined || means === code ? code : undefined;
}
