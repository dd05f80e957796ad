import { describe, expect, test } from 'vitest';
import type { Side } from '../../sync/core/types.ts';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { type Fields, openWorld } from './world.ts';

/**
 * Two records of one system become one. What refers to the first refers to the second from then on, in both systems, and
 * what stands beside that reference stays as somebody typed it. A document that is frozen keeps naming the first on both
 * sides, which means the second from then on. Taking the merge back gives back exactly what was.
 */
const w = await openWorld();
const known = await knownRecords(w);
const { product, ownerId } = dealsOf(w, known);
const apply = { mode: 'apply', actor: 'test' } as const;
const preview = { mode: 'preview', actor: 'test' } as const;

let n = 0;

/** Two customers, linked, that differ in all that a document takes over from them. */
async function customers() {
  n++;
  const of = (name: string, fields: Fields): Fields => ({
    name: `${name} ${n} of a merge`,
    ownerId,
    ...fields,
  });
  const at = (line1: string) => ({ billingAddress: { line1, city: 'Oslo', country: 'NO' } });
  const [from, into] = await w.writeAll('crm', [
    { kind: 'create', entity: 'Customer', fields: of('First', { paymentTerms: 'NET14', ...at('First 1') }) },
    {
      kind: 'create',
      entity: 'Customer',
      fields: of('Second', { paymentTerms: 'NET45', deliveryTerms: 'EXW', ...at('Second 2') }),
    },
  ]);
  await w.settled();
  const both = async (crm: string) => ({ crm, erp: await w.twin('customer', 'crm', crm) });
  return { from: await both(from!.id), into: await both(into!.id) };
}

/** A CRM order of one lamp, synced. */
async function orderOf(customerId: string, fields: Fields = {}, line: Fields = {}) {
  const made = await w.create('crm', 'Order', {
    customerId,
    ownerId,
    lines: [{ productId: product(0), quantity: '2', unitPrice: '100', ...line }],
    ...fields,
  });
  await w.settled();
  return { crm: made.id, erp: await w.twin('order', 'crm', made.id) };
}

type Pair = Readonly<Record<Side, string>>;

async function ship(order: Pair): Promise<void> {
  await w.edit('erp', 'Order', order.erp, { status: 'RELEASED' });
  const [line] = await w.lines('erp', 'Order', order.erp);
  await w.editLines('erp', 'Order', order.erp, [
    { kind: 'change', lineId: line!.lineId, fields: { quantityShipped: '2' } },
  ]);
  await w.settled();
}

/** What an order shows in both systems of its customer, and of what hangs on that. */
async function shown(order: Pair) {
  const [crm, erp] = await Promise.all([
    w.fields('crm', 'Order', order.crm),
    w.fields('erp', 'Order', order.erp),
  ]);
  return {
    crm: [crm.customerId, crm.paymentTerms, crm.billingAddress, crm.shippingAddress, crm.deliveryTerms],
    erp: [erp.customerId, erp.paymentTermsCode, erp.billToAddress, erp.shipToAddress, erp.shipmentMethodCode],
  };
}

const moved = <T extends Awaited<ReturnType<typeof shown>>>(before: T, into: Pair) => ({
  crm: [into.crm, ...before.crm.slice(1, 4)],
  erp: [into.erp, ...before.erp.slice(1, 4)],
});

const head = <T extends Awaited<ReturnType<typeof shown>>>({ crm, erp }: T) => ({
  crm: crm.slice(0, 4),
  erp: erp.slice(0, 4),
});

async function standing(order: Pair) {
  const link = await w.linkOf('order', order.crm);
  const drift = (await w.sync.drift([link.id])).get(link.id)!.fields;
  return [link.state, drift.filter(({ verdict }) => !['equal', 'agreed difference'].includes(verdict))];
}

describe.for(['crm', 'erp'] as const)('customers of the %s that became one', (side) => {
  test('take their orders along, with the terms and addresses that stand there, and give them back', async () => {
    const { from, into } = await customers();
    const plain = await orderOf(from.crm);
    const typed = await orderOf(from.crm, {
      paymentTerms: 'NET30',
      shippingAddress: { line1: 'Site 5', city: 'Bergen', country: 'NO' },
    });
    const released = await orderOf(from.crm);
    await w.edit('erp', 'Order', released.erp, { status: 'RELEASED', paymentTermsCode: 'NET60' });
    const shipped = await orderOf(from.crm, { paymentTerms: 'NET30' });
    await ship(shipped);
    const orders = [plain, typed, released, shipped];
    const before = await Promise.all(orders.map(shown));
    const ref = (pair: Pair) => ({ side, entity: 'Customer', id: pair[side] }) as const;

    const [planned] = await w.sync.followMerge(ref(from), ref(into), preview);
    const writes = planned!.plan.writes.filter(({ entity }) => entity === 'Order');
    expect(writes.map(({ side: on, id }) => `${on} ${id}`).sort()).toEqual(
      [plain, typed].flatMap((order) => [`crm ${order.crm}`, `erp ${order.erp}`]).sort(),
    );
    expect(writes.flatMap(({ fields }) => fields.map(({ field }) => field))).toEqual(
      writes.map(() => 'customerId'),
    );
    expect(planned!.plan.locked.map(({ field, why }) => [field, why]).sort()).toEqual(
      [
        [released, 'frozen at this stage'],
        [shipped, 'shipped, only the ERP edits'],
      ]
        .flatMap(([order, why]) =>
          (['crm', 'erp'] as const).map((on) => [
            'customerId',
            `${why}: ${on.toUpperCase()} Order ${(order as Pair)[on]} keeps naming the first`,
          ]),
        )
        .sort(),
    );

    const [done] = await w.sync.followMerge(ref(from), ref(into), apply);
    expect(done!.plan).toEqual(planned!.plan);
    await w.settled();
    const after = await Promise.all(orders.map(shown));
    expect(after.map(head)).toEqual([
      moved(before[0]!, into),
      moved(before[1]!, into),
      head(before[2]!),
      head(before[3]!),
    ]);
    expect(await Promise.all(orders.map(standing))).toEqual(orders.map(() => ['synced', []]));

    await w.sync.revert(done!.eventIds[0]!, null, apply);
    await w.settled();
    expect(await Promise.all(orders.map(shown))).toEqual(before);
    expect(await Promise.all(orders.map(standing))).toEqual(orders.map(() => ['synced', []]));
  });
});

describe('products of the CRM that became one', () => {
  test('take the lines along, with the texts, prices and tax that stand there, and give them back', async () => {
    n++;
    const [from, into] = await w.writeAll(
      'crm',
      (
        [
          ['ALPHA', '100', 'S'],
          ['BETA', '250', 'Z'],
        ] as const
      ).map(([name, listPrice, taxCategory]) => ({
        kind: 'create',
        entity: 'Product',
        fields: { sku: `${name}-${n}`, name: `${name} ${n}`, listPrice, taxCategory, baseUnit: 'C62' },
      })),
    );
    await w.settled();
    const both = async (crm: string) => ({ crm, erp: await w.twin('product', 'crm', crm) });
    const [a, b] = [await both(from!.id), await both(into!.id)];
    const line = { productId: a.crm, unitPrice: '99.5' };
    const customerId = String(known.Customer[0].crm);
    const plain = await orderOf(customerId, {}, line);
    const typed = await orderOf(customerId, {}, { ...line, description: 'typed text' });
    const shipped = await orderOf(customerId, {}, line);
    await ship(shipped);
    const orders = [plain, typed, shipped];
    const shownLine = async (order: Pair) =>
      Promise.all(
        (['crm', 'erp'] as const).map(async (side) => {
          const [first] = await w.lines(side, 'Order', order[side]);
          const { productId, description, unitPrice, taxCategory, vatProductGroup, taxRate, vatPercent } =
            first!;
          return {
            productId,
            beside: [description, unitPrice, taxCategory ?? vatProductGroup, taxRate ?? vatPercent],
          };
        }),
      );
    const before = await Promise.all(orders.map(shownLine));
    const [planned] = await w.sync.followMerge(
      { side: 'crm', entity: 'Product', id: a.crm },
      { side: 'crm', entity: 'Product', id: b.crm },
      preview,
    );
    const [done] = await w.sync.followMerge(
      { side: 'crm', entity: 'Product', id: a.crm },
      { side: 'crm', entity: 'Product', id: b.crm },
      apply,
    );
    expect(done!.plan).toEqual(planned!.plan);
    expect(done!.plan.locked.map(({ field }) => field)).toEqual(['lines.productId', 'lines.productId']);
    await w.settled();
    const movedLine = (pair: (typeof before)[number]) =>
      pair.map((each, side) => ({ ...each, productId: side === 0 ? b.crm : b.erp }));
    expect(await Promise.all(orders.map(shownLine))).toEqual([
      movedLine(before[0]!),
      movedLine(before[1]!),
      before[2],
    ]);
    expect(await Promise.all(orders.map(standing))).toEqual(orders.map(() => ['synced', []]));
    // What is edited on the one that stays travels as ever.
    await w.edit('crm', 'Order', shipped.crm, { notes: 'after the merge' });
    await w.settled();
    expect((await w.fields('erp', 'Order', shipped.erp)).workDescription).toBe('after the merge');
    // Both systems name another product at once: nothing travels, neither there nor back.
    const links = await Promise.all(orders.map(async ({ crm }) => (await w.linkOf('order', crm)).id));
    const log = () => Promise.all(links.map((id) => w.events(id)));
    const [told, back] = [await log(), await w.sync.revert(done!.eventIds[0]!, null, preview)];
    for (const { children } of [planned!, back])
      expect(children!.map(({ linkId, outcome, plan }) => [linkId, outcome, plan.writes])).toEqual(
        links.map((id) => [id, 'unchanged', []]),
      );
    await w.sync.revert(done!.eventIds[0]!, null, apply);
    await w.settled();
    expect(await log()).toEqual(told);
    expect(await Promise.all(orders.map(shownLine))).toEqual(before);
    expect(await Promise.all(orders.map(standing))).toEqual(orders.map(() => ['synced', []]));
  });
});
