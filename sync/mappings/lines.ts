import type { crm } from '../../subgraphs/crm/entities.ts';
import type { erp } from '../../subgraphs/erp/entities.ts';
import { flag, sameChoice } from '../core/codecs/choices.ts';
import { codeList } from '../core/codecs/codes.ts';
import { date } from '../core/codecs/dates.ts';
import { decimal, discount, lineNumber, money } from '../core/codecs/numbers.ts';
import { lineKind, productReference } from '../core/codecs/references.ts';
import { description, text } from '../core/codecs/text.ts';
import type { Row } from '../core/define-mapping.ts';
import type { Stage } from '../core/types.ts';

/** What both sides call the entities that others refer to. A user's counterpart is a salesperson card. */
export const customerLink = { crm: 'Customer', erp: 'Customer' } as const;
export const contactLink = { crm: 'Contact', erp: 'Contact' } as const;
export const quoteLink = { crm: 'Quote', erp: 'Quote' } as const;
export const userLink = { crm: 'User', erp: 'Salesperson' } as const;

/** What a document takes over from its customer, and from the one who pays, where they become others. */
export const filledByCustomer = [
  'billingAddress',
  'shippingAddress',
  'paymentTerms',
  'deliveryTerms',
  'shippingMethod',
] as const;
export const filledByPayer = ['billingAddress', 'paymentTerms'] as const;

/** The ERP charge line that stands for the freight of a document. */
export const freight = { field: 'freightAmount', code: 'FREIGHT', description: 'Freight' } as const;

/** How often a computed value is copied at most, in ms. */
export const minute = 60_000;

type CrmLine = keyof NonNullable<(typeof crm.entities.Quote)['lines']> &
  keyof NonNullable<(typeof crm.entities.Order)['lines']>;
type ErpLine = keyof NonNullable<(typeof erp.entities.Order)['lines']>;

const typed = { crm: 'discountTyped', erp: 'lineDiscountTyped' } as const;

/** The rows that lines of quotes and orders have in common. */
export const lines = {
  lineId: {
    row: 1,
    crm: 'lineId',
    erp: 'lineExternalReference',
    codec: text,
    way: 'toErp',
    wins: 'crm',
    rule: 'one child link per line; the pair is never found by position alone',
  },
  lineNumber: {
    row: 2,
    crm: 'lineNumber',
    erp: 'lineNo',
    codec: lineNumber,
    way: 'both',
    wins: 'crm',
    order: true,
    content: true,
    rule: 'order of display only; gaps allowed',
  },
  kind: {
    row: 3,
    crm: 'kind',
    erp: 'type',
    codec: lineKind,
    way: 'both',
    wins: 'crm',
    content: true,
    guarded: true,
    rule: 'WRITE_IN is one configured item, its text kept; TEXT is COMMENT; sets whether there is a price: to the inbox once released',
  },
  productId: {
    row: 4,
    crm: 'productId',
    erp: 'productId',
    shown: { erp: 'itemNo' },
    codec: productReference,
    way: 'both',
    wins: 'crm',
    content: true,
    waits: true,
    guarded: true,
    fills: ['description', 'unit', 'unitPrice', 'taxCategory', 'taxRate'],
    rule: 'the document waits whole until every product is linked; a typed text nobody knows yet waits too; sets the price: to the inbox once released',
  },
  description: {
    row: 5,
    crm: 'description',
    erp: 'description',
    codec: description,
    way: 'both',
    wins: 'latest',
    content: true,
    rule: 'longer text overflows into COMMENT lines joined to the line, and back',
  },
  quantity: {
    row: 6,
    crm: 'quantity',
    erp: 'quantity',
    codec: decimal,
    way: 'both',
    wins: 'latest',
    content: true,
    guarded: true,
    typed: { least: '0', decimals: { of: 'productId', as: 'quantityDecimals' } },
    rule: "product's decimals; below the shipped quantity is refused; to the inbox once released",
  },
  unit: {
    row: 7,
    crm: 'unit',
    erp: 'unitCode',
    codec: codeList('units'),
    way: 'both',
    wins: 'crm',
    content: true,
    guarded: true,
    fills: ['unitPrice'],
    rule: "one of the product's units; sets the price: to the inbox once released",
  },
  unitPrice: {
    row: 8,
    crm: 'unitPrice',
    erp: 'unitPrice',
    codec: decimal,
    way: 'both',
    wins: 'crm',
    content: true,
    guarded: true,
    rule: 'same tax basis as the header; sets the price-overridden mark; to the inbox once released',
  },
  discountPercent: {
    row: 9,
    crm: 'discountPercent',
    erp: 'lineDiscountPercent',
    codec: discount({ as: 'PERCENT', ...typed }, decimal),
    way: 'both',
    wins: 'crm',
    content: true,
    guarded: true,
    pair: 'discountAmount',
    typed: { least: '-100', most: '100' },
    rule: 'the typed one travels, the other is derived; to the inbox once released',
  },
  discountAmount: {
    row: 10,
    crm: 'discountAmount',
    erp: 'lineDiscountAmount',
    codec: discount({ as: 'AMOUNT', ...typed }, money),
    way: 'both',
    wins: 'crm',
    content: true,
    guarded: true,
    rule: 'whole-line amount, never per unit',
  },
  taxCategory: {
    row: 11,
    crm: 'taxCategory',
    erp: 'vatProductGroup',
    codec: codeList('tax'),
    way: 'both',
    wins: 'erp',
    content: true,
    guarded: true,
    rule: 'code list; sets the tax on the price: to the inbox once released',
  },
  taxRate: {
    row: 12,
    crm: 'taxRate',
    erp: 'vatPercent',
    codec: decimal,
    way: 'toCrm',
    wins: 'erp',
    rule: 'as is',
  },
  netAmount: {
    row: 13,
    crm: 'netAmount',
    erp: 'amount',
    codec: money,
    way: 'toCrm',
    wins: 'erp',
    rule: 'the ERP computes',
  },
  taxAmount: {
    row: 13,
    crm: 'taxAmount',
    erp: 'vatAmount',
    codec: money,
    way: 'toCrm',
    wins: 'erp',
    rule: 'the ERP computes',
  },
  grossAmount: {
    row: 13,
    crm: 'grossAmount',
    erp: 'amountInclVat',
    codec: money,
    way: 'toCrm',
    wins: 'erp',
    rule: 'the ERP computes',
  },
  requestedDeliveryDate: {
    row: 14,
    crm: 'requestedDeliveryDate',
    erp: 'requestedDeliveryDate',
    codec: date,
    way: 'both',
    wins: 'latest',
    content: true,
    rule: "empty: the header's",
  },
  promisedDeliveryDate: {
    row: 15,
    crm: 'promisedDeliveryDate',
    erp: 'promisedDeliveryDate',
    codec: date,
    way: 'toCrm',
    wins: 'erp',
    rule: 'as is',
  },
  warehouse: {
    row: 16,
    crm: 'warehouse',
    erp: 'locationCode',
    codec: codeList('warehouse'),
    way: 'both',
    wins: 'erp',
    content: true,
    rule: 'code list',
  },
  quantityShipped: {
    row: 17,
    crm: 'quantityShipped',
    erp: 'quantityShipped',
    codec: decimal,
    way: 'toCrm',
    wins: 'erp',
    rule: 'never less than before',
  },
  quantityInvoiced: {
    row: 18,
    crm: 'quantityInvoiced',
    erp: 'quantityInvoiced',
    codec: decimal,
    way: 'toCrm',
    wins: 'erp',
    rule: 'never less than before',
  },
  lineStatus: {
    row: 19,
    crm: 'lineStatus',
    erp: 'lineStatus',
    codec: sameChoice('OPEN', 'PARTIAL', 'SHIPPED', 'INVOICED', 'CANCELLED'),
    way: 'toCrm',
    wins: 'erp',
    rule: 'rank',
  },
  deleted: {
    row: 20,
    crm: null,
    erp: null,
    shown: { crm: 'deleted', erp: '(line gone)' },
    codec: flag,
    way: 'both',
    wins: 'latest',
    derived: true,
    rule: 'a removed line is a tombstone on its child link: an old snapshot cannot bring it back',
  },
} as const satisfies Readonly<Record<string, Row<CrmLine | 'lineId', ErpLine>>>;

/** The same with what the ERP computes and tells at these stages only. */
export const linesAt = (stages: readonly Stage[]): typeof lines =>
  Object.fromEntries(
    Object.entries(lines).map(([field, rule]) => [field, rule.way === 'toCrm' ? { ...rule, stages } : rule]),
  ) as unknown as typeof lines;
