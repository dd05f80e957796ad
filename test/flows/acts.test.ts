import { describe, expect, test } from 'vitest';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { failing, pairsOf } from './pairs.ts';
import { openWorld } from './world.ts';

const w = await openWorld();
const known = await knownRecords(w);
const { ordered, product, released, quoted, quantities } = dealsOf(w, known);
const { pair, quietly, goOn } = pairsOf(w);
const apply = { mode: 'apply', actor: 'test' } as const;
const preview = { mode: 'preview', actor: 'test' } as const;
const customer = (id: string) => [{ side: 'crm', entity: 'Customer', id }] as const;

describe('acts', () => {
  test('PREVIEW writes nothing and tells all; applyPlan applies exactly that, once', async () => {
    const ids = await pair();
    await quietly(async () => void (await w.edit('crm', 'Customer', ids.crm, { legalName: 'Planned' })));
    const events = await w.events(ids.link);
    const [plan] = await w.sync.syncRecords('customer', customer(ids.crm), preview);
    expect(plan!.plan.writes).toMatchObject([
      {
        side: 'erp',
        entity: 'Customer',
        id: ids.erp,
        action: 'update',
        fields: [{ field: 'legalName', before: null, after: 'Planned' }],
      },
    ]);
    expect((await w.fields('erp', 'Customer', ids.erp)).legalName).toBeNull();
    expect(await w.events(ids.link)).toEqual(events);
    const done = await w.sync.applyPlan(plan!.planToken!, { actor: 'test' });
    expect(done.outcome).toBe('updated');
    expect((await w.fields('erp', 'Customer', ids.erp)).legalName).toBe('Planned');
    expect(await failing(w.sync.applyPlan(plan!.planToken!, { actor: 'test' }))).toBe('STALE_PLAN');
    await goOn();
  });

  test.for(['crm', 'erp'] as const)('applyPlan refuses when the %s has moved', async (side) => {
    const ids = await pair();
    await quietly(async () => void (await w.edit('crm', 'Customer', ids.crm, { legalName: 'Planned' })));
    const [plan] = await w.sync.syncRecords('customer', customer(ids.crm), preview);
    await w.edit(
      side,
      'Customer',
      ids[side],
      side === 'crm' ? { website: 'https://moved.example' } : { homePage: 'https://moved.example' },
    );
    expect(await failing(w.sync.applyPlan(plan!.planToken!, { actor: 'test' }))).toBe('STALE_PLAN');
    expect((await w.fields('erp', 'Customer', ids.erp)).legalName).toBeNull();
    await goOn();
  });

  test('PREVIEW of a record without counterpart creates nothing', async () => {
    let id = '';
    await quietly(async () => {
      id = (await w.create('crm', 'Customer', { name: 'Not yet there' })).id;
    });
    const [plan] = await w.sync.syncRecords('customer', customer(id), preview);
    expect(plan!.outcome).toBe('created');
    expect(await w.count('erp', 'Customer', 'externalReference', id)).toBe(0);
    expect(await w.links({ id })).toEqual([]);
    const done = await w.sync.applyPlan(plan!.planToken!, { actor: 'test' });
    expect(done.outcome).toBe('created');
    expect(await w.count('erp', 'Customer', 'externalReference', id)).toBe(1);
    await goOn();
  });

  test('PREVIEW of records that a sync would link says so, as applying it does', async () => {
    let id = '';
    await quietly(async () => {
      const email = 'post@linked.example';
      id = (await w.create('crm', 'Customer', { name: 'To be linked', email, legalName: 'Linked Ltd' })).id;
      await w.create('erp', 'Customer', { name: 'To be linked', email });
    });
    const [plan] = await w.sync.syncRecords('customer', customer(id), preview);
    expect(plan).toMatchObject({ outcome: 'linked', plan: { kind: 'update' } });
    expect(await w.sync.applyPlan(plan!.planToken!, { actor: 'test' })).toMatchObject({ outcome: 'linked' });
    await goOn();
  });

  test.for([
    ['crm', 'Mine'],
    ['erp', 'Theirs'],
  ] as const)('prefer %s decides every contested field', async ([prefer, expected]) => {
    const ids = await pair();
    await quietly(async () => {
      await w.edit('crm', 'Customer', ids.crm, { legalName: 'Mine' });
      await w.edit('erp', 'Customer', ids.erp, { legalName: 'Theirs' });
    });
    await w.sync.syncRecords('customer', customer(ids.crm), { ...apply, prefer });
    await goOn();
    expect([
      (await w.fields('crm', 'Customer', ids.crm)).legalName,
      (await w.fields('erp', 'Customer', ids.erp)).legalName,
    ]).toEqual([expected, expected]);
  });

  test('a paused flow keeps what comes and does it when it goes on', async () => {
    const ids = await pair();
    await quietly(async () => void (await w.edit('crm', 'Customer', ids.crm, { legalName: 'Kept' })));
    await w.settled();
    expect((await w.fields('erp', 'Customer', ids.erp)).legalName).toBeNull();
    await goOn();
    expect((await w.fields('erp', 'Customer', ids.erp)).legalName).toBe('Kept');
  });

  test('a deletion that the other system refuses is failed, told of and listed until it is taken', async () => {
    const ids = await pair();
    await w.sync.setFlow('customer', { onDelete: { crm: 'delete', erp: 'archive' } }, 'test');
    await w.sync.pause('order', true, null, 'test');
    const order = await w.create('erp', 'Order', {
      customerId: ids.erp,
      lines: [{ type: 'ITEM', productId: known.Product[0].erp, quantity: '1', unitPrice: '5' }],
    });
    await w.remove('crm', 'Customer', ids.crm);
    await w.settled();
    const stands = async () => [
      (await w.links({ id: ids.link, live: false })).map(({ state }) => state),
      (await w.events(ids.link)).at(-1)!.outcome,
      (await w.issues(ids.link)).map(({ code }) => code),
      (await w.deadLetters()).filter(({ linkId }) => linkId === ids.link).map(({ code }) => code),
    ];
    expect(await stands()).toEqual([['failed'], 'failed', ['STATE'], ['STATE']]);
    await w.remove('erp', 'Order', order.id);
    await w.sync.retry({ ids: [ids.link] }, apply);
    await w.settled();
    expect(await stands()).toEqual([['ended'], 'deleted', [], []]);
    await w.sync.pause('order', false, null, 'test');
    await w.sync.setFlow('customer', { onDelete: { crm: 'archive', erp: 'archive' } }, 'test');
    await w.settled();
  });

  test('revert takes an archiving back on both sides, and a restoring', async () => {
    const ids = await pair();
    const link = await w.linkOf('customer', ids.crm);
    const archived = async () => [
      (await w.read('crm', 'Customer', ids.crm)).archived,
      (await w.read('erp', 'Customer', ids.erp)).archived,
    ];
    const last = async () => (await w.events(link.id)).at(-1)!;
    await w.written('crm', { kind: 'archive', entity: 'Customer', id: ids.crm });
    await w.settled();
    expect(await archived()).toEqual([true, true]);
    const planned = await w.sync.revert((await last()).id, null, preview);
    expect(planned.plan.writes.map(({ side, fields }) => [side, fields])).toEqual([
      ['crm', [{ field: 'archived', before: true, after: false, rule: 'decided' }]],
      ['erp', [{ field: 'archived', before: true, after: false, rule: 'decided' }]],
    ]);
    expect(await archived()).toEqual([true, true]);
    await w.sync.applyPlan(planned.planToken!, { actor: 'kari' });
    await w.settled();
    expect(await archived()).toEqual([false, false]);
    const taken = await last();
    expect(taken).toMatchObject({ outcome: 'updated', cause: { kind: 'mutation', actor: 'kari' } });
    await w.sync.revert(taken.id, null, apply);
    await w.settled();
    expect(await archived()).toEqual([true, true]);
  });

  test('revert puts back what an event changed', async () => {
    const ids = await pair({ legalName: 'First', website: 'https://first.example' });
    await w.edit('crm', 'Customer', ids.crm, { legalName: 'Second', website: 'https://second.example' });
    await w.settled();
    const event = (await w.events(ids.link)).at(-1)!;
    await expect(w.sync.revert(event.id, ['legalName', 'nome'], apply)).rejects.toThrow(
      `Event_${event.id} did not change nome; it changed legalName`,
    );
    const planned = await w.sync.revert(event.id, ['legalName'], preview);
    expect(planned.plan.changes.map((change) => change.after)).toEqual(['First', 'First']);
    await w.sync.revert(event.id, ['legalName'], apply);
    await w.settled();
    expect(await w.fields('crm', 'Customer', ids.crm)).toMatchObject({
      legalName: 'First',
      website: 'https://second.example',
    });
    expect(await w.fields('erp', 'Customer', ids.erp)).toMatchObject({
      legalName: 'First',
      homePage: 'https://second.example',
    });
  });

  test.for([
    ['crm', 5],
    ['erp', 3],
    ['base', 3],
    [{ value: '4' }, 4],
  ] as const)('resolveConflict takes %s', async ([take, quantity]) => {
    const deal = await released();
    const [line] = await w.lines('crm', 'Order', deal.order);
    await w.editLines('crm', 'Order', deal.order, [
      { kind: 'change', lineId: line!.lineId, fields: { quantity: '5' } },
    ]);
    await w.settled();
    const link = await w.linkOf('order', deal.order);
    const [conflict] = await w.conflicts(link.id);
    await w.sync.resolveConflict(conflict!.id, [{ field: conflict!.field, take }], apply);
    await w.settled();
    expect(await quantities('crm', 'Order', deal.order)).toEqual([quantity]);
    expect(await quantities('erp', 'Order', deal.erpOrder)).toEqual([quantity]);
    expect((await w.linkOf('order', deal.order)).state).toBe('synced');
    expect(await w.conflicts(link.id)).toEqual([]);
  });

  test('a choice that several conflicts may be meant by, or two choices about one, decide nothing', async () => {
    const deal = await ordered(
      {},
      [0, 1].map((n) => ({ productId: product(n as 0 | 1), quantity: '3', unitPrice: '100' })),
    );
    await w.edit('erp', 'Order', deal.erpOrder, { status: 'RELEASED' });
    await w.settled();
    const lines = await w.lines('crm', 'Order', deal.order);
    await w.editLines(
      'crm',
      'Order',
      deal.order,
      lines.map(({ lineId }) => ({ kind: 'change', lineId, fields: { quantity: '5' } })),
    );
    await w.settled();
    const link = await w.linkOf('order', deal.order);
    const open = await w.sql<{ id: string; path: string }[]>`
      select id, 'lines.' || line || '.' || field as path from sync.conflict
      where link_id = ${link.id} and resolved_at is null order by line`;
    expect(open).toHaveLength(2);
    const [first, second] = open.map(({ path }) => path);
    const decide = (...fields: readonly string[]) =>
      w.sync.resolveConflict(
        open[0]!.id,
        fields.map((field, n) => ({ field, take: n === 0 ? 'crm' : 'erp' })),
        apply,
      );
    await expect(decide('quantity')).rejects.toThrow(
      /quantity is in conflict more than once; name one of lines\./,
    );
    await expect(decide(first!, first!)).rejects.toThrow(
      `${first} is decided twice; give one choice about it.`,
    );
    expect(await w.conflicts(link.id)).toHaveLength(2);
    await decide(first!, second!);
    await w.settled();
    expect((await quantities('crm', 'Order', deal.order)).toSorted()).toEqual([3, 5]);
    expect(await w.conflicts(link.id)).toEqual([]);
  });

  test('a standing rule decides from now on', async () => {
    await w.sql`insert into sync.rule (id, mapping, field, take, by) values ('rule-1', 'order', 'quantity', 'erp', 'test')`;
    await w.sync.settingsChanged();
    const deal = await released();
    const [line] = await w.lines('crm', 'Order', deal.order);
    await w.editLines('crm', 'Order', deal.order, [
      { kind: 'change', lineId: line!.lineId, fields: { quantity: '5' } },
    ]);
    await w.settled();
    expect(await quantities('crm', 'Order', deal.order)).toEqual([3]);
    expect((await w.linkOf('order', deal.order)).state).toBe('synced');
    await w.sql`update sync.rule set removed_at = now() where id = 'rule-1'`;
    await w.sync.settingsChanged();
  });

  test('deleting a quote archives the ERP quote, and the PROPOSAL stays unlinked', async () => {
    const deal = await quoted();
    await w.remove('crm', 'Quote', deal.quote);
    await w.settled();
    expect((await w.read('erp', 'Quote', deal.erpQuote)).archived).toBe(true);
    expect(await w.links({ id: deal.quote })).toEqual([]);
  });
});
