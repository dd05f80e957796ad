import type { Json, Write } from '../../sync/index.ts';
import { orgNumberOf } from './numbers.ts';
import type { Chance } from './random.ts';
import { type Land, lands, sellers } from './words.ts';

/** A company as the demo knows it: who it is in either system, and in what it differs. */
export interface Company {
  readonly crmId: string | null;
  readonly erpId: string | null;
  /** Contacts by id, in either system. */
  readonly crmContactId: string | null;
  readonly erpContactId: string | null;
  readonly land: Land;
  readonly seller: number;
  readonly writes: { readonly crm: readonly Write[]; readonly erp: readonly Write[] };
}

/** How a company stands in the two systems, with its share in percent. */
const standings = [
  ['same org number', 34],
  ['same e-mail', 12],
  ['similar name', 8],
  ['twice in the CRM', 2],
  ['CRM only', 22],
  ['ERP only', 22],
] as const;

type Standing = (typeof standings)[number][0];

/** Makes companies with a contact each. */
export function companiesOf(count: number, chance: Chance): readonly Company[] {
  const names = new Set<string>();
  return Array.from({ length: count }, (_, n) => companyOf(n + 1, nameOf(names, chance), chance));
}

function nameOf(names: Set<string>, chance: Chance): { readonly name: string; readonly land: Land } {
  for (;;) {
    const land = chance.one(lands);
    const short = `${chance.one(land.heads)} ${chance.one(land.trades)}`;
    const name = names.has(short) ? `${short} ${chance.one(land.towns)[0]}` : short;
    if (names.has(name)) continue;
    names.add(name);
    return { name, land };
  }
}

function standingOf(chance: Chance): Standing {
  let left = chance.below(100);
  for (const [standing, share] of standings) {
    if (left < share) return standing;
    left -= share;
  }
  return 'CRM only';
}

function companyOf(
  n: number,
  { name, land }: { readonly name: string; readonly land: Land },
  chance: Chance,
): Company {
  const number = String(n).padStart(3, '0');
  const standing = standingOf(chance);
  const [inCrm, inErp] = [standing !== 'ERP only', standing !== 'CRM only'];
  const seller = chance.below(sellers.length);
  const domain = `${slug(name)}.example`;
  const org = orgNumberOf(land.country, chance);
  const byOrg = standing === 'same org number' && org !== null;
  const byEmail =
    standing === 'same e-mail' ||
    standing === 'twice in the CRM' ||
    (standing === 'same org number' && !byOrg);
  const [city, postalCode] = chance.one(land.towns);
  const street = `${chance.one(land.streets)} ${1 + chance.below(90)}`;
  const [international, national, length] = land.phone;
  const digits = String(1_000_000 + chance.below(999_999)).slice(-length);
  const full = `${name} ${land.form}`;
  const first = chance.one(land.first);
  const last = chance.one(land.last);
  const personal = `${slug(first)}.${slug(last)}@${domain}`;
  const home = { line1: street, city, postalCode, country: land.country };
  const debtor = { street, city, postCode: postalCode, countryCode: land.country };

  const customer = (id: string, over: Fields = {}): Write =>
    create('Customer', id, {
      name: full,
      ...(org !== null && (byOrg || !inErp) && { orgNumber: spaced(org) }),
      ...((byEmail || !inErp) && { email: `post@${domain}` }),
      phone: `${international}${digits}`,
      website: `https://www.${domain}/`,
      billingAddress: home,
      ownerId: userId(seller),
      paymentTerms: chance.one(['NET14', 'NET30', 'NET30', 'NET45']),
      taxTreatment: treatmentOf(land),
      language: languageOf(land),
      ...over,
    });
  const crm: Write[] = [];
  const erp: Write[] = [];
  if (inCrm) {
    crm.push(customer(`demo-customer-${number}`, standing === 'similar name' ? { name } : {}));
    if (standing === 'twice in the CRM')
      crm.push(customer(`demo-customer-${number}b`, { name: `${name} (${city})` }));
    crm.push(
      create('Contact', `demo-contact-${number}`, {
        firstName: first,
        lastName: last,
        email: personal,
        jobTitle: chance.one(['Buyer', 'Site Manager', 'Managing Director', 'Head of Procurement']),
        customerId: `demo-customer-${number}`,
        marketingOptOut: chance.percent(12),
        isPrimary: true,
      }),
    );
  }
  if (inErp) {
    erp.push(
      create('Customer', `demo-debtor-${number}`, {
        name: byOrg && chance.percent(40) ? full.toUpperCase() : full,
        ...(byOrg && { registrationNo: org }),
        ...(!byOrg && org !== null && !inCrm && { registrationNo: org }),
        ...((byEmail || !inCrm) && { email: `post@${domain}` }),
        invoiceEmail: `faktura@${domain}`,
        phoneNo: typedPhone(`${national}${digits}`, chance),
        invoiceAddress: debtor,
        salespersonId: salespersonId(seller),
        paymentTermsCode: chance.percent(4) ? 'NET21' : chance.one(['NET14', 'NET30', 'NET30', 'NET60']),
        vatBusinessGroup: groupOf(land),
        creditLimit: String(5_000 * (1 + chance.below(40))),
        blocked: chance.percent(4) ? 'SHIP' : 'NONE',
      }),
    );
    erp.push(
      create('Contact', `demo-person-${number}`, {
        firstName: first,
        lastName: last,
        ...(chance.percent(93) && { email: personal }),
        // Without an address of their own their numbers are read as those of the company's country.
        phoneNo: typedPhone(
          land.country === 'NO' ? `${national}${digits}` : `${international}${digits}`,
          chance,
        ),
        jobTitle: chance.one(['Buyer', 'Site Manager', 'Accounts Payable']),
        customerId: `demo-debtor-${number}`,
        isPrimary: true,
      }),
    );
  }
  return {
    crmId: inCrm ? `demo-customer-${number}` : null,
    erpId: inErp ? `demo-debtor-${number}` : null,
    crmContactId: inCrm ? `demo-contact-${number}` : null,
    erpContactId: inErp ? `demo-person-${number}` : null,
    land,
    seller,
    writes: { crm, erp },
  };
}

type Fields = Readonly<Record<string, Json>>;

/** A creation that can be repeated: a demo that was cut short fills up. */
export function create(entity: string, id: string, fields: Fields): Write {
  return { kind: 'create', entity, id, key: `demo:${id}`, fields };
}

/** Id of the nth seller in the CRM. */
export function userId(n: number): string {
  return `demo-user-${String(n + 1).padStart(2, '0')}`;
}

/** Id of the nth seller's card in the ERP. */
export function salespersonId(n: number): string {
  return `demo-salesperson-${String(n + 1).padStart(2, '0')}`;
}

/** Letters and digits for an address on the net. */
export function slug(text: string): string {
  return text
    .replace(/[øØ]/g, 'o')
    .replace(/[æÆ]/g, 'ae')
    .replace(/ß/g, 'ss')
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '');
}

function spaced(org: string): string {
  return org.length === 9
    ? `${org.slice(0, 3)} ${org.slice(3, 6)} ${org.slice(6)}`
    : `${org.slice(0, 6)}-${org.slice(6)}`;
}

// As people type them: with blanks, half, or not at all.
function typedPhone(typed: string, chance: Chance): string {
  if (chance.percent(4)) return 'ask the switchboard';
  return chance.percent(4) ? typed.slice(0, 4) : typed;
}

function treatmentOf({ country }: Land): string {
  if (country === 'NO') return 'DOMESTIC';
  return country === 'GB' ? 'EXPORT' : 'EU_B2B';
}

function groupOf({ country }: Land): string {
  if (country === 'NO') return 'DOMESTIC';
  return country === 'GB' ? 'EXPORT' : 'EU';
}

function languageOf({ country }: Land): string {
  return { NO: 'nb', SE: 'sv', DE: 'de' }[country] ?? 'en';
}
