/** What a company decides once; every default makes the demo and the imports work. */
export interface Company {
  /** Base currency, ISO 4217. */
  readonly currency: string;
  /** Country of records that name none, ISO 3166-1 alpha-2. */
  readonly country: string;
  /** IANA time zone: decides which local date `today` is. */
  readonly timeZone: string;
  readonly paymentTerms: string;
  /** Unit of a product that names none, in the CRM (UN/ECE Recommendation 20) and in the ERP. */
  readonly crmUnit: string;
  readonly erpUnit: string;
  /** Tax category of a CRM product, UNCL 5305, and VAT groups of the ERP's records that name none. */
  readonly crmTaxCategory: string;
  readonly vatBusinessGroup: string;
  readonly vatProductGroup: string;
  /** Percent per VAT product group for domestic sales. */
  readonly vatPercents: Readonly<Record<string, string>>;
  /** VAT business groups that pay the product group's percent; all others pay none. */
  readonly taxedBusinessGroups: readonly string[];
  /** The user who owns what names no owner; made when first needed. */
  readonly defaultOwner: { readonly id: string; readonly fullName: string; readonly email: string };
  /** The ERP's item for what a salesperson sells that is no product; made when first needed. */
  readonly writeInItem: { readonly itemNo: string; readonly description: string };
  /** Domain of the placeholder e-mail of a user who has none. */
  readonly placeholderDomain: string;
  /** Units of the base currency per unit of another currency. Without a rate a foreign invoice is not in the balance. */
  readonly exchangeRates: Readonly<Record<string, string>>;
}

/** The defaults of every setting. */
export const defaultCompany: Company = {
  currency: 'EUR',
  country: 'NO',
  timeZone: 'Europe/Oslo',
  paymentTerms: 'NET30',
  crmUnit: 'C62',
  erpUnit: 'UNIT',
  crmTaxCategory: 'S',
  vatBusinessGroup: 'DOMESTIC',
  vatProductGroup: 'STANDARD',
  vatPercents: {
    STANDARD: '25',
    ZERO: '0',
    EXEMPT: '0',
    REVERSE: '0',
    INTRA: '0',
    EXPORT: '0',
    OUTSIDE: '0',
  },
  taxedBusinessGroups: ['DOMESTIC'],
  defaultOwner: { id: 'default-owner', fullName: 'Sales Office', email: 'sales@users.invalid' },
  writeInItem: { itemNo: 'WRITE-IN', description: 'As written on the line' },
  placeholderDomain: 'users.invalid',
  exchangeRates: {},
};

/** The company's local date at an instant. */
export function localDate(company: Pick<Company, 'timeZone'>, at: Date): string {
  return dateFormat(company.timeZone).format(at);
}

const dateFormats = new Map<string, Intl.DateTimeFormat>();

// Making a format costs more than a thousand uses of it.
function dateFormat(timeZone: string): Intl.DateTimeFormat {
  const known = dateFormats.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  dateFormats.set(timeZone, made);
  return made;
}
