import { join } from 'node:path';
import type { Sql } from '../../drizzle/postgres/open.ts';
import { addressText, type CsvRecord, csv, differences, seen, units } from './compare.ts';
import type { Findings } from './findings.ts';

type Row = Readonly<Record<string, string | null>>;
type Address = Readonly<Record<string, string | null>> | null;

const statuses: Readonly<Record<string, string>> = {
  ACCEPTED: 'ACCEPTED',
  DECLINED: 'REJECTED',
  SENT: 'RELEASED',
  DRAFT: 'OPEN',
};

/** Compares what was imported into the CRM with what the ERP has of it, and checks who waits, and why. */
export async function checkCrmSales(
  sql: Sql,
  folder: string,
  found: Findings,
  { gtxProKnown }: { readonly gtxProKnown: boolean },
): Promise<void> {
  const file = (name: string) => csv(join(folder, 'crm-sales', name));
  const deals = file('sales_pipeline.csv');
  if (!gtxProKnown) {
    found.title('CRM sales, imported into the CRM');
    await checkAccounts(sql, found, file('accounts.csv').length);
    await checkProducts(sql, found, file('products.csv').length);
  }
  const known = new Set(file('products.csv').map(({ product }) => product!));
  if (gtxProKnown) known.add('GTXPro');
  const prices = new Map(file('products.csv').map(({ product, sales_price }) => [product!, sales_price!]));
  if (gtxProKnown) prices.set('GTXPro', '4821');
  await checkQuotes(sql, found, deals, known, prices);
  await checkWaiting(sql, found, deals, known);
}

async function checkAccounts(sql: Sql, found: Findings, expected: number): Promise<void> {
  const rows = await sql<(Row & { readonly c_address: never; readonly e_address: never })[]>`
    select c.create_key as key, e.id, c.name as c_name, e.name as e_name, c.billing_address as c_address, e.invoice_address as e_address
    from crm.customer c left join erp.customer e on e.external_reference = c.id where c.create_key like 'crm-sales:%'`;
  let equal = 0;
  for (const row of rows) {
    const of = (side: 'c' | 'e') => ({
      name: seen(row[`${side}_name`]),
      address: addressText(row[`${side}_address`] as Address),
    });
    const wrong = row.id === null ? ['has no counterpart'] : differences(of('c'), of('e'));
    if (wrong.length === 0) equal++;
    else found.deviation(row.key!, wrong.join('; '));
  }
  found.count('accounts equal', equal, expected);
}

async function checkProducts(sql: Sql, found: Findings, expected: number): Promise<void> {
  const rows = await sql<Row[]>`
    select c.create_key as key, e.id, c.name as c_name, e.description as e_name, c.sku as c_sku, e.item_no as e_sku,
      c.list_price::text as c_price, e.unit_price::text as e_price
    from crm.product c left join erp.product e on e.external_reference = c.id where c.create_key like 'crm-sales:%'`;
  let equal = 0;
  for (const row of rows) {
    const of = (side: 'c' | 'e') => ({
      name: seen(row[`${side}_name`]),
      sku: seen(row[`${side}_sku`]),
      price: String(units(row[`${side}_price`]!, 4)),
    });
    const wrong = row.id === null ? ['has no counterpart'] : differences(of('c'), of('e'));
    if (wrong.length === 0) equal++;
    else found.deviation(row.key!, wrong.join('; '));
  }
  found.count('products equal', equal, expected);
}

async function checkQuotes(
  sql: Sql,
  found: Findings,
  deals: readonly CsvRecord[],
  known: ReadonlySet<string>,
  prices: ReadonlyMap<string, string>,
): Promise<void> {
  const rows = await sql<Row[]>`
    select c.create_key as key, c.id as c_id, e.id as e_id, c.customer_id as c_customer, debtor.external_reference as e_customer,
      c.status as c_status, e.status as e_status, c.quote_date as c_date, e.document_date as e_date,
      c.net_amount::text as c_net, e.amount::text as e_net, c.total_amount::text as c_total, e.amount_incl_vat::text as e_total, c.computed_amount::text as c_sum,
      cl.product_id as c_product, item.external_reference as e_product, cl.quantity::text as c_quantity, el.quantity::text as e_quantity,
      cl.unit_price::text as c_price, el.unit_price::text as e_price, product.name as product,
      (select count(*) from crm.quote_line l where l.document_id = c.id)::text as c_lines, (select count(*) from erp.quote_line l where l.document_id = e.id)::text as e_lines
    from crm.quote c left join erp.quote e on e.external_reference = c.id
    left join erp.customer debtor on debtor.id = e.customer_id
    left join crm.quote_line cl on cl.document_id = c.id left join crm.product product on product.id = cl.product_id
    left join erp.quote_line el on el.document_id = e.id left join erp.product item on item.id = el.product_id
    where c.create_key like 'crm-sales:%'`;
  const byKey = new Map(rows.map((row) => [row.key, row]));
  found.count('opportunities stored as quotes', rows.length, deals.length);
  let equal = 0;
  let withCounterpart = 0;
  for (const deal of deals) {
    const row = byKey.get(`crm-sales:opportunity:${deal.opportunity_id}`);
    if (!row || waits(deal, known)) {
      if (row?.e_id) found.deviation(row.key!, 'should wait, but has a counterpart');
      continue;
    }
    if (row.e_id === null) {
      found.deviation(row.key!, 'has no counterpart');
      continue;
    }
    withCounterpart++;
    const of = (side: 'c' | 'e') => ({
      customer: row[`${side}_customer`] ?? '',
      date: String(row[`${side}_date`]),
      net: String(units(row[`${side}_net`]!, 2)),
      total: String(units(row[`${side}_total`]!, 2)),
      product: row[`${side}_product`] ?? '',
      quantity: String(units(row[`${side}_quantity`]!, 5)),
      price: String(units(row[`${side}_price`]!, 5)),
      lines: row[`${side}_lines`] ?? '',
    });
    const price = deal.deal_stage === 'Won' ? deal.close_value! : prices.get(deal.product!)!;
    const wrong = [
      ...differences(of('c'), of('e')),
      ...(statuses[row.c_status!] === row.e_status ? [] : [`status ${row.c_status} / ${row.e_status}`]),
      ...(units(row.e_total!, 2) === units(price, 2) ? [] : [`total ${row.e_total}, by the file ${price}`]),
      ...(row.c_lines === '1' ? [] : [`${row.c_lines} lines`]),
      ...(row.product === deal.product ? [] : [`product ${row.product} for ${deal.product}`]),
    ];
    if (wrong.length === 0) equal++;
    else found.deviation(row.key!, wrong.join('; '));
  }
  const expected = deals.filter((deal) => !waits(deal, known)).length;
  found.count('quotes with a counterpart', withCounterpart, expected);
  found.count('quotes equal, totals to the cent', equal, expected);
  const [orders] = await sql<{ orders: number; quotes: number }[]>`
    select count(*)::int as orders, count(distinct o.source_quote_reference)::int as quotes
    from erp."order" o join crm.quote c on c.id = o.source_quote_reference where c.create_key like 'crm-sales:%'`;
  found.count('ERP orders of these deals', orders!.orders, orders!.quotes);
}

function waits(deal: CsvRecord, known: ReadonlySet<string>): boolean {
  return deal.account === '' || !known.has(deal.product!);
}

/** Who is listed as waiting, with the reason: exactly those that the file says. */
async function checkWaiting(
  sql: Sql,
  found: Findings,
  deals: readonly CsvRecord[],
  known: ReadonlySet<string>,
): Promise<void> {
  const rows = await sql<{ key: string; reasons: readonly { readonly reason?: string }[] | null }[]>`
    select c.create_key as key, l.waits_for as reasons
    from sync.link l join crm.quote c on c.id = l.crm_id where l.mapping = 'quote' and l.state = 'waiting' and c.create_key like 'crm-sales:%'`;
  const listed = new Map(
    rows.map(({ key, reasons }) => [key, (reasons ?? []).map(({ reason }) => reason ?? '').join(' ')]),
  );
  const counts = { waiting: 0, customer: 0, product: 0, both: 0 };
  const expected = { waiting: 0, customer: 0, product: 0, both: 0 };
  for (const deal of deals) {
    const key = `crm-sales:opportunity:${deal.opportunity_id}`;
    const reasons = listed.get(key);
    const noCustomer = deal.account === '';
    const noProduct = !known.has(deal.product!);
    expected.waiting += Number(noCustomer || noProduct);
    expected.customer += Number(noCustomer);
    expected.product += Number(noProduct);
    expected.both += Number(noCustomer && noProduct);
    if (noCustomer || noProduct) {
      if (reasons === undefined) found.deviation(key, 'is not listed as waiting');
      else if (reasons === '') found.deviation(key, 'waits without a reason');
    } else if (reasons !== undefined) found.deviation(key, `waits, but nothing is missing: ${reasons}`);
    if (reasons === undefined) continue;
    const saysCustomer = /customer/i.test(reasons);
    const saysProduct = /product|GTXPro/i.test(reasons);
    counts.waiting++;
    counts.customer += Number(saysCustomer);
    counts.product += Number(saysProduct);
    counts.both += Number(saysCustomer && saysProduct);
  }
  found.count('quotes waiting', counts.waiting, expected.waiting);
  found.count('… because they name no customer', counts.customer, expected.customer);
  found.count('… because nobody knows the product', counts.product, expected.product);
  found.count('… because of both', counts.both, expected.both);
}
