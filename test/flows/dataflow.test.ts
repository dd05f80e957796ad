import { expect, test } from 'vitest';
import { createSyncSubgraph } from '../../subgraphs/sync/subgraph.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { at, data, members } from '../sync-subgraph/fixture.ts';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { openWorld } from './world.ts';

/** The checklist of a flow says what is so: equal where both sides stand for the same, and the rule that is in force. */
const w = await openWorld();
const known = await knownRecords(w);
const { quoted, ordered } = dealsOf(w, known);
const subgraph = createSyncSubgraph({ sql: w.sql, sync: w.sync, mappings });
const ask = (document: string) => data(subgraph, document);

interface Property {
  readonly field: string;
  readonly erpType: string | null;
  readonly pairsChecked: number;
  readonly notEqual: number;
  readonly passRate: number | null;
  readonly examples: readonly { readonly crm: unknown; readonly erp: unknown }[];
}

async function checklist(flow: string) {
  const found = await ask(
    `{ dataflow(flow: ${flow}) { rule condition markdown
        properties { field erpType pairsChecked notEqual passRate examples { crm erp } }
        lines { field erpType pairsChecked notEqual passRate examples { crm erp } } } }`,
  );
  const document = at(found, 'dataflow.0');
  const named = (list: typeof document) =>
    new Map(members(list).map((property) => [String(property.field), property as unknown as Property]));
  const { rule, condition, markdown } = document;
  return {
    rule,
    condition,
    markdown,
    properties: named(at(found, 'dataflow.0.properties')),
    lines: named(at(found, 'dataflow.0.lines')),
  };
}
const below = (properties: ReadonlyMap<string, Property>) =>
  [...properties.values()].filter(({ passRate }) => passRate !== null && passRate < 1);

test('a step that the ERP leaves open is the five decimals that the CRM shows, and every pair of products is equal', async () => {
  const { id } = await w.create('erp', 'Product', { description: 'By the piece', itemNo: 'STEP-1' });
  await w.settled();
  const crmId = await w.twin('product', 'erp', id);
  const decimals = async () => (await w.fields('crm', 'Product', crmId)).quantityDecimals;
  expect(await decimals()).toBe(5);
  const { properties } = await checklist('PRODUCT');
  expect(properties.get('quantityDecimals')).toMatchObject({ passRate: 1, notEqual: 0, examples: [] });
  expect(below(properties)).toEqual([]);
  await w.edit('erp', 'Product', id, { roundingPrecision: '0.01' });
  await w.settled();
  expect(await decimals()).toBe(2);
  await w.edit('erp', 'Product', id, { roundingPrecision: null });
  await w.settled();
  expect(await decimals()).toBe(5);
});

test('states of one class are equal, and what is not this flow’s business at the stage is not counted as different', async () => {
  const sent = await quoted();
  await w.edit('crm', 'Quote', sent.quote, { status: 'SENT' });
  await ordered();
  for (const flow of ['QUOTE', 'QUOTE_ORDER', 'ORDER']) {
    const { properties, lines } = await checklist(flow);
    expect(below(properties), flow).toEqual([]);
    expect(below(lines), flow).toEqual([]);
    expect(properties.get('status')!.pairsChecked, flow).toBeGreaterThan(0);
  }
});

test('what the sides agreed to show differently is in step, as a comparison of them says', async () => {
  await w.sync.setCode(
    { list: 'paymentTerms', crm: 'NET8', erp: 'NET14', direction: 'toErp', validFrom: null, validTo: null },
    'test',
  );
  const { id } = await w.create('crm', 'Customer', { name: 'Pays soon', paymentTerms: 'NET8' });
  await w.settled();
  const { link } = await ask(
    `{ link: customer(crmId: "${id}") { link { drift { field crm erp verdict } } } }`,
  );
  expect(members(at(link, 'link.drift'))).toContainEqual({
    field: 'paymentTerms',
    crm: 'NET8',
    erp: 'NET14',
    verdict: 'AGREED_DIFFERENCE',
  });
  const { driftReport } = await ask(
    '{ driftReport(flow: CUSTOMER, first: 100) { fields { field checked equal } } }',
  );
  const { properties } = await checklist('CUSTOMER');
  for (const { field, checked, equal } of members(at(driftReport, 'fields')))
    expect(properties.get(String(field))!.notEqual, String(field)).toBe(Number(checked) - Number(equal));
});

test('what is held counts as different and shows the value that cannot travel', async () => {
  await w.create('crm', 'Customer', { name: 'Odd terms', paymentTerms: 'NET9999' });
  await w.settled();
  const { properties } = await checklist('CUSTOMER');
  expect(properties.get('paymentTerms')).toMatchObject({ notEqual: 1 });
  expect(properties.get('paymentTerms')!.examples).toMatchObject([{ crm: 'NET9999' }]);
  expect(below(properties).map(({ field }) => field)).toEqual(['paymentTerms']);
});

test('every row of the requirement is there, the lines as a whole among them, with the link rule in force', async () => {
  const order = await checklist('ORDER');
  expect(order.properties.get('lines')).toMatchObject({ passRate: 1 });
  expect(order.markdown).toContain('| 28 | lines | [Line] | lines | [Line] | ⇄ |');
  expect(members((await ask('{ flows { flow rule } }')).flows).map(({ rule }) => rule)).toEqual(
    Array.from({ length: 7 }, () => 'every'),
  );
  expect((await checklist('USER_ORDER')).rule).toBe('every');
  const product = await checklist('PRODUCT');
  expect([product.rule, product.condition]).toEqual(['every', 'status is not DRAFT']);
  expect(product.markdown).toContain('Link rule: every, and only where status is not DRAFT;');
  const mutate = (text: string) => ask(`mutation { ${text} }`);
  await mutate('setFlow(flow: QUOTE_ORDER, rule: ACCEPTED) { rule }');
  const set = await mutate('setFlow(flow: PRODUCT, rule: CONNECTED) { rule }');
  expect(at(set, 'setFlow.rule')).toBe('connected');
  expect(await checklist('PRODUCT')).toMatchObject({ rule: 'connected', condition: 'status is not DRAFT' });
  const { rule, markdown } = await checklist('QUOTE_ORDER');
  expect(rule).toBe('when(status = ACCEPTED)');
  expect(markdown).toContain('Link rule: when(status = ACCEPTED);');
  const { flows } = await ask('{ flows { flow rule condition } }');
  expect(members(flows).map(({ rule: told }) => told)).toEqual([
    'every',
    'every',
    'connected',
    'every',
    'when(status = ACCEPTED)',
    'every',
    'every',
  ]);
  expect(members(flows).flatMap(({ condition }) => condition ?? [])).toEqual(['status is not DRAFT']);
});

test('a transformation names the code list that the value, or a part of it, is of', async () => {
  const found = await ask('{ dataflow(flow: CUSTOMER) { properties { field transformation } } }');
  const told = members(at(found, 'dataflow.0.properties')).map(({ field, transformation }) => [
    field,
    transformation,
  ]);
  expect(Object.fromEntries(told as never)).toMatchObject({
    billingAddress: 'address, code list country',
    currency: 'currency, code list currency',
    paymentTerms: 'code list paymentTerms',
    name: 'text',
  });
});

test('LATEST says what it goes by where lines have it', async () => {
  const found = at(
    await ask('{ dataflow(flow: ORDER) { lines { field wins rule } properties { wins rule } } }'),
    'dataflow.0',
  );
  const lines = members(found.lines);
  const latest = lines.filter(({ wins }) => String(wins) === 'LATEST');
  expect(latest.length).toBeGreaterThan(1);
  for (const { rule } of latest) expect(rule).toMatch(/the side whose document was edited later/);
  for (const { rule } of [...lines.filter((line) => !latest.includes(line)), ...members(found.properties)])
    expect(rule).not.toMatch(/edited later/);
});
