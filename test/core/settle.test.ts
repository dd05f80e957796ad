import { describe, expect, test } from 'vitest';
import type { FieldRule } from '../../sync/core/mapping.ts';
import { type FieldInput, settle } from '../../sync/core/merge-field.ts';
import type { Json, Side } from '../../sync/core/types.ts';
import { hold, open, rest, type Verdict } from '../../sync/core/verdict.ts';
import { rule } from './fixture.ts';

type Asked = Partial<Omit<FieldInput, 'rule'>> & { readonly rule?: Partial<FieldRule> };

/** The verdict on one field; what a case leaves out: both ways, the latest wins, a quote, edited at the same time. */
function verdict({ rule: more, ...asked }: Asked): Verdict {
  return settle({
    rule: rule(more),
    stage: 'quote',
    now: both(undefined),
    base: both(undefined),
    at: { crm: 1, erp: 1 },
    outlived: both(false),
    missing: null,
    choice: undefined,
    prefer: undefined,
    ...asked,
  });
}

const both = <T>(value: T): Readonly<Record<Side, T>> => ({ crm: value, erp: value });
const now = (crm: Json | undefined, erp: Json | undefined) => ({ crm, erp });
const at = (crm: number, erp: number) => ({ crm, erp });
const needs = (side: Side) => ({ crm: side === 'crm', erp: side === 'erp' });
const put = (side: Side, value: Json, why: string, lost?: Json): Verdict => ({
  kind: 'put',
  side,
  value,
  winner: side === 'crm' ? 'erp' : 'crm',
  why,
  ...(lost !== undefined && { lost }),
});
const released: Verdict = { kind: 'conflict', why: 'the order is released' };
const disputed: Verdict = { kind: 'conflict', why: 'changed on both sides' };
const crmWaits = '?crm:User:new';
const erpWaits = '?erp:User:new';

const cases = (table: readonly (readonly [string, Asked, Verdict])[]) =>
  test.each(table)('%s', (_, asked, wanted) => {
    expect(verdict(asked)).toEqual(wanted);
  });

describe('both sides show the same', () => {
  cases([
    ['there is nothing to do', { now: now('a', 'a') }, rest],
    ['empty and absent are the same', { now: now(null, undefined) }, rest],
    [
      'but for a value that was decided: it stands on both',
      { now: now('a', 'a'), choice: { value: 'b' } },
      { kind: 'stand', value: 'b', why: 'decided' },
    ],
    ['unless it is that value', { now: now('a', 'a'), choice: { value: 'a' } }, rest],
    ['whichever side was decided for', { now: now('a', 'a'), choice: { take: 'crm' } }, rest],
    ['even the base', { now: now('a', 'a'), base: both('z'), choice: { take: 'base' } }, rest],
  ]);
});

describe('a decision', () => {
  const input = { base: both('a'), now: now('b', 'c') };
  cases([
    ['for a value', { ...input, choice: { value: 'd' } }, { kind: 'stand', value: 'd', why: 'decided' }],
    ['for the base', { ...input, choice: { take: 'base' } }, { kind: 'restore', why: 'decided: base' }],
    ['for the CRM', { ...input, choice: { take: 'crm' } }, put('erp', 'b', 'decided', 'c')],
    ['for the ERP', { ...input, choice: { take: 'erp' } }, put('crm', 'c', 'decided', 'b')],
    ['of the whole act for one side', { ...input, prefer: 'crm' }, put('erp', 'b', 'decided', 'c')],
    [
      'on the field goes before that',
      { ...input, prefer: 'crm', choice: { take: 'erp' } },
      put('crm', 'c', 'decided', 'b'),
    ],
    ['on a link that is being made', { now: now('b', 'c'), prefer: 'erp' }, put('crm', 'c', 'decided', 'b')],
    [
      'on an edit that nobody contests changes nothing',
      { base: both('a'), now: now('b', 'a'), prefer: 'erp' },
      put('erp', 'b', 'edited'),
    ],
    [
      'lets a guarded edit through',
      {
        base: both('a'),
        now: now('b', 'a'),
        rule: { guarded: true },
        stage: 'released',
        choice: { take: 'crm' },
      },
      put('erp', 'b', 'decided', 'a'),
    ],
  ]);
});

describe('a link is being made', () => {
  cases([
    ['one value: the other side gets it', { now: now('a', undefined) }, put('erp', 'a', 'default filled in')],
    ['from the ERP, too', { now: now(null, 'b') }, put('crm', 'b', 'default filled in')],
    [
      'with a record that is being created',
      { now: now('a', undefined), missing: 'erp' },
      put('erp', 'a', 'created'),
    ],
    ['in the CRM', { now: now(undefined, 'b'), missing: 'crm' }, put('crm', 'b', 'created')],
    ['the later value', { now: now('a', 'b'), at: at(1, 2) }, put('crm', 'b', 'latest', 'a')],
    ['the later value of the CRM', { now: now('a', 'b'), at: at(2, 1) }, put('erp', 'a', 'latest', 'b')],
    ['at the same instant the CRM', { now: now('a', 'b') }, put('erp', 'a', 'latest', 'b')],
    [
      'at the same instant the winner',
      { now: now('a', 'b'), rule: { wins: 'erp' } },
      put('crm', 'b', 'ERP wins', 'a'),
    ],
    ['which may be the CRM', { now: now('a', 'b'), rule: { wins: 'crm' } }, put('erp', 'a', 'CRM wins', 'b')],
    ['or a person', { now: now('a', 'b'), rule: { wins: 'inbox' } }, disputed],
    [
      'or the rank, where none is mapped: the later',
      { now: now('a', 'b'), rule: { wins: 'rank' } },
      put('erp', 'a', 'latest', 'b'),
    ],
    [
      'the stricter of two, whichever is later',
      { now: now(false, true), at: at(2, 1), rule: { wins: 'strictest' } },
      put('crm', true, 'strictest', false),
    ],
    [
      'the stricter may stand in the CRM',
      { now: now(true, false), at: at(1, 2), rule: { wins: 'strictest' } },
      put('erp', true, 'strictest', false),
    ],
    [
      'a later value of the CRM is guarded once the order is released',
      { now: now('a', 'b'), at: at(2, 1), rule: { guarded: true }, stage: 'released' },
      released,
    ],
    [
      'one of the ERP is not',
      { now: now('a', 'b'), at: at(1, 2), rule: { guarded: true }, stage: 'released' },
      put('crm', 'b', 'latest', 'a'),
    ],
    ['a reference that waits writes nothing', { now: now(crmWaits, 'b') }, rest],
    ['nor one of the ERP', { now: now('a', erpWaits) }, rest],
    [
      'a side with a base and no value gets the other one',
      { now: now(null, 'b'), base: now(undefined, undefined) },
      put('crm', 'b', 'default filled in'),
    ],
  ]);
});

describe('a field that one side alone authors', () => {
  const toErp = { rule: { way: 'toErp' } } as const;
  const toCrm = { rule: { way: 'toCrm' } } as const;
  const base = both('a');
  cases([
    ['at first', { ...toErp, now: now('a', 'b'), at: at(1, 2) }, put('erp', 'a', 'one-way field')],
    [
      'as the other is created',
      { ...toErp, now: now('a', null), missing: 'erp' },
      put('erp', 'a', 'created'),
    ],
    ['from the ERP', { ...toCrm, now: now('a', 'b'), at: at(2, 1) }, put('crm', 'b', 'one-way field')],
    ['empty at first', { ...toErp, now: now(null, 'b') }, rest],
    [
      'typed on the other before its author is there',
      { ...toCrm, now: now('a', undefined), missing: 'erp' },
      open,
    ],
    [
      'and while that is being made',
      { ...toCrm, base: both(null), now: now('a', undefined), missing: 'erp' },
      hold,
    ],
    ['nothing of it', { ...toCrm, now: now(null, undefined), missing: 'erp' }, rest],
    ['a reference that waits at first', { ...toErp, now: now(crmWaits, 'b') }, rest],
    ['edited', { ...toErp, base, now: now('b', 'a') }, put('erp', 'b', 'edited')],
    ['edited on both', { ...toErp, base, now: now('b', 'c') }, put('erp', 'b', 'one-way field', 'c')],
    ['edited to a reference that waits', { ...toErp, base, now: now(crmWaits, 'a') }, hold],
    ['emptied', { ...toErp, base, now: now(null, 'a') }, put('erp', null, 'edited')],
    [
      'emptied, where the other must have a value',
      { rule: { way: 'toErp', required: needs('erp') }, base, now: now(null, 'a') },
      rest,
    ],
    [
      'edited by the other: put back to what that side showed',
      { ...toErp, base: now('A', 'a'), now: now('A', 'b') },
      { ...put('erp', 'a', 'reverted: one-way field', 'b') },
    ],
    [
      'where it showed nothing that could be read: put back to what the author shows',
      { ...toErp, base: now('a', erpWaits), now: now('a', '?erp:User:other') },
      put('erp', 'a', 'reverted: one-way field', '?erp:User:other'),
    ],
    [
      'where nothing was agreed of that side',
      { ...toErp, base: now('a', undefined), now: now('a', 'b') },
      put('erp', 'a', 'reverted: one-way field', 'b'),
    ],
    ['whose author has said nothing yet', { ...toErp, base: both(null), now: now(undefined, 'b') }, hold],
    ['whose author has no opinion', { ...toErp, base: now('a', undefined), now: now(undefined, 'b') }, hold],
    [
      'whose author shows what waits',
      { ...toErp, base: now(crmWaits, undefined), now: now(crmWaits, 'b') },
      hold,
    ],
    [
      'emptied by the other: filled again',
      { ...toErp, base, now: now('a', null) },
      { kind: 'put', side: 'erp', value: 'a', winner: 'crm', why: 'reverted: one-way field', lost: null },
    ],
    [
      'empty before, where the other must have one: its own value stays',
      { rule: { way: 'toErp', required: needs('erp') }, base: both(null), now: now(null, 'b') },
      rest,
    ],
    [
      'empty before, where it need not: emptied again',
      { ...toErp, base: both(null), now: now(null, 'b') },
      put('erp', null, 'reverted: one-way field', 'b'),
    ],
    [
      'content once goods were shipped',
      { rule: { content: true }, stage: 'shipped', base, now: now('b', 'a') },
      { ...put('crm', 'a', 'reverted: shipped, only the ERP edits', 'b') },
    ],
    [
      'frozen at this stage',
      { rule: { frozenFrom: 'accepted' }, stage: 'accepted', base, now: now('b', 'c') },
      put('crm', 'c', 'frozen at this stage', 'b'),
    ],
    [
      'frozen by the end of the order: said in the words in which all else of it is',
      { rule: { frozenFrom: 'closed' }, stage: 'closed', base, now: now('b', 'a') },
      put('crm', 'a', 'reverted: closed or cancelled, only the ERP edits', 'b'),
    ],
    [
      'until then it travels, whatever was shipped',
      { rule: { frozenFrom: 'closed' }, stage: 'shipped', base, now: now('b', 'a') },
      put('erp', 'b', 'edited'),
    ],
    [
      'not frozen yet',
      { rule: { frozenFrom: 'accepted' }, stage: 'quote', base, now: now('b', 'a') },
      put('erp', 'b', 'edited'),
    ],
  ]);
});

describe('the pair had agreed', () => {
  const base = both('a');
  cases([
    ['and nobody edited: sides may show it differently', { base: now('A', 'a'), now: now('A', 'a') }, rest],
    ['one edits', { base, now: now('b', 'a') }, put('erp', 'b', 'edited')],
    [
      'on one side alone, and the other edits',
      { base: now(undefined, 'a'), now: now('b', 'a') },
      put('erp', 'b', 'edited'),
    ],
    ['the other edits', { base, now: now('a', 'b') }, put('crm', 'b', 'edited')],
    ['one empties', { base, now: now(null, 'a') }, put('erp', null, 'edited')],
    ['no opinion is no edit', { base, now: now(undefined, 'a') }, rest],
    ['both edit: the later', { base, now: now('b', 'c'), at: at(1, 2) }, put('crm', 'c', 'latest', 'b')],
    ['both edit at once: the CRM', { base, now: now('b', 'c') }, put('erp', 'b', 'latest', 'c')],
    [
      'both edit, the CRM wins',
      { base, now: now('b', 'c'), at: at(1, 2), rule: { wins: 'crm' } },
      put('erp', 'b', 'CRM wins', 'c'),
    ],
    [
      'both edit, the ERP wins',
      { base, now: now('b', 'c'), at: at(2, 1), rule: { wins: 'erp' } },
      put('crm', 'c', 'ERP wins', 'b'),
    ],
    ['both edit, a person decides', { base, now: now('b', 'c'), rule: { wins: 'inbox' } }, disputed],
    [
      'both edit, the stricter stands',
      { base: now(null, null), now: now(false, true), rule: { wins: 'strictest' } },
      put('crm', true, 'strictest', false),
    ],
    [
      'both edit, neither is strict',
      { base: both(true), now: now(null, false), rule: { wins: 'strictest' } },
      put('erp', null, 'strictest', false),
    ],
    [
      'both edit, rank without a map: the later',
      { base, now: now('b', 'c'), at: at(1, 2), rule: { wins: 'rank' } },
      put('crm', 'c', 'latest', 'b'),
    ],
    [
      'both edit a guarded field of a released order, whoever wins',
      { base, now: now('b', 'c'), rule: { guarded: true, wins: 'erp' }, stage: 'released' },
      released,
    ],
    [
      'the CRM edits a guarded field',
      { base, now: now('b', 'a'), rule: { guarded: true }, stage: 'released' },
      released,
    ],
    [
      'the ERP edits a guarded field',
      { base, now: now('a', 'b'), rule: { guarded: true }, stage: 'released' },
      put('crm', 'b', 'edited'),
    ],
    [
      'a guarded field before the release',
      { base, now: now('b', 'a'), rule: { guarded: true }, stage: 'ordered' },
      put('erp', 'b', 'edited'),
    ],
    ['an edit to a reference that waits', { base, now: now(crmWaits, 'a') }, hold],
    ['the same in the ERP', { base, now: now('a', erpWaits) }, hold],
    ['an edit beside one that waits', { base, now: now('b', erpWaits) }, hold],
    ['an edit beside one that waits in the CRM', { base, now: now(crmWaits, 'b') }, hold],
  ]);
});

describe('a side that must have a value', () => {
  const rule = { required: needs('erp') };
  cases([
    [
      'gives it back to one that was emptied',
      { rule, base: both('a'), now: now(null, 'a') },
      { kind: 'put', side: 'crm', value: 'a', winner: 'erp', why: 'required there', lost: null },
    ],
    ['has none itself: nothing to give', { rule, base: both('a'), now: now(null, undefined) }, rest],
    ['waits itself: nothing to give', { rule, base: now('a', erpWaits), now: now(null, erpWaits) }, rest],
    [
      'may be emptied where it need not',
      { rule: { required: needs('crm') }, base: both('a'), now: now(null, 'a') },
      put('erp', null, 'edited'),
    ],
  ]);
});

describe('a reference that waited', () => {
  const base = now('L1', erpWaits);
  cases([
    [
      'has become known and nobody edited',
      { base, now: now('L1', 'L9'), at: at(2, 1) },
      put('erp', 'L1', 'latest', 'L9'),
    ],
    [
      'has become known, the later',
      { base, now: now('L1', 'L9'), at: at(1, 2) },
      put('crm', 'L9', 'latest', 'L1'),
    ],
    [
      'in the CRM',
      { base: now(crmWaits, 'L1'), now: now('L9', 'L1'), at: at(2, 1) },
      put('erp', 'L9', 'latest', 'L1'),
    ],
    ['still waits', { base, now: now('L1', erpWaits) }, rest],
    ['is gone and the side has no opinion', { base, now: now('L1', undefined) }, rest],
    ['still waits, the other side edits', { base, now: now('L2', erpWaits) }, put('erp', 'L2', 'edited')],
    [
      'has become known, the other side edited meanwhile: the winner',
      { base, now: now('L2', 'L9'), at: at(1, 2), rule: { wins: 'crm' } },
      put('erp', 'L2', 'CRM wins', 'L9'),
    ],
    [
      'has become known: a default got meanwhile gives way',
      { base: now(null, erpWaits), now: now('L0', 'L9'), at: at(9, 1), rule: { required: needs('crm') } },
      put('crm', 'L9', 'became known', 'L0'),
    ],
    [
      'the same in the CRM',
      {
        base: now(crmWaits, undefined),
        now: now('L9', 'L0'),
        at: at(1, 9),
        rule: { required: needs('erp') },
      },
      put('erp', 'L9', 'became known', 'L0'),
    ],
    [
      'has become known only when the order was over: it was there before',
      {
        base: now(crmWaits, null),
        now: now('L9', null),
        rule: { frozenFrom: 'closed' },
        stage: 'closed',
      },
      put('erp', 'L9', 'default filled in'),
    ],
    [
      'the same of content, beside what the ERP took in its place',
      {
        base: now(crmWaits, 'L0'),
        now: now('L9', 'L0'),
        at: at(2, 1),
        rule: { content: true },
        stage: 'shipped',
      },
      put('erp', 'L9', 'latest', 'L0'),
    ],
    [
      'has become known in the ERP, which alone edits by now',
      {
        base: now('L0', erpWaits),
        now: now('L0', 'L9'),
        at: at(2, 1),
        rule: { content: true },
        stage: 'shipped',
      },
      put('crm', 'L9', 'one-way field'),
    ],
    [
      'has become known on a side that never authors it',
      { base: now(crmWaits, 'L0'), now: now('L9', 'L0'), at: at(2, 1), rule: { way: 'toCrm' } },
      put('crm', 'L0', 'one-way field'),
    ],
    [
      'is not overwritten by a default',
      { base: now(null, erpWaits), now: now('L0', erpWaits), rule: { required: needs('crm') } },
      hold,
    ],
    [
      'nor in the CRM',
      { base: now(crmWaits, null), now: now(crmWaits, 'L0'), rule: { required: needs('erp') } },
      hold,
    ],
    [
      'is overwritten by a value where none is a must',
      { base: now(null, erpWaits), now: now('L0', erpWaits) },
      put('erp', 'L0', 'edited'),
    ],
  ]);
});

describe('a status', () => {
  const rule = { states: 'A', wins: 'rank' } as const;
  cases([
    ['of one side', { rule, now: now('DRAFT', null) }, put('erp', 'DRAFT', 'default filled in')],
    [
      'further along stands, though older',
      { rule, now: now('ACCEPTED', 'DRAFT'), at: at(1, 2) },
      put('erp', 'ACCEPTED', 'further along'),
    ],
    [
      'further along stands in the ERP, too',
      { rule, now: now('DRAFT', 'ACCEPTED'), at: at(2, 1) },
      put('crm', 'ACCEPTED', 'further along'),
    ],
    [
      'is moved by one side',
      { rule, base: both('DRAFT'), now: now('SENT', 'DRAFT') },
      put('erp', 'SENT', 'edited'),
    ],
    [
      'moved by both: further along',
      { rule, base: both('DRAFT'), now: now('SENT', 'ACCEPTED'), at: at(2, 1) },
      put('crm', 'ACCEPTED', 'further along', 'SENT'),
    ],
    [
      'is decided by a person',
      { rule, base: both('DRAFT'), now: now('SENT', 'ACCEPTED'), choice: { take: 'crm' } },
      put('erp', 'SENT', 'decided', 'ACCEPTED'),
    ],
    [
      'emptied by one side is filled again',
      { rule, base: both('DRAFT'), now: now(null, 'DRAFT') },
      put('crm', 'DRAFT', 'default filled in'),
    ],
    [
      'emptied in the ERP is filled again',
      { rule, base: both('DRAFT'), now: now('DRAFT', null) },
      put('erp', 'DRAFT', 'default filled in'),
    ],
    [
      'whose base in the CRM is unknown, too',
      { rule, base: now(null, 'DRAFT'), now: now('SENT', 'DRAFT'), at: at(1, 2) },
      put('erp', 'SENT', 'further along'),
    ],
    [
      'whose base is unknown is met like a new one',
      { rule, base: now('DRAFT', null), now: now('DRAFT', 'ACCEPTED') },
      put('crm', 'ACCEPTED', 'further along'),
    ],
    ['that waits for a reference holds', { rule, base: both('DRAFT'), now: now(crmWaits, 'SENT') }, hold],
  ]);
});
