import { expect, onTestFinished, test } from 'vitest';
import { createSyncSubgraph } from '../../subgraphs/sync/subgraph.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { ask, at, data } from '../sync-subgraph/fixture.ts';
import { pairsOf } from './pairs.ts';
import { openWorld } from './world.ts';

/** What would change is shown before it does, and nothing is written for it. */
const w = await openWorld();
const { pair, quietly, goOn } = pairsOf(w);
const subgraph = createSyncSubgraph({ sql: w.sql, sync: w.sync, mappings });
const mutate = (text: string) => data(subgraph, `mutation { ${text} }`);
const change =
  'change { before after pairs issues conflicts examples { id } effect replay { checked differing } }';
const stored = async () => ({
  codes: await w.sql`select * from sync.code_map order by 1, 2, 3`,
  settings: await w.sql`select * from sync.mapping_setting order by 1, 2`,
  flows: await w.sql`select * from sync.flow order by 1`,
  acts: await w.sql`select id from sync.act order by 1`,
});

/** Previews, with what is stored as it was. */
async function previewed(text: string) {
  const before = await stored();
  const shown = await mutate(text);
  expect(await stored()).toEqual(before);
  return Object.values(shown)[0] as Readonly<Record<string, unknown>> & {
    readonly change: Readonly<Record<string, unknown>> & {
      readonly examples: readonly { readonly id: string }[];
    };
  };
}

test('mapping a code: the pairs that stand, who waits for it, and the issue that closes', async () => {
  const waiting = await pair({ paymentTerms: 'NET41' });
  const shown = await previewed(
    `setCode(list: PAYMENT_TERMS, crm: "NET41", erp: "NET45", direction: BOTH, mode: PREVIEW) { list crm erp direction ${change} }`,
  );
  expect(shown).toMatchObject({ list: 'PAYMENT_TERMS', crm: 'NET41', erp: 'NET45', direction: 'BOTH' });
  const of = (crm: string, direction: string) => ({
    crm,
    erp: 'NET45',
    direction,
    validFrom: null,
    validTo: null,
  });
  expect(shown.change).toMatchObject({
    before: [of('NET45', 'BOTH')],
    after: [of('NET45', 'TO_ERP'), of('NET41', 'BOTH')],
    pairs: 1,
    issues: 1,
    examples: [{ id: `Link_${waiting.link}` }],
    replay: null,
  });
  // Whoever has the code that is read otherwise from then on is meant, too.
  const has = await pair({ paymentTerms: 'NET45' });
  const again = await previewed(
    `setCode(list: PAYMENT_TERMS, crm: "NET41", erp: "NET45", direction: BOTH, mode: PREVIEW) { ${change} }`,
  );
  expect(again.change.pairs).toBe(2);
  expect(again.change.examples.map(({ id }) => id).toSorted()).toEqual(
    [`Link_${waiting.link}`, `Link_${has.link}`].toSorted(),
  );
  await w.settled();
  expect((await w.fields('erp', 'Customer', waiting.erp)).paymentTermsCode).not.toBe('NET45');
});

test('taking a code away: who has it, in a line, a list or an address as well, and what becomes of it', async () => {
  const ids = await pair({ paymentTerms: 'NET60' });
  const shown = await previewed(
    `removeCode(list: PAYMENT_TERMS, crm: "NET60", erp: "NET60", mode: PREVIEW) { crm erp direction ${change} }`,
  );
  expect(shown).toMatchObject({ crm: 'NET60', erp: 'NET60', direction: 'BOTH' });
  expect(shown.change).toMatchObject({
    after: [],
    pairs: 1,
    issues: 0,
    examples: [{ id: `Link_${ids.link}` }],
  });
  expect(shown.change.effect).toMatch(/^Nothing is erased: .*UNMAPPED_CODE issue/);
  await w.create('crm', 'Product', {
    sku: 'BY-THE-MONTH',
    name: 'By the month',
    kind: 'SERVICE',
    baseUnit: 'MON',
    status: 'ACTIVE',
  });
  await w.settled();
  const unit = await previewed(
    `removeCode(list: UNITS, crm: "MON", erp: "MONTH", mode: PREVIEW) { ${change} }`,
  );
  expect(unit.change.pairs).toBe(1);
  const abroad = await pair({ billingAddress: { country: 'IS' } });
  const own = await previewed(
    `setCode(list: COUNTRY, crm: "IS", erp: "ISL-1", direction: BOTH, mode: PREVIEW) { ${change} }`,
  );
  expect(own.change).toMatchObject({ pairs: 1, examples: [{ id: `Link_${abroad.link}` }] });
  // A name for it changes nothing of those that have it.
  const name = await previewed(
    `setCode(list: COUNTRY, crm: "IS", erp: "Iceworld", mode: PREVIEW) { ${change} }`,
  );
  expect(name.change.pairs).toBe(0);
});

test("setting a field: before and after, the flow's pairs, its conflicts, and what another winner had decided", async () => {
  const [a, b] = [await pair({ website: 'https://first.example' }), await pair()];
  const bothEdit = (ids: typeof a, n: number) =>
    quietly(async () => {
      await w.edit('crm', 'Customer', ids.crm, { website: `https://crm-${n}.example`, legalName: `C ${n}` });
      await w.edit('erp', 'Customer', ids.erp, { homePage: `https://erp-${n}.example`, legalName: `E ${n}` });
    }).then(goOn);
  await bothEdit(a, 1);
  await mutate('setField(flow: CUSTOMER, field: "legalName", wins: INBOX) { wins }');
  await bothEdit(b, 2);
  const shown = await previewed(
    `setField(flow: CUSTOMER, field: "website", wins: CRM, settleSeconds: 5, mode: PREVIEW) {
      flow field direction wins settleSeconds by ${change} }`,
  );
  expect(shown).toMatchObject({
    flow: 'CUSTOMER',
    field: 'website',
    direction: 'BOTH',
    wins: 'CRM',
    settleSeconds: 5,
    by: null,
  });
  expect(shown.change).toMatchObject({
    before: { direction: 'BOTH', wins: 'LATEST', settleSeconds: 0 },
    after: { direction: 'BOTH', wins: 'CRM', settleSeconds: 5 },
    conflicts: 0,
    replay: { checked: 2, differing: 2 },
  });
  const [linked] = await w.sql<{ n: number }[]>`
    select count(*) as n from sync.link where mapping = 'customer' and state <> 'ended' and crm_id is not null and erp_id is not null`;
  expect(shown.change.pairs).toBe(linked!.n);
  const back = await previewed(
    `setField(flow: CUSTOMER, field: "legalName", mode: PREVIEW) { wins ${change} }`,
  );
  expect(back).toMatchObject({
    wins: 'ERP',
    change: { before: { wins: 'INBOX' }, conflicts: 1, examples: [{ id: `Link_${b.link}` }] },
  });
  const { errors } = await ask(
    subgraph,
    'mutation { setField(flow: CUSTOMER, field: "nope", mode: PREVIEW) { wins } }',
  );
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argumentPath: ['field'] });
});

test('setting a flow: records without a counterpart by its rule, pairs by what a deletion does', async () => {
  await mutate('setFlow(flow: CONTACT, rule: MATCH) { rule }');
  const client = await pair();
  const person = await w.create('crm', 'Contact', { lastName: 'Alone', customerId: client.crm });
  await w.settled();
  const link = await w.linkOf('contact', person.id);
  expect(link.erpId).toBeNull();
  const shown = await previewed(
    `setFlow(flow: CONTACT, rule: EVERY, mode: PREVIEW) { rule onDeleteInCrm ${change} }`,
  );
  expect(shown).toMatchObject({ rule: 'every', onDeleteInCrm: 'ARCHIVE' });
  expect(shown.change).toMatchObject({
    before: { rule: 'MATCH', onDeleteInCrm: 'ARCHIVE' },
    after: { rule: 'EVERY', onDeleteInCrm: 'ARCHIVE' },
    pairs: 1,
    examples: [{ id: `Link_${link.id}` }],
    effect: 'A record without a counterpart gets one when it next syncs.',
  });
  const deletes = await previewed(
    `setFlow(flow: CUSTOMER, onDeleteInErp: DELETE, mode: PREVIEW) { onDeleteInCrm onDeleteInErp ${change} }`,
  );
  expect(deletes).toMatchObject({ onDeleteInCrm: 'ARCHIVE', onDeleteInErp: 'DELETE' });
  expect(deletes.change.pairs).toBeGreaterThan(1);
  const same = await previewed(`setFlow(flow: CUSTOMER, rule: EVERY, mode: PREVIEW) { ${change} }`);
  expect(same.change).toMatchObject({ pairs: 0, effect: 'Nothing: it is so already.' });
});

test('pausing and resuming tell what would rest, and what waits', async () => {
  const resting = `paused behind ${change}`;
  const pausing = await previewed(
    `pauseFlow(flow: CUSTOMER, reason: "a look", mode: PREVIEW) { ${resting} }`,
  );
  expect(pausing).toMatchObject({
    paused: true,
    change: {
      before: { paused: false },
      after: { paused: true },
      effect: expect.stringMatching(/^It stops reading both feeds\. 0 records in its queue wait as well\./),
    },
  });
  expect(pausing.change.pairs).toBeGreaterThan(1);
  expect(await previewed(`pauseFlow(flow: QUOTE_ORDER, mode: PREVIEW) { ${resting} }`)).toMatchObject({
    change: {
      effect: expect.stringContaining('A deal for which it would have to write waits with it, as a whole.'),
    },
  });
  await mutate('pauseFlow(flow: CUSTOMER) { paused }');
  onTestFinished(async () => void (await mutate('resumeFlow(flow: CUSTOMER) { paused }')));
  const again = await previewed(`pauseFlow(flow: CUSTOMER, mode: PREVIEW) { ${resting} }`);
  expect(again.change).toMatchObject({ effect: 'Nothing: it is so already.', pairs: 0 });
  const { id } = await w.create('crm', 'Customer', { name: 'Resting' });
  await w.edit('crm', 'Customer', id, { name: 'Resting, edited' });
  await w.create('erp', 'Customer', { name: 'Resting there' });
  await w.settled();
  expect(await previewed(`resumeFlow(flow: CUSTOMER, mode: PREVIEW) { ${resting} }`)).toMatchObject({
    paused: false,
    behind: 3,
    change: {
      before: { paused: true },
      after: { paused: false },
      effect:
        'It reads what it has missed, behind live work: 2 changes of the CRM and 1 of the ERP. 0 records in its queue go on at once.',
    },
  });
});

test('what stops and starts can be previewed, too, as every mutation', async () => {
  expect(
    await previewed('pauseFlow(flow: PRODUCT, reason: "a look", mode: PREVIEW) { paused reason }'),
  ).toEqual({
    paused: true,
    reason: 'a look',
  });
  const run = at(
    await mutate('startReconciliation(flows: [PRODUCT], repair: true, mode: PREVIEW) { id mode }'),
    'startReconciliation',
  );
  expect(run.mode).toBe('PREVIEW');
  await previewed(`cancelRun(id: "${String(run.id)}", mode: PREVIEW) { id }`);
  const runs = await w.sql`select id from sync.run`;
  await previewed(`rerunFailed(id: "${String(run.id)}", mode: PREVIEW) { id }`);
  expect(await w.sql`select id from sync.run`).toEqual(runs);
  expect(await previewed('resumeFlow(flow: PRODUCT, mode: PREVIEW) { paused }')).toEqual({ paused: false });
});
