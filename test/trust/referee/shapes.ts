import type { LineChange } from '../../../sync/core/connector.ts';
import type { Json, Side } from '../../../sync/core/types.ts';

export type Fields = Readonly<Record<string, Json>>;

/** Numbers that a system gives by itself. */
export const seriesOf: Readonly<Record<Side, Readonly<Record<string, string>>>> = {
  crm: { Quote: 'quoteNumber', Order: 'orderNumber' },
  erp: {
    Customer: 'customerNo',
    Contact: 'contactNo',
    Product: 'itemNo',
    Quote: 'quoteNo',
    Order: 'orderNo',
    Salesperson: 'code',
  },
};

/** Properties of which a system that honours keys lets no two records of an entity have the same value. */
export const uniqueOf: Readonly<Record<Side, readonly string[]>> = {
  crm: ['sku'],
  erp: ['externalReference', 'itemNo', 'sourceQuoteReference'],
};

/** Lines after single lines were added, changed and removed. */
export function changedLines(
  before: Json | undefined,
  changes: readonly LineChange[],
  newId: () => string,
): Json {
  let lines = (before ?? []) as readonly Fields[];
  for (const change of changes) {
    if (change.kind === 'remove') lines = lines.filter((line) => line.lineId !== change.lineId);
    else if (change.kind === 'add')
      lines = [...lines, { ...change.fields, lineId: change.lineId ?? newId() }];
    else lines = lines.map((line) => (line.lineId === change.lineId ? { ...line, ...change.fields } : line));
  }
  return lines;
}

/**
 * What the referee holds two records of a pair against each other by: properties whose values it keeps to spellings
 * that mean the same on both sides, so that it needs none of the product's own conversions.
 */
export interface Flow {
  readonly crm: string;
  readonly erp: string;
  /** The ERP property that names the CRM record. */
  readonly stamp: string;
  /** CRM property → ERP property, editable on both sides. */
  readonly both: Readonly<Record<string, string>>;
  /** The same of lines. */
  readonly lines?: Readonly<Record<string, string>>;
}

/** The flows, as the referee knows them from the sheet. */
export const flows = {
  customer: {
    crm: 'Customer',
    erp: 'Customer',
    stamp: 'externalReference',
    both: { name: 'name', legalName: 'legalName', email: 'email', invoiceEmail: 'invoiceEmail' },
  },
  contact: {
    crm: 'Contact',
    erp: 'Contact',
    stamp: 'externalReference',
    both: { firstName: 'firstName', lastName: 'lastName', jobTitle: 'jobTitle', department: 'department' },
  },
  product: {
    crm: 'Product',
    erp: 'Product',
    stamp: 'externalReference',
    both: { name: 'description', description: 'longDescription' },
  },
  quote: {
    crm: 'Quote',
    erp: 'Quote',
    stamp: 'externalReference',
    both: { requestedDeliveryDate: 'requestedDeliveryDate', notes: 'workDescription' },
    lines: { description: 'description', quantity: 'quantity' },
  },
  quoteOrder: {
    crm: 'Quote',
    erp: 'Order',
    stamp: 'sourceQuoteReference',
    both: { requestedDeliveryDate: 'requestedDeliveryDate' },
  },
  order: {
    crm: 'Order',
    erp: 'Order',
    stamp: 'externalReference',
    both: { requestedDeliveryDate: 'requestedDeliveryDate', notes: 'workDescription' },
    lines: { description: 'description', quantity: 'quantity' },
  },
  user: {
    crm: 'User',
    erp: 'Salesperson',
    stamp: 'externalReference',
    both: { jobTitle: 'jobTitle' },
  },
} as const satisfies Readonly<Record<string, Flow>>;

export type FlowName = keyof typeof flows;
