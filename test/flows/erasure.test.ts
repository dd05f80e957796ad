import { describe, expect, test } from 'vitest';
import { createSyncSubgraph } from '../../subgraphs/sync/subgraph.ts';
import { patternsOf } from '../../sync/core/told-of.ts';
import type { RecordRef } from '../../sync/index.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { emptyMentions, mentionsOf } from '../../sync/store/erasure.ts';
import { data } from '../sync-subgraph/fixture.ts';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { openWorld } from './world.ts';

/** After an erasure nothing of the person is in any table of the database, whatever had happened to the records before. */
const w = await openWorld();
const known = await knownRecords(w);
const { quoted } = dealsOf(w, known);
const subgraph = createSyncSubgraph({ sql: w.sql, sync: w.sync, mappings });
const ask = { mode: 'apply', actor: 'officer' } as const;
const preview = { mode: 'preview', actor: 'officer' } as const;

/** Where any of these texts stands: `sync.event: Secretia`. */
async function found(secrets: readonly string[]): Promise<readonly string[]> {
  const tables = await w.sql<{ schema: string; name: string }[]>`
    select table_schema as schema, table_name as name from information_schema.tables
    where table_schema in ('crm', 'erp', 'sync') and table_type = 'BASE TABLE'`;
  const hits = await Promise.all(
    tables.flatMap(({ schema, name }) =>
      secrets.map(async (secret) => {
        const [row] = await w.sql<{ n: number; row: string | null }[]>`
          select count(*) as n, min(t::text) as row from ${w.sql.unsafe(`${schema}."${name}"`)} t
          where t::text ilike ${`%${secret}%`}`;
        return row!.n > 0 ? [`${schema}.${name}: ${secret} in ${row!.row?.slice(0, 400)}`] : [];
      }),
    ),
  );
  return hits.flat();
}

/** Holds a flow while both sides are edited, so that the edits meet. */
async function bothEdit(
  mapping: 'contact' | 'customer',
  entity: string,
  ids: { crm: string; erp: string },
  crm: object,
  erp: object,
) {
  await w.sync.pause(mapping, true, null, 'test');
  await w.edit('crm', entity, ids.crm, crm as never);
  await w.edit('erp', entity, ids.erp, erp as never);
  await w.sync.pause(mapping, false, null, 'test');
  await w.settled();
}

/** Erases, after showing that the scan finds what is to be erased. */
async function erased(ref: RecordRef, secrets: readonly string[]) {
  expect((await found(secrets)).length).toBeGreaterThan(0);
  const told = await w.sync.erase(ref, preview);
  const done = await w.sync.erase(ref, ask);
  await w.settled();
  expect(await found(secrets)).toEqual([]);
  return { told, done };
}

describe('an erasure leaves nothing', () => {
  test('of a contact: edits, a conflict, what could not be read, a proposal about it, previews and reasons', async () => {
    const secrets = ['Secretia', 'Verborgen', 'hemmelig', '99887766', 'Gjemt'];
    const customerId = String(known.Customer[0].crm);
    const fields = {
      firstName: 'Secretia',
      lastName: 'Verborgen',
      email: 'post@hemmelig.example',
      phone: '+4799887766',
      jobTitle: 'Gjemt',
      customerId,
    };
    const { id } = await w.create('crm', 'Contact', fields);
    await w.settled();
    const link = await w.linkOf('contact', id);
    const ids = { crm: id, erp: link.erpId! };
    await bothEdit('contact', 'Contact', ids, { firstName: 'Secretia B' }, { firstName: 'Secretia C' });
    await w.edit('erp', 'Contact', ids.erp, { phoneNo: 'ask Secretia', jobTitle: 'Gjemt igjen' });
    await w.edit('crm', 'Contact', ids.crm, { jobTitle: 'Gjemt lenge: '.padEnd(70, 'x') });
    await w.settled();
    await w.create('erp', 'Contact', {
      firstName: 'Other',
      lastName: 'Person',
      phoneNo: '+4799887700',
      customerId: String(known.Customer[0].erp),
    });
    await w.settled();
    await w.sync.syncLink(link.id, preview);
    await data(
      subgraph,
      `mutation { syncContact(id: "Link_${link.id}", reason: "Secretia Verborgen rang") { outcome } }`,
    );
    const { told, done } = await erased({ side: 'crm', entity: 'Contact', id }, secrets);
    expect(told).toMatchObject({ records: 2, links: 1 });
    expect(done.proof).toMatch(/^[0-9a-f]{64}$/);
  });

  test('of a contact who had another name, e-mail and phone: what was written of others with them', async () => {
    const secrets = [
      'Gamlenavn',
      'Tidligere Nyenavn',
      'forrige@hemmelig2.example',
      '99112233',
      '99 11 22 33',
    ];
    const customerId = String(known.Customer[0].crm);
    const old = { firstName: 'Tidligere', lastName: 'Gamlenavn', email: 'forrige@hemmelig2.example' };
    const { id } = await w.create('crm', 'Contact', { ...old, phone: '+4799112233', customerId });
    const other = await w.create('crm', 'Contact', { firstName: 'Ola', lastName: 'Annen', customerId });
    await w.settled();
    await w.edit('crm', 'Contact', id, { lastName: 'Nyenavn', email: 'ny@hemmelig2.example', phone: null });
    await w.settled();
    const [own, link] = [await w.linkOf('contact', id), await w.linkOf('contact', other.id)];
    const why = 'As forrige@hemmelig2.example (Tidligere Gamlenavn, 99 11 22 33) wrote';
    await data(
      subgraph,
      `mutation { syncContact(id: "Link_${link.id}", reason: "${why}; Gamlenavn, Tidligere") { outcome } }`,
    );
    await w.sql`
      insert into sync.issue (id, key, code, mapping, link_id, message)
      values ('mention', 'mention', 'STATE', 'contact', ${link.id}, ${why})`;
    await w.sql`
      insert into sync.dead_letter (id, lane, mapping, link_id, code, message, request, attempts, cause)
      values ('mention', 'rec:crm:Contact:other', 'contact', null, 'STATE', ${why},
        ${JSON.stringify({ note: why, kept: 99112233 + 1 })}::text::jsonb, 1, '{}')`;
    await w.sql`
      insert into sync.conflict (id, link_id, field, why) values ('mention', ${link.id}, 'jobTitle', ${why})`;
    await w.sql`
      insert into sync.event (id, mapping, link_id, outcome, cause, fields, detail, attempt, correlation_id)
      values ('mention', 'contact', ${link.id}, 'failed', '{"kind":"change"}', '[]',
        ${JSON.stringify({ message: why })}::text::jsonb, 1, 'mention')`;
    const { told, done } = await erased({ side: 'crm', entity: 'Contact', id }, secrets);
    expect(told.counts.mentions).toBe(6);
    const [event] = await w.sql<{ detail: { statement: object } }[]>`
      select detail from sync.event where link_id = ${own.id} and outcome = 'erased'`;
    expect(event!.detail.statement).toMatchObject({ mentions: { left: 0 } });
    expect(done.proof).toMatch(/^[0-9a-f]{64}$/);
    const [letter] = await w.sql<{ message: string; request: object }[]>`
      select message, request from sync.dead_letter where id = 'mention'`;
    expect(letter).toMatchObject({
      message: 'As erased (erased, erased) wrote',
      request: { kept: 99112234 },
    });
    expect((await w.fields('crm', 'Contact', other.id)).lastName).toBe('Annen');
    await w.sql`delete from sync.conflict where id = 'mention'`;
  });

  test('in PostgreSQL as in our own words: of others only what is not part of a longer word', async () => {
    const person = {
      firstNames: new Set(['Nora']),
      lastNames: new Set(['Lie']),
      whole: new Set(['Ice', 'nora@lie.example']),
      phones: new Set(['+4790807060']),
    };
    const others = 'Nora Lieberg, Ånora Lie, ola.nora@lie.example, Office, Isøice, 908070601';
    const both = `${others}; Nora Lie <nora@lie.example>, Ice, 0047 90 80 70 60`;
    await w.sql`
      insert into sync.dead_letter (id, lane, mapping, code, message, request, attempts, cause)
      values ('others', 'rec:crm:Contact:others', 'contact', 'STATE', ${both},
        ${JSON.stringify({ note: both })}::text::jsonb, 1, '{}')`;
    expect(await mentionsOf(w.sql, patternsOf(person))).toBe(2);
    await emptyMentions(w.sql, patternsOf(person));
    const [letter] = await w.sql`
      delete from sync.dead_letter where id = 'others' returning message, request ->> 'note' as note`;
    const left = `${others}; erased <erased>, erased, erased`;
    expect(letter).toEqual({ message: left, note: left });
  });

  test('and is not taken back by a revert of the unlinking that it tells of', async () => {
    const customerId = String(known.Customer[0].crm);
    const { id } = await w.create('crm', 'Contact', { firstName: 'Gone', lastName: 'For Good', customerId });
    await w.settled();
    const link = await w.linkOf('contact', id);
    await w.sync.erase({ side: 'crm', entity: 'Contact', id }, ask);
    const [unlinked] = await w.sql<{ id: string }[]>`
      select id from sync.event where link_id = ${link.id} and outcome = 'unlinked'`;
    for (const mode of [preview, ask])
      await expect(w.sync.revert(unlinked!.id, null, mode)).rejects.toThrow(/person was erased/);
    await w.settled();
    expect(await w.links({ id })).toEqual([]);
  });

  test('of a contact whose letter says what the target answered, and one that another record’s letter quotes', async () => {
    const secrets = ['Lettera', 'lettera.example'];
    const { id } = await w.create('crm', 'Contact', {
      firstName: 'Lettera',
      lastName: 'Dead',
      email: 'a@lettera.example',
      customerId: String(known.Customer[0].crm),
    });
    await w.settled();
    const link = await w.linkOf('contact', id);
    const letter = (lane: string, request: string | null, answer: string | null) => w.sql`
      insert into sync.dead_letter (id, lane, mapping, link_id, code, message, request, answer, attempts, cause)
      values (gen_random_uuid(), ${lane}, 'contact', null, 'DUPLICATE', 'Lettera is there already', ${request}::text::jsonb,
        ${answer}::text::jsonb, 1, '{}')`;
    await letter(`rec:crm:Contact:${id}`, null, null);
    await letter(
      'rec:crm:Contact:other',
      '{"x":1}',
      JSON.stringify({ current: { id: link.erpId, name: 'Lettera' } }),
    );
    await erased({ side: 'erp', entity: 'Contact', id: link.erpId! }, secrets);
  });

  test('of a user: the salesperson, and the block on the orders that bear the name', async () => {
    const secrets = ['Usera Navn', 'usera@', '44556677', 'Selgeren'];
    const { id } = await w.create('crm', 'User', {
      fullName: 'Usera Navn',
      email: 'usera@secret.example',
      mobilePhone: '+4744556677',
      jobTitle: 'Selgeren',
    });
    const deal = await quoted({ ownerId: id });
    expect((await w.fields('erp', 'Order', deal.erpOrder)).salespersonName).toBe('Usera Navn');
    await w.edit('crm', 'User', id, { jobTitle: 'Selgeren selv' });
    await w.settled();
    await erased({ side: 'crm', entity: 'User', id }, secrets);
  });

  test('of a contact whose counterpart is being created at that moment', async () => {
    const secrets = ['Meanwhilia', 'meanwhile@secret.example'];
    const [at, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const blocking = w.sql.begin(async (tx) => {
      await tx`lock table erp.contact in exclusive mode`;
      at.resolve();
      await released.promise;
    });
    await at.promise;
    const contact = await w.create('crm', 'Contact', {
      firstName: 'Kari',
      lastName: 'Meanwhilia',
      email: 'meanwhile@secret.example',
      customerId: known.Customer[0].crm!,
    });
    const lane = `rec:crm:Contact:${contact.id}`;
    await expect.poll(() => w.sql`select 1 from sync.intent where lane = ${lane}`).toHaveLength(1);
    let done = false;
    const erasing = w.sync.erase({ side: 'crm', entity: 'Contact', id: contact.id }, ask).finally(() => {
      done = true;
    });
    await expect
      .poll(
        async () => done || (await w.sql`select 1 from sync.lane where key = ${lane} and n > 1`).length > 0,
      )
      .toBe(true);
    released.resolve();
    await Promise.all([blocking, erasing]);
    await w.settled();
    expect(await found(secrets)).toEqual([]);
  });

  test('of a customer who is a person', async () => {
    const secrets = ['Privata', 'privata@', '33221100', 'Hemmelig vei'];
    const { id } = await w.create('crm', 'Customer', {
      kind: 'PERSON',
      name: 'Privata Hansen',
      email: 'privata@home.example',
      phone: '+4733221100',
      billingAddress: { line1: 'Hemmelig vei 1', city: 'Oslo', postalCode: '0150', country: 'NO' },
    });
    await w.settled();
    const link = await w.linkOf('customer', id);
    await bothEdit(
      'customer',
      'Customer',
      { crm: id, erp: link.erpId! },
      { name: 'Privata Olsen' },
      { name: 'Privata Nilsen' },
    );
    await erased({ side: 'crm', entity: 'Customer', id }, secrets);
  });
});
