import type { MappingName, Side } from '../../sync/index.ts';
import { entityTypes } from '../system/sdl.ts';

/** The flows as the graph names them, with the mapping behind each. */
export const flows = Object.freeze({
  CUSTOMER: 'customer',
  CONTACT: 'contact',
  PRODUCT: 'product',
  QUOTE: 'quote',
  QUOTE_ORDER: 'quoteOrder',
  ORDER: 'order',
  USER_ORDER: 'userOrder',
} as const satisfies Readonly<Record<string, MappingName>>);

/** A flow's name in the graph. */
export type Flow = keyof typeof flows;

const flowNames: ReadonlyMap<string, Flow> = new Map(
  Object.entries(flows).map(([flow, mapping]) => [mapping, flow as Flow]),
);

/** `quoteOrder` → `QUOTE_ORDER`. The pairing of users with salespersons belongs to the flow that rests on it. */
export function flowOf(mapping: string): Flow {
  return flowNames.get(mapping) ?? 'USER_ORDER';
}

/** `QUOTE_ORDER` → `quoteOrder`. */
export function mappingOf(flow: string): MappingName {
  return flows[flow as Flow];
}

/** `crm` → `CRM`, for every word that the graph writes in capitals and the store in small letters. */
export function capitals(word: string): string {
  return word.toUpperCase().replaceAll(/[ -]/g, '_');
}

/** `CRM` → `crm`. */
export function sideOf(side: string): Side {
  return side === 'CRM' ? 'crm' : 'erp';
}

/** `CUSTOMER` → `Customer`. */
export function entityOf(type: string): string {
  return type.charAt(0) + type.slice(1).toLowerCase();
}

/** `Customer` → `CUSTOMER`; null for an entity the graph has no word for. */
export function entityTypeOf(entity: string): string | null {
  const type = entity.toUpperCase();
  return (entityTypes as readonly string[]).includes(type) ? type : null;
}

/** `paymentTerms` → `PAYMENT_TERMS`. */
export function snake(word: string): string {
  return word.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/** `PAYMENT_TERMS` → `paymentTerms`. */
export function camel(word: string): string {
  return word.toLowerCase().replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
