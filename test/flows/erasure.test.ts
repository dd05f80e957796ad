import { describe, expect, test } from 'vitest';
import { createSyncSubgraph } from '../../subgraphs/sync/subgraph.ts';
import { patternsOf } from '../../sync/core/told-of.ts';
import type { RecordRef } from '../../sync/index.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { emptyMentions, mentionsOf } from '../../sync/store/mentions.ts';
import { patienceMs } from '../support/patience.ts';
import { tracesOf } from '../support/traces.ts';
import { data } from '../sync-subgraph/fixture.ts';
import { dealsOf } from './deal.ts';
import { knownRecords } from './known.ts';
import { openWorld } from './world.ts';

/** After an erasure nothing of the person is in any table of the database, whatever had happened to the records before. */
const w = await openWorld();
const known = await knownRecords(w);
const { quoted, product, ownerId } = dealsOf(w, known);
const subgraph = createSyncSubgraph({ sql: w.sql, sync: w.sync, mappings });
const ask = { mode: 'apply', actor: 'officer' } as const;
const preview = { mode: 'preview', actor: 'officer' } as const;

const found = (secrets: readonly string[]) => tracesOf(w.sql, secrets);

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

/** What the person had long ago, and whom he is told by. */
const kept = { email: 'skjult@spor.example', phone: '+4791827364', written: '918 27 364' };
const spoor = [kept.email, kept.written, '91827364'];
const why = `wrote ${kept.email}\nKari Skjult (${kept.written})`;

describe('what is told of a person wherever texts are kept', () => {
  /** A contact that had the e-mail and the phone before it had others, and another record, of which texts are. */
  async function personAndOther() {
    const customerId = String(known.Customer[0].crm);
    const { id } = await w.create('crm', 'Contact', { firstName: 'Kari', lastName: 'Skjult', customerId });
    const other = await w.create('crm', 'Contact', { firstName: 'Per', lastName: 'Annen', customerId });
    await w.settled();
    return {
      id,
      ref: { side: 'crm', entity: 'Contact', id } as const,
      own: await w.linkOf('contact', id),
      other: await w.linkOf('contact', other.id),
    };
  }

  test('is known from nothing but a letter about the person, and from what was about to be written', async () => {
    const { ref, id, own, other } = await personAndOther();
    const request = {
      side: 'erp',
      entity: 'Contact',
      kind: 'update',
      id: own.erpId,
      fields: { email: kept.email },
    };
    const answer = { code: 'BAD_USER_INPUT', current: { id: 'somebody', email: 'namesake@spor.example' } };
    await w.sql`
      insert into sync.dead_letter (id, lane, mapping, link_id, code, message, request, answer, attempts, cause, closed_at)
      values ('own', ${`rec:crm:Contact:${id}`}, 'contact', ${own.id}, 'STATE', 'x', ${JSON.stringify(request)}::text::jsonb,
        ${JSON.stringify(answer)}::text::jsonb, 1, '{}', now())`;
    await w.sql`
      insert into sync.decision (id, pair, changes) values ('own', ${`contact:${own.crmId}/${own.erpId}`},
        ${JSON.stringify([{ field: 'phone', side: 'erp', before: kept.phone, after: null, winner: 'crm', why: 'x' }])}::text::jsonb)`;
    await w.sql`
      insert into sync.issue (id, key, code, mapping, link_id, message)
      values ('other', 'other', 'STATE', 'contact', ${other.id}, ${`${why}, not namesake@spor.example`})`;
    await erased(ref, spoor);
    const [issue] = await w.sql`delete from sync.issue where id = 'other' returning message`;
    expect(issue).toEqual({ message: 'wrote erased\nerased (erased), not namesake@spor.example' });
    await w.sql`delete from sync.dead_letter where id = 'own'`;
  });

  test('is searched for while nobody waits: the lanes of the person are free by then', async () => {
    const { ref, own, other } = await personAndOther();
    await w.sql`
      insert into sync.issue (id, key, code, mapping, link_id, message)
      values ('held', 'held', 'STATE', 'contact', ${other.id}, 'Kari Skjult wrote')`;
    const [at, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const holding = w.sql.begin(async (tx) => {
      await tx`select 1 from sync.issue where id = 'held' for update`;
      at.resolve();
      await released.promise;
    });
    await at.promise;
    let done = false;
    const erasing = w.sync.erase(ref, ask).finally(() => {
      done = true;
    });
    await expect
      .poll(async () => (await w.fields('erp', 'Contact', own.erpId!)).lastName, { timeout: patienceMs })
      .toBe('erased');
    await w.settled();
    expect(await w.sql`select key from sync.lane where locked_until is not null`).toEqual([]);
    expect(await w.sql`select 1 from sync.erasure`).toHaveLength(1);
    expect(done).toBe(false);
    released.resolve();
    await Promise.all([holding, erasing]);
    expect(await found(['Kari Skjult'])).toEqual([]);
    expect(await w.sql`select 1 from sync.erasure`).toEqual([]);
    await w.sql`delete from sync.issue where id = 'held'`;
  });

  test('is taken out of letters, issues, decisions, plans, history, and bases that nothing follows any more', async () => {
    const { ref, id, own, other } = await personAndOther();
    await w.edit('crm', 'Contact', id, { email: kept.email, phone: kept.phone });
    await w.settled();
    await w.edit('crm', 'Contact', id, { email: null, phone: null });
    await w.settled();
    const deal = await quoted();
    const [line] = await w.sql<{ id: string }[]>`
      select l.id from sync.line_link l join sync.link of on of.id = l.link_id
      where of.mapping = 'order' and of.erp_id = ${deal.erpOrder} limit 1`;
    const gone = await w.create('crm', 'Contact', {
      firstName: 'Long',
      lastName: 'Gone',
      customerId: String(known.Customer[0].crm),
    });
    await w.settled();
    const ended = await w.linkOf('contact', gone.id);
    await w.sync.unlink(ended.id, 'crm', ask);
    const json = JSON.stringify({ note: why, kept: 91827364 + 1 });
    const change = JSON.stringify([
      { field: 'jobTitle', side: 'erp', before: why, after: null, lost: why, winner: 'crm', why: 'x' },
    ]);
    await w.sql`
      insert into sync.dead_letter (id, lane, mapping, code, message, request, answer, attempts, cause)
      values ('other', 'rec:crm:Contact:other', 'contact', 'STATE', ${why}, ${json}::text::jsonb, ${json}::text::jsonb, 1, '{}')`;
    await w.sql`
      insert into sync.issue (id, key, code, mapping, link_id, message, value)
      values ('other', 'other', 'STATE', 'contact', ${other.id}, ${why}, ${json}::text::jsonb)`;
    await w.sql`insert into sync.decision (id, pair, changes) values ('other', 'contact:other/other', ${change}::text::jsonb)`;
    await w.sql`
      insert into sync.conflict (id, link_id, field, why, choice, crm, resolved_at)
      values ('over', ${other.id}, 'jobTitle', ${why}, ${JSON.stringify({ value: why })}::text::jsonb, to_jsonb(${why}::text), now()),
        ('open', ${other.id}, 'department', ${why}, ${JSON.stringify({ value: why })}::text::jsonb, null, null)`;
    await w.sql`
      insert into sync.planned_act (token, act, versions) values ('other', ${json}::text::jsonb, '{}')`;
    await w.sql`
      insert into sync.event (id, mapping, link_id, outcome, cause, fields, detail, attempt, correlation_id)
      values ('other', 'contact', ${other.id}, 'updated', '{"kind":"change"}', ${change}::text::jsonb, ${json}::text::jsonb, 1, 'other')`;
    await w.sql`update sync.link set agreed = agreed || jsonb_build_object('jobTitle', ${why}::text) where id = ${ended.id}`;
    await w.sql`
      update sync.line_link set agreed = agreed || jsonb_build_object('description', ${why}::text) where id = ${line!.id}`;
    const { told } = await erased(ref, spoor);
    expect(told.counts).toMatchObject({ mentions: 13, others: 1 });
    const [letter] = await w.sql`select message, request, closed_at from sync.dead_letter where id = 'other'`;
    const cleaned = 'wrote erased\nerased (erased)';
    expect(letter).toEqual({ message: cleaned, request: { note: cleaned, kept: 91827365 }, closed_at: null });
    expect(
      await w.sql`select id, choice from sync.conflict where id in ('over', 'open') order by id`,
    ).toEqual([
      { id: 'open', choice: null },
      { id: 'over', choice: { value: cleaned } },
    ]);
    expect((await w.fields('crm', 'Contact', other.crmId!)).lastName).toBe('Annen');
    expect(own.id).not.toBe(other.id);
    for (const table of ['dead_letter', 'issue', 'decision', 'event'])
      await w.sql`delete from sync.${w.sql(table)} where id = 'other'`;
    await w.sql`delete from sync.conflict where id in ('over', 'open')`;
  });
});

test('a customer with open documents is erased: they stay as they are, the preview counts them, and an edit of one is told to wait', async () => {
  const { id } = await w.create('crm', 'Customer', {
    kind: 'PERSON',
    name: 'Avtalia Dokumentsen',
    email: 'avtalia@open.example',
  });
  await w.settled();
  const deal = await quoted({ customerId: id });
  const { told } = await erased({ side: 'crm', entity: 'Customer', id }, ['Avtalia', 'avtalia@']);
  // The quote, the ERP order that stands for it, and the CRM order that is to come.
  expect(told.counts.referring).toBe(3);
  expect((await w.fields('crm', 'Quote', deal.quote)).customerId).toBe(id);
  expect(await w.lines('erp', 'Quote', deal.erpQuote)).toMatchObject([{ quantity: '3' }]);
  const [line] = await w.lines('crm', 'Quote', deal.quote);
  await w.editLines('crm', 'Quote', deal.quote, [
    { kind: 'change', lineId: line!.lineId, fields: { quantity: '7' } },
  ]);
  await w.settled();
  for (const link of await w.links({ id: deal.quote })) {
    expect(link.state).toBe('waiting');
    expect(link.waitsFor![0]!.reason).toMatch(/Customer/);
  }
});

test.for(['Contact', 'User'] as const)(
  'a %s whom others name is erased: preview and result count those; of an edit all travels but that reference, which is listed',
  async (entity) => {
    const name = `Nevnt ${entity}sen`;
    const { id: customerId } = await w.create('crm', 'Customer', { name: `Nevner ${entity}`, ownerId });
    const [field, fields] =
      entity === 'Contact'
        ? (['contactId', { lastName: name, customerId }] as const)
        : (['ownerId', { fullName: name, email: 'nevnt@post.example' }] as const);
    const { id } = await w.create('crm', entity, fields);
    await w.settled();
    const named = entity === 'Contact' ? { primaryContactId: id } : { ownerId: id };
    await w.edit('crm', 'Customer', customerId, named);
    await quoted({ customerId, [field]: id });
    const lines = [{ productId: product(0), quantity: '2', unitPrice: '100' }];
    const order = await w.create('crm', 'Order', { customerId, ownerId, [field]: id, lines });
    await w.settled();
    const { told, done } = await erased({ side: 'crm', entity, id }, [name]);
    // The customer, the order, and of the deal the quote, the ERP order that stands for it and the CRM order that is to come.
    expect([told.counts.referring, done.counts.referring]).toEqual([5, 5]);
    await w.edit('crm', 'Order', order.id, { notes: `Without ${entity}` });
    await w.edit('crm', 'Customer', customerId, { email: 'uten@post.example' });
    await w.settled();
    for (const [mapping, of, on, [property, value], reference] of [
      ['order', order.id, 'Order', ['workDescription', `Without ${entity}`], field],
      ['customer', customerId, 'Customer', ['email', 'uten@post.example'], Object.keys(named)[0]],
    ] as const) {
      const link = await w.linkOf(mapping, of);
      expect((await w.fields('erp', on, link.erpId!))[property]).toBe(value);
      const waits = {
        field: reference,
        kind: 'waits',
        message: expect.stringMatching(/was erased. Name another one, in either system.$/),
      };
      expect(
        await data(
          subgraph,
          `{ links(filter: { id: { eq: "Link_${link.id}" }, held: { eq: true } }) { nodes { state held { field kind message } } } }`,
        ),
      ).toEqual({ links: { nodes: [{ state: 'SYNCED', held: [waits, waits] }] } });
    }
  },
);

describe('what somebody names in place of an erased person travels, whichever side it was set on', () => {
  /** A customer, a contact and an order that name this person on both sides, and one who may take the place, by id. */
  async function naming(entity: 'Contact' | 'User', name: string) {
    const { id: customerId } = await w.create('crm', 'Customer', { name: `Navngiver ${name}`, ownerId });
    let n = 0;
    const personOf = async (which: string) => {
      const named = `${which} ${name}sen`;
      const fields = entity === 'Contact' ? { lastName: named, customerId } : { fullName: named };
      const { id } = await w.create('crm', entity, fields);
      // A user gets a card as soon as somebody is named.
      const of = await w.create('crm', 'Customer', {
        name: `Kunde ${++n} ${name}`,
        ...(entity === 'User' && { ownerId: id }),
      });
      await w.settled();
      return { crm: id, erp: await w.twin(entity === 'User' ? 'user' : 'contact', 'crm', id), of: of.id };
    };
    const [gone, next, third] = [
      await personOf('Erstattet'),
      await personOf('Neste'),
      await personOf('Tredje'),
    ];
    const [field, header] =
      entity === 'Contact'
        ? ([
            { crm: 'contactId', erp: 'contactId' },
            { crm: 'primaryContactId', erp: 'primaryContactId' },
          ] as const)
        : ([
            { crm: 'ownerId', erp: 'salespersonId' },
            { crm: 'ownerId', erp: 'salespersonId' },
          ] as const);
    await w.edit('crm', 'Customer', customerId, { [header.crm]: gone.crm });
    const lines = [{ productId: product(0), quantity: '2', unitPrice: '100' }];
    const order = await w.create('crm', 'Order', { customerId, ownerId, [field.crm]: gone.crm, lines });
    await w.settled();
    await erased({ side: 'crm', entity, id: gone.crm }, [`Erstattet ${name}sen`]);
    await w.edit('crm', 'Customer', customerId, { website: 'https://navngiver.example' });
    await w.edit('crm', 'Order', order.id, { notes: 'Looked at' });
    await w.settled();
    return {
      gone,
      next,
      third,
      of: [
        {
          mapping: 'customer',
          entity: 'Customer',
          field: header,
          link: await w.linkOf('customer', customerId),
        },
        { mapping: 'order', entity: 'Order', field, link: await w.linkOf('order', order.id) },
      ] as const,
    };
  }

  const shown = async ({ entity, field, link }: Awaited<ReturnType<typeof naming>>['of'][number]) => ({
    crm: (await w.fields('crm', entity, link.crmId!))[field.crm],
    erp: (await w.fields('erp', entity, link.erpId!))[field.erp],
    held: (await w.sql<{ held: unknown }[]>`select held from sync.link where id = ${link.id}`)[0]!.held ?? [],
  });

  test.for([
    ['Contact', 'crm'],
    ['Contact', 'erp'],
    ['User', 'crm'],
    ['User', 'erp'],
  ] as const)('a %s, set in the %s', async ([entity, side]) => {
    const { next, of } = await naming(entity, `${entity} ${side}`);
    for (const each of of) {
      const id = side === 'crm' ? each.link.crmId! : each.link.erpId!;
      expect((await shown(each)).held).toMatchObject([{ kind: 'waits' }, { kind: 'waits' }]);
      await w.edit(side, each.entity, id, { [each.field[side]]: next[side] });
    }
    await w.settled();
    for (const each of of) expect(await shown(each)).toEqual({ crm: next.crm, erp: next.erp, held: [] });
  });

  test('a contact, set differently in both: the rule decides', async () => {
    const { next, third, of } = await naming('Contact', 'begge');
    const [customer] = of;
    await w.sync.pause('customer', true, null, 'test');
    await w.edit('crm', 'Customer', customer.link.crmId!, { primaryContactId: next.crm });
    await w.edit('erp', 'Customer', customer.link.erpId!, { primaryContactId: third.erp });
    await w.sync.pause('customer', false, null, 'test');
    await w.settled();
    expect(await shown(customer)).toEqual({ crm: third.crm, erp: third.erp, held: [] });
  });

  test.for(['crm', 'erp'] as const)('a customer of documents that wait, set in the %s', async (side) => {
    const customer = async (name: string) => {
      const { id } = await w.create('crm', 'Customer', { kind: 'PERSON', name });
      await w.settled();
      return { crm: id, erp: await w.twin('customer', 'crm', id) };
    };
    const [gone, next] = [
      await customer(`Avgang Kundesen ${side}`),
      await customer(`Tilgang Kundesen ${side}`),
    ];
    const deal = await quoted({ customerId: gone.crm });
    await erased({ side: 'crm', entity: 'Customer', id: gone.crm }, [`Avgang Kundesen ${side}`]);
    await w.edit('crm', 'Quote', deal.quote, { notes: 'Waits' });
    await w.settled();
    const links = () => w.links({ id: deal.quote });
    for (const link of await links())
      expect(link).toMatchObject({
        state: 'waiting',
        waitsFor: [{ reason: expect.stringContaining('was erased') }, {}],
      });
    await w.edit(side, 'Quote', side === 'crm' ? deal.quote : deal.erpQuote, { customerId: next[side] });
    await w.settled();
    for (const link of await links()) expect(link).toMatchObject({ state: 'synced', waitsFor: null });
    const shows = await Promise.all(
      (
        [
          ['crm', 'Quote', deal.quote],
          ['erp', 'Quote', deal.erpQuote],
          ['erp', 'Order', deal.erpOrder],
        ] as const
      ).map(async ([on, entity, id]) => (await w.fields(on, entity, id)).customerId),
    );
    expect(shows).toEqual([next.crm, next.erp, next.erp]);
    expect((await w.fields('erp', 'Quote', deal.erpQuote)).workDescription).toBe('Waits');
  });
});

test('a contact that was deleted, and one that was unlinked: who is named in their place travels', async () => {
  const { id: customerId } = await w.create('crm', 'Customer', { name: 'Navngiver av slettede', ownerId });
  await w.settled();
  const customer = await w.linkOf('customer', customerId);
  const contact = async (lastName: string) => {
    const { id } = await w.create('crm', 'Contact', { lastName, customerId });
    await w.settled();
    return { crm: id, erp: await w.twin('contact', 'crm', id) };
  };
  const [unlinked, deleted, next] = [
    await contact('Frakoblet'),
    await contact('Slettet'),
    await contact('Etterfølger'),
  ];
  const names = async (side: 'crm' | 'erp', id: string) => {
    await w.edit(side, 'Customer', side === 'crm' ? customerId : customer.erpId!, { primaryContactId: id });
    await w.settled();
    return [
      (await w.fields('crm', 'Customer', customerId)).primaryContactId,
      (await w.fields('erp', 'Customer', customer.erpId!)).primaryContactId,
    ];
  };
  await names('crm', unlinked.crm);
  await w.sync.unlink((await w.linkOf('contact', unlinked.crm)).id, 'both', ask);
  await w.settled();
  expect(await names('erp', next.erp)).toEqual([next.crm, next.erp]);
  await names('crm', deleted.crm);
  // The ERP names nobody then, by itself, and that travels.
  await w.remove('erp', 'Contact', deleted.erp);
  await w.settled();
  expect((await w.fields('crm', 'Customer', customerId)).primaryContactId).toBeNull();
  expect(await names('erp', next.erp)).toEqual([next.crm, next.erp]);
});

test('a contact that was erased: where somebody names nobody in its place, that travels, too', async () => {
  const { id: customerId } = await w.create('crm', 'Customer', { name: 'Navngiver av ingen', ownerId });
  const { id } = await w.create('crm', 'Contact', { lastName: 'Ingensen', customerId });
  await w.edit('crm', 'Customer', customerId, { primaryContactId: id });
  await w.settled();
  const customer = await w.linkOf('customer', customerId);
  await erased({ side: 'crm', entity: 'Contact', id }, ['Ingensen']);
  await w.edit('erp', 'Customer', customer.erpId!, { primaryContactId: null });
  await w.settled();
  expect((await w.fields('crm', 'Customer', customerId)).primaryContactId).toBeNull();
});
