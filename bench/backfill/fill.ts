import type { House } from '../../console/house.ts';
import type { Stage } from '../sync/stage.ts';
import { writeAll } from '../sync/stage.ts';

/** Products that the orders are about. */
const products = 50;
/** Records per call. */
const batch = 2_000;

type Fields = Parameters<House['crm']['write']>[0][number];

/**
 * Customers with a contact each and an order with two lines each, the same number on both sides. Every second one is
 * there on both: customers and contacts match by their e-mail, products by their number, orders by the stamp they bear.
 * Of the others one in fifty looks like one of the other system by its name alone: a person decides, and what refers to
 * it waits.
 */
export async function fill(
  { crm, erp }: Pick<House, 'crm' | 'erp'>,
  customers: number,
): Promise<{ readonly crm: number; readonly erp: number }> {
  const create = (entity: string, fields: object): Fields => ({ kind: 'create', entity, fields }) as Fields;
  const item = (n: number) => `ITEM-${n}`;
  const inCrm = await writeAll(
    crm,
    Array.from({ length: products }, (_, n) =>
      create('Product', { sku: item(n), name: `Item ${n}`, listPrice: '10', status: 'ACTIVE' }),
    ),
  );
  const inErp = await writeAll(
    erp,
    Array.from({ length: products }, (_, n) =>
      create('Product', { itemNo: item(n), description: `Item ${n}`, unitPrice: '10' }),
    ),
  );
  for (let from = 0; from < customers; from += batch) {
    const numbers = Array.from({ length: Math.min(batch, customers - from) }, (_, n) => from + n);
    // Half of the ERP's are the CRM's; the other half only the ERP has.
    const there = numbers.map((n) => (n % 2 === 0 ? n : n + customers));
    const ours = await writeAll(
      crm,
      numbers.map((n) =>
        create('Customer', {
          name: `Customer ${n}`,
          email: `office@customer${n}.example`,
          billingAddress: { line1: `Street ${n}`, city: 'Oslo', postalCode: '0150', country: 'NO' },
        }),
      ),
    );
    const theirs = await writeAll(
      erp,
      there.map((n) =>
        create('Customer', {
          name: (n - customers) % 100 === 1 ? `CUSTOMER ${n - customers} AS` : `Customer ${n}`,
          email: `office@customer${n}.example`,
          invoiceAddress: { street: `Street ${n}`, city: 'Oslo', postCode: '0150', countryCode: 'NO' },
        }),
      ),
    );
    const person = (n: number) => ({
      firstName: 'Kari',
      lastName: `Nordmann ${n}`,
      email: `kari@customer${n}.example`,
    });
    await writeAll(
      crm,
      numbers.map((n, i) => create('Contact', { ...person(n), customerId: ours[i] })),
    );
    await writeAll(
      erp,
      there.map((n, i) => create('Contact', { ...person(n), customerId: theirs[i] })),
    );
    const lines = (n: number, ids: readonly string[]) =>
      [0, 1].map((k) => ({ productId: ids[(n + k) % products], quantity: '2', unitPrice: '9.5' }));
    const orders = await writeAll(
      crm,
      numbers.map((n, i) => create('Order', { customerId: ours[i], lines: lines(n, inCrm) })),
    );
    await writeAll(
      erp,
      there.map((n, i) =>
        create('Order', {
          customerId: theirs[i],
          lines: lines(n, inErp),
          ...(n < customers && { externalReference: orders[i] }),
        }),
      ),
    );
  }
  const each = products + 3 * customers;
  return { crm: each, erp: each };
}

/** What the feeds have told while the flows rested is forgotten: only the walk finds the records, as in systems older than their feeds. */
export async function forgetNews({ house, sql }: Stage): Promise<void> {
  await house.sync.quiet();
  await sql`delete from sync.lane`;
  await sql`update sync.backlog b set cursor = f.cursor from sync.feed f where f.side = b.side`;
  await sql.unsafe('analyze');
}

/** Links that a backfill over such systems comes to: customers, contacts, orders, and the owner of each open order. */
export const linksExpected = (customers: number): number => 6 * customers + products;
