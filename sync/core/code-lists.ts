/** One code list as it comes with the product: CRM code to ERP code. The company edits it at run time. */
export interface CodeListSeed {
  readonly list: string;
  readonly pairs: readonly (readonly [crm: string, erp: string])[];
  /** A code that nobody mapped stands for itself: lists whose codes a company makes up and shares. */
  readonly open?: true;
  /**
   * The CRM's codes are those of a standard, which both sides understand without a mapping: the company maps what its ERP
   * has instead, and what people write.
   */
  readonly standard?: string;
  /** What the ERP has is a spelling of the CRM's code, and the code itself is written there: the direction that a pair has unless told. */
  readonly spellings?: true;
}

/** Which way a pair of codes translates: read from the ERP and written there, or one of the two. */
export type CodeDirection = 'both' | 'toCrm' | 'toErp';

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
  { list: 'language', pairs: [], standard: 'BCP 47' },
  { list: 'paymentMethod', pairs: [], open: true },
  { list: 'shippingMethod', pairs: [], open: true },
  { list: 'priceList', pairs: [], open: true },
  { list: 'category', pairs: [], open: true },
  { list: 'warehouse', pairs: [], open: true },
  { list: 'team', pairs: [], open: true },
  { list: 'department', pairs: [], open: true },
  { list: 'territory', pairs: [], open: true },
  { list: 'country', pairs: [], standard: 'ISO 3166-1 alpha-2', spellings: true },
  { list: 'currency', pairs: [], standard: 'ISO 4217' },
];

/** The lists in which an unmapped code stands for itself. */
export const openLists: ReadonlySet<string> = new Set(
  codeLists.filter(({ open }) => open).map(({ list }) => list),
);

/** Lists whose codes are told apart by case: BCP 47 is written in several. */
const asWritten: ReadonlySet<string> = new Set(['language']);

/** A code as its list keeps and compares it. */
export const codeAsKept = (list: string, code: string): string => {
  const tidy = code.trim().replaceAll(/\s+/g, ' ');
  return asWritten.has(list) ? tidy : tidy.toUpperCase();
};
