import { describe, expect, test } from 'vitest';
import { createSyncSubgraph } from '../../subgraphs/sync/subgraph.ts';
import type { Side } from '../../sync/index.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { ask, at, data, members, type Tree } from '../sync-subgraph/fixture.ts';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { type Fields, openWorld } from './world.ts';

/** What was, asked through the graph: a pair as of a time, other rules over the log, links put right and put back. */
const w = await openWorld();
const subgraph = createSyncSubgraph({ sql: w.sql, sync: w.sync, mappings });
const known = await knownRecords(w);
const { ordered } = dealsOf(w, known);
let n = 0;

async function pair(fields: Fields = {}) {
  const made = await w.create('crm', 'Customer', { name: `Pair ${++n} of the history`, ...fields });
  await w.settled();
  const link = await w.linkOf('customer', made.id);
  return { crm: made.id, erp: link.erpId!, link: link.id };
}
/** The database's clock, by which the log is written. */
const now = async (): Promise<string> => {
  const [row] = await w.sql<{ at: string }[]>`select clock_timestamp() as at`;
  return row!.at;
};
const asOf = async (link: string, when: string) =>
  at(
    await data(
      subgraph,
      `{ node(id: "Link_${link}") { ... on Link { asOf(at: "${when}") { complete crm erp } } } }`,
    ),
    'node.asOf',
  );

describe('a pair as of a time', () => {
  test('shows both sides before an edit, whichever side it was made on', async () => {
    const ids = await pair();
    const t0 = await now();
    await w.edit('crm', 'Customer', ids.crm, { legalName: 'One' });
    await w.settled();
    const t1 = await now();
    await w.edit('erp', 'Customer', ids.erp, { legalName: 'Two' });
    await w.settled();
    const t2 = await now();
    const shown = async (when: string) => {
      const { complete, crm, erp } = await asOf(ids.link, when);
      return [complete, crm?.legalName, erp?.legalName];
    };
    expect(await shown(t0)).toEqual([true, null, null]);
    expect(await shown(t1)).toEqual([true, 'One', 'One']);
    expect(await shown(t2)).toEqual([true, 'Two', 'Two']);
  });

  test('and where both had edited it, what they had agreed on', async () => {
    const ids = await pair({ website: 'https://first.example' });
    await w.edit('crm', 'Customer', ids.crm, { website: 'https://second.example' });
    await w.settled();
    const before = await now();
    await w.sync.pause('customer', true, 'a test', 'test');
    await w.edit('erp', 'Customer', ids.erp, { homePage: 'https://theirs.example' });
    await w.edit('crm', 'Customer', ids.crm, { website: 'https://ours.example' });
    await w.sync.pause('customer', false, null, 'test');
    await w.settled();
    const { crm, erp } = await asOf(ids.link, before);
    expect([crm?.website, erp?.website]).toEqual(['https://second.example', 'https://second.example']);
  });

  test('shows a document with its lines: none before its birth, a removed one before its removal', async () => {
    const deal = await ordered();
    const { id } = await w.linkOf('order', deal.order);
    const quantities = (side: Tree | undefined) =>
      Object.entries(side ?? {})
        .filter(([key]) => /^lines\.\w+\.quantity$/.test(key))
        .map(([, value]) => Number(value));
    const shown = async (when: string) => {
      const { complete, crm, erp } = await asOf(id, when);
      return [complete, quantities(crm as Tree), quantities(erp as Tree)];
    };
    const both = (...lines: readonly number[]) => [true, lines, lines];
    const [first] = await w.lines('crm', 'Order', deal.order);
    const t0 = await now();
    expect(await shown(t0)).toEqual(both(3));
    await w.editLines('erp', 'Order', deal.erpOrder, [
      { kind: 'add', fields: { productId: known.Product[1].erp!, quantity: '7', unitPrice: '10' } },
    ]);
    await w.settled();
    const second = (await w.lines('crm', 'Order', deal.order)).find(({ lineId }) => lineId !== first!.lineId);
    const t1 = await now();
    await w.editLines('crm', 'Order', deal.order, [
      { kind: 'change', lineId: second!.lineId, fields: { quantity: '8' } },
    ]);
    await w.settled();
    const t2 = await now();
    await w.editLines('crm', 'Order', deal.order, [{ kind: 'remove', lineId: first!.lineId }]);
    await w.settled();
    const t3 = await now();
    expect(await Promise.all([t0, t1, t2, t3, '2099-01-01T00:00:00Z'].map(shown))).toEqual([
      both(3),
      both(3, 7),
      both(3, 8),
      both(8),
      both(8),
    ]);
  });

  test('knows times with another offset, and refuses what is none', async () => {
    const ids = await pair();
    const made = Date.now();
    const inOslo = new Date(made + 3_600_000).toISOString().replace('Z', '+01:00');
    expect((await asOf(ids.link, inOslo)).complete).toBe(true);
    const wrong = await ask(
      subgraph,
      `{ node(id: "Link_${ids.link}") { ... on Link { asOf(at: "yesterday") { complete } } } }`,
    );
    expect(wrong.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argumentPath: ['at'] } }]);
  });
});

test('a policy replay refuses a field that the flow has not, and takes a line’s under either name', async () => {
  const replay = (field: string) =>
    ask(
      subgraph,
      `{ policyReplay(flow: ORDER, field: "${field}", winner: CRM, since: "2026-01-01T00:00:00Z") { checked } }`,
    );
  for (const field of ['nope', 'lines.nope', 'lines.currency'])
    expect((await replay(field)).errors).toMatchObject([
      { message: expect.stringContaining(field), extensions: { code: 'BAD_USER_INPUT' } },
    ]);
  for (const field of ['quantity', 'lines.quantity', 'currency'])
    expect((await replay(field)).data).toEqual({ policyReplay: { checked: 0 } });
});

describe('a preview', () => {
  const writes = 'plan { writes { side fields { field before after } } }';

  test('of a swap shows what a swap writes, and nothing else', async () => {
    const [a, b] = [await pair(), await pair()];
    const swap = `swapLinks(a: "Link_${a.link}", b: "Link_${b.link}"`;
    const preview = await data(subgraph, `mutation { ${swap}, mode: PREVIEW) { ${writes} } }`);
    const planned = members(preview.swapLinks).map((each) =>
      members(at(each, 'plan.writes')).flatMap(({ fields }) => members(fields)),
    );
    const done = await data(subgraph, `mutation { ${swap}) { events { fields { field } } } }`);
    const written = members(done.swapLinks).map((each) => members(at(each, 'events.0.fields')));
    const names = (changes: readonly Tree[]) => changes.map(({ field }) => String(field)).toSorted();
    expect(planned.map(names)).toEqual(written.map(names));
    expect(planned.map(names)).toEqual(Array(2).fill(['accountNumber', 'id', 'name']));
  });

  test.each([
    ['CRM', 'by the token of its preview', 'crm'],
    ['ERP', 'at once', 'erp'],
  ] as const)(
    'of a swap that prefers the %s shows whose values stand, applied %s',
    async (prefer, how, side) => {
      const [a, b] = [await pair(), await pair()];
      // Edited last on the other side.
      const other = side === 'crm' ? 'erp' : 'crm';
      const named = async (of: Side, id: string) => (await w.fields(of, 'Customer', id)).name;
      const ours = [await named(side, a[side]), await named(side, b[side])];
      await w.sync.pause('customer', true, 'a test', 'test');
      for (const [n, ids] of [a, b].entries())
        await w.edit(other, 'Customer', ids[other], { name: `Later of ${prefer} ${n}` });
      const swap = `swapLinks(a: "Link_${a.link}", b: "Link_${b.link}", prefer: ${prefer}`;
      const preview = await data(subgraph, `mutation { ${swap}, mode: PREVIEW) { planToken ${writes} } }`);
      const shown = members(preview.swapLinks).flatMap((each) =>
        members(at(each, 'plan.writes')).flatMap((write) =>
          members(write.fields).flatMap(({ field, after }) =>
            String(field) === 'name' ? [[String(write.side), after]] : [],
          ),
        ),
      );
      // The results are told by the records of the CRM.
      const standing = side === 'crm' ? ours : ours.toReversed();
      expect(shown).toEqual(standing.map((name) => [other.toUpperCase(), name]));
      const token = at(preview, 'swapLinks.0.planToken');
      await data(
        subgraph,
        how === 'at once'
          ? `mutation { ${swap}) { outcome } }`
          : `mutation { applyPlan(token: "${String(token)}") { outcome } }`,
      );
      await w.sync.pause('customer', false, null, 'test');
      await w.settled();
      expect([await named('crm', a.crm), await named('crm', b.crm)]).toEqual(standing);
      expect([await named('erp', b.erp), await named('erp', a.erp)]).toEqual(standing);
    },
  );

  test('of a relink to a record that another link has is refused as the relink is', async () => {
    const [a, b] = [await pair(), await pair()];
    for (const mode of ['PREVIEW', 'APPLY']) {
      const { errors } = await ask(
        subgraph,
        `mutation { relink(id: "Link_${a.link}", erpId: "${b.erp}", mode: ${mode}) { outcome } }`,
      );
      expect(errors).toMatchObject([
        { message: expect.stringContaining('is linked already'), extensions: { code: 'BAD_USER_INPUT' } },
      ]);
    }
  });
});

test('what a plan wrote is told with who applied it and why', async () => {
  const ids = await pair({ legalName: 'First' });
  await w.edit('crm', 'Customer', ids.crm, { legalName: 'Second' });
  await w.settled();
  const event = (await w.events(ids.link)).at(-1)!;
  const preview = await data(subgraph, `mutation { revert(eventId: "Event_${event.id}") { planToken } }`);
  const token = at(preview, 'revert.planToken');
  const done = await data(
    subgraph,
    `mutation { applyPlan(token: "${token}", reason: "a slip") { events { act { name reason } } } }`,
  );
  expect(at(done, 'applyPlan.events.0.act')).toEqual({ name: 'revert', reason: 'a slip' });
});

test('what starts a run is kept with its mode and the run', async () => {
  for (const mode of ['PREVIEW', 'APPLY']) {
    const started = await data(
      subgraph,
      `mutation { startBackfill(flows: [PRODUCT], mode: ${mode}) { id } }`,
    );
    const [act] = members(
      at(await data(subgraph, '{ acts(last: 1) { nodes { subject detail } } }'), 'acts.nodes'),
    );
    expect(act).toMatchObject({
      subject: { mode },
      detail: { run: String(at(started, 'startBackfill.id')) },
    });
  }
  await w.settled();
});

test('dead letters of a time are listed and run again', async () => {
  const ids = await pair();
  const [link] = await w.sql<{ lane: string }[]>`select lane from sync.link where id = ${ids.link}`;
  await w.sql`insert into sync.dead_letter (id, mapping, link_id, lane, code, message, attempts, cause, at)
    values ('dl-old', 'customer', ${ids.link}, ${link!.lane}, 'STATE', 'old', 1, '{"kind":"change"}', '2026-01-01T00:00:00Z'),
      ('dl-new', 'customer', ${ids.link}, 'link:other', 'STATE', 'new', 1, '{"kind":"change"}', '2026-02-01T00:00:00Z')`;
  const listed = await data(
    subgraph,
    '{ deadLetters(since: "2026-01-15T00:00:00Z") { nodes { id } } old: deadLetters(until: "2026-01-15T00:00:00Z", code: "STATE") { nodes { id } } }',
  );
  expect(listed).toEqual({
    deadLetters: { nodes: [{ id: 'DeadLetter_dl-new' }] },
    old: { nodes: [{ id: 'DeadLetter_dl-old' }] },
  });
  const again = await data(
    subgraph,
    'mutation { retry(since: "2025-12-31T00:00:00Z", until: "2026-01-15T00:00:00Z") { matched applied } }',
  );
  expect(again.retry).toEqual({ matched: 1, applied: 1 });
  await w.settled();
  expect((await w.deadLetters()).map(({ id }) => id)).toEqual(['dl-new']);
  await w.sql`delete from sync.dead_letter where id = 'dl-new'`;
});
