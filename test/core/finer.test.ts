import { describe, expect, test } from 'vitest';
import { decodeRecord } from '../../sync/core/decode.ts';
import { finerIn } from '../../sync/core/finer.ts';
import { merge } from '../../sync/core/merge.ts';
import type { Base, Json, MergeInput, SideState, Values } from '../../sync/core/types.ts';
import { withhold } from '../../sync/core/withhold.ts';
import { customer } from '../../sync/mappings/customer.ts';
import { order } from '../../sync/mappings/order.ts';
import { quoteOrder } from '../../sync/mappings/quote-order.ts';
import { counter, lookup, record } from './fixture.ts';

const decoded = (mapping: typeof customer, native: Readonly<Record<string, Json>>) =>
  decodeRecord(mapping, 'erp', record(native, 'e-1'), lookup, 1).finer;

describe('which of several values with one meaning the ERP shows is read beside it', () => {
  test.each([
    ['blocked', customer, { blocked: 'INVOICE' }, { status: 'INVOICE' }],
    ['blocked as it is written', customer, { blocked: 'SHIP' }, { status: 'SHIP' }],
    ['a value that means one thing alone', customer, { blocked: 'ALL' }, undefined],
    ['a value that means nothing', customer, { blocked: 'EVERY' }, undefined],
    ['a state', order, { status: 'PENDING_PREPAYMENT' }, { status: 'PENDING_PREPAYMENT' }],
    ['a state alone in its class', order, { status: 'RELEASED' }, undefined],
    ['one that another mapping calls final', quoteOrder, { status: 'RELEASED' }, undefined],
    ['no state', order, { status: 'NEVER' }, undefined],
  ] as const)('%s', (_, mapping, native, wanted) => expect(decoded(mapping, native)).toEqual(wanted));

  test('the CRM has none', () =>
    expect(decodeRecord(customer, 'crm', record({ status: 'ON_HOLD' }), lookup, 1)).not.toHaveProperty(
      'finer',
    ));
});

const base: Base = {
  crm: { status: 'ON_HOLD' },
  erp: { status: 'ON_HOLD', 'status~': 'SHIP' },
};
const crm = (status: string): SideState => ({ values: { status }, held: [], at: 1 });
const erp = (status: string, native?: string): SideState => ({
  values: { status },
  ...(native && { finer: { status: native } }),
  held: [],
  at: 1,
});
const run = (input: Partial<MergeInput> & Pick<MergeInput, 'crm' | 'erp'>) =>
  merge(customer, { base, lineLinks: [], content: true, stage: 'quote', ...input }, counter());
const noted = (made: { readonly base: Base }) => finerIn(made.base.erp, 'status');

describe('a base remembers it', () => {
  test('as it stands, without a word, where only that has changed', () => {
    const plan = run({ crm: crm('ON_HOLD'), erp: erp('ON_HOLD', 'INVOICE') });
    expect([plan.changes, plan.writes, noted(plan)]).toEqual([[], { crm: {}, erp: {} }, 'INVOICE']);
  });

  test('from the first', () => {
    expect(noted(run({ base: null, crm: crm('ON_HOLD'), erp: erp('ON_HOLD', 'INVOICE') }))).toBe('INVOICE');
  });

  test('of a value that the ERP wins with', () => {
    const plan = run({ crm: crm('ACTIVE'), erp: erp('ON_HOLD', 'INVOICE') });
    expect([plan.writes, noted(plan)]).toEqual([{ crm: { status: 'ON_HOLD' }, erp: {} }, 'INVOICE']);
  });

  test('no longer once the ERP is written: it says itself what it stored', () => {
    expect(noted(run({ crm: crm('ACTIVE'), erp: erp('ON_HOLD', 'SHIP') }))).toBeUndefined();
  });

  test('nor where the value means one thing alone', () => {
    expect(noted(run({ crm: crm('ON_HOLD'), erp: erp('INACTIVE') }))).toBeUndefined();
  });

  test('as it was, while the field rests', () => {
    const quarantined = new Set(['status']);
    expect(noted(run({ crm: crm('ACTIVE'), erp: erp('ON_HOLD', 'INVOICE'), quarantined }))).toBe('SHIP');
  });

  test('as it was, where the ERP refuses what is written', () => {
    const input = { crm: crm('ACTIVE'), erp: erp('ON_HOLD', 'SHIP') };
    const refused = { field: 'status', side: 'erp', kind: 'unfit', value: 'ACTIVE', message: 'no' } as const;
    const whole = { base, lineLinks: [], content: true, stage: 'quote', ...input } as const;
    const made = withhold(run(input), whole, [refused]);
    expect(made.base).toEqual({
      crm: expect.objectContaining(base.crm),
      erp: expect.objectContaining(base.erp),
    });
  });
});

describe('moved within it while the CRM has moved', () => {
  const status = (input: Parameters<typeof run>[0]) => {
    const { writes, changes } = run(input);
    const [change] = changes.filter(({ field }) => field === 'status');
    return [writes, change?.why, change?.lost];
  };
  const put = (side: 'crm' | 'erp', value: string): Record<'crm' | 'erp', Values> => ({
    crm: side === 'crm' ? { status: value } : {},
    erp: side === 'erp' ? { status: value } : {},
  });

  test('both have edited: the ERP wins', () => {
    expect(status({ crm: crm('ACTIVE'), erp: erp('ON_HOLD', 'INVOICE') })).toEqual([
      put('crm', 'ON_HOLD'),
      'ERP wins',
      'ACTIVE',
    ]);
  });

  test('decided for the CRM: what the ERP said itself is told as lost', () => {
    expect(status({ crm: crm('ACTIVE'), erp: erp('ON_HOLD', 'INVOICE'), prefer: 'crm' })).toEqual([
      put('erp', 'ACTIVE'),
      'decided',
      'INVOICE',
    ]);
  });

  test.each([
    ['it was not moved', erp('ON_HOLD', 'SHIP'), base],
    ['what it was is not known', erp('ON_HOLD', 'INVOICE'), { ...base, erp: { status: 'ON_HOLD' } }],
  ])('%s: the CRM alone has edited', (_, now, then) => {
    expect(status({ base: then, crm: crm('ACTIVE'), erp: now })).toEqual([
      put('erp', 'ACTIVE'),
      'edited',
      undefined,
    ]);
  });

  test('moved out of it: the value itself is what was lost', () => {
    expect(status({ crm: crm('ACTIVE'), erp: erp('INACTIVE'), prefer: 'crm' })).toEqual([
      put('erp', 'ACTIVE'),
      'decided',
      'INACTIVE',
    ]);
  });

  test('of an order: its state map is told', () => {
    const made = merge(
      order,
      {
        base: { crm: { status: 'SUBMITTED' }, erp: { status: 'SUBMITTED', 'status~': 'PENDING_APPROVAL' } },
        crm: crm('ON_HOLD'),
        erp: erp('SUBMITTED', 'PENDING_PREPAYMENT'),
        lineLinks: [],
        content: true,
        stage: 'ordered',
      },
      counter(),
    );
    expect(made.changes.filter(({ field }) => field === 'status')).toMatchObject([
      { side: 'erp', after: 'ON_HOLD', why: 'further along', lost: 'PENDING_PREPAYMENT' },
    ]);
  });
});
