import { expect, test } from 'vitest';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { type Fields, openWorld } from './world.ts';

// A line's number in the CRM is its ten thousands in the ERP, as far as no other line has to move for it.

const w = await openWorld();
const known = await knownRecords(w);
const { product } = dealsOf(w, known);

test('line numbers travel: of a new document, and typed later on either side', async () => {
  const made = await w.create('crm', 'Order', {
    customerId: known.Customer[0].crm,
    lines: [
      { productId: product(0), quantity: '1', lineNumber: 3 },
      { productId: product(1), quantity: '1', lineNumber: 7 },
    ],
  });
  await w.settled();
  const erpId = await w.twin('order', 'crm', made.id);
  const numbers = async () => [
    (await w.lines('crm', 'Order', made.id)).map(({ lineNumber }) => lineNumber),
    (await w.lines('erp', 'Order', erpId)).map(({ lineNo }) => lineNo),
  ];
  expect(await numbers()).toEqual([
    [3, 7],
    [30_000, 70_000],
  ]);
  const typed = async (side: 'crm' | 'erp', id: string, fields: Fields) => {
    const last = (await w.lines(side, 'Order', id)).at(-1)!;
    const lineChanges = [{ kind: 'change' as const, lineId: last.lineId as string, fields }];
    await w.written(side, { kind: 'update', entity: 'Order', id, fields: {}, lineChanges });
    await w.settled();
  };
  await typed('crm', made.id, { lineNumber: 9 });
  expect(await numbers()).toEqual([
    [3, 9],
    [30_000, 90_000],
  ]);
  await typed('erp', erpId, { lineNo: 50_000 });
  expect(await numbers()).toEqual([
    [3, 5],
    [30_000, 50_000],
  ]);
});
