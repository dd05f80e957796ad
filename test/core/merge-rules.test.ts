import { describe, expect, test } from 'vitest';
import { encodeWrite } from '../../sync/core/decode.ts';
import type { FieldRule, Mapping, Winner } from '../../sync/core/mapping.ts';
import { merge } from '../../sync/core/merge.ts';
import type {
  Base,
  Json,
  LineLink,
  LineState,
  MergeInput,
  MergePlan,
  SideState,
  Values,
} from '../../sync/core/types.ts';
import { order } from '../../sync/mappings/order.ts';
import { quoteOrder } from '../../sync/mappings/quote-order.ts';
import { counter, lookup, rule as ruleWith } from './fixture.ts';

const rule = (wins: Winner, more: Partial<FieldRule> = {}): FieldRule => ruleWith({ wins, ...more });
const mapping: Mapping = {
  name: 'order',
  crm: 'Order',
  erp: 'Order',
  links: { kind: 'every' },
  creates: { crm: true, erp: true },
  onDelete: { crm: 'archive', erp: 'archive' },
  match: [],
  fields: {
    latest: rule('latest'),
    crm: rule('crm'),
    erp: rule('erp'),
    inbox: rule('inbox'),
    optOut: rule('strictest'),
    toErp: rule('crm', { way: 'toErp' }),
    toCrm: rule('erp', { way: 'toCrm' }),
    needed: rule('erp', { required: { crm: false, erp: true } }),
    price: rule('crm', { guarded: true, content: true }),
    place: rule('latest', { frozenFrom: 'released', content: true }),
    off: rule('crm', { way: 'off' }),
    discountPercent: rule('crm', { pair: 'discountAmount' }),
    discountAmount: rule('crm'),
  },
  lines: {
    lineId: rule('crm', { way: 'toErp' }),
    lineNumber: rule('crm', { order: true }),
    productId: rule('crm'),
    quantity: rule('latest', { guarded: true, content: true }),
    text: rule('latest'),
    shipped: rule('erp', { way: 'toCrm' }),
  },
};

const side = (values: Values, at = 1, lines?: readonly LineState[]): SideState => ({
  values,
  held: [],
  at,
  ...(lines ? { lines } : {}),
});
const even = (values: Values): Base => ({ crm: values, erp: values });
const run = (input: Partial<MergeInput> & Pick<MergeInput, 'crm' | 'erp'>): MergePlan =>
  merge(mapping, { base: null, lineLinks: [], content: true, stage: 'ordered', ...input }, counter());
const one = (plan: MergePlan) => ({
  crm: plan.writes.crm,
  erp: plan.writes.erp,
  conflicts: plan.conflicts.length,
});

describe('merge rules', () => {
  test('1: a link is made, both have a value: the newer one stands on both, whoever wins otherwise', () => {
    for (const field of ['latest', 'crm', 'erp', 'inbox']) {
      const older = run({ crm: side({ [field]: 'a' }, 1), erp: side({ [field]: 'b' }, 2) });
      expect(one(older)).toEqual({ crm: { [field]: 'b' }, erp: {}, conflicts: 0 });
      const newer = run({ crm: side({ [field]: 'a' }, 3), erp: side({ [field]: 'b' }, 2) });
      expect(one(newer)).toEqual({ crm: {}, erp: { [field]: 'a' }, conflicts: 0 });
      expect(newer.base).toEqual(even({ ...blank, [field]: 'a' }));
      expect(newer.changes[0]).toMatchObject({
        winner: 'crm',
        why: 'latest',
        before: 'b',
        after: 'a',
        lost: 'b',
      });
    }
  });

  test('2: a link is made at the same time: the side named under Wins, for LATEST the CRM', () => {
    const at = (field: string) => one(run({ crm: side({ [field]: 'a' }), erp: side({ [field]: 'b' }) }));
    expect(at('latest')).toEqual({ crm: {}, erp: { latest: 'a' }, conflicts: 0 });
    expect(at('crm')).toEqual({ crm: {}, erp: { crm: 'a' }, conflicts: 0 });
    expect(at('erp')).toEqual({ crm: { erp: 'b' }, erp: {}, conflicts: 0 });
    expect(at('inbox')).toEqual({ crm: {}, erp: {}, conflicts: 1 });
  });

  test('3: a link is made, one side empty: the value that is there, even if the empty side is newer', () => {
    for (const empty of [null, undefined]) {
      const values: Record<string, Json> = empty === null ? { latest: null } : {};
      expect(one(run({ crm: side(values, 9), erp: side({ latest: 'b' }, 1) }))).toMatchObject({
        crm: { latest: 'b' },
      });
      expect(one(run({ crm: side({ latest: 'a' }, 1), erp: side(values, 9) }))).toMatchObject({
        erp: { latest: 'a' },
      });
    }
  });

  test('4: already linked, a side changes its value to empty: empty travels, and is remembered', () => {
    const plan = run({
      base: even({ latest: 'a' }),
      crm: side({ latest: null }),
      erp: side({ latest: 'a' }),
    });
    expect(one(plan)).toEqual({ crm: {}, erp: { latest: null }, conflicts: 0 });
    expect(plan.base).toMatchObject(even({ latest: null }));
    const other = run({
      base: even({ latest: 'a' }),
      crm: side({ latest: 'a' }),
      erp: side({ latest: null }),
    });
    expect(one(other)).toEqual({ crm: { latest: null }, erp: {}, conflicts: 0 });
  });

  test('4: a side that has no opinion changes nothing', () => {
    const plan = run({ base: even({ latest: 'a' }), crm: side({}), erp: side({ latest: 'a' }) });
    expect(one(plan)).toEqual({ crm: {}, erp: {}, conflicts: 0 });
    expect(plan.base).toMatchObject(even({ latest: 'a' }));
    const edited = run({ base: even({ latest: 'a' }), crm: side({}), erp: side({ latest: 'b' }) });
    expect(one(edited)).toEqual({ crm: { latest: 'b' }, erp: {}, conflicts: 0 });
  });

  test('4: empty does not travel to a side that must have a value: it gets that value back', () => {
    const plan = run({
      base: even({ needed: 'a' }),
      crm: side({ needed: null }),
      erp: side({ needed: 'a' }),
    });
    expect(one(plan)).toEqual({ crm: { needed: 'a' }, erp: {}, conflicts: 0 });
    expect(plan.changes[0]).toMatchObject({ why: 'required there', winner: 'erp' });
  });

  test('5: each side changed a different field: both travel', () => {
    const plan = run({
      base: even({ latest: 'a', erp: 'a' }),
      crm: side({ latest: 'b', erp: 'a' }),
      erp: side({ latest: 'a', erp: 'c' }),
    });
    expect(one(plan)).toEqual({ crm: { erp: 'c' }, erp: { latest: 'b' }, conflicts: 0 });
    expect(plan.changes.map((c) => [c.field, c.side, c.why])).toEqual([
      ['latest', 'erp', 'edited'],
      ['erp', 'crm', 'edited'],
    ]);
  });

  test('6: both changed the same field to the same value: nothing is written, the base advances', () => {
    const plan = run({ base: even({ latest: 'a' }), crm: side({ latest: 'b' }), erp: side({ latest: 'b' }) });
    expect(one(plan)).toEqual({ crm: {}, erp: {}, conflicts: 0 });
    expect(plan.base).toMatchObject(even({ latest: 'b' }));
    expect(plan.changes).toEqual([]);
  });

  test.each([
    ['latest', 1, 2, 'erp'],
    ['latest', 2, 1, 'crm'],
    ['latest', 1, 1, 'crm'],
    ['crm', 1, 2, 'crm'],
    ['erp', 2, 1, 'erp'],
  ] as const)(
    '7: both changed %s (CRM at %i, ERP at %i): the %s wins, the loser is told',
    (field, c, e, wins) => {
      const now = { crm: 'b', erp: 'c' };
      const plan = run({
        base: even({ [field]: 'a' }),
        crm: side({ [field]: 'b' }, c),
        erp: side({ [field]: 'c' }, e),
      });
      const loser = wins === 'crm' ? 'erp' : 'crm';
      expect(plan.writes[loser]).toEqual({ [field]: now[wins] });
      expect(plan.writes[wins]).toEqual({});
      expect(plan.changes[0]).toMatchObject({ winner: wins, lost: now[loser], side: loser });
    },
  );

  test('7: INBOX opens a conflict with base, CRM and ERP value; the other fields travel; the base stays', () => {
    const input = {
      base: even({ inbox: 'a', latest: 'a' }),
      crm: side({ inbox: 'b', latest: 'z' }),
      erp: side({ inbox: 'c', latest: 'a' }),
    };
    const plan = run(input);
    expect(plan.conflicts).toEqual([
      { field: 'inbox', base: { crm: 'a', erp: 'a' }, crm: 'b', erp: 'c', why: 'changed on both sides' },
    ]);
    expect(plan.writes).toEqual({ crm: {}, erp: { latest: 'z' } });
    expect(plan.base.crm.inbox).toBe('a');
    expect(run({ ...input, base: plan.base }).conflicts).toHaveLength(1);
  });

  test('7: a decision takes a side, the base, or a value; a preference decides what is contested and nothing else', () => {
    const input = { base: even({ inbox: 'a' }), crm: side({ inbox: 'b' }), erp: side({ inbox: 'c' }) };
    expect(one(run({ ...input, choices: { inbox: { take: 'erp' } } }))).toEqual({
      crm: { inbox: 'c' },
      erp: {},
      conflicts: 0,
    });
    expect(one(run({ ...input, choices: { inbox: { take: 'crm' } } }))).toEqual({
      crm: {},
      erp: { inbox: 'b' },
      conflicts: 0,
    });
    const base = run({ ...input, choices: { inbox: { take: 'base' } } });
    expect(one(base)).toEqual({ crm: { inbox: 'a' }, erp: { inbox: 'a' }, conflicts: 0 });
    expect(base.base).toMatchObject(even({ inbox: 'a' }));
    const typed = run({ ...input, choices: { inbox: { value: 'z' } } });
    expect(one(typed)).toEqual({ crm: { inbox: 'z' }, erp: { inbox: 'z' }, conflicts: 0 });
    expect(typed.base).toMatchObject(even({ inbox: 'z' }));
    expect(one(run({ ...input, prefer: 'erp' }))).toEqual({ crm: { inbox: 'c' }, erp: {}, conflicts: 0 });
    const calm = { base: even({ latest: 'a' }), crm: side({ latest: 'b' }), erp: side({ latest: 'a' }) };
    expect(one(run({ ...calm, prefer: 'erp' }))).toEqual({ crm: {}, erp: { latest: 'b' }, conflicts: 0 });
  });

  test('7: STRICTEST: true wins on a conflict; a single edit to false travels', () => {
    for (const now of [
      [true, false],
      [false, true],
    ] as const) {
      const plan = run({ crm: side({ optOut: now[0] }, 1), erp: side({ optOut: now[1] }, 2) });
      expect({ ...plan.base.crm, ...plan.base.erp }.optOut).toBe(true);
    }
    const contested = run({
      base: even({ optOut: null }),
      crm: side({ optOut: false }, 9),
      erp: side({ optOut: true }, 1),
    });
    expect(one(contested)).toEqual({ crm: { optOut: true }, erp: {}, conflicts: 0 });
    const edit = run({
      base: even({ optOut: true }),
      crm: side({ optOut: false }),
      erp: side({ optOut: true }),
    });
    expect(one(edit)).toEqual({ crm: {}, erp: { optOut: false }, conflicts: 0 });
  });

  test('8: what the target stored is agreed: no second write, and an edit of the cut side still travels', () => {
    const base: Base = { crm: { latest: 'a long name' }, erp: { latest: 'a long' } };
    const rest = run({ base, crm: side({ latest: 'a long name' }), erp: side({ latest: 'a long' }) });
    expect(one(rest)).toEqual({ crm: {}, erp: {}, conflicts: 0 });
    expect(rest.base).toMatchObject(base);
    const edit = run({ base, crm: side({ latest: 'a long name' }), erp: side({ latest: 'new' }) });
    expect(one(edit)).toEqual({ crm: { latest: 'new' }, erp: {}, conflicts: 0 });
  });

  test('8: a field in quarantine rests, with both values shown', () => {
    const plan = run({
      base: even({ latest: 'a', erp: 'a' }),
      crm: side({ latest: 'b', erp: 'a' }),
      erp: side({ latest: 'c', erp: 'd' }),
      quarantined: new Set(['latest']),
    });
    expect(plan.writes).toEqual({ crm: { erp: 'd' }, erp: {} });
    expect(plan.held.map((h) => [h.side, h.kind, h.value])).toEqual([
      ['crm', 'quarantined', 'b'],
      ['erp', 'quarantined', 'c'],
    ]);
    expect(plan.base.crm.latest).toBe('a');
  });

  test('9: a line removed on one side and edited on the other: a conflict on that line only', () => {
    const links = [link('1', { quantity: '1' }), link('2', { quantity: '1' })];
    const crm = side({}, 1, [line('crm', '2', { quantity: '5' })]);
    const erp = side({}, 1, [line('erp', '1', { quantity: '7' }), line('erp', '2', { quantity: '1' })]);
    const plan = run({ base: even({}), crm, erp, lineLinks: links });
    expect(plan.conflicts).toEqual([
      expect.objectContaining({
        field: 'line',
        line: 'l1',
        crm: null,
        why: 'removed in the CRM, edited in the ERP',
      }),
    ]);
    expect(plan.lineWrites.erp).toEqual([
      { kind: 'change', link: 'l2', lineId: 'e2', values: { quantity: '5' } },
    ]);
    expect(plan.lineLinks.find((l) => l.id === 'l1')).toEqual(links[0]);
    const taken = run({
      base: even({}),
      crm,
      erp,
      lineLinks: links,
      choices: { 'lines.l1.line': { take: 'erp' } },
    });
    expect(taken.lineWrites.crm).toEqual([
      {
        kind: 'add',
        link: 'l1',
        lineId: 'n1',
        values: expect.objectContaining({ quantity: '7', productId: 'p1' }),
      },
    ]);
    const gone = run({
      base: even({}),
      crm,
      erp,
      lineLinks: links,
      choices: { 'lines.l1.line': { take: 'crm' } },
    });
    expect(gone.lineWrites.erp[0]).toEqual({ kind: 'remove', link: 'l1', lineId: 'e1' });
  });

  test.each(['crm', 'erp'] as const)(
    '10: a line removed in the %s is removed on the other side, and stays away',
    (on) => {
      const off = on === 'crm' ? 'erp' : 'crm';
      const links = [link('1', { quantity: '1' })];
      const there = side({}, 1, [line(off, '1', { quantity: '1' })]);
      const states = { [on]: side({}, 1, []), [off]: there } as Record<'crm' | 'erp', SideState>;
      const plan = run({ base: even({}), ...states, lineLinks: links });
      expect(plan.lineWrites[off]).toEqual([{ kind: 'remove', link: 'l1', lineId: `${off[0]}1` }]);
      expect(plan.lineLinks).toEqual([{ ...links[0], ended: true }]);
      const old = run({ base: plan.base, ...states, lineLinks: plan.lineLinks });
      expect(old.lineWrites[on]).toEqual([]);
      expect(old.lineWrites[off]).toEqual([{ kind: 'remove', link: 'l1', lineId: `${off[0]}1` }]);
      expect(old.lineLinks).toEqual(plan.lineLinks);
    },
  );

  test('11: a discount typed as an amount here and as a percent there: the later one stays, the other is derived', () => {
    const none = { discountPercent: null, discountAmount: null };
    const percent = { discountPercent: '10', discountAmount: null };
    const amount = { discountPercent: null, discountAmount: '50' };
    const later = run({ base: even(none), crm: side(percent, 1), erp: side(amount, 2) });
    expect(one(later)).toEqual({
      crm: { discountPercent: null, discountAmount: '50' },
      erp: {},
      conflicts: 0,
    });
    expect(later.base).toMatchObject(even(amount));
    expect(encodeWrite(order, 'crm', later.writes.crm, { lookup, current: null }).fields).toEqual({
      discountAmount: '50',
    });
    const earlier = run({ base: even(none), crm: side(percent, 3), erp: side(amount, 2) });
    expect(one(earlier)).toEqual({
      crm: {},
      erp: { discountPercent: '10', discountAmount: null },
      conflicts: 0,
    });
    const same = run({
      base: even(none),
      crm: side(percent, 1),
      erp: side({ discountPercent: '20', discountAmount: null }, 9),
    });
    expect(one(same)).toEqual({ crm: {}, erp: { discountPercent: '10' }, conflicts: 0 });
    const cleared = run({ base: even(percent), crm: side(none), erp: side(percent) });
    expect(encodeWrite(order, 'erp', cleared.writes.erp, { lookup, current: null }).fields).toEqual({
      headerDiscountPercent: null,
    });
  });

  test('12, 13, 14: who wrote it plays no part; the same state again, or our own write, is a plan of kind none', () => {
    const first = run({
      base: even({ latest: 'a' }),
      crm: side({ latest: 'b' }),
      erp: side({ latest: 'a' }),
    });
    const echo = run({ base: first.base, crm: side({ latest: 'b' }, 1), erp: side({ latest: 'b' }, 99) });
    for (const again of [
      echo,
      run({ base: echo.base, crm: side({ latest: 'b' }), erp: side({ latest: 'b' }) }),
    ]) {
      expect(one(again)).toEqual({ crm: {}, erp: {}, conflicts: 0 });
      expect(again.changes).toEqual([]);
    }
  });

  test('what is not guarded travels from a released order as from any other', () => {
    const plan = run({
      base: even({ latest: 'a' }),
      crm: side({ latest: 'b' }),
      erp: side({ latest: 'a' }),
      stage: 'released',
    });
    expect(one(plan)).toEqual({ crm: {}, erp: { latest: 'b' }, conflicts: 0 });
  });

  test('a record that is missing is made from the other: all that may travel to it, told as created', () => {
    const values = { latest: 'a', toErp: 'b', toCrm: 'c', needed: null, off: 'd' };
    const absent: SideState = { values: {}, held: [], at: 0, missing: true };
    const inErp = run({ crm: side(values), erp: absent, content: true, stage: 'quote' });
    expect(inErp.writes).toEqual({ crm: {}, erp: { latest: 'a', toErp: 'b' } });
    const inCrm = run({ crm: absent, erp: side(values), content: true, stage: 'quote' });
    expect(inCrm.writes).toEqual({ crm: { latest: 'a', toCrm: 'c' }, erp: {} });
    for (const { changes } of [inErp, inCrm])
      expect(changes.map(({ why }) => why)).toEqual(['created', 'created']);
  });

  test('18: a value that the target cannot hold names field, value and limit; the other fields travel', () => {
    const notes = 'x'.repeat(40);
    const { fields, held } = encodeWrite(
      order,
      'erp',
      { customerPurchaseOrder: notes, notes },
      { lookup, current: null },
    );
    expect(fields).toEqual({ workDescription: notes });
    expect(held).toHaveLength(1);
    expect(held[0]).toMatchObject({
      field: 'customerPurchaseOrder',
      kind: 'unfit',
      side: 'erp',
      value: notes,
    });
    expect(held[0]!.message).toBe(
      `customerPurchaseOrder "${notes}" is 40 characters long; the ERP holds 35. Shorten it.`,
    );
  });
});

describe('who may edit', () => {
  test('an edit on the receiving side of a one-way field is put back and told', () => {
    const base = even({ toErp: 'a', toCrm: 'a' });
    const plan = run({ base, crm: side({ toErp: 'a', toCrm: 'x' }), erp: side({ toErp: 'y', toCrm: 'a' }) });
    expect(plan.writes).toEqual({ crm: { toCrm: 'a' }, erp: { toErp: 'a' } });
    expect(plan.changes.map((c) => [c.field, c.winner, c.why, c.lost])).toEqual([
      ['toErp', 'crm', 'reverted: one-way field', 'y'],
      ['toCrm', 'erp', 'reverted: one-way field', 'x'],
    ]);
    expect(plan.base).toMatchObject(base);
  });

  test('an edit of the author of a one-way field travels over an edit of the receiver', () => {
    const plan = run({ base: even({ toErp: 'a' }), crm: side({ toErp: 'b' }), erp: side({ toErp: 'y' }, 9) });
    expect(plan.writes).toEqual({ crm: {}, erp: { toErp: 'b' } });
    expect(plan.changes[0]).toMatchObject({ lost: 'y' });
  });

  test('from release on, a guarded edit in the CRM goes to the inbox, one in the ERP travels', () => {
    const crmEdit = { base: even({ price: '1' }), crm: side({ price: '2' }), erp: side({ price: '1' }) };
    expect(run({ ...crmEdit, stage: 'ordered' }).writes.erp).toEqual({ price: '2' });
    const held = run({ ...crmEdit, stage: 'released' });
    expect(one(held)).toEqual({ crm: {}, erp: {}, conflicts: 1 });
    expect(held.base).toMatchObject(even({ price: '1' }));
    expect(one(run({ ...crmEdit, stage: 'released', choices: { price: { take: 'crm' } } }))).toMatchObject({
      erp: { price: '2' },
    });
    expect(one(run({ ...crmEdit, stage: 'released', choices: { price: { take: 'erp' } } }))).toMatchObject({
      crm: { price: '1' },
    });
    const erpEdit = run({
      base: even({ price: '1' }),
      crm: side({ price: '1' }),
      erp: side({ price: '3' }),
      stage: 'released',
    });
    expect(one(erpEdit)).toEqual({ crm: { price: '3' }, erp: {}, conflicts: 0 });
  });

  test('once shipped only the ERP edits content; what is no content still travels both ways', () => {
    const plan = run({
      base: even({ price: '1', latest: 'a' }),
      crm: side({ price: '2', latest: 'b' }),
      erp: side({ price: '1', latest: 'a' }),
      stage: 'shipped',
    });
    expect(plan.writes).toEqual({ crm: { price: '1' }, erp: { latest: 'b' } });
    expect(plan.changes.find((c) => c.field === 'price')).toMatchObject({
      why: 'reverted: shipped, only the ERP edits',
      lost: '2',
    });
  });

  test('a frozen field is put back in the CRM and travels from the ERP', () => {
    const edit = (stage: MergeInput['stage']) =>
      one(run({ base: even({ place: 'a' }), crm: side({ place: 'b' }), erp: side({ place: 'a' }), stage }));
    expect(edit('ordered')).toMatchObject({ erp: { place: 'b' } });
    expect(edit('released')).toMatchObject({ crm: { place: 'a' }, erp: {} });
  });

  test('a link that does not carry the content leaves content, and its base, alone', () => {
    const input = {
      base: even({ price: '1', latest: 'a' }),
      crm: side({ price: '2', latest: 'b' }),
      erp: side({ price: '1', latest: 'a' }),
    };
    const lineLinks = [link('1', { quantity: '1' })];
    const plan = run({ ...input, content: false, lineLinks });
    expect(plan.writes).toEqual({ crm: {}, erp: { latest: 'b' } });
    expect(plan.base.crm.price).toBe('1');
    expect(plan.lineLinks).toBe(lineLinks);
    expect(plan.lineWrites).toEqual({ crm: [], erp: [] });
  });

  test('a field of certain stages is left alone at the others', () => {
    const at = (stage: MergeInput['stage']) =>
      merge(
        quoteOrder,
        {
          base: even({}),
          crm: side({}),
          erp: side({ totalAmount: '9' }),
          lineLinks: [],
          content: false,
          stage,
        },
        counter(),
      ).writes.crm;
    expect(at('quote')).toEqual({});
    expect(at('accepted')).toEqual({ totalAmount: '9' });
  });

  test('a field that is switched off is never touched', () => {
    expect(one(run({ crm: side({ off: 'a' }), erp: side({ off: 'b' }) }))).toEqual({
      crm: {},
      erp: {},
      conflicts: 0,
    });
  });
});

describe('references that are not linked yet, and values nobody can read', () => {
  const wait = '?erp:Salesperson:SP3';
  const waiting = { field: 'latest', side: 'erp', kind: 'waits', value: 'SP3', message: 'waits' } as const;
  const erpWaits: SideState = { values: { latest: wait }, held: [waiting], at: 1 };

  test('nothing is written from a reference that waits, and it is listed', () => {
    const plan = run({ crm: side({ latest: null }), erp: erpWaits });
    expect(one(plan)).toEqual({ crm: {}, erp: {}, conflicts: 0 });
    expect(plan.held).toEqual([waiting]);
    const known = run({ base: plan.base, crm: side({ latest: null }), erp: side({ latest: 'L9' }) });
    expect(known.writes.crm).toEqual({ latest: 'L9' });
  });

  test('an edit of the other side wins over a reference that waits unchanged', () => {
    const base: Base = { crm: { latest: 'L1' }, erp: { latest: wait } };
    const plan = run({ base, crm: side({ latest: 'L2' }), erp: erpWaits });
    expect(plan.writes).toEqual({ crm: {}, erp: { latest: 'L2' } });
    expect(plan.held).toEqual([]);
  });

  test('an edit to a reference that waits holds the field and keeps the base', () => {
    const plan = run({ base: even({ latest: 'L1' }), crm: side({ latest: 'L1' }), erp: erpWaits });
    expect(one(plan)).toEqual({ crm: {}, erp: {}, conflicts: 0 });
    expect(plan.base).toMatchObject(even({ latest: 'L1' }));
  });

  test('an edit to a reference that waits is not overwritten by an edit of the other side', () => {
    const plan = run({ base: even({ latest: 'L1' }), crm: side({ latest: 'L2' }, 9), erp: erpWaits });
    expect(one(plan)).toEqual({ crm: {}, erp: {}, conflicts: 0 });
    expect(plan.base).toMatchObject(even({ latest: 'L1' }));
    expect(plan.held).toEqual([waiting]);
  });

  test('an edit made while a reference waited is contested by it once it is known: Wins decides, not the newer record', () => {
    const base: Base = { crm: { crm: 'L1' }, erp: { crm: wait } };
    const plan = run({ base, crm: side({ crm: 'L2' }, 1), erp: side({ crm: 'L9' }, 9) });
    expect(plan.writes).toEqual({ crm: {}, erp: { crm: 'L2' } });
    expect(plan.changes[0]).toMatchObject({ why: 'CRM wins', lost: 'L9' });
  });

  test('a default that a record got meanwhile does not overwrite a reference that waits', () => {
    const needed = { ...erpWaits, values: { needed: wait }, held: [{ ...waiting, field: 'needed' }] };
    const must = { ...mapping, fields: { needed: rule('crm', { required: { crm: true, erp: false } }) } };
    const at = (base: Base | null, crm: Json, erp: SideState): MergePlan =>
      merge(
        must,
        { base, crm: side({ needed: crm }, 9), erp, lineLinks: [], content: true, stage: 'quote' },
        counter(),
      );
    const linked = at(null, null, needed);
    const defaulted = at(linked.base, 'L0', needed);
    expect(one(defaulted)).toEqual({ crm: {}, erp: {}, conflicts: 0 });
    const known = at(defaulted.base, 'L0', side({ needed: 'L9' }, 1));
    expect(known.writes).toEqual({ crm: { needed: 'L9' }, erp: {} });
  });

  test('an unreadable value rests until either side changes', () => {
    const held = { field: 'latest', side: 'erp', kind: 'unreadable', value: 'call me', message: '' } as const;
    const junk: SideState = { values: {}, held: [held], at: 1 };
    const plan = run({ crm: side({ latest: null }), erp: junk });
    expect(one(plan)).toEqual({ crm: {}, erp: {}, conflicts: 0 });
    expect(one(run({ base: plan.base, crm: side({ latest: null }), erp: junk }))).toEqual({
      crm: {},
      erp: {},
      conflicts: 0,
    });
    expect(run({ base: plan.base, crm: side({ latest: 'b' }), erp: junk }).writes.erp).toEqual({
      latest: 'b',
    });
    expect(
      run({ base: plan.base, crm: side({ latest: null }), erp: side({ latest: 'c' }) }).writes.crm,
    ).toEqual({ latest: 'c' });
  });
});

describe('lines', () => {
  test('a new line is added on the other side under an id of our making', () => {
    const plan = run({
      base: even({}),
      crm: side({}, 1, []),
      erp: side({}, 1, [line('erp', '1', { quantity: '2' })]),
    });
    expect(plan.lineWrites.crm).toEqual([
      { kind: 'add', link: 'n1', lineId: 'n2', values: { productId: 'p1', quantity: '2', lineNumber: 1 } },
    ]);
    // the new CRM line's id is stamped on the ERP line in the same step
    expect(plan.lineWrites.erp).toEqual([
      { kind: 'change', link: 'n1', lineId: 'e1', values: { lineId: 'n2' } },
    ]);
    expect(plan.lineLinks).toEqual([
      expect.objectContaining({ id: 'n1', crmLineId: 'n2', erpLineId: 'e1', ended: false }),
    ]);
  });

  test('new lines of both sides pair by stamp, by the line of the quote, else by product, unit and position', () => {
    const crm = [
      line('crm', '1', { productId: 'p' }),
      line('crm', '2', { productId: 'p' }),
      line('crm', '3', { productId: 'q', quoteLineId: 'q3' }),
      line('crm', '4', { productId: 'r' }),
    ];
    const erp = [
      line('erp', '1', { productId: 'other', lineId: 'q3' }),
      line('erp', '2', { productId: 'p' }),
      line('erp', '3', { productId: 'p' }),
      line('erp', '4', { productId: 'x', lineId: 'c4' }),
    ];
    const plan = run({ crm: side({}, 1, crm), erp: side({}, 1, erp) });
    expect(plan.lineLinks.map((l) => [l.crmLineId, l.erpLineId])).toEqual([
      ['c1', 'e2'],
      ['c2', 'e3'],
      ['c3', 'e1'],
      ['c4', 'e4'],
    ]);
  });

  test('order travels: moved lines are renumbered, the others keep their numbers', () => {
    const links = ['1', '2', '3'].map((n) => link(n, { lineNumber: Number(n) }));
    const crm = [
      line('crm', '1', { lineNumber: 1 }),
      line('crm', '2', { lineNumber: 2 }),
      line('crm', '3', { lineNumber: 3 }),
    ];
    const erp = [
      line('erp', '1', { lineNumber: 1 }),
      line('erp', '2', { lineNumber: 2 }),
      line('erp', '3', { lineNumber: 0.5 }),
    ];
    const plan = run({ base: even({}), crm: side({}, 1, crm), erp: side({}, 1, erp), lineLinks: links });
    expect(plan.lineWrites.erp).toEqual([]);
    expect(plan.lineWrites.crm).toEqual([
      { kind: 'change', link: 'l1', lineId: 'c1', values: { lineNumber: 4 } },
      { kind: 'change', link: 'l2', lineId: 'c2', values: { lineNumber: 5 } },
    ]);
  });

  test('a line put between two others finds its place on the other side', () => {
    const links = ['1', '3'].map((n) => link(n, { lineNumber: Number(n) }));
    const crm = [
      line('crm', '1', { lineNumber: 1 }),
      line('crm', '2', { lineNumber: 2 }),
      line('crm', '3', { lineNumber: 3 }),
    ];
    const erp = [line('erp', '1', { lineNumber: 1 }), line('erp', '3', { lineNumber: 2 })];
    const plan = run({ base: even({}), crm: side({}, 1, crm), erp: side({}, 1, erp), lineLinks: links });
    expect(plan.lineWrites.erp).toEqual([
      expect.objectContaining({ kind: 'add', values: expect.objectContaining({ lineNumber: 1.5 }) }),
    ]);
    expect(plan.lineWrites.crm).toEqual([]);
  });

  test('the CRM counts in whole numbers: a line put between two others moves those behind it', () => {
    const links = ['1', '3'].map((n) => link(n, { lineNumber: Number(n) }));
    const crm = [line('crm', '1', { lineNumber: 1 }), line('crm', '3', { lineNumber: 2 })];
    const erp = [
      line('erp', '1', { lineNumber: 1 }),
      line('erp', '2', { lineNumber: 1.5 }),
      line('erp', '3', { lineNumber: 2 }),
    ];
    const plan = run({ base: even({}), crm: side({}, 1, crm), erp: side({}, 1, erp), lineLinks: links });
    expect(plan.lineWrites.crm.map((w) => ('values' in w ? w.values.lineNumber : null)).sort()).toEqual([
      2, 3,
    ]);
    expect(plan.lineWrites.erp.every((w) => !('values' in w) || w.values.lineNumber === undefined)).toBe(
      true,
    );
  });

  test('a line that the customer has not taken stays behind, and comes along when he takes it', () => {
    const crmLine = (behind: boolean): LineState => ({
      ...line('crm', '1', { kind: 'TEXT' }),
      ...(behind ? { behind: true } : {}),
    });
    const go = (
      lines: readonly LineState[],
      erp: readonly LineState[],
      lineLinks: readonly LineLink[],
    ): MergePlan =>
      merge(
        quoteOrder,
        {
          base: even({}),
          crm: side({}, 1, lines),
          erp: side({}, 1, erp),
          lineLinks,
          content: true,
          stage: 'quote',
        },
        counter(),
      );
    expect(go([crmLine(true)], [], []).lineLinks).toEqual([]);
    const taken = go([crmLine(false)], [], []);
    expect(taken.lineWrites.erp).toMatchObject([{ kind: 'add' }]);
    const erp = [{ lineId: taken.lineLinks[0]!.erpLineId!, values: taken.lineLinks[0]!.base!.erp, held: [] }];
    const left = go([crmLine(true)], erp, taken.lineLinks);
    expect(left.lineWrites.erp).toMatchObject([{ kind: 'remove' }]);
    expect(left.lineWrites.crm).toEqual([]);
    expect(go([crmLine(false)], [], left.lineLinks).lineWrites.erp).toMatchObject([{ kind: 'add' }]);
  });

  test('a line added to or removed from a released order in the CRM goes to the inbox; once shipped it is put back', () => {
    const links = [link('1', { quantity: '1' })];
    const removed = {
      base: even({}),
      crm: side({}, 1, []),
      erp: side({}, 1, [line('erp', '1', { quantity: '1' })]),
      lineLinks: links,
    };
    expect(run({ ...removed, stage: 'released' }).conflicts).toMatchObject([{ field: 'line', line: 'l1' }]);
    expect(run({ ...removed, stage: 'shipped' }).lineWrites.crm).toMatchObject([{ kind: 'add', link: 'l1' }]);
    const added = { base: even({}), crm: side({}, 1, [line('crm', '1', {})]), erp: side({}, 1, []) };
    const asked = run({ ...added, stage: 'released' });
    expect(asked.conflicts).toMatchObject([{ field: 'line', line: 'n1' }]);
    expect(run({ ...added, stage: 'shipped' }).lineWrites.crm).toMatchObject([
      { kind: 'remove', lineId: 'c1' },
    ]);
    const allowed = {
      ...added,
      lineLinks: asked.lineLinks,
      choices: { 'lines.n1.line': { take: 'crm' } },
    } as const;
    expect(run({ ...allowed, stage: 'released' }).lineWrites.erp).toMatchObject([
      { kind: 'add', link: 'n1' },
    ]);
  });
});

const blank: Record<string, Json> = Object.fromEntries(
  Object.keys(mapping.fields)
    .filter((field) => field !== 'off')
    .map((field) => [field, null]),
);

function line(on: 'crm' | 'erp', n: string, values: Values): LineState {
  const own: Values = on === 'crm' ? { lineId: `c${n}` } : {};
  return {
    lineId: `${on[0]}${n}`,
    values: { productId: `p${n}`, lineNumber: Number(n), ...own, ...values },
    held: [],
  };
}

function link(n: string, values: Values): LineLink {
  const crm = { ...line('crm', n, values).values, text: null, shipped: null };
  const erp = { ...line('erp', n, values).values, text: null, shipped: null, lineId: null };
  return { id: `l${n}`, crmLineId: `c${n}`, erpLineId: `e${n}`, base: { crm, erp }, ended: false };
}

describe('a move to another country', () => {
  const place = (country: string): Json => ({
    line1: 'a',
    line2: null,
    city: null,
    postalCode: null,
    region: null,
    country,
  });
  const moving = {
    ...mapping,
    fields: { address: rule('latest'), phone: rule('latest', { reads: 'address' }) },
  };
  const go = (base: Base, crm: Values, erp: Values): MergePlan =>
    merge(
      moving,
      { base, crm: side(crm), erp: side(erp), lineLinks: [], content: true, stage: 'quote' },
      counter(),
    );
  const norway = { address: place('NO'), phone: '+4722334455' };

  test('in the ERP does not turn its phone into another number: it is written out with its country', () => {
    const plan = go(even(norway), norway, { address: place('SE'), phone: '+4622334455' });
    expect(plan.writes).toEqual({ crm: { address: place('SE') }, erp: { phone: '+4722334455' } });
    expect(plan.base).toEqual(even({ address: place('SE'), phone: '+4722334455' }));
    expect(plan.changes.map((c) => c.why)).toEqual(['edited', 'the country changed, not the number']);
  });

  test('in the CRM writes the phone out together with the address', () => {
    const plan = go(even(norway), { ...norway, address: place('SE') }, norway);
    expect(plan.writes).toEqual({ crm: {}, erp: { address: place('SE'), phone: '+4722334455' } });
  });

  test('with a new number, and a new street without a new country, are ordinary edits', () => {
    const both = go(even(norway), norway, { address: place('SE'), phone: '+46812345678' });
    expect(both.writes).toEqual({ crm: { address: place('SE'), phone: '+46812345678' }, erp: {} });
    const street = { ...norway, address: { ...(place('NO') as object), line1: 'b' } };
    expect(go(even(norway), norway, street).writes).toEqual({ crm: { address: street.address }, erp: {} });
  });
});
