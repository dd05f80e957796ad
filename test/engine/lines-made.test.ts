import { describe, expect, test } from 'vitest';
import type { Connector, LineChange } from '../../sync/core/connector.ts';
import type { Json, Side, SystemRecord } from '../../sync/core/types.ts';
import { type Fields, openRuns, type Process } from '../runs/world.ts';

const w = await openRuns();

/** What happens once around what the sync writes to documents of an entity: before anything of it, or when the CRM has it. */
let around: {
  readonly entity: string;
  readonly before?: () => Promise<unknown>;
  readonly after?: () => Promise<unknown>;
} | null = null;
let happened: Promise<unknown> | undefined;

const through = (side: Side, connector: Connector): Connector => ({
  ...connector,
  async write(writes, author) {
    const now = around && writes.some(({ entity }) => entity === around?.entity) ? around : null;
    if (now?.before) {
      around = null;
      happened = now.before();
    }
    await happened;
    const results = await connector.write(writes, author);
    if (now?.after && side === 'crm') {
      around = null;
      await now.after();
    }
    return results;
  },
});

const first = await w.live(through);
const customer = await w.create('erp', 'Customer', { name: 'Buys by the line' });
const [lamp, chair] = [
  await w.create('erp', 'Product', { itemNo: 'LAMP', description: 'A lamp' }),
  await w.create('erp', 'Product', { itemNo: 'CHAIR', description: 'A chair' }),
];
await w.settled(first);
await first.stop();

/** A document of the ERP that comes into being there, with a lamp on its only line. */
const ordered = (entity: string): Promise<SystemRecord> =>
  w.create('erp', entity, {
    customerId: customer.id,
    workDescription: 'As it came',
    lines: [{ productId: lamp.id, quantity: '2', unitPrice: '10' }],
  });

type Lines = readonly (Fields & { readonly lineId: string })[];
const linesOf = (record: SystemRecord | undefined): Lines => (record?.fields.lines ?? []) as Lines;

async function change(entity: string, id: string, lineChanges: readonly LineChange[]): Promise<void> {
  const [result] = await w.erp.write([{ entity, kind: 'update', id, fields: {}, lineChanges }], {
    actor: 'anna',
    origin: 'person',
  });
  if (!result || !('record' in result)) throw new Error(JSON.stringify(result));
}

/** Somebody corrects what stands on the lines of a lamp. */
async function corrected(entity: string, id: string, fields: Fields): Promise<void> {
  const lines = linesOf(await w.read('erp', entity, id)).filter(({ productId }) => productId === lamp.id);
  await change(
    entity,
    id,
    lines.slice(-1).map(({ lineId }) => ({ kind: 'change', lineId, fields })),
  );
  await w.edit('erp', entity, id, { workDescription: 'As it was meant' });
}

/** Somebody takes away the lines of a lamp. */
async function removed(entity: string, id: string): Promise<void> {
  const lines = linesOf(await w.read('erp', entity, id)).filter(({ productId }) => productId === lamp.id);
  await change(
    entity,
    id,
    lines.map(({ lineId }) => ({ kind: 'remove', lineId })),
  );
  await w.edit('erp', entity, id, { workDescription: 'As it was meant' });
}

/** The lines of all documents of a deal, each as `item × quantity unit`. */
async function shown(entity: string, id: string): Promise<readonly (readonly string[])[]> {
  const document = await w.read('erp', entity, id);
  const [twin] = await w.sql<{ crmId: string }[]>`
    select crm_id as "crmId" from sync.link where erp_id = ${id} and state = 'synced' and mapping = ${entity.toLowerCase()}`;
  const orders = await w.sql<{ erpId: string }[]>`
    select erp_id as "erpId" from sync.link
    where crm_id = ${twin?.crmId ?? ''} and mapping = 'quoteOrder' and erp_id is not null and state <> 'ended'`;
  const counterpart = await w.read('crm', entity, twin?.crmId ?? '');
  expect([document?.fields.workDescription, counterpart?.fields.notes], 'what is said of it all').toEqual(
    Array(2).fill('As it was meant'),
  );
  const others = await Promise.all(orders.map(({ erpId }) => w.read('erp', 'Order', erpId)));
  const names = new Map<Json | undefined, string>();
  for (const item of [lamp, chair]) {
    names.set(item.id, String(item.fields.itemNo));
    names.set(
      (await w.read('erp', 'Product', item.id))!.fields.externalReference,
      String(item.fields.itemNo),
    );
  }
  return [document, counterpart, ...others].map((each) =>
    linesOf(each).map(({ productId, quantity }) => `${names.get(productId)} × ${Number(quantity)}`),
  );
}

async function alive(act: (life: Process) => Promise<void>): Promise<void> {
  const life = await w.live(through);
  await act(life);
  await w.settled(life);
  await life.stop();
}

const corrections: readonly (readonly [string, () => Fields, string])[] = [
  ['another item', () => ({ productId: chair.id }), 'CHAIR × 2'],
  ['another item and quantity', () => ({ productId: chair.id, quantity: '5' }), 'CHAIR × 5'],
  ['another quantity', () => ({ quantity: '5' }), 'LAMP × 5'],
];

describe.each(['Order', 'Quote'])('a line of a new ERP %s', (entity) => {
  const one = (line: string) => (entity === 'Quote' ? [[line], [line], [line]] : [[line], [line]]);

  test.each(corrections)(
    'that gets %s while its counterpart is made stays one line',
    async (_, fields, line) => {
      let id = '';
      around = { entity, before: () => corrected(entity, id, fields()) };
      await alive(async () => {
        id = (await ordered(entity)).id;
      });
      expect(await shown(entity, id)).toEqual(one(line));
    },
  );

  test.each(corrections)(
    'that gets %s after a death over its counterpart stays one line',
    async (_, fields, line) => {
      const died = Promise.withResolvers<void>();
      const life = await w.live(through);
      around = {
        entity,
        async after() {
          died.resolve(life.kill());
          // Nothing of it comes back.
          return new Promise<never>((_, reject) => setImmediate(reject, new Error('dead')));
        },
      };
      const { id } = await ordered(entity);
      await died.promise;
      await corrected(entity, id, fields());
      await alive(async () => {});
      expect(await shown(entity, id)).toEqual(one(line));
    },
  );

  const two = async (): Promise<string> => {
    const { id } = await ordered(entity);
    await change(entity, id, [
      { kind: 'add', fields: { productId: chair.id, quantity: '3', unitPrice: '20' } },
    ]);
    return id;
  };

  test('that is removed while its counterpart is made stays removed', async () => {
    let id = '';
    around = { entity, before: () => removed(entity, id) };
    await alive(async () => {
      id = await two();
    });
    expect(await shown(entity, id)).toEqual(one('CHAIR × 3'));
  });

  test('that is removed after a death over its counterpart stays removed', async () => {
    const died = Promise.withResolvers<void>();
    const life = await w.live(through);
    around = {
      entity,
      async after() {
        died.resolve(life.kill());
        // Nothing of it comes back.
        return new Promise<never>((_, reject) => setImmediate(reject, new Error('dead')));
      },
    };
    const id = await two();
    await died.promise;
    await removed(entity, id);
    await alive(async () => {});
    expect(await shown(entity, id)).toEqual(one('CHAIR × 3'));
  });

  test('that is removed after a death over its counterpart stays where somebody has edited that', async () => {
    const died = Promise.withResolvers<void>();
    const life = await w.live(through);
    around = {
      entity,
      async after() {
        died.resolve(life.kill());
        // Nothing of it comes back.
        return new Promise<never>((_, reject) => setImmediate(reject, new Error('dead')));
      },
    };
    const id = await two();
    await died.promise;
    const [made] = await w.sql<{ id: string }[]>`
      select id from crm.${w.sql(entity === 'Quote' ? 'quote' : 'order')} order by created_at desc limit 1`;
    await w.edit('crm', entity, made!.id, { notes: 'As it was meant' });
    await removed(entity, id);
    await alive(async () => {});
    expect((await shown(entity, id)).map((lines) => [...lines].sort())).toEqual(
      one('').map(() => ['CHAIR × 3', 'LAMP × 2']),
    );
  });

  test('that is added, and is removed while it travels, is on no document', async () => {
    let id = '';
    await alive(async () => {
      id = (await ordered(entity)).id;
    });
    around = {
      entity,
      async before() {
        const lines = linesOf(await w.read('erp', entity, id)).filter(
          ({ productId }) => productId === chair.id,
        );
        await change(entity, id, [{ kind: 'remove', lineId: lines[0]!.lineId }]);
        await w.edit('erp', entity, id, { workDescription: 'As it was meant' });
      },
    };
    await alive(() =>
      change(entity, id, [{ kind: 'add', fields: { productId: chair.id, quantity: '3', unitPrice: '20' } }]),
    );
    expect(await shown(entity, id)).toEqual(one('LAMP × 2'));
  });

  test.each(corrections)(
    'that is added, and gets %s while it travels, stays one line',
    async (_, fields, line) => {
      let id = '';
      await alive(async () => {
        id = (await ordered(entity)).id;
      });
      around = { entity, before: () => corrected(entity, id, fields()) };
      await alive(() =>
        change(entity, id, [{ kind: 'add', fields: { productId: lamp.id, quantity: '2', unitPrice: '20' } }]),
      );
      const both = ['LAMP × 2', line];
      expect(await shown(entity, id)).toEqual(one('').map(() => both));
    },
  );
});
