import { describe, expect, test } from 'vitest';
import type { FieldRule, Mapping } from '../../sync/core/mapping.ts';
import { merge } from '../../sync/core/merge.ts';
import type { Json, LinkedRecords, Side } from '../../sync/core/types.ts';
import { contact } from '../../sync/mappings/contact.ts';
import { counter, rule } from './fixture.ts';

/** Contacts c-1 and e-1 were agreed on under link `old`, which has ended; c-1 has another counterpart under `again`. */
const records: Readonly<Record<string, Readonly<Record<Side, string>>>> = {
  old: { crm: 'c-1', erp: 'e-1' },
  again: { crm: 'c-1', erp: 'e-3' },
  next: { crm: 'c-2', erp: 'e-2' },
};
const links: LinkedRecords = {
  record: (link, side) => (named(link) === 'old' ? undefined : records[link]?.[side]),
  ended: (link, side) => (named(link) === 'old' ? records.old![side] : undefined),
};

/** Nobody is asked about what names no link. */
function named(link: unknown): string {
  if (typeof link !== 'string') throw new Error(`${link} is no link`);
  return link;
}

interface Case {
  /** What was agreed on; `old` where left out. */
  readonly base?: Json;
  /** Whether what has ended is known. */
  readonly unknown?: true;
  readonly crm?: Json;
  readonly erp?: Json;
  readonly rule?: Partial<FieldRule>;
}

/** What is written where both had agreed on `old`, and show this now: their own record of it where left out. */
function written({
  base: agreed = 'old',
  crm = '?crm:Contact:c-1',
  erp = '?erp:Contact:e-1',
  ...more
}: Case) {
  const named = rule({
    codec: { ...contact.fields.customerId!.codec, refers: { crm: 'Contact', erp: 'Contact' } },
    ...more.rule,
  });
  const mapping: Mapping = { ...contact, fields: { named } };
  const input = {
    base: { crm: { named: agreed }, erp: { named: agreed } },
    crm: { values: { named: crm }, held: [], at: 1 },
    erp: { values: { named: erp }, held: [], at: 2 },
    lineLinks: [],
    content: true,
    stage: 'quote',
    ...(!more.unknown && { links }),
  } as const;
  const { writes, base } = merge(mapping, input, counter());
  return { crm: writes.crm.named, erp: writes.erp.named, agreed: [base.crm.named, base.erp.named] };
}

const nothing = { crm: undefined, erp: undefined, agreed: ['old', 'old'] };

describe('a reference whose link has ended', () => {
  test.each<readonly [string, Case, ReturnType<typeof written>]>([
    ['nobody names another: it is not agreed on anew', {}, nothing],
    [
      'another one is named in the CRM',
      { crm: 'next' },
      { ...nothing, erp: 'next', agreed: ['next', 'next'] },
    ],
    [
      'another one is named in the ERP',
      { erp: 'next' },
      { ...nothing, crm: 'next', agreed: ['next', 'next'] },
    ],
    [
      'two others are named: the later stands',
      { crm: 'next', erp: 'again' },
      { ...nothing, crm: 'again', agreed: ['again', 'again'] },
    ],
    ['nobody is named any more', { crm: null }, { ...nothing, erp: null, agreed: [null, null] }],
    ['the same record has another counterpart: nobody has edited that', { crm: 'again' }, nothing],
    ['one that is not linked is named', { crm: '?crm:Contact:c-9' }, nothing],
    ['nobody knows what has ended', { crm: 'next', unknown: true }, nothing],
    ['nobody was agreed on', { base: null, crm: 'next' }, { ...nothing, agreed: [null, null] }],
    ['what was agreed on lives', { base: 'again', crm: 'next' }, { ...nothing, agreed: ['again', 'again'] }],
    [
      'the other system names another one that is not linked',
      { crm: 'next', erp: '?erp:Contact:e-9' },
      nothing,
    ],
    ['a number stands where a record is named', { crm: 7 }, { ...nothing, erp: 7, agreed: [7, 7] }],
    [
      'its author names another one',
      { crm: 'next', rule: { way: 'toErp' } },
      { ...nothing, erp: 'next', agreed: ['next', 'next'] },
    ],
    [
      'who may not edit it names another one: what was agreed can’t be put back',
      { erp: 'next', rule: { way: 'toErp' } },
      nothing,
    ],
  ])('%s', (_, asked, becomes) => {
    expect(written(asked)).toEqual(becomes);
  });
});
