/** One code list as it comes with the product: CRM code to ERP code. The company edits it at run time. */
export interface CodeListSeed {
  readonly list: string;
  readonly pairs: readonly (readonly [crm: string, erp: string])[];
  /** A code that nobody mapped stands for itself: lists whose codes a company makes up and shares. */
  readonly open?: true;
}

const alike = (...codes: readonly string[]): readonly (readonly [string, string])[] =>
  codes.map((code) => [code, code] as const);

/** The code lists that a new company starts with. */
export const codeLists: readonly CodeListSeed[] = [
  {
    list: 'units',
    pairs: [
      ['C62', 'UNIT'],
      ['EA', 'EACH'],
      ['H87', 'PCS'],
      ['SET', 'SET'],
      ['HUR', 'HOUR'],
      ['DAY', 'DAY'],
      ['MON', 'MONTH'],
      ['KGM', 'KG'],
      ['TNE', 'TON'],
      ['GRM', 'G'],
      ['LTR', 'L'],
      ['MTR', 'M'],
      ['MTK', 'M2'],
      ['MTQ', 'M3'],
      ['KMT', 'KM'],
    ],
  },
  {
    list: 'tax',
    pairs: [
      ['S', 'STANDARD'],
      ['Z', 'ZERO'],
      ['E', 'EXEMPT'],
      ['AE', 'REVERSE'],
      ['K', 'INTRA'],
      ['G', 'EXPORT'],
      ['O', 'OUTSIDE'],
    ],
  },
  {
    list: 'taxTreatment',
    pairs: [
      ['DOMESTIC', 'DOMESTIC'],
      ['EU_B2B', 'EU'],
      ['EXPORT', 'EXPORT'],
      ['EXEMPT', 'EXEMPT'],
    ],
  },
  { list: 'paymentTerms', pairs: alike('NET0', 'NET14', 'NET30', 'NET45', 'NET60', '2/10NET30', 'PREPAID') },
  {
    list: 'deliveryTerms',
    pairs: alike('EXW', 'FCA', 'CPT', 'CIP', 'DAP', 'DPU', 'DDP', 'FAS', 'FOB', 'CFR', 'CIF'),
  },
  { list: 'salutation', pairs: alike('MR', 'MS', 'MX', 'DR', 'NONE') },
  { list: 'holdReason', pairs: alike('CREDIT', 'CUSTOMER', 'STOCK', 'OTHER') },
  { list: 'language', pairs: [] },
  { list: 'paymentMethod', pairs: [], open: true },
  { list: 'shippingMethod', pairs: [], open: true },
  { list: 'priceList', pairs: [], open: true },
  { list: 'category', pairs: [], open: true },
  { list: 'warehouse', pairs: [], open: true },
  { list: 'team', pairs: [], open: true },
  { list: 'department', pairs: [], open: true },
  { list: 'territory', pairs: [], open: true },
];

/** The lists in which an unmapped code stands for itself. */
export const openLists: ReadonlySet<string> = new Set(
  codeLists.filter(({ open }) => open).map(({ list }) => list),
);

/**
 * Lists that are a standard on both sides: no company has codes of its own there, and amounts are rounded by a currency's
 * standard. What is in neither form nor a name in daily use is an issue of the record that shows it.
 */
export const standardLists: Readonly<Record<string, StandardList>> = {
  country: {
    standard: 'ISO 3166-1 alpha-2',
    read: 'Names and codes in daily use, such as UK, NOR or Norway, are read as its codes without a mapping.',
  },
  currency: {
    standard: 'ISO 4217',
    read: "An empty currency of the ERP is read as the company's own.",
  },
};

/** A list that nobody maps. */
interface StandardList {
  readonly standard: string;
  /** What else than the standard's codes is understood, as a sentence. */
  readonly read: string;
}
