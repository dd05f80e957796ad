import { afterEach, describe, expect, test } from 'vitest';
import { born, type Ground, ground, values } from './people.ts';
import { calm, type Fault } from './referee/faults.ts';
import type { Fields } from './referee/shapes.ts';
import { type Life, openWorld } from './world.ts';

const w = await openWorld();
const on: Ground = await ground(w);
let life: Life | null = null;

afterEach(async () => {
  await life?.kill();
  life = null;
  Object.assign(w.erp, { faults: calm });
});

const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJlcnAifQ.c2lnbmF0dXJl';

/** What a system may quote of the request that it refuses. */
const message = [
  `Authorization: Bearer ${token} was refused`,
  'at https://tandem:hunter2@erp.example/api?api_key=hunter2',
  '{"password":"hunter2","client_secret":"hunter2"}',
  `Basic ${Buffer.from('tandem:hunter2').toString('base64')}`,
].join('; ');

const secrets = /hunter2|eyJ|dGFuZGVtOmh1bnRlcjI/;

/** Every text that the sync keeps. */
async function kept(): Promise<string> {
  const rows = await w.sql`
    select to_jsonb(x)::text as text from sync.dead_letter x union all select to_jsonb(e)::text from sync.event e
    union all select to_jsonb(i)::text from sync.issue i`;
  return rows.map(({ text }) => text).join('\n');
}

describe('what a system says when it refuses', () => {
  test.each<Pick<Fault, 'as' | 'code'>>([
    { as: 'write', code: 'FORBIDDEN' },
    { as: 'call', code: 'FORBIDDEN' },
  ])('of a $as: letter, event and issue show none of its secrets', async (fault) => {
    life = await w.live();
    // The ground's own records are through, or one of them is refused as well.
    await w.settled(life);
    w.erp.faults = ({ call }) => (call === 'write' ? { ...fault, when: 'before', message } : null);
    born(w, 'customer', 'crm', on);
    const letter = await w.firstLetter();
    expect(JSON.stringify(letter)).toContain('was refused');
    // The write that met it, and not where in the program it did.
    expect(letter.request).toMatchObject({ side: 'erp', kind: 'create', entity: 'Customer' });
    expect(JSON.stringify(letter.answer)).not.toMatch(/\\n +at |\.ts:\d/);
    expect(await kept()).not.toMatch(secrets);
    w.erp.faults = calm;
    await life.sync.retry({ ids: [letter.id] }, { mode: 'apply', actor: 'anna' });
    await w.settled(life);
    expect(await w.letters()).toEqual([]);
  });

  test('while it is away: neither the breaker nor what callers are told', async () => {
    life = await w.live();
    w.erp.faults = () => ({ when: 'before', as: 'call', code: 'ECONNRESET', message });
    born(w, 'customer', 'crm', on);
    await expect.poll(() => life!.sync.breakers().erp.open).toBe(true);
    expect(life.sync.breakers().erp.reason).toContain('was refused');
    expect(life.sync.breakers().erp.reason).not.toMatch(secrets);
    await expect(life.sync.connectors.erp.check()).rejects.toThrow(/was refused/);
    const told = await life.sync.connectors.erp.check().catch((error: Error) => error.message);
    expect(told).not.toMatch(secrets);
  });
});

test('a letter shows what was asked of the system, in its own words, secrets masked', async () => {
  life = await w.live();
  w.erp.faults = ({ call }) =>
    call === 'write' ? { when: 'before', as: 'write', code: 'FORBIDDEN', message: 'no' } : null;
  const fields: Fields = {
    ...values('customer', 'crm', { user: on.user }),
    website: 'https://shop.example/?token=hunter2',
  };
  const { id } = w.create('crm', 'Customer', fields);
  await w.settled(life);
  const key = `tandem:crm:Customer:${id}`;
  const letter = (await w.letters()).find(({ request }) => (request as { key?: string }).key === key);
  expect(letter!.request).toMatchObject({
    side: 'erp',
    entity: 'Customer',
    kind: 'create',
    key,
    fields: { externalReference: id, name: fields.name, homePage: 'https://shop.example/?token=***' },
  });
  expect(letter!.request).not.toHaveProperty('parts');
  expect(await kept()).toContain('https://shop.example/?token=***');
});
