import { expect, test } from 'vitest';
import { createSyncSubgraph } from '../../subgraphs/sync/subgraph.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { ask, at, data, members } from '../sync-subgraph/fixture.ts';
import { openWorld } from './world.ts';

/** What people do by hand is kept, with who and why, whatever came of it, and can be asked for. */
const w = await openWorld();
const subgraph = createSyncSubgraph({ sql: w.sql, sync: w.sync, mappings });
const everything = ['read', 'read:personal', 'read:cost', 'sync', 'write', 'admin'];
const kari = { subject: 'kari', scopes: everything };
const mutate = (text: string) => data(subgraph, `mutation { ${text} }`, {}, kari);
const acts = async (more = '') =>
  members(
    at(
      await data(
        subgraph,
        `{ acts(first: 100${more}) { nodes { name actor reason subject outcome code detail link { id } at endedAt } } }`,
        {},
        kari,
      ),
      'acts.nodes',
    ),
  );

// The default owner has his salesperson: nothing is written later because of him.
await w.create('crm', 'Customer', { name: 'The first' });
await w.settled();

async function pair(name: string) {
  const made = await w.create('crm', 'Customer', { name, phone: '+4722446688' });
  await w.settled();
  return w.linkOf('customer', made.id);
}

test('an act is kept with who did it, to what, why, and what came of it; a preview is none', async () => {
  const { id } = await pair('Acted upon');
  await mutate(`unlink(id: "Link_${id}", mode: PREVIEW, reason: "just looking") { outcome }`);
  expect(await acts()).toEqual([]);
  const unlinked = await mutate(`unlink(id: "Link_${id}", reason: "two different firms") { events { id } }`);
  expect(await acts()).toMatchObject([
    {
      name: 'unlink',
      actor: 'kari',
      reason: 'two different firms',
      subject: { id: `Link_${id}`, keep: 'BOTH' },
      outcome: 'DONE',
      code: null,
      detail: { outcome: 'unlinked' },
      link: { id: `Link_${id}` },
    },
  ]);
  // The event that came of it says so, and so does the pair's history.
  const event = at(unlinked, 'unlink.events.0.id');
  const told = await data(
    subgraph,
    `{ node(id: "${event}") { ... on SyncEvent { cause { actor } act { name actor reason } } }
       link: node(id: "Link_${id}") { ... on Link { acts { name reason } history(first: 9) { nodes { outcome act { reason } } } } } }`,
    {},
    kari,
  );
  expect(at(told, 'node')).toEqual({
    cause: { actor: 'kari' },
    act: { name: 'unlink', actor: 'kari', reason: 'two different firms' },
  });
  expect(at(told, 'link.acts')).toEqual([{ name: 'unlink', reason: 'two different firms' }]);
  expect(members(at(told, 'link.history.nodes')).map(({ outcome, act }) => [outcome, act])).toEqual([
    ['CREATED', null],
    ['UNLINKED', { reason: 'two different firms' }],
  ]);
});

test('what comes of a match that a person decides tells of the decision', async () => {
  await w.create('erp', 'Customer', { name: 'Alike by its name' });
  await w.settled();
  const mine = await w.create('crm', 'Customer', { name: 'Alike by its name' });
  await w.settled();
  const [proposal] = await w.sql<{ id: string }[]>`select id from sync.proposal where record_id = ${mine.id}`;
  const done = await mutate(
    `resolveMatch(id: "MatchProposal_${proposal!.id}", create: true, reason: "asked them") { events { outcome act { name reason } } }`,
  );
  expect(at(done, 'resolveMatch.events')).toEqual([
    { outcome: 'CREATED', act: { name: 'resolveMatch', reason: 'asked them' } },
  ]);
});

test('what was refused is kept with its pair', async () => {
  const { id } = await pair('Refused upon');
  await ask(subgraph, `mutation { relink(id: "Link_${id}", crmId: "nobody") { outcome } }`, {}, kari);
  expect(await acts(`, filter: { link: { eq: "Link_${id}" } }`)).toMatchObject([
    { name: 'relink', outcome: 'REFUSED', link: { id: `Link_${id}` } },
  ]);
});

test('what was refused is kept with the reason of the refusal, and no value that was typed', async () => {
  await ask(subgraph, 'mutation { revert(eventId: "Event_none", mode: APPLY) { outcome } }', {}, kari);
  await ask(
    subgraph,
    'mutation { resolveConflict(id: "Conflict_none", choices: [{ field: "name", take: VALUE, value: "Secret AS" }]) { outcome } }',
    {},
    kari,
  );
  const found = await acts(', filter: { outcome: { eq: REFUSED } }');
  expect(found).toMatchObject([
    { name: 'relink' },
    { name: 'revert', outcome: 'REFUSED', code: 'BAD_USER_INPUT', subject: { eventId: 'Event_none' } },
    { name: 'resolveConflict', code: 'BAD_USER_INPUT', subject: { choices: [{ field: 'name' }] } },
  ]);
  expect(JSON.stringify(found)).not.toContain('Secret');
});

test('settings, pauses, codes, rules and runs are acts as well, found by name, actor and time', async () => {
  const since = new Date().toISOString();
  await mutate(
    'setField(flow: CUSTOMER, field: "legalName", wins: CRM, reason: "sales knows best") { wins }',
  );
  await mutate('setField(flow: CUSTOMER, field: "legalName") { wins }');
  await mutate('setFlow(flow: CUSTOMER, rule: EVERY, reason: "as it was") { rule }');
  await mutate('setCode(list: PAYMENT_TERMS, crm: "NET21", erp: "21D", reason: "new terms") { crm }');
  await mutate('pauseFlow(flow: CUSTOMER, reason: "moving house") { paused }');
  await mutate('resumeFlow(flow: CUSTOMER) { paused }');
  await w.sql.begin(async (tx) => {
    // The run cannot end before it is cancelled.
    await tx`lock table crm.product`;
    const { startReconciliation } = await mutate('startReconciliation(flows: [PRODUCT]) { id }');
    await mutate(`cancelRun(id: "${at(startReconciliation, 'id')}", reason: "no more") { id }`);
  });
  await w.settled();
  await mutate('retry(flow: CUSTOMER, reason: "they cured it") { matched }');
  const found = await acts(`, filter: { at: { gte: "${since}" }, actor: { eq: "kari" } }`);
  expect(found.map(({ name, reason, outcome }) => [name, reason, outcome])).toEqual([
    ['setField', 'sales knows best', 'DONE'],
    ['setField', null, 'DONE'],
    ['setFlow', 'as it was', 'DONE'],
    ['setCode', 'new terms', 'DONE'],
    ['pauseFlow', 'moving house', 'DONE'],
    ['resumeFlow', null, 'DONE'],
    ['startReconciliation', null, 'DONE'],
    ['cancelRun', 'no more', 'DONE'],
    ['retry', 'they cured it', 'DONE'],
  ]);
  expect(await acts(', filter: { name: { eq: "setCode" } }')).toMatchObject([
    { subject: { list: 'PAYMENT_TERMS', crm: 'NET21', erp: '21D' } },
  ]);
  const long = `mutation { resumeFlow(flow: CUSTOMER, reason: "${'x'.repeat(501)}") { paused } }`;
  expect((await ask(subgraph, long, {}, kari)).errors?.[0]?.extensions).toMatchObject({
    code: 'BAD_USER_INPUT',
    argumentPath: ['reason'],
  });
});

test('the trail is for those who may administer, and an erasure takes the reasons about the person with it', async () => {
  const reader = { subject: 'ola', scopes: ['read', 'sync'] };
  const { errors } = await ask(subgraph, '{ acts { nodes { name } } }', {}, reader);
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' });
  const made = await w.create('crm', 'Customer', { name: 'Kari Nordmann', kind: 'PERSON' });
  await w.settled();
  const { id } = await w.linkOf('customer', made.id);
  await mutate(`syncCustomer(id: "Link_${id}", reason: "Kari Nordmann called") { outcome }`);
  await mutate(
    `erase(ref: { side: CRM, entity: CUSTOMER, id: "${made.id}" }, mode: APPLY, reason: "request 17") { proof }`,
  );
  expect(await acts(`, filter: { link: { eq: "Link_${id}" } }`)).toMatchObject([
    { name: 'syncCustomer', reason: null },
  ]);
  expect(await acts(', filter: { name: { eq: "erase" } }')).toMatchObject([
    { reason: 'request 17', subject: { ref: { id: made.id } }, detail: { records: 2 } },
  ]);
});

test.each([
  ['names the person', 'GDPR, Ola Nordmann wrote', 'GDPR, asked by mail'],
  ['says how to reach the person', 'asked by OLA.NORDMANN@post.example', 'asked from another address'],
])('the reason of an erasure itself is taken away where it %s', async (_, about, neutral) => {
  for (const [reason, kept] of [
    [about, null],
    [neutral, neutral],
  ]) {
    const made = await w.create('crm', 'Customer', {
      name: 'Ola Nordmann',
      kind: 'PERSON',
      email: 'ola.nordmann@post.example',
    });
    await w.settled();
    await mutate(
      `erase(ref: { side: CRM, entity: CUSTOMER, id: "${made.id}" }, mode: APPLY, reason: "${reason}") { proof }`,
    );
    await w.settled();
    const [act] = await w.sql`select reason from sync.act where subject -> 'ref' ->> 'id' = ${made.id}`;
    expect(act).toEqual({ reason: kept });
  }
});

test('a previewed act that is applied is kept as what it is, to what, and by which plan', async () => {
  const [a, b] = [await pair('Crossed, the first'), await pair('Crossed, the second')];
  const planned = await mutate(
    `swapLinks(a: "Link_${a.id}", b: "Link_${b.id}", mode: PREVIEW, reason: "just looking") { planToken }`,
  );
  const token = at(planned, 'swapLinks.0.planToken');
  await mutate(`applyPlan(token: "${token}", reason: "they were crossed") { outcome }`);
  const taken = await acts(', filter: { reason: { eq: "they were crossed" } }');
  expect(taken).toMatchObject([
    {
      name: 'swapLinks',
      actor: 'kari',
      subject: { a: `Link_${a.id}`, b: `Link_${b.id}`, plan: token },
      outcome: 'DONE',
    },
  ]);
  // A plan that was applied before is still known for what it was, and one that never was for nothing.
  await ask(subgraph, `mutation { applyPlan(token: "${token}", reason: "twice") { outcome } }`, {}, kari);
  await ask(subgraph, 'mutation { applyPlan(token: "none", reason: "twice") { outcome } }', {}, kari);
  expect(await acts(', filter: { reason: { eq: "twice" } }')).toMatchObject([
    { name: 'swapLinks', outcome: 'REFUSED', code: 'STALE_PLAN' },
    { name: 'applyPlan', outcome: 'REFUSED', code: 'STALE_PLAN', subject: { token: 'none' } },
  ]);
});

test('an edit that was previewed is kept with its pair, and an unlinking with what it keeps', async () => {
  const { id } = await pair('Planned upon');
  for (const act of [`syncCustomer(id: "Link_${id}"`, `unlink(id: "Link_${id}", keep: CRM`]) {
    const [name] = act.split('(');
    const planned = await mutate(`${act}, mode: PREVIEW) { planToken }`);
    await mutate(`applyPlan(token: "${at(planned, `${name}.planToken`)}", reason: "as planned") { outcome }`);
  }
  expect(await acts(`, filter: { link: { eq: "Link_${id}" } }`)).toMatchObject([
    { name: 'syncCustomer', reason: 'as planned', subject: { id: `Link_${id}` } },
    { name: 'unlink', reason: 'as planned', subject: { id: `Link_${id}`, keep: 'CRM' } },
  ]);
});
