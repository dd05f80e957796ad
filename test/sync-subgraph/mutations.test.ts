import { type GraphQLObjectType, type GraphQLOutputType, getNamedType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { ask, at, data, members } from './fixture.ts';
import { startLive, subscribed } from './live.ts';

const live = await startLive();
const { subgraph, sync, sql } = live;

const inStep = async (name: string) => {
  const record = await live.create('crm', 'Customer', { name });
  await sync.quiet();
  const result = await data(
    subgraph,
    `mutation { syncCustomer(crmId: "${record.id}") { outcome syncToken link { id crmId erpId state } } }`,
  );
  await sync.quiet();
  return {
    crm: record,
    erpId: String(at(result, 'syncCustomer.link.erpId')),
    linkId: String(at(result, 'syncCustomer.link.id')),
    result,
  };
};

describe('sync mutations', () => {
  it('creates the counterpart, tells plan and events, and reads it back with the token', async () => {
    const { crm, result } = await inStep('Nordvind');
    expect(at(result, 'syncCustomer')).toMatchObject({ link: { crmId: crm.id, state: 'SYNCED' } });
    const token = String(at(result, 'syncCustomer.syncToken'));
    const read = await data(
      subgraph,
      `{ customer(crmId: "${crm.id}") { name erpId accountNumber link { state drift { field verdict } history { nodes { outcome cause { kind actor } cursor } } } } }`,
      {},
      { subject: 'kari', scopes: ['*'], headers: { 'x-sync-token': token } },
    );
    expect(at(read, 'customer')).toMatchObject({ name: 'Nordvind', link: { state: 'SYNCED' } });
    expect(
      members(at(read, 'customer.link.drift')).find(({ field }) => String(field) === 'name'),
    ).toMatchObject({ verdict: 'EQUAL' });
    expect(members(at(read, 'customer.link.history.nodes')).length).toBeGreaterThan(0);
  });

  it('tells every write of a sync that made a counterpart, the create and what came back of it', async () => {
    await data(subgraph, 'mutation { pauseFlow(flow: CUSTOMER) { paused } }');
    const { id } = await live.create('crm', 'Customer', { name: 'Alt Skrevet', paymentTerms: null });
    const result = await data(
      subgraph,
      `mutation { syncCustomer(crmId: "${id}") { outcome link { erpId }
        plan { kind calls writes { side entity action id fields { field before after } } } } }`,
    );
    await data(subgraph, 'mutation { resumeFlow(flow: CUSTOMER) { paused } }');
    const erpId = String(at(result, 'syncCustomer.link.erpId'));
    const { customerNo } = (await live.systems.erp.read('Customer', [erpId])).get(erpId)!.fields;
    expect(result.syncCustomer).toMatchObject({
      outcome: 'CREATED',
      plan: {
        kind: 'CREATE',
        calls: 2,
        writes: [
          { side: 'ERP', entity: 'CUSTOMER', action: 'CREATE', id: erpId },
          { side: 'CRM', entity: 'CUSTOMER', action: 'UPDATE', id },
        ],
      },
    });
    const [made, back] = members(at(result, 'syncCustomer.plan.writes'));
    expect(members(made?.fields)).toContainEqual({ field: 'name', before: null, after: 'Alt Skrevet' });
    expect(members(back?.fields)).toContainEqual({ field: 'accountNumber', before: null, after: customerNo });
    await sync.quiet();
  });

  it('shows an ERP customer that has nothing but a name, and its contact, once they are linked', async () => {
    const customer = await live.create('erp', 'Customer', { name: 'Bare et navn' });
    await sync.quiet();
    await live.create('erp', 'Contact', { lastName: 'Hansen', customerId: customer.id });
    await sync.quiet();
    const result = await data(
      subgraph,
      `{ customer(erpId: "${customer.id}") { crmId owner { fullName } contacts { nodes { lastName crmId customerId link { state } } } } }`,
    );
    expect(result.customer).toMatchObject({
      crmId: expect.any(String),
      contacts: {
        nodes: [
          {
            lastName: 'Hansen',
            crmId: expect.any(String),
            customerId: String(at(result, 'customer.crmId')),
            link: { state: 'SYNCED' },
          },
        ],
      },
    });
  });

  it('previews an edit without writing, and applies exactly that plan once', async () => {
    await data(subgraph, 'mutation { pauseFlow(flow: CUSTOMER, reason: "to look first") { paused reason } }');
    const { crm, erpId, linkId } = await inStep('Preview AS');
    await live.update('crm', 'Customer', crm.id, { name: 'Preview ASA' });
    const preview = await data(
      subgraph,
      `mutation { syncCustomer(id: "${linkId}", mode: PREVIEW) { outcome planToken plan { kind calls writes { side entity id action fields { field before after rule } } } events { id } } }`,
    );
    expect(at(preview, 'syncCustomer')).toMatchObject({
      outcome: 'UPDATED',
      events: [],
      plan: {
        kind: 'UPDATE',
        calls: 1,
        writes: [
          {
            side: 'ERP',
            entity: 'CUSTOMER',
            id: erpId,
            action: 'UPDATE',
            fields: [{ field: 'name', before: 'Preview AS', after: 'Preview ASA' }],
          },
        ],
      },
    });
    const nameIn = async () => (await live.systems.erp.read('Customer', [erpId])).get(erpId)!.fields.name;
    expect(await nameIn()).toBe('Preview AS');
    const token = String(at(preview, 'syncCustomer.planToken'));
    const applied = await data(
      subgraph,
      `mutation { applyPlan(token: "${token}") { outcome events { outcome cursor fields { field after } } } }`,
    );
    expect(at(applied, 'applyPlan')).toMatchObject({
      outcome: 'UPDATED',
      events: [{ outcome: 'UPDATED', fields: [{ field: 'name', after: 'Preview ASA' }] }],
    });
    expect(await nameIn()).toBe('Preview ASA');
    const again = await ask(subgraph, `mutation { applyPlan(token: "${token}") { outcome } }`);
    expect(again.errors?.[0]?.extensions).toMatchObject({ code: 'STALE_PLAN' });
    const resumed = await data(subgraph, 'mutation { resumeFlow(flow: CUSTOMER) { flow paused reason } }');
    expect(resumed.resumeFlow).toEqual({ flow: 'CUSTOMER', paused: false, reason: null });
  });

  it('tells in the preview of a swap what becomes of the pairs that refer to either', async () => {
    const [one, other] = [await inStep('Swapped AS'), await inStep('Crosswise AS')];
    const contact = await live.create('crm', 'Contact', { lastName: 'Follower', customerId: one.crm.id });
    await sync.quiet();
    const preview = await data(
      subgraph,
      `mutation { swapLinks(a: "${one.linkId}", b: "${other.linkId}", mode: PREVIEW) { childCount children {
        outcome link { crmId } waitsFor { reason } plan { kind writes { side entity fields { field beforeTitle afterTitle rule } } } } } }`,
    );
    const moved = {
      field: 'customerId',
      beforeTitle: 'Crosswise AS',
      afterTitle: 'Swapped AS',
      rule: 'CRM wins',
    };
    expect(preview.swapLinks).toEqual([
      {
        childCount: 1,
        children: [
          {
            outcome: 'UPDATED',
            link: { crmId: contact.id },
            waitsFor: [],
            plan: { kind: 'UPDATE', writes: [{ side: 'ERP', entity: 'CONTACT', fields: [moved] }] },
          },
        ],
      },
      { childCount: 0, children: [] },
    ]);
    const unlinked = await data(
      subgraph,
      `mutation { unlink(id: "${one.linkId}", mode: PREVIEW) { children { outcome link { crmId } waitsFor { reason } } } }`,
    );
    expect(at(unlinked, 'unlink.children')).toEqual([
      { outcome: 'WAITING', link: { crmId: contact.id }, waitsFor: [expect.anything(), expect.anything()] },
    ]);
    const applied = await data(
      subgraph,
      `mutation { swapLinks(a: "${one.linkId}", b: "${other.linkId}") { childCount children { outcome } } }`,
    );
    expect(applied.swapLinks).toEqual([
      { childCount: 0, children: [] },
      { childCount: 0, children: [] },
    ]);
    await sync.quiet();
  });

  it('names in a plan, and in the pair as it was, the records that a field refers to', async () => {
    const [from, to] = [await inStep('Moved from AS'), await inStep('Moved to AS')];
    const contact = await live.create('crm', 'Contact', { lastName: 'Mover', customerId: from.crm.id });
    await sync.quiet();
    const found = await data(subgraph, `{ contact(crmId: "${contact.id}") { link { id } } }`);
    const linkId = String(at(found, 'contact.link.id'));
    const before = new Date().toISOString();
    await data(subgraph, 'mutation { pauseFlow(flow: CONTACT) { paused } }');
    await live.update('crm', 'Contact', contact.id, { customerId: to.crm.id });
    const preview = await data(
      subgraph,
      `mutation { syncContact(id: "${linkId}", mode: PREVIEW) { plan { writes { fields { field beforeTitle afterTitle } } } } }`,
    );
    expect(at(preview, 'syncContact.plan.writes')).toEqual([
      { fields: [{ field: 'customerId', beforeTitle: 'Moved from AS', afterTitle: 'Moved to AS' }] },
    ]);
    await data(subgraph, 'mutation { resumeFlow(flow: CONTACT) { paused } }');
    await sync.quiet();
    const past = await data(
      subgraph,
      `{ node(id: "${linkId}") { ... on Link { asOf(at: "${before}") { erp titles } } } }`,
    );
    const customerId = String(at(past, 'node.asOf.erp.customerId'));
    expect(at(past, 'node.asOf.titles')).toMatchObject({ [customerId]: 'Moved from AS' });
  });

  it('links, unlinks and links two records by hand', async () => {
    const { linkId, crm, erpId } = await inStep('Hand AS');
    const unlinked = await data(subgraph, `mutation { unlink(id: "${linkId}") { link { state endedBy } } }`);
    expect(at(unlinked, 'unlink.link')).toMatchObject({ state: 'ENDED', endedBy: 'unlinked' });
    const linked = await data(
      subgraph,
      `mutation { link(flow: CUSTOMER, crmId: "${crm.id}", erpId: "${erpId}") { outcome link { id state linkedBy { kind } } } }`,
    );
    expect(at(linked, 'link.link')).toMatchObject({ state: 'SYNCED', linkedBy: { kind: 'MANUAL' } });
    expect(String(at(linked, 'link.link.id'))).not.toBe(linkId);
  });

  it('reverts an event', async () => {
    const { crm, erpId, linkId } = await inStep('Angre AS');
    await live.update('crm', 'Customer', crm.id, { name: 'Angret AS' });
    await sync.quiet();
    const events = await data(
      subgraph,
      `{ syncEvents(last: 1, filter: { link: { eq: "${linkId}" }, outcome: { eq: UPDATED } }) { nodes { id } } }`,
    );
    const reverted = await data(
      subgraph,
      `mutation { revert(eventId: "${at(events, 'syncEvents.nodes.0.id')}", mode: APPLY) { outcome } }`,
    );
    expect(at(reverted, 'revert.outcome')).toBe('UPDATED');
    expect((await live.systems.crm.read('Customer', [crm.id])).get(crm.id)!.fields.name).toBe('Angre AS');
    expect((await live.systems.erp.read('Customer', [erpId])).get(erpId)!.fields.name).toBe('Angre AS');
  });

  it('maps a code, lists and takes back rules, and starts runs', async () => {
    const result = await data(
      subgraph,
      'mutation { setCode(list: PAYMENT_TERMS, crm: "NET90", erp: "90D") { list crm erp } }',
    );
    expect(result.setCode).toEqual({ list: 'PAYMENT_TERMS', crm: 'NET90', erp: '90D' });
    const [validFrom, validTo] = ['2020-01-01T00:00:00Z', '2021-01-01T00:00:00Z'];
    await data(
      subgraph,
      `mutation { setCode(list: PAYMENT_TERMS, crm: "NET91", erp: "91D", validFrom: "${validFrom}", validTo: "${validTo}") { crm } }`,
    );
    const bounded = members((await data(subgraph, '{ codes { crm validFrom validTo } }')).codes);
    const [held] = bounded.filter(({ crm }) => String(crm) === 'NET91');
    expect([Date.parse(String(held?.validFrom)), Date.parse(String(held?.validTo))]).toEqual([
      Date.parse(validFrom),
      Date.parse(validTo),
    ]);
    const codes = await data(subgraph, '{ codes(list: PAYMENT_TERMS) { crm erp } }');
    expect(members(codes.codes)).toContainEqual({ crm: 'NET90', erp: '90D' });
    const run = await data(subgraph, 'mutation { startBackfill(flows: [CUSTOMER]) { id kind mode flows } }');
    expect(run.startBackfill).toMatchObject({ kind: 'BACKFILL', mode: 'PREVIEW', flows: ['CUSTOMER'] });
    const watched = await subscribed(
      subgraph,
      `subscription { run(id: "${at(run, 'startBackfill.id')}") { state endedAt counts } }`,
    );
    let last: unknown;
    for (let event = await watched.next(); !event.done; event = await watched.next()) last = event.value.data;
    expect(last).toMatchObject({ run: { endedAt: expect.any(String) } });
  });

  it('answers each with a token, by which a read includes it', async () => {
    const mutations = Object.values(subgraph.schema.getMutationType()!.getFields());
    const hasToken = (type: GraphQLOutputType): boolean =>
      'syncToken' in (getNamedType(type) as GraphQLObjectType).getFields();
    expect(mutations.flatMap(({ name, type }) => (hasToken(type) ? [] : [name]))).toEqual([]);
    for (const act of [
      'setCode(list: PAYMENT_TERMS, crm: "NET92", erp: "92D")',
      'removeCode(list: PAYMENT_TERMS, crm: "NET92", erp: "92D")',
      'setFlow(flow: PRODUCT, rule: EVERY)',
      'setField(flow: PRODUCT, field: "name")',
      'pauseFlow(flow: PRODUCT)',
      'resumeFlow(flow: PRODUCT)',
      'startReconciliation(flows: [PRODUCT])',
      'retry(flow: PRODUCT)',
      'resolveConflicts(filter: {}, choose: CRM)',
    ]) {
      const told = await data(subgraph, `mutation { told: ${act} { syncToken } }`);
      const read = `{ customer(crmId: "nobody", syncToken: "${at(told, 'told.syncToken')}") { id } }`;
      expect(await data(subgraph, read), act).toEqual({ customer: null });
    }
  });

  it.each([
    ['syncCustomer(crmId: "nobody") { outcome }', ['crmId']],
    ['syncCustomer(id: "Customer_nobody") { outcome }', ['id']],
    ['syncCustomer { outcome }', ['id']],
    ['syncCustomer(crmId: "a", erpId: "b") { outcome }', ['crmId']],
    ['unlink(id: "Run_1") { outcome }', ['id']],
    ['revert(eventId: "Event_nobody") { outcome }', ['eventId']],
    ['removeRule(id: "Rule_nobody") { id }', ['id']],
    ['cancelRun(id: "Run_nobody") { id }', ['id']],
    ['resolveConflict(id: "Conflict_nobody", choices: [{ field: "name", take: CRM }]) { outcome }', ['id']],
    ['resolveMatch(id: "MatchProposal_nobody", create: true) { outcome }', ['id']],
    ['resolveMatch(id: "MatchProposal_nobody") { outcome }', ['candidate']],
    ['retry { matched }', ['ids']],
    ['startBackfill(flows: []) { id }', ['flows']],
    ['startReconciliation(flows: [], repair: true) { id }', ['flows']],
    ['retry(since: "2026-02-01T00:00:00Z", until: "2026-01-01T00:00:00Z") { matched }', ['until']],
    ['setCode(list: UNITS, crm: "", erp: "X") { crm }', ['crm']],
    ['setCode(list: COUNTRY, crm: "NORGE", erp: "NO") { crm }', ['crm']],
    [
      'setCode(list: UNITS, crm: "Y", erp: "X", validFrom: "2026-02-01T00:00:00Z", validTo: "2026-01-01T00:00:00Z") { crm }',
      ['validTo'],
    ],
    ['swapLinks(a: "Link_nobody", b: "Link_nobody") { outcome }', ['a']],
    ['sync(refs: [{ side: CRM, entity: CUSTOMER, id: "nobody" }]) { outcome }', ['refs', 0]],
    ['sync(refs: [{ side: CRM, entity: CUSTOMER, id: "nobody" }], mode: PREVIEW) { outcome }', ['refs', 0]],
    ['followMerge(side: CRM, entity: CUSTOMER, from: "nobody", into: "no one") { outcome }', ['into']],
  ])('refuses %s, naming the argument', async (text, argumentPath) => {
    const { errors } = await ask(subgraph, `mutation { ${text} }`);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argumentPath });
  });

  it.each(['APPLY', 'PREVIEW'])('syncs none of several records where one is not there: %s', async (mode) => {
    const { crm } = await inStep('Sør');
    const refs = `{ side: CRM, entity: CUSTOMER, id: "${crm.id}" }, { side: CRM, entity: CUSTOMER, id: "nobody" }`;
    const { errors } = await ask(subgraph, `mutation { sync(refs: [${refs}], mode: ${mode}) { outcome } }`);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argumentPath: ['refs', 1] });
  });

  it('names which of two records is not there, or is linked to another', async () => {
    const [west, east, loose] = [await inStep('Vest'), await inStep('Øst'), await inStep('Nord')];
    await data(subgraph, `mutation { unlink(id: "${loose.linkId}") { outcome } }`);
    for (const [act, argumentPath] of [
      [`link(flow: CUSTOMER, crmId: "nobody", erpId: "${west.erpId}")`, ['crmId']],
      [`link(flow: CUSTOMER, crmId: "${west.crm.id}", erpId: "nobody")`, ['erpId']],
      [`link(flow: CUSTOMER, crmId: "${west.crm.id}", erpId: "${loose.erpId}")`, ['crmId']],
      [`link(flow: CUSTOMER, crmId: "${loose.crm.id}", erpId: "${east.erpId}")`, ['erpId']],
      [`relink(id: "${west.linkId}", crmId: "nobody")`, ['crmId']],
      [`relink(id: "${west.linkId}", erpId: "nobody")`, ['erpId']],
      [`relink(id: "${west.linkId}", erpId: "${east.erpId}")`, ['erpId']],
      [`relink(id: "${west.linkId}", crmId: "${east.crm.id}")`, ['crmId']],
    ] as const)
      for (const mode of ['APPLY', 'PREVIEW']) {
        const text = `mutation { ${act.replace(/\)$/, `, mode: ${mode})`)} { outcome } }`;
        const { errors } = await ask(subgraph, text);
        expect(errors?.[0]?.extensions, text).toMatchObject({ code: 'BAD_USER_INPUT', argumentPath });
      }
  });
});

describe('conflicts', () => {
  it('are decided per field, in bulk, and by a rule that can be taken back', async () => {
    const { linkId } = await inStep('Strid AS');
    const id = linkId.slice('Link_'.length);
    const open = () => sql`insert into sync.conflict (id, link_id, field, base_crm, base_erp, crm, erp, why)
      values ('cf1', ${id}, 'name', '"Strid AS"', '"Strid AS"', '"Strid AS"', '"Strid AS"', 'test')`;
    await open();
    const preview = await data(
      subgraph,
      `mutation { resolveConflicts(filter: { link: { eq: "${linkId}" } }, choose: CRM, always: true) { matched applied rules { id } } }`,
    );
    expect(preview.resolveConflicts).toEqual({ matched: 1, applied: 0, rules: [{ id: '' }] });
    const matchedBy = async (isNull: boolean) => {
      const filter = `{ link: { eq: "${linkId}" }, resolvedAt: { isNull: ${isNull} } }`;
      const told = await data(
        subgraph,
        `mutation { resolveConflicts(filter: ${filter}, choose: CRM) { matched } }`,
      );
      return at(told, 'resolveConflicts.matched');
    };
    await sql`insert into sync.conflict (id, link_id, field, base_crm, base_erp, crm, erp, why, resolved_at, resolved_by)
      values ('cf0', ${id}, 'name', '"a"', '"a"', '"b"', '"c"', 'test', now(), 'anna')`;
    expect([await matchedBy(true), await matchedBy(false)], 'resolved ones are decided').toEqual([1, 0]);
    for (const [act, argumentPath] of [
      [
        'resolveConflict(id: "Conflict_cf1", choices: [{ field: "name", take: CRM, value: "x" }]) { outcome }',
        ['choices', 0, 'value'],
      ],
    ] as const) {
      const { errors } = await ask(subgraph, `mutation { ${act} }`);
      expect(errors?.[0]?.extensions, act).toMatchObject({ code: 'BAD_USER_INPUT', argumentPath });
    }
    const done = await data(
      subgraph,
      `mutation { resolveConflicts(filter: { link: { eq: "${linkId}" } }, choose: CRM, always: true, mode: APPLY) { matched applied failed results { outcome } rules { id flow field take } } }`,
    );
    expect(done.resolveConflicts).toMatchObject({
      matched: 1,
      applied: 1,
      failed: 0,
      rules: [{ flow: 'CUSTOMER', field: 'name', take: 'CRM' }],
    });
    const { rules } = await data(subgraph, '{ rules { id field } }');
    expect(members(rules)).toHaveLength(1);
    const shown = await data(
      subgraph,
      `mutation { removeRule(id: "${at(rules, '0.id')}", mode: PREVIEW) { id removedAt } }`,
    );
    expect(at(shown, 'removeRule')).toEqual({ id: at(rules, '0.id'), removedAt: null });
    expect(at(await data(subgraph, '{ rules { id } }'), 'rules')).toContainEqual({ id: at(rules, '0.id') });
    const removed = await data(subgraph, `mutation { removeRule(id: "${at(rules, '0.id')}") { removedAt } }`);
    expect(at(removed, 'removeRule.removedAt')).toEqual(expect.any(String));
    expect(members((await data(subgraph, '{ rules { id } }')).rules)).toEqual([]);
  });
});

describe('subscriptions', () => {
  it('replay what lies after the cursor, then go live without a hole, filtered', async () => {
    const { crm, linkId } = await inStep('Strøm AS');
    await sync.quiet();
    const before = await data(subgraph, '{ syncEvents(last: 1) { nodes { cursor } } }');
    const start = String(at(before, 'syncEvents.nodes.0.cursor'));
    await live.update('crm', 'Customer', crm.id, { name: 'Strøm 1' });
    await sync.quiet();
    const events = await subscribed(
      subgraph,
      `subscription { syncEvents(after: "${start}", filter: { link: { eq: "${linkId}" } }) { cursor outcome link { id } fields { field after } cause { kind side actor } } }`,
    );
    const replayed = await events.next();
    expect(replayed.value.data.syncEvents).toMatchObject({
      outcome: 'UPDATED',
      link: { id: linkId },
      fields: [{ field: 'name', after: 'Strøm 1' }],
      cause: { kind: 'CHANGE', side: 'CRM', actor: 'kari' },
    });
    const next = events.next();
    await live.update('crm', 'Customer', crm.id, { name: 'Strøm 2' });
    expect((await next).value.data.syncEvents.fields).toEqual([{ field: 'name', after: 'Strøm 2' }]);
    await events.close();
  });

  it('tell a record whenever it has changed, read afresh each time', async () => {
    const { erpId, linkId } = await inStep('Endret AS');
    await sync.quiet();
    const changes = await subscribed(
      subgraph,
      `subscription { customerChanged(id: "${linkId.replace('Link_', 'Customer_')}") { name owner { fullName } crm { id } } }`,
    );
    for (const name of ['Endret 1', 'Endret 2']) {
      const next = changes.next();
      await live.update('erp', 'Customer', erpId, { name });
      expect((await next).value.data.customerChanged.name).toBe(name);
    }
    await changes.close();
  });

  it('tell a record also once it is alone, and once it is linked anew', async () => {
    const {
      crm: { id: crmId },
      erpId,
      linkId,
    } = await inStep('Skilt Og Samlet AS');
    await sync.quiet();
    const changes = await subscribed(
      subgraph,
      `subscription { customerChanged(id: "${linkId.replace('Link_', 'Customer_')}") { name crmId erpId } }`,
    );
    const until = async (wanted: object): Promise<void> => {
      for (;;) {
        const { customerChanged } = (await changes.next()).value.data;
        if (Object.entries(wanted).every(([name, value]) => customerChanged[name] === value)) return;
      }
    };
    await data(subgraph, `mutation { unlink(id: "${linkId}") { outcome } }`);
    await until({ crmId, erpId: null });
    await data(
      subgraph,
      `mutation { link(flow: CUSTOMER, crmId: "${crmId}", erpId: "${erpId}") { outcome } }`,
    );
    await until({ crmId, erpId });
    await live.update('erp', 'Customer', erpId, { name: 'Samlet AS' });
    await until({ name: 'Samlet AS' });
    await changes.close();
  });

  it('tell a record of what is edited while it is alone, on either side, and while it waits for a counterpart', async () => {
    const listening = async (where: string) => {
      const { customer } = await data(subgraph, `{ customer(${where}) { id } }`);
      return subscribed(
        subgraph,
        `subscription { customerChanged(id: "${at(customer, 'id')}") { name crmId erpId archived } }`,
      );
    };
    const { crm, erpId, linkId } = await inStep('Alene AS');
    await data(subgraph, `mutation { unlink(id: "${linkId}") { outcome } }`);
    await data(subgraph, 'mutation { setFlow(flow: CUSTOMER, rule: MATCH) { rule } }');
    const waiting = await live.create('crm', 'Customer', { name: 'Venter AS' });
    await sync.quiet();
    for (const [side, id, edited] of [
      ['crm', crm.id, { crmId: crm.id, erpId: null }],
      ['erp', erpId, { crmId: null, erpId }],
      ['crm', waiting.id, { crmId: waiting.id, erpId: null }],
    ] as const) {
      const changes = await listening(`${side}Id: "${id}"`);
      for (const name of ['Alene 1 AS', 'Alene 2 AS']) {
        let next = changes.next();
        await live.update(side, 'Customer', id, { name });
        const told = async () => (await next).value.data.customerChanged;
        while ((await told()).name !== name) next = changes.next();
        expect(await told()).toEqual({ ...edited, name, archived: false });
      }
      await changes.close();
    }
    await data(subgraph, 'mutation { setFlow(flow: CUSTOMER, rule: EVERY) { rule } }');
  });

  it('stop at once while they wait', async () => {
    const events = await subscribed(subgraph, 'subscription { syncEvents { cursor } }');
    const waiting = events.next();
    await events.close();
    expect(await waiting).toMatchObject({ done: true });
  });

  it('tell how a flow stands, and again when it has changed', async () => {
    const statuses = await subscribed(subgraph, 'subscription { flowStatus(flow: ORDER) { flow paused } }');
    expect((await statuses.next()).value.data.flowStatus).toEqual({ flow: 'ORDER', paused: false });
    await data(subgraph, 'mutation { pauseFlow(flow: ORDER) { paused } }');
    expect((await statuses.next()).value.data.flowStatus).toEqual({ flow: 'ORDER', paused: true });
    await data(subgraph, 'mutation { resumeFlow(flow: ORDER) { paused } }');
    await statuses.close();
  });

  it('name the oldest cursor that still works when one is too old', async () => {
    await sql`update sync.event_head set oldest = 3`;
    await sql`delete from sync.event where pos < 3`;
    const events = await subscribed(subgraph, 'subscription { syncEvents(after: "0") { cursor } }');
    const { value } = await events.next();
    expect(value.errors[0].extensions).toEqual({ code: 'CURSOR_EXPIRED', oldest: '2' });
    expect(await events.next()).toMatchObject({ done: true });
    await sql`update sync.event_head set oldest = 1`;
  });

  it.each([
    ['syncEvents(after: "x y") { cursor }', ['after']],
    ['customerChanged(id: "Customer_nobody") { id }', ['id']],
    ['run(id: "Run_nobody") { id }', ['id']],
  ])('refuse %s', async (text, argumentPath) => {
    await expect(subscribed(subgraph, `subscription { ${text} }`)).rejects.toThrow(
      JSON.stringify(argumentPath),
    );
  });
});

describe('what nobody can mean', () => {
  it.each([
    ['mutation { setCode(list: PAYMENT_TERMS, crm: "a\\u0000", erp: "x") { crm } }', ['crm']],
    ['mutation { pauseFlow(flow: ORDER, reason: "\\u0000") { paused } }', ['reason']],
    ['mutation { applyPlan(token: "\\u0000") { outcome } }', ['token']],
    [
      'mutation { sync(refs: [{ side: CRM, entity: CUSTOMER, id: "\\u0000" }]) { outcome } }',
      ['refs', 0, 'id'],
    ],
    ['mutation { setField(flow: CUSTOMER, field: "__proto__", wins: CRM) { field } }', ['field']],
    ['mutation { setField(flow: ORDER, field: "lines.constructor", wins: CRM) { field } }', ['field']],
    ['{ node(id: "Link_\\u0000") { id } }', ['id']],
    ['{ acts(filter: { actor: { contains: "\\u0000" } }) { totalCount } }', ['filter', 'actor', 'contains']],
    [
      '{ customers { nodes { orders(filter: { orderDate: { gt: "29 Feb" } }) { totalCount } } } }',
      ['filter', 'orderDate', 'gt'],
    ],
    [
      '{ customers { nodes { link { history(filter: { at: { gt: "24:00" } }) { totalCount } } } } }',
      ['filter', 'at', 'gt'],
    ],
  ])('%s is refused with its path', async (document, argumentPath) => {
    const { errors } = await ask(subgraph, document);
    expect(errors?.[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT', argumentPath } });
  });
});
