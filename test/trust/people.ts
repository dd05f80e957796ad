import type { Json, Side, SystemRecord } from '../../sync/core/types.ts';
import type { Random } from './referee/random.ts';
import { type Fields, type FlowName, flows } from './referee/shapes.ts';
import type { World } from './world.ts';

/** What a cell of the crash matrix works on: a flow, where its record is born, and its operation. */
export type Operation = 'create' | 'update' | 'delete';

/** Flows whose records are made on either side, each with each side. */
export const births = (['customer', 'contact', 'product', 'quote', 'order'] as const).flatMap((flow) =>
  (['crm', 'erp'] as const).map((side) => ({ flow, side })),
);

let count = 0;

/** Records that others refer to, on both sides. */
export interface Ground {
  readonly user: string;
  readonly customer: Readonly<Record<Side, string>>;
  readonly product: Readonly<Record<Side, string>>;
}

/** Makes a user, a customer and a product, and waits until they are on both sides. */
export async function ground(w: World): Promise<Ground> {
  const life = await w.live();
  const user = w.create('crm', 'User', { fullName: 'Kari Holm', email: 'kari@firm.example', active: true });
  const customer = w.create('crm', 'Customer', values('customer', 'crm', { user: user.id }));
  const product = w.create('crm', 'Product', values('product', 'crm', {}));
  await w.settled(life);
  await life.stop();
  const twin = (entity: string, id: string): string =>
    w.erp.all(entity).find((r) => r.fields.externalReference === id)!.id;
  return {
    user: user.id,
    customer: { crm: customer.id, erp: twin('Customer', customer.id) },
    product: { crm: product.id, erp: twin('Product', product.id) },
  };
}

/** What a new record of a flow is made of, in its side's own names. Every one is different. */
export function values(
  flow: FlowName,
  side: Side,
  refs: { readonly user?: string; readonly customer?: string; readonly product?: string },
): Fields {
  const n = ++count;
  const crm = side === 'crm';
  const owner: Fields = crm && refs.user ? { ownerId: refs.user } : {};
  switch (flow) {
    case 'customer':
      return crm
        ? { name: `Firm ${n}`, email: `post${n}@firm.example`, kind: 'COMPANY', status: 'ACTIVE', ...owner }
        : { name: `Firm ${n}`, email: `post${n}@firm.example`, partnerType: 'COMPANY', blocked: 'NONE' };
    case 'contact':
      return crm
        ? {
            firstName: `Ola ${n}`,
            lastName: `Dahl ${n}`,
            email: `ola${n}@firm.example`,
            kind: 'PERSON',
            status: 'ACTIVE',
            customerId: refs.customer!,
          }
        : {
            firstName: `Ola ${n}`,
            lastName: `Dahl ${n}`,
            email: `ola${n}@firm.example`,
            type: 'PERSON',
            blocked: false,
            customerId: refs.customer!,
          };
    case 'product':
      return crm
        ? { sku: `SKU-${n}`, name: `Lamp ${n}`, kind: 'GOOD', baseUnit: 'C62', status: 'ACTIVE' }
        : {
            itemNo: `SKU-${n}`,
            description: `Lamp ${n}`,
            type: 'INVENTORY',
            baseUnitCode: 'UNIT',
            salesBlocked: false,
          };
    case 'user':
      return { fullName: `Kari ${n}`, email: `kari${n}@firm.example`, active: true };
    default:
      return document(flow, side, refs, owner, n);
  }
}

function document(
  flow: FlowName,
  side: Side,
  refs: { readonly customer?: string; readonly product?: string },
  owner: Fields,
  n: number,
): Fields {
  const quote = flow !== 'order';
  if (side === 'crm')
    return {
      customerId: refs.customer!,
      currency: 'NOK',
      status: 'DRAFT',
      ...(quote ? { quoteDate: '2026-11-01' } : { orderDate: '2026-11-01' }),
      ...owner,
      lines: [
        {
          lineNumber: 1,
          kind: 'PRODUCT',
          ...(quote && { selection: 'REQUIRED' }),
          productId: refs.product!,
          description: `Lamp ${n}`,
          quantity: '2',
          unit: 'C62',
          unitPrice: '10',
        },
      ],
    };
  return {
    customerId: refs.customer!,
    currencyCode: 'NOK',
    status: 'OPEN',
    ...(quote ? { documentDate: '2026-11-01' } : { orderDate: '2026-11-01' }),
    lines: [
      {
        lineNo: 10000,
        type: 'ITEM',
        productId: refs.product!,
        description: `Lamp ${n}`,
        quantity: '2',
        unitCode: 'UNIT',
        unitPrice: '10',
      },
    ],
  };
}

/** A value for a property that both sides spell the same way. */
export function newValue(property: string): Json {
  const n = ++count;
  if (/Date$/.test(property))
    return `2027-${String(1 + (n % 12)).padStart(2, '0')}-${String(1 + (n % 28)).padStart(2, '0')}`;
  if (/mail/i.test(property)) return `mail${n}@firm.example`;
  return `${property} ${n}`;
}

/** A person creates a record of a flow. */
export function born(w: World, flow: FlowName, side: Side, on: Ground): SystemRecord {
  return w.create(
    side,
    flows[flow][side],
    values(flow, side, { user: on.user, customer: on.customer[side], product: on.product[side] }),
  );
}

/** A person edits one property of a record, chosen at random or the first. */
export function edited(w: World, flow: FlowName, side: Side, id: string, random?: Random): SystemRecord {
  const { both } = flows[flow];
  const names = side === 'crm' ? Object.keys(both) : Object.values(both);
  const field = random ? random.pick(names) : names[0]!;
  return w.edit(side, flows[flow][side], id, { [field]: newValue(field) });
}

/** The counterpart of a record, by the stamp; null while it has none. */
export function twinOf(w: World, flow: FlowName, side: Side, id: string): string | null {
  const { erp, stamp } = flows[flow];
  if (side === 'crm') return w.erp.all(erp).find((r) => r.fields[stamp] === id)?.id ?? null;
  return (w.erp.get(erp, id)?.fields[stamp] as string | undefined) ?? null;
}
