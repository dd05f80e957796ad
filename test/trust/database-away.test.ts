import { afterAll, expect, test } from 'vitest';
import { openHouse } from '../../console/house.ts';
import { openClient } from '../../drizzle/postgres/client.ts';
import { patienceMs } from '../support/patience.ts';
import { openPostgres } from './postgres.ts';

// F4, as those see it who run it: a database that is away is told in two lines, with the reason wherever anybody asks, and
// what was under way goes on by itself.

const server = await openPostgres();
const lines: string[] = [];
const keep = (_: object, text: string) => void lines.push(text);
const sql = openClient(server.url, server.socketFolder);
const house = await openHouse({ sql, log: { debug() {}, info: keep, warn() {}, error: keep } });
afterAll(async () => {
  await house.close();
  await sql.end({ timeout: 1 });
});

const ready = async () => {
  const answer = await fetch(`${house.gateway.url}/health/ready`);
  return { status: answer.status, text: await answer.text() };
};

// biome-ignore lint/suspicious/noExplicitAny: answers are as deep as the query that asks; each test checks what it reads.
async function post(query: string, variables: object = {}): Promise<any> {
  const answer = await fetch(`${house.gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return answer.json();
}

const create = 'mutation ($name: String!) { createCrmCustomer(input: { name: $name }) { id erp { name } } }';
const away = { extensions: { code: 'SYSTEM_UNAVAILABLE' } };

test('a database that is away is told once, to everybody who asks, and all goes on by itself', async () => {
  expect(await post(create, { name: 'Before' })).toMatchObject({ data: { createCrmCustomer: {} } });
  await house.sync.quiet(AbortSignal.timeout(patienceMs));
  lines.length = 0;
  await server.stopImmediately();
  await expect
    .poll(ready)
    .toMatchObject({ status: 503, text: expect.stringContaining('The database cannot be reached') });
  for (const operation of [
    create,
    '{ flows { flow } }',
    '{ customers { nodes { name } } }',
    'mutation { pauseFlow(flow: CONTACT) { flow } }',
    'mutation { sync(refs: [{ side: CRM, entity: CUSTOMER, id: "x" }]) { outcome } }',
    'mutation { startBackfill { id } }',
  ])
    expect([operation, await post(operation, { name: 'Meanwhile' })]).toMatchObject([
      operation,
      { errors: [away] },
    ]);
  // Whoever works tells of it when he next asks for work, and asks again and again meanwhile: one and the same outage.
  await expect.poll(() => lines).toHaveLength(1);

  await server.start();
  await expect.poll(ready).toMatchObject({ status: 200 });
  const made = await post(create, { name: 'After' });
  expect(made).toMatchObject({ data: { createCrmCustomer: { id: expect.any(String) } } });
  const { id } = made.data.createCrmCustomer;
  await expect
    .poll(() => post('query ($id: ID!) { customer(crmId: $id) { erp { name } } }', { id }))
    .toMatchObject({ data: { customer: { erp: { name: 'After' } } } });
  await expect.poll(() => lines).toHaveLength(2);
  expect(lines).toEqual([
    expect.stringMatching(/^the database cannot be reached: .+; all work waits$/),
    'the database can be reached again',
  ]);
});
