import { describe, expect, it } from 'vitest';
import type { Connector } from '../../sync/core/connector.ts';
import type { RecordRef, Side } from '../../sync/core/types.ts';
import { tracesOf } from '../support/traces.ts';
import { mortal, placesOf } from './mortal.ts';
import { openRuns, type Process } from './world.ts';

const w = await openRuns();
const ask = { mode: 'apply', actor: 'officer' } as const;

let companies = 0;

/** A contact, and a text about another record that tells of it. What the log told of the contact is pruned by now. */
async function person(life: Process, name: string) {
  const customer = await w.create('crm', 'Customer', { name: `Stays ${++companies} AS` });
  const { id } = await w.create('crm', 'Contact', {
    firstName: 'Kari',
    lastName: name,
    email: `${name}@gone.example`,
    customerId: customer.id,
  });
  await w.settled(life);
  await w.sql`
    delete from sync.event where link_id in (select id from sync.link where crm_id in (${id}, ${customer.id}))`;
  await w.sql`
    insert into sync.issue (id, key, code, mapping, message)
    values ('told', 'told', 'STATE', 'customer', ${`asked ${name}@gone.example`})`;
  const ref: RecordRef = { side: 'crm', entity: 'Contact', id };
  return { ref, secrets: [name] };
}

const underWay = (ref: RecordRef) => w.sql`select 1 from sync.erasure where ref = ${`crm:Contact:${ref.id}`}`;
const proofsOf = (ref: RecordRef) => w.sql<{ by: string }[]>`
  select detail -> 'statement' ->> 'by' as by from sync.event
  where outcome = 'erased' and detail -> 'statement' ->> 'ref' = ${`crm:Contact:${ref.id}`}`;

/** How often an erasure that goes through writes to a system. */
const all = await (async () => {
  const { life, dieAt, writes } = await mortal(w);
  const { ref, secrets } = await person(life, 'Undisturbed');
  dieAt(0, 'before');
  await life.sync.erase(ref, ask);
  await w.sql`delete from sync.issue where id = 'told'`;
  expect(await tracesOf(w.sql, secrets)).toEqual([]);
  const n = writes();
  await life.stop();
  return n;
})();

it('an erasure writes to both systems: there is somewhere to die', () => {
  expect(all).toBeGreaterThan(2);
});

it.each(placesOf(all))(
  'an erasure whose process dies at write %i, %s it is made, is gone on with by the next one, to the end',
  async (at, when) => {
    const { life, died, dieAt } = await mortal(w);
    const name = `Dies${when}${at}`;
    const { ref, secrets } = await person(life, name);
    dieAt(at, when);
    await Promise.all([died, expect(life.sync.erase(ref, ask)).rejects.toThrow()]);
    expect((await tracesOf(w.sql, secrets)).length).toBeGreaterThan(0);
    const next = await w.live();
    await w.until('the erasure is over', async () => (await underWay(ref)).length === 0);
    await w.settled(next);
    expect(await tracesOf(w.sql, secrets)).toEqual([]);
    expect(await proofsOf(ref)).toEqual([{ by: 'officer' }]);
    await w.sql`delete from sync.issue where id = 'told'`;
    await next.stop();
  },
);

/** A connector whose system can be sent away. */
function leaving() {
  const away: Record<Side, boolean> = { crm: false, erp: false };
  const through = (side: Side, connector: Connector): Connector => {
    const gone = <T>(work: () => Promise<T>): Promise<T> =>
      away[side]
        ? Promise.reject(Object.assign(new Error('nobody there'), { code: 'ECONNREFUSED' }))
        : work();
    return {
      ...connector,
      read: (entity, ids) => gone(() => connector.read(entity, ids)),
      write: (writes, author) => gone(() => connector.write(writes, author)),
      check: () => gone(() => connector.check()),
    };
  };
  return { away, through };
}

describe('an erasure', () => {
  it('that meets a system that is away is told, waits, and goes on by itself when that is back', async () => {
    const { away, through } = leaving();
    const life = await w.live(through);
    const { ref } = await person(life, 'Awaited');
    away.erp = true;
    await expect(life.sync.erase(ref, ask)).rejects.toThrow(
      /The erasure of CRM Contact .* is noted and goes on by itself\.$/,
    );
    const issue = () => w.sql<{ message: string }[]>`
      select message from sync.issue where key = ${`erasure:crm:Contact:${ref.id}`} and closed_at is null`;
    expect((await issue())[0]!.message).toMatch(/goes on by itself/);
    // Nobody knows yet what else is the person's: nothing is done by halves.
    expect((await w.read('crm', 'Contact', ref.id))!.fields.lastName).toBe('Awaited');
    away.erp = false;
    await w.until('the erasure is over', async () => (await underWay(ref)).length === 0);
    expect((await w.read('crm', 'Contact', ref.id))!.fields.lastName).toBe('erased');
    expect(await issue()).toEqual([]);
    await w.sql`delete from sync.issue where id = 'told'`;
    expect(await tracesOf(w.sql, ['Awaited'])).toEqual([]);
    await life.stop();
  });

  it('called twice at once empties the person once, and proves it to both', async () => {
    const [a, b] = [await w.live(), await w.live()];
    const { ref } = await person(a, 'Twice');
    const done = await Promise.all([a, a, b].map(({ sync }) => sync.erase(ref, ask)));
    for (const { proof } of done) expect(proof).toMatch(/^[0-9a-f]{64}$/);
    await w.settled(a);
    await w.sql`delete from sync.issue where id = 'told'`;
    expect(await tracesOf(w.sql, ['Twice'])).toEqual([]);
    expect(await underWay(ref)).toEqual([]);
    await a.stop();
    await b.stop();
  });

  it('of what is no person, or is not there, is not noted', async () => {
    const life = await w.live();
    const customer = await w.create('crm', 'Customer', { name: 'A company' });
    await expect(life.sync.erase({ side: 'crm', entity: 'Customer', id: customer.id }, ask)).rejects.toThrow(
      /only a person can be erased/,
    );
    await expect(life.sync.erase({ side: 'crm', entity: 'Contact', id: 'none' }, ask)).rejects.toThrow(
      /has no Contact/,
    );
    expect(await w.sql`select 1 from sync.erasure`).toEqual([]);
    await life.stop();
  });

  it('finds the counterpart that a step made which died before it could say so', async () => {
    const life = await w.live();
    const { ref } = await person(life, 'Orphaned');
    const [link] = await w.sql<{ erp: string; id: string }[]>`
      select id, erp_id as erp from sync.link where crm_id = ${ref.id} and mapping = 'contact'`;
    await w.rest(life, true);
    await w.sql`update sync.link set state = 'ended', ended_by = 'unlinked', erp_id = null where id = ${link!.id}`;
    await w.sql`
      insert into sync.intent (key, side, entity, reference, source, mapping, lane, link_lane)
      values ('orphan', 'erp', 'Contact', '{"email":"Orphaned@gone.example"}', ${`crm:Contact:${ref.id}`}, 'contact', 'x', 'x')`;
    await life.sync.erase(ref, ask);
    expect((await w.read('erp', 'Contact', link!.erp))!.fields.lastName).toBe('erased');
    await w.sql`delete from sync.issue where id = 'told'`;
    await w.rest(life, false);
    await life.stop();
  });
});
