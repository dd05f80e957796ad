import { describe, expect, test } from 'vitest';
import { failing, pairsOf } from './pairs.ts';
import { openWorld } from './world.ts';

const w = await openWorld();
const { pair, goOn } = pairsOf(w);
const apply = { mode: 'apply', actor: 'test' } as const;
const preview = { mode: 'preview', actor: 'test' } as const;

describe('matching', () => {
  const proposalOf = async (recordId: string) =>
    (
      await w.sql<
        { id: string; candidates: { id: string }[] }[]
      >`select id, candidates from sync.proposal where record_id = ${recordId} and resolved_at is null`
    )[0];

  test('an ambiguous match links nothing; a person decides for a candidate', async () => {
    await w.sync.pause('customer', true, 'a test', 'test');
    const [a, b] = await w.writeAll(
      'erp',
      [1, 2].map(() => ({
        kind: 'create' as const,
        entity: 'Customer',
        fields: { name: 'Two alike AS', registrationNo: '918654062' },
      })),
    );
    const mine = await w.create('crm', 'Customer', { name: 'Two alike', orgNumber: '918654062' });
    // The candidates' own turn never comes.
    await w.settled();
    await w.forgetNews('erp');
    await goOn();
    const proposal = await proposalOf(mine.id);
    expect(proposal!.candidates.map(({ id }) => id).sort()).toEqual([a!.id, b!.id].sort());
    expect((await w.linkOf('customer', mine.id)).erpId).toBeNull();
    const result = await w.sync.resolveMatch(proposal!.id, { candidate: b!.id }, apply);
    expect(result.outcome).toBe('linked');
    expect(await w.twin('customer', 'crm', mine.id)).toBe(b!.id);
    expect(await proposalOf(mine.id)).toBeUndefined();
  });

  test('or for a record of its own', async () => {
    const before = await w.create('erp', 'Customer', { name: 'Only the name is alike' });
    await w.settled();
    const mine = await w.create('crm', 'Customer', { name: 'Only the name is alike' });
    await w.settled();
    const proposal = await proposalOf(mine.id);
    expect(proposal).toBeDefined();
    const result = await w.sync.resolveMatch(proposal!.id, { create: true }, apply);
    expect(result.outcome).toBe('created');
    expect(await w.twin('customer', 'crm', mine.id)).not.toBe(before.id);
  });
});

describe('links by hand', () => {
  test('link, unlink with its tombstone, link again', async () => {
    const ids = await pair();
    const undone = await w.sync.unlink(ids.link, 'both', apply);
    expect(undone.outcome).toBe('unlinked');
    await w.edit('crm', 'Customer', ids.crm, { legalName: 'After unlink' });
    await w.edit('erp', 'Customer', ids.erp, { homePage: 'https://alone.example' });
    await w.settled();
    expect(await w.links({ id: ids.crm })).toEqual([]);
    expect((await w.fields('erp', 'Customer', ids.erp)).legalName).toBeNull();
    expect(await w.count('erp', 'Customer', 'legalName', 'After unlink')).toBe(0);
    const result = await w.sync.link('customer', ids.crm, ids.erp, apply);
    expect(result.outcome).toBe('linked');
    await w.settled();
    expect((await w.fields('erp', 'Customer', ids.erp)).legalName).toBe('After unlink');
    expect((await w.fields('crm', 'Customer', ids.crm)).website).toBe('https://alone.example');
  });

  test('a link is the act of who linked, whatever news of its records comes in at that moment', async () => {
    const ids = await pair();
    let link = ids.link;
    for (let n = 0; n < 10; n++) {
      await w.sync.unlink(link, 'both', apply);
      const [result] = await Promise.all([
        w.sync.link('customer', ids.crm, ids.erp, apply),
        w.edit('crm', 'Customer', ids.crm, { website: `https://${n}.example` }),
      ]);
      expect(result.outcome).toBe('linked');
      link = (await w.linkOf('customer', ids.crm)).id;
      const told = (await w.events(link)).find(({ outcome }) => outcome === 'linked');
      expect(told).toMatchObject({ cause: { kind: 'mutation', actor: 'test' } });
    }
    await w.settled();
  });

  test('unlink and keep one side archives the other', async () => {
    const ids = await pair();
    await w.sync.unlink(ids.link, 'crm', apply);
    await w.settled();
    expect((await w.read('erp', 'Customer', ids.erp)).archived).toBe(true);
    expect((await w.read('crm', 'Customer', ids.crm)).archived).toBe(false);
  });

  test('relink gives a link another record', async () => {
    const ids = await pair({ website: 'https://relinked.example' });
    const free = await w.create('erp', 'Customer', { name: 'Free one' });
    await w.settled();
    const taken = await w.linkOf('customer', free.id);
    expect(await failing(w.sync.relink(ids.link, { erpId: free.id }, apply))).toBe('BAD_USER_INPUT');
    await w.sync.unlink(taken.id, 'both', apply);
    await w.sync.relink((await w.linkOf('customer', ids.crm)).id, { erpId: free.id }, apply);
    await w.settled();
    expect(await w.twin('customer', 'crm', ids.crm)).toBe(free.id);
    expect((await w.fields('erp', 'Customer', free.id)).homePage).toBe('https://relinked.example');
  });

  test('relink to the records that a link has already leaves it, its base and its conflicts as they are', async () => {
    const ids = await pair({ website: 'https://as-agreed.example' });
    await w.sync.setField('customer', 'website', { wins: 'inbox' }, 'test');
    await w.sync.pause('customer', true, 'a test', 'test');
    await w.edit('crm', 'Customer', ids.crm, { website: 'https://mine.example' });
    await w.edit('erp', 'Customer', ids.erp, { homePage: 'https://theirs.example' });
    await goOn();
    const [asked] = await w.conflicts(ids.link);
    expect(asked).toMatchObject({ field: 'website' });
    for (const ask of [preview, apply]) {
      const { linkId, outcome } = await w.sync.relink(ids.link, { erpId: ids.erp }, ask);
      expect({ linkId, outcome }).toEqual({ linkId: ids.link, outcome: 'conflict' });
    }
    expect(await w.conflicts(ids.link)).toEqual([asked]);
    expect((await w.fields('erp', 'Customer', ids.erp)).homePage).toBe('https://theirs.example');
    await w.sync.setField('customer', 'website', null, 'test');
  });

  test('an unlinking is taken back: the same link lives again, and edits made meanwhile travel per field', async () => {
    const ids = await pair({ legalName: 'Before', website: 'https://before.example' });
    await w.sync.unlink(ids.link, 'crm', apply);
    await w.settled();
    await w.edit('crm', 'Customer', ids.crm, { legalName: 'Meanwhile' });
    await w.settled();
    const event = (await w.events(ids.link)).at(-1)!;
    expect(event.outcome).toBe('unlinked');
    const planned = await w.sync.revert(event.id, null, preview);
    expect(planned).toMatchObject({
      outcome: 'linked',
      plan: {
        kind: 'link',
        writes: [
          { side: 'erp', id: ids.erp, action: 'restore', fields: [] },
          { side: 'erp', id: ids.erp, action: 'update' },
        ],
      },
    });
    expect(planned.plan.writes[1]!.fields.map(({ field }) => field)).toContain('legalName');
    expect(planned.plan.changes.map(({ field }) => field)).not.toContain('archived');
    expect((await w.links({ id: ids.link, live: false }))[0]!.state).toBe('ended');
    const done = await w.sync.revert(event.id, null, apply);
    expect(done.outcome).toBe('linked');
    await w.settled();
    expect(await w.linkOf('customer', ids.crm)).toMatchObject({
      id: ids.link,
      erpId: ids.erp,
      state: 'synced',
    });
    expect(await w.read('erp', 'Customer', ids.erp)).toMatchObject({
      archived: false,
      fields: { legalName: 'Meanwhile', homePage: 'https://before.example', externalReference: ids.crm },
    });
    expect((await w.events(ids.link)).map((each) => each.outcome)).toContain('linked');
    expect(await failing(w.sync.revert(event.id, null, apply))).toBe('BAD_USER_INPUT');
  });

  test('what was edited while a pair was unlinked is in the preview of taking that back', async () => {
    const ids = await pair({ legalName: 'Before', website: 'https://before.example' });
    await w.sync.unlink(ids.link, 'both', apply);
    await w.settled();
    await w.edit('crm', 'Customer', ids.crm, { legalName: 'Meanwhile' });
    await w.edit('erp', 'Customer', ids.erp, { homePage: 'https://meanwhile.example' });
    await w.settled();
    const planned = await w.sync.revert((await w.events(ids.link)).at(-1)!.id, null, preview);
    expect(planned).toMatchObject({ outcome: 'linked', plan: { kind: 'link' } });
    const travels = (field: string) => planned.plan.changes.find((change) => change.field === field);
    expect(travels('legalName')).toMatchObject({ side: 'erp', before: 'Before', after: 'Meanwhile' });
    expect(travels('website')).toMatchObject({ side: 'crm', after: 'https://meanwhile.example' });
    expect(planned.plan.writes.map(({ side }) => side).sort()).toEqual(['crm', 'erp']);
    expect((await w.links({ id: ids.link, live: false }))[0]!.state).toBe('ended');
    await w.sync.applyPlan(planned.planToken!, { actor: 'test' });
    await w.settled();
    expect((await w.fields('erp', 'Customer', ids.erp)).legalName).toBe('Meanwhile');
    expect((await w.fields('crm', 'Customer', ids.crm)).website).toBe('https://meanwhile.example');
  });

  test('the unlinking of a record that waits for a counterpart is taken back: it waits again, or gets one', async () => {
    const made = await w.create('crm', 'Quote', { name: 'No lines yet' });
    await w.settled();
    const waiting = await w.linkOf('quote', made.id);
    expect(waiting).toMatchObject({ state: 'waiting', erpId: null });
    const { eventIds } = await w.sync.unlink(waiting.id, 'both', apply);
    await w.settled();
    expect(await w.links({ id: made.id })).toEqual([]);
    const planned = await w.sync.revert(eventIds[0]!, null, preview);
    expect(planned).toMatchObject({ outcome: 'waiting', plan: { kind: 'wait' } });
    expect(await w.links({ id: made.id })).toEqual([]);
    const done = await w.sync.applyPlan(planned.planToken!, { actor: 'test' });
    expect(done.outcome).toBe('waiting');
    await w.settled();
    expect(await w.linkOf('quote', made.id)).toMatchObject({ state: 'waiting', id: done.linkId });
  });

  test('an unlinking is not taken back where a record has found another', async () => {
    const [a, b] = [await pair(), await pair()];
    await w.sync.unlink(a.link, 'both', apply);
    await w.sync.unlink(b.link, 'both', apply);
    const event = (await w.events(a.link)).at(-1)!;
    await w.sync.link('customer', a.crm, b.erp, apply);
    expect(await failing(w.sync.revert(event.id, null, apply))).toBe('BAD_USER_INPUT');
  });

  test('a linking is taken back: the link ends, and both sides show again what it wrote over', async () => {
    await w.sync.pause('customer', true, 'a test', 'test');
    const theirs = await w.create('erp', 'Customer', {
      name: 'Theirs by mistake',
      legalName: 'Legal there',
      homePage: 'https://there.example',
    });
    const mine = await w.create('crm', 'Customer', { name: 'Mine by mistake', phone: '+4722334455' });
    await w.settled();
    const before = await w.fields('erp', 'Customer', theirs.id);
    const linked = await w.sync.link('customer', mine.id, theirs.id, apply);
    await goOn();
    expect((await w.fields('crm', 'Customer', mine.id)).legalName).toBe('Legal there');
    await w.edit('erp', 'Customer', theirs.id, { homePage: 'https://edited-since.example' });
    await w.settled();
    const planned = await w.sync.revert(linked.eventIds[0]!, null, preview);
    expect(planned.plan.kind).toBe('unlink');
    expect(planned.plan.writes.map(({ side }) => side)).toEqual(['crm', 'erp']);
    await w.sync.revert(linked.eventIds[0]!, null, apply);
    await w.settled();
    expect(await w.links({ id: mine.id })).toEqual([]);
    const { name, legalName, phoneNo, homePage, externalReference } = await w.fields(
      'erp',
      'Customer',
      theirs.id,
    );
    expect({ name, legalName, phoneNo, externalReference }).toEqual({
      name: before.name,
      legalName: before.legalName,
      phoneNo: before.phoneNo,
      externalReference: null,
    });
    expect(homePage).toBe('https://edited-since.example');
    expect(await w.fields('crm', 'Customer', mine.id)).toMatchObject({
      name: 'Mine by mistake',
      legalName: null,
      phone: '+4722334455',
    });
  });

  test.for(['crm', 'erp'] as const)(
    'a link by hand that prefers the %s shows what it does',
    async (prefer) => {
      const ids = await pair({ website: `https://first.${prefer}` });
      await w.sync.unlink(ids.link, 'both', apply);
      // The other side's is newer, and would stand.
      const [mine, theirs] = [`https://mine.${prefer}`, `https://theirs.${prefer}`];
      const set = (side: 'crm' | 'erp', value: string) =>
        w.edit(side, 'Customer', ids[side], side === 'crm' ? { website: value } : { homePage: value });
      await set(prefer, mine);
      await set(prefer === 'crm' ? 'erp' : 'crm', theirs);
      const planned = await w.sync.link('customer', ids.crm, ids.erp, { ...preview, prefer });
      const websites = planned.plan.writes.flatMap(({ side, fields }) =>
        fields.flatMap(({ field, after }) => (field === 'website' ? [[side, after]] : [])),
      );
      expect(websites).toEqual([[prefer === 'crm' ? 'erp' : 'crm', mine]]);
      await w.sync.link('customer', ids.crm, ids.erp, { ...apply, prefer });
      await w.settled();
      expect((await w.fields('crm', 'Customer', ids.crm)).website).toBe(mine);
      expect((await w.fields('erp', 'Customer', ids.erp)).homePage).toBe(mine);
    },
  );

  test('two pairs linked crosswise are swapped, with a preview', async () => {
    const [a, b] = [
      await pair({ website: 'https://a.example' }),
      await pair({ website: 'https://b.example' }),
    ];
    const planned = await w.sync.swap({ a: a.link, b: b.link }, preview);
    expect(planned).toHaveLength(2);
    expect(await w.twin('customer', 'crm', a.crm)).toBe(a.erp);
    expect(await failing(w.sync.swap({ a: a.link, b: a.link }, apply))).toBe('BAD_USER_INPUT');
    await w.sync.swap({ a: a.link, b: b.link }, apply);
    await w.settled();
    expect(await w.twin('customer', 'crm', a.crm)).toBe(b.erp);
    expect(await w.twin('customer', 'crm', b.crm)).toBe(a.erp);
    expect((await w.fields('erp', 'Customer', a.erp)).externalReference).toBe(b.crm);
  });

  test.for(['crm', 'erp'] as const)('archive and restore in the %s travel', async (side) => {
    const ids = await pair();
    const other = side === 'crm' ? 'erp' : 'crm';
    await w.written(side, { kind: 'archive', entity: 'Customer', id: ids[side] });
    await w.settled();
    expect((await w.read(other, 'Customer', ids[other])).archived).toBe(true);
    await w.written(side, { kind: 'restore', entity: 'Customer', id: ids[side] });
    await w.settled();
    expect((await w.read(other, 'Customer', ids[other])).archived).toBe(false);
  });
});
