import { decimal } from '../system/amounts.ts';
import { badInput, Refusal } from '../system/failures.ts';
import { primaryContacts } from '../system/primary-contact.ts';
import type { Announced, Draft, Rules, World } from '../system/rules.ts';
import { arrayLiteral, type Run } from '../system/sql-text.ts';
import { settleOrder, settleQuote } from './documents.ts';
import { expiredQuotes } from './expiry.ts';
import { judgedByItem, vatPercentOf } from './lines.ts';
import { balanceMoves, stockMoves } from './stock.ts';

/** The ERP's business rules. */
export const erpRules: Rules = {
  sees: {
    Customer: [
      'customerNo',
      'invoiceAddress',
      'deliveryAddress',
      'currencyCode',
      'paymentTermsCode',
      'shipmentMethodCode',
      'shippingAgentCode',
      'priceGroupCode',
      'vatBusinessGroup',
      'salespersonId',
      'blocked',
    ],
    Contact: ['customerId'],
    Product: [
      'description',
      'baseUnitCode',
      'itemUnits',
      'roundingPrecision',
      'unitPrice',
      'currencyCode',
      'vatProductGroup',
      'vatPercent',
      'salesBlocked',
    ],
    Salesperson: [
      'externalReference',
      'name',
      'email',
      'phone',
      'title',
      'employeeNo',
      'salesTeamCode',
      'dimensionDepartment',
      'territoryCode',
      'commissionPercent',
      'approverId',
      'approverCode',
      'languageCode',
      'blocked',
    ],
  },
  judged: judgedByItem,
  due: [expiredQuotes],
  through: { Salesperson: ['Customer.salespersonId'] },
  derived: {
    Contact: {
      // A value and no `exists`, which the planner may answer by hashing all customers for a page of contacts.
      isPrimary:
        'coalesce((select c.primary_contact_id = t.id from erp.customer c where c.id = t.customer_id), false)',
    },
  },
  // A contact that goes away takes its place as primary contact with it.
  loose: ['Customer.primaryContactId'],
  prepare(run, entity, announced, company) {
    const { itemNo, description } = company.writeInItem;
    const wanted =
      (entity === 'Quote' || entity === 'Order') &&
      announced.some(({ lines }) => lines.some((line) => line.itemNo === itemNo));
    if (!wanted) return [];
    const group = company.vatProductGroup;
    return [
      run(
        `insert into erp.product (item_no, description, type, base_unit_code, vat_product_group, vat_percent, updated_by)
         values ($1::text, $2::text, 'SERVICE', $3::text, $4::text, $5::text::numeric, 'erp') on conflict do nothing`,
        [itemNo, description, company.erpUnit, group, company.vatPercents[group] ?? '0'],
      ),
    ];
  },
  facts,
  settle(draft, world) {
    const { entity } = draft;
    if (entity === 'Customer') settleCustomer(draft, world);
    else if (entity === 'Contact') settleContact(draft);
    else if (entity === 'Product') settleProduct(draft, world);
    else if (entity === 'Quote') settleQuote(draft, world);
    else if (entity === 'Order') settleOrder(draft, world, (id) => blockOf(id, world));
    else if (draft.fields.approverId === draft.id)
      throw badInput('approverCode', draft.fields.approverCode, 'names the salesperson himself.');
  },
  remove(record, entity, kind, origin) {
    if (entity !== 'Order' || kind !== 'delete' || origin !== 'person') return;
    const lines = record.fields.lines as readonly Readonly<Record<string, string | null>>[];
    if (lines.some((line) => decimal(line.quantityShipped).gt(0))) {
      throw new Refusal(
        'STATE',
        `Order ${record.fields.orderNo} is shipped and cannot be deleted; archive it instead.`,
        { current: record },
      );
    }
  },
  followUps: (written, _facts, company) => [
    ...primaryContacts(written),
    ...balanceMoves(written, company),
    ...stockMoves(written),
  ],
};

interface Facts {
  /** What is blocked for the debtors of existing orders. */
  readonly blocked: ReadonlyMap<string, string>;
  /** Items that document lines use. */
  readonly used: ReadonlySet<string>;
}

const noFacts: Facts = { blocked: new Map(), used: new Set() };

async function facts(run: Run, entity: string, announced: readonly Announced[]): Promise<Facts> {
  const known = announced.filter(({ isNew }) => !isNew);
  if (entity === 'Order') {
    // Only a shipment or an invoice asks whether the debtor is blocked, and a status that implies one.
    const asking = known.filter(
      ({ lines, given }) =>
        lines.some((line) => 'quantityShipped' in line || 'quantityInvoiced' in line) || 'status' in given,
    );
    if (asking.length === 0) return noFacts;
    const rows = await run(
      `select c.id, c.blocked from erp.customer c where c.id in (select o.customer_id from erp."order" o where o.id in (select unnest($1::text::text[])))`,
      [arrayLiteral(asking.map(({ id }) => id))],
    );
    return { ...noFacts, blocked: new Map(rows.map((row) => [row.id as string, row.blocked as string])) };
  }
  const renumbered =
    entity === 'Product' ? known.filter(({ given }) => 'itemNo' in given).map(({ id }) => id) : [];
  if (renumbered.length === 0) return noFacts;
  const rows = await run(
    `select product_id from erp.order_line where product_id in (select unnest($1::text::text[]))
     union select product_id from erp.quote_line where product_id in (select unnest($1::text::text[]))`,
    [arrayLiteral(renumbered)],
  );
  return { ...noFacts, used: new Set(rows.map((row) => row.product_id as string)) };
}

function blockOf(customerId: string, { find, facts }: World): string {
  const given = find('Customer', customerId)?.blocked;
  return (given ?? (facts as Facts).blocked.get(customerId) ?? 'NONE') as string;
}

function settleCustomer({ fields, id, given, origin }: Draft, { find }: World): void {
  const contact =
    given.has('primaryContactId') || given.has('primaryContactNo')
      ? find('Contact', fields.primaryContactId)
      : undefined;
  if (contact && contact.customerId !== id && origin === 'person') {
    throw badInput('primaryContactNo', fields.primaryContactNo, 'is a contact of another debtor.');
  }
}

function settleContact({ fields, before, given }: Draft): void {
  const moved = before !== null && before.fields.customerId !== fields.customerId;
  if (given.has('isPrimary')) fields.isPrimary = fields.isPrimary === true;
  else fields.isPrimary = before !== null && !moved && before.fields.isPrimary === true;
}

function settleProduct({ fields, before, given, id }: Draft, { company, facts }: World): void {
  const regrouped = before !== null && before.fields.vatProductGroup !== fields.vatProductGroup;
  if (fields.vatPercent === null || (regrouped && !given.has('vatPercent'))) {
    fields.vatPercent = vatPercentOf(company, fields.vatProductGroup as string);
  }
  if (!before) return;
  if (before.fields.itemNo !== fields.itemNo && (facts as Facts).used.has(id)) {
    throw new Refusal('STATE', `itemNo is frozen: document lines use ${before.fields.itemNo}.`, {
      field: 'itemNo',
      value: fields.itemNo!,
    });
  }
  const stocked = !decimal(before.fields.inventory).eq(0) || !decimal(before.fields.reservedQuantity).eq(0);
  if (stocked && before.fields.baseUnitCode !== fields.baseUnitCode) {
    throw new Refusal('STATE', `baseUnitCode is frozen: there is stock in ${before.fields.baseUnitCode}.`, {
      field: 'baseUnitCode',
      value: fields.baseUnitCode!,
    });
  }
}
