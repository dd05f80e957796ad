import type { System } from '../../subgraphs/system/system.ts';
import type { Write } from '../../sync/index.ts';
import { companiesOf, create, salespersonId, slug, userId } from './companies.ts';
import { crmOrders, crmQuotes, type Deals, erpOrders, erpQuotes } from './documents.ts';
import { productsOf } from './products.ts';
import { chanceOf } from './random.ts';
import { sellers } from './words.ts';

/** How much there is of everything: a few hundred of each. */
const sizes = { companies: 350, crmQuotes: 200, crmOrders: 120, erpQuotes: 60, erpOrders: 200 };

/**
 * Fills both systems with a company that sells workwear: partly the same customers, contacts and products on both
 * sides, unlinked or half matching as in life, and documents at every stage. Always the same, but for its dates, which
 * count back from `today` (default: the day it is). Can be repeated: what is there stays. Throws when a system refuses a record.
 */
export async function fillDemo(
  { crm, erp }: { readonly crm: Pick<System, 'write'>; readonly erp: Pick<System, 'write'> },
  today = new Date().toISOString().slice(0, 10),
): Promise<void> {
  const chance = chanceOf(2026);
  const companies = companiesOf(sizes.companies, chance);
  const products = productsOf(chance);
  const deals: Deals = { companies, products, today, chance };
  const quotes = crmQuotes(deals, sizes.crmQuotes);
  const orders = crmOrders(deals, quotes, sizes.crmOrders);
  const offers = erpQuotes(deals, sizes.erpQuotes);
  const sales = erpOrders(deals, sizes.erpOrders);
  const of = (side: 'crm' | 'erp') => [
    ...companies.flatMap(({ writes }) => writes[side]),
    ...products.flatMap(({ writes }) => writes[side]),
  ];
  await Promise.all([
    fill(crm, [users(), of('crm'), quotes, orders]),
    fill(erp, [salespeople(), of('erp'), offers, sales]),
  ]);
}

/** In stages, since writes of one call are independent of each other: whom a record refers to has to be there. */
async function fill(system: Pick<System, 'write'>, stages: readonly (readonly Write[])[]): Promise<void> {
  for (const stage of stages) {
    const [customers, rest] = [
      stage.filter(({ entity }) => entity !== 'Contact'),
      stage.filter(({ entity }) => entity === 'Contact'),
    ];
    for (const writes of [customers, rest]) {
      const results = await system.write(writes, { actor: 'demo', origin: 'import' });
      const failed = results.find((result) => result.kind === 'failed');
      if (failed) throw new Error(`The demo company cannot be filled in: ${failed.failure.message}`);
    }
  }
}

function users(): readonly Write[] {
  return sellers.map(([name, title], n) =>
    create('User', userId(n), {
      fullName: name,
      email: emailOf(name),
      jobTitle: title,
      employeeNumber: `E${100 + n}`,
      mobilePhone: `+47900010${String(10 + n)}`,
    }),
  );
}

// One has no e-mail on the card and is known by the employee number; one card is of somebody the CRM does not know.
function salespeople(): readonly Write[] {
  return [
    ...sellers.map(([name, title], n) =>
      create('Salesperson', salespersonId(n), {
        name,
        title,
        employeeNo: `E${100 + n}`,
        ...(n !== 4 && { email: emailOf(name) }),
        phone: `90 00 10 ${10 + n}`,
      }),
    ),
    create('Salesperson', salespersonId(sellers.length), {
      name: 'Vigdis Tangen',
      title: 'Order Desk',
      email: 'vigdis.tangen@tandem.example',
    }),
  ];
}

function emailOf(name: string): string {
  return `${name.split(' ').map(slug).join('.')}@tandem.example`;
}
