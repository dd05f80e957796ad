import { crm } from '../../subgraphs/crm/entities.ts';
import { erp } from '../../subgraphs/erp/entities.ts';
import type { Entity, Property } from '../../subgraphs/system/entity.ts';
import type { FieldRule, Mapping } from '../../sync/core/mapping.ts';
import type { Json, Side } from '../../sync/core/types.ts';
import type { Fields } from './world.ts';

/** One value as each side shows it. */
export type Sample = Readonly<Record<Side, Json>>;

/** Records that samples may refer to: two of each, linked, by their id on each side. */
export type Known = Readonly<Record<'Customer' | 'Contact' | 'User' | 'Product', readonly [Sample, Sample]>>;

/** What a sample is made from: `n` is unique per record, `turn` 0 is what it is created with, 1 what it is edited to. */
interface From {
  readonly n: number;
  readonly turn: 0 | 1;
  readonly known: Known;
}

type Maker = (from: From) => Sample;

const same = (value: Json): Sample => ({ crm: value, erp: value });
const either =
  (first: Json, second: Json): Maker =>
  ({ turn }) =>
    same([first, second][turn]!);
const pairs =
  (first: readonly [Json, Json], second: readonly [Json, Json]): Maker =>
  ({ turn }) => ({ crm: [first, second][turn]![0], erp: [first, second][turn]![1] });
const known =
  (entity: keyof Known): Maker =>
  ({ turn, known: all }) =>
    all[entity][turn];

const address = (line1: string, city: string, country = 'NO'): Sample => ({
  crm: { line1, line2: '2nd floor', city, postalCode: '0150', region: 'East', country },
  erp: { street: line1, street2: '2nd floor', city, postCode: '0150', county: 'East', countryCode: country },
});
const addresses =
  (first: readonly [string, string], second: readonly [string, string]): Maker =>
  ({ turn }) =>
    address(...[first, second][turn]!);

const digit = (weights: readonly number[], digits: string): number =>
  (11 - ([...digits].reduce((sum, d, i) => sum + Number(d) * weights[i]!, 0) % 11)) % 11;

/** The n-th Norwegian registration number that checks. */
function orgNumber(n: number): string {
  for (let stem = 90_000_000 + n * 20; ; stem++) {
    const check = digit([3, 2, 7, 6, 5, 4, 3, 2], String(stem));
    if (check < 10) return `${stem}${check}`;
  }
}

/** The n-th GTIN-14 that checks. */
function gtin(n: number): string {
  const stem = `04006${String(n).padStart(8, '0')}`;
  const sum = [...stem].reduce((total, d, i) => total + Number(d) * (i % 2 === 0 ? 3 : 1), 0);
  return `${stem}${(10 - (sum % 10)) % 10}`;
}

const numbered =
  (text: (n: number) => string): Maker =>
  ({ n, turn }) =>
    same(text(2 * n + turn));

const emails = (who: string): Maker => numbered((n) => `${who}${n}@firma.example`);
const names = (who: string): Maker => numbered((n) => `${who} ${n}`);
/** Norwegian numbers as each side writes them: E.164, and the national way. */
const phones = (a: string, b: string): Maker =>
  pairs([`+47${a.replaceAll(' ', '')}`, a], [`+47${b.replaceAll(' ', '')}`, b]);
const dates = either('2027-02-01', '2027-03-31');

const customer: Readonly<Record<string, Maker>> = {
  name: names('Nordlys'),
  legalName: names('Nordlys Holding'),
  orgNumber: ({ n, turn }) => same(orgNumber(2 * n + turn)),
  vatNumber: ({ n, turn }) => {
    const digits = orgNumber(200_000 + 2 * n + turn);
    return { crm: `NO${digits}MVA`, erp: `${digits}MVA` };
  },
  kind: pairs(['PERSON', 'PERSON'], ['PUBLIC', 'GOVERNMENT']),
  email: emails('post'),
  invoiceEmail: emails('faktura'),
  phone: phones('22 33 44 55', '22 33 44 66'),
  website: either('https://nordlys.example', 'https://nordlys.example/shop'),
  billingAddress: addresses(['Storgata 1', 'Oslo'], ['Havnegata 2', 'Bergen']),
  shippingAddress: addresses(['Kaia 3', 'Moss'], ['Kaia 4', 'Halden']),
  currency: either('NOK', 'USD'),
  paymentTerms: either('NET14', 'NET60'),
  paymentMethod: either('CARD', 'BANK'),
  deliveryTerms: either('DAP', 'EXW'),
  shippingMethod: either('POST', 'TRUCK'),
  priceList: either('RETAIL', 'WHOLESALE'),
  taxTreatment: pairs(['EU_B2B', 'EU'], ['EXPORT', 'EXPORT']),
  ownerId: known('User'),
  status: pairs(['ON_HOLD', 'SHIP'], ['INACTIVE', 'ALL']),
  language: either('nb-NO', 'en'),
};

const contact: Readonly<Record<string, Maker>> = {
  firstName: names('Ola'),
  middleName: either('Bjarne', 'Arne'),
  lastName: names('Dahl'),
  salutation: either('MR', 'DR'),
  jobTitle: either('Buyer', 'Head of purchasing'),
  department: either('Purchasing', 'Finance'),
  email: emails('ola'),
  phone: phones('22 33 44 77', '22 33 44 88'),
  mobile: phones('90 11 22 33', '90 11 22 44'),
  address: addresses(['Hjemveien 5', 'Oslo'], ['Hjemveien 6', 'Oslo']),
  customerId: known('Customer'),
  ownerId: known('User'),
  marketingOptOut: either(false, true),
  status: pairs(['INACTIVE', true], ['ACTIVE', false]),
  language: either('nb-NO', 'en'),
};

const product: Readonly<Record<string, Maker>> = {
  sku: numbered((n) => `LAMP-${n}`),
  gtin: ({ n, turn }) => same(gtin(2 * n + turn)),
  name: names('Lamp'),
  description: either('A lamp', 'A better lamp'),
  kind: pairs(['SERVICE', 'SERVICE'], ['CHARGE', 'NON_INVENTORY']),
  category: either('LIGHT', 'DARK'),
  baseUnit: pairs(['H87', 'PCS'], ['KGM', 'KG']),
  listPrice: either('100.5000', '99.9500'),
  priceCurrency: either('NOK', 'USD'),
  taxCategory: pairs(['Z', 'ZERO'], ['E', 'EXEMPT']),
  status: pairs(['ACTIVE', false], ['RETIRED', true]),
  grossWeight: either('1.50000', '2.75000'),
  volume: either('0.01000', '0.02500'),
  vendorPartNo: either('V-1', 'V-2'),
  discontinuedOn: dates,
};

/** What quotes and orders have in common. */
const document: Readonly<Record<string, Maker>> = {
  customerId: known('Customer'),
  billToCustomerId: known('Customer'),
  contactId: known('Contact'),
  customerPurchaseOrder: either('PO-1', 'PO-2'),
  requestedDeliveryDate: dates,
  billingAddress: addresses(['Storgata 11', 'Oslo'], ['Havnegata 12', 'Bergen']),
  shippingAddress: addresses(['Kaia 13', 'Moss'], ['Kaia 14', 'Halden']),
  paymentTerms: either('NET14', 'NET60'),
  deliveryTerms: either('DAP', 'EXW'),
  shippingMethod: either('POST', 'TRUCK'),
  discountPercent: either('5.0000', '7.5000'),
  ownerId: known('User'),
};

const quote: Readonly<Record<string, Maker>> = {
  ...document,
  quoteDate: either('2026-11-01', '2026-11-02'),
  validUntil: dates,
  priceList: either('RETAIL', 'WHOLESALE'),
  notes: either('Handle with care', 'Ring first'),
};

const order: Readonly<Record<string, Maker>> = {
  ...document,
  orderDate: either('2026-11-01', '2026-11-02'),
  warehouse: either('OSLO', 'BERGEN'),
  notes: either('Handle with care', 'Ring first'),
};

const line: Readonly<Record<string, Maker>> = {
  productId: known('Product'),
  description: either('Lamp, brass', 'Lamp, steel'),
  quantity: either('3.00000', '4.00000'),
  unit: pairs(['C62', 'UNIT'], ['H87', 'PCS']),
  unitPrice: either('95.50000', '90.25000'),
  discountPercent: either('5.0000', '7.5000'),
  taxCategory: pairs(['S', 'STANDARD'], ['Z', 'ZERO']),
  requestedDeliveryDate: dates,
  warehouse: either('OSLO', 'BERGEN'),
};

const user: Readonly<Record<string, Maker>> = {
  fullName: names('Kari Holm'),
  email: emails('kari'),
  mobilePhone: phones('90 11 22 55', '90 11 22 66'),
  jobTitle: either('Seller', 'Head of sales'),
};

const makers: Readonly<Record<string, Readonly<Record<string, Maker>>>> = {
  customer,
  contact,
  product,
  quote,
  quoteOrder: document,
  order,
  user,
  userOrder: user,
  line,
};

/** Values for one-way fields: what the author's side is given, and what somebody types on the receiving side. */
const oneWay: Readonly<Record<string, Maker>> = {
  creditLimit: either('50000.00', '60000.00'),
  unitCost: either('40.0000', '45.0000'),
  taxRate: either('25.00', '15.00'),
  exchangeRate: either('11.500000000', '11.600000000'),
  promisedDeliveryDate: dates,
  lastShippedOn: dates,
  employeeNumber: numbered((n) => `E${n}`),
  teamCode: either('NORTH', 'SOUTH'),
  departmentCode: either('SALES', 'BUYING'),
  territory: either('EAST', 'WEST'),
  commissionPercent: either('2.50', '3.50'),
  active: pairs([true, false], [false, true]),
  managerId: known('User'),
  language: either('nb-NO', 'en'),
  salesUnits: ({ turn }) => ({
    crm: [{ unit: 'SET', factor: ['6.000000', '12.000000'][turn]! }],
    erp: [{ code: 'SET', qtyPerBase: ['6.000000', '12.000000'][turn]! }],
  }),
  quantityDecimals: pairs([2, '0.01000'], [3, '0.00100']),
  onHand: either('10.00000', '20.00000'),
  balanceDue: either('0.00', '7.00'),
};

/** A value of a field, or null where no table has one. */
export function sampleOf(mapping: Mapping | 'line', field: string, from: From): Sample | null {
  const table = makers[mapping === 'line' ? 'line' : mapping.name];
  return (table?.[field] ?? oneWay[field])?.(from) ?? null;
}

const entities: Readonly<Record<Side, Readonly<Record<string, Entity>>>> = {
  crm: crm.entities,
  erp: erp.entities,
};

/** The declaration of a field's native property, or null where it has none of its own. */
export function propertyOf(mapping: Mapping, side: Side, rule: FieldRule): Property | null {
  const name = rule[side];
  return name === null ? null : (entities[side][mapping[side]]!.properties[name] ?? null);
}

/** Native fields of a record with a sample for every two-way property that one can type there. */
export function filled(mapping: Mapping, side: Side, from: From, more: Fields = {}): Fields {
  const out: Record<string, Json> = {};
  for (const [field, rule] of Object.entries(mapping.fields)) {
    const property = propertyOf(mapping, side, rule);
    if (rule.way === 'off' || rule.derived || !property || property.access) continue;
    const sample = sampleOf(mapping, field, from);
    const authored = rule.way === 'both' || rule.way === (side === 'crm' ? 'toErp' : 'toCrm');
    if (sample && authored) out[rule[side]!] = sample[side];
  }
  return { ...out, ...more };
}
