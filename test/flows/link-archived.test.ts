import { describe, expect, test } from 'vitest';
import { other } from '../../sync/core/sides.ts';
import type { Side } from '../../sync/core/types.ts';
import { pairsOf } from './pairs.ts';
import { openWorld } from './world.ts';

/** A live record and an archived one are linked by hand: what becomes of them is in the preview, and is done at once. */
const w = await openWorld();
const { pair, quietly, goOn } = pairsOf(w);
const apply = { mode: 'apply', actor: 'test' } as const;
const preview = { mode: 'preview', actor: 'test' } as const;

/** Two records that were a pair; that of `live` was kept, the other archived. */
async function parted(live: Side) {
  const ids = await pair();
  await w.sync.unlink(ids.link, live, apply);
  await w.settled();
  return ids;
}
const archived = async (ids: { readonly crm: string; readonly erp: string }) => ({
  crm: (await w.read('crm', 'Customer', ids.crm)).archived,
  erp: (await w.read('erp', 'Customer', ids.erp)).archived,
});
/** What a plan says of archiving, write by write. */
const putAway = (plan: {
  readonly writes: readonly { side: Side; entity: string; action: string; fields: readonly object[] }[];
}) =>
  plan.writes
    .filter(({ action }) => action === 'archive' || action === 'restore')
    .map(({ side, entity, action, fields }) => ({ side, entity, action, fields: fields.length }));

describe.each(['crm', 'erp'] as const)('of which the %s record is live', (live) => {
  test.each([
    ['the live side is to be followed', live, 'restore', { crm: false, erp: false }],
    ['the archived side is to be followed', other(live), 'archive', { crm: true, erp: true }],
    ['nothing is said: both are archived', undefined, 'archive', { crm: true, erp: true }],
  ] as const)('%s', async (_, prefer, action, wanted) => {
    const ids = await parted(live);
    const before = await archived(ids);
    const asked = prefer ? { prefer } : {};
    const planned = await w.sync.link('customer', ids.crm, ids.erp, { ...preview, ...asked });
    const said = [{ side: action === 'restore' ? other(live) : live, entity: 'Customer', action, fields: 1 }];
    expect([planned.outcome, putAway(planned.plan)]).toEqual(['linked', said]);
    expect(await archived(ids)).toEqual(before);
    const done = await w.sync.applyPlan(planned.planToken!, { actor: 'test' });
    expect([done.outcome, putAway(done.plan)]).toEqual(['linked', said]);
    expect(await archived(ids)).toEqual(wanted);
    await w.settled();
    expect(await archived(ids)).toEqual(wanted);
    const link = await w.linkOf('customer', ids.crm);
    expect([link.id, link.state, link.erpId]).toEqual([done.linkId, 'synced', ids.erp]);
    const told = (await w.events(link.id)).filter(({ id }) => done.eventIds.includes(id));
    expect(told.map(({ outcome }) => outcome)).toEqual(['linked']);
    expect(told[0]!.fields.filter(({ field }) => field === 'archived')).toMatchObject([
      { side: said[0]!.side, after: action === 'archive', winner: prefer ?? other(live) },
    ]);
  });
});

test.each(['archive', 'restore'] as const)(
  'an edit and the %s after it travel in one step, and both are told',
  async (kind) => {
    const ids = await pair({ legalName: 'Before' });
    if (kind === 'restore') {
      await w.written('crm', { kind: 'archive', entity: 'Customer', id: ids.crm });
      await w.settled();
    }
    await quietly(async () => {
      await w.edit('crm', 'Customer', ids.crm, { legalName: 'After' });
      await w.written('crm', { kind, entity: 'Customer', id: ids.crm });
    });
    await goOn();
    const is = kind === 'archive';
    expect(await w.read('erp', 'Customer', ids.erp)).toMatchObject({
      archived: is,
      fields: { legalName: 'After' },
    });
    const fields = (await w.events(ids.link)).at(-1)!.fields.map(({ field, after }) => [field, after]);
    expect(fields).toEqual([
      ['archived', is],
      ['legalName', 'After'],
    ]);
  },
);
