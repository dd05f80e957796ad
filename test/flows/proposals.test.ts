import { expect, test } from 'vitest';
import { type Fields, openWorld } from './world.ts';

const w = await openWorld();
const numbers = [
  '923609016',
  '974760673',
  '971524960',
  '976389387',
  '983163327',
  '984661185',
  '914778271',
  '918654062',
  '933739384',
];
let n = 0;

interface Candidate {
  readonly id: string;
  readonly score: number;
  readonly evidence: readonly { readonly field: string; readonly value: string }[];
  readonly linkedTo: string | null;
}

/** The candidates that a person is asked about; undefined where nobody is. */
const askedAbout = async (id: string): Promise<readonly Candidate[] | undefined> =>
  (
    await w.sql<{ candidates: readonly Candidate[] }[]>`
      select candidates from sync.proposal where record_id = ${id} and resolved_at is null`
  )[0]?.candidates;

/** A linked customer under a number of its own, and a second one of the CRM under that number, which waits for a person. */
async function twice() {
  const orgNumber = numbers[n++]!;
  const create = async (fields: Fields): Promise<string> =>
    (await w.create('crm', 'Customer', { ...fields, orgNumber })).id;
  const crm = await create({ name: `First of ${orgNumber}` });
  await w.settled();
  const erp = await w.twin('customer', 'crm', crm);
  const again = await create({ name: `Again ${n}` });
  await w.settled();
  expect(await askedAbout(again)).toMatchObject([{ id: erp }]);
  return { orgNumber, crm, erp, again };
}

test('what looks like a record that is linked already is proposed with its evidence', async () => {
  const { orgNumber, crm, erp, again } = await twice();
  expect(await askedAbout(again)).toMatchObject([
    {
      id: erp,
      score: 98,
      evidence: [{ field: 'orgNumber', value: orgNumber }],
      linkedTo: (await w.linkOf('customer', crm)).id,
    },
  ]);
});

test.each<[string, Fields]>([
  ['is cleared', { orgNumber: null }],
  ['is typed anew, and the name', { orgNumber: '889640782', name: 'Somebody else' }],
])('a record whose number %s is proposed no more and gets a counterpart of its own', async (_, fields) => {
  const { erp, again } = await twice();
  await w.edit('crm', 'Customer', again, fields);
  await w.settled();
  expect(await askedAbout(again)).toBeUndefined();
  const own = await w.twin('customer', 'crm', again);
  expect(own).not.toBe(erp);
  expect(await w.fields('erp', 'Customer', own)).toMatchObject({ registrationNo: fields.orgNumber });
  expect(await w.linkOf('customer', again)).toMatchObject({ state: 'synced', waitsFor: null });
  expect(
    await w.sql`select 1 from sync.wait where "on" like 'moved:%' and link_id in (
    select id from sync.link where crm_id = ${again})`,
  ).toEqual([]);
});

test('a record that looks like another one now is proposed with that one', async () => {
  const [a, b] = [await twice(), await twice()];
  await w.edit('crm', 'Customer', a.again, { orgNumber: b.orgNumber });
  await w.settled();
  expect(await askedAbout(a.again)).toMatchObject([
    { id: b.erp, score: 98, evidence: [{ field: 'orgNumber', value: b.orgNumber }] },
  ]);
  expect((await w.linkOf('customer', a.again)).erpId).toBeNull();
});

test('an edit of the candidate ends the doubt as well', async () => {
  const { erp, again } = await twice();
  await w.edit('erp', 'Customer', erp, { registrationNo: null });
  await w.settled();
  expect(await askedAbout(again)).toBeUndefined();
  expect(await w.twin('customer', 'crm', again)).not.toBe(erp);
});

test('so does its end', async () => {
  const { crm, erp, again } = await twice();
  await w.remove('erp', 'Customer', erp);
  await w.settled();
  expect(await askedAbout(again)).toBeUndefined();
  expect(await w.twin('customer', 'crm', again)).not.toBe(erp);
  expect(await w.links({ id: crm, mapping: 'customer' })).toEqual([]);
});

test('of two that an e-mail address could not tell apart one loses it: the other is linked, and that one gets its own', async () => {
  await w.sync.pause('customer', true, 'a test', 'test');
  const email = 'post@ambiguous.example';
  const mine = await w.create('crm', 'Customer', { name: 'Ambiguous', email });
  const [a, b] = [
    await w.create('erp', 'Customer', { name: 'Left', email }),
    await w.create('erp', 'Customer', { name: 'Right', email }),
  ];
  await w.sync.pause('customer', false, null, 'test');
  await w.settled();
  const both = [a.id, b.id].sort();
  expect((await askedAbout(mine.id))!.map(({ id }) => id).sort()).toEqual(both);
  expect((await w.linkOf('customer', mine.id)).erpId).toBeNull();

  await w.edit('erp', 'Customer', b.id, { email: null });
  await w.settled();
  expect(await w.twin('customer', 'crm', mine.id)).toBe(a.id);
  expect(await w.twin('customer', 'erp', b.id)).not.toBe(mine.id);
  for (const { id } of [mine, a, b]) expect(await askedAbout(id)).toBeUndefined();
  expect(await w.deadLetters()).toEqual([]);
});

test('a record that is deleted is proposed no more', async () => {
  const { again } = await twice();
  await w.remove('crm', 'Customer', again);
  await w.settled();
  expect(await askedAbout(again)).toBeUndefined();
});

test('what a person has decided stays decided, whatever is edited after it', async () => {
  const { crm, erp, again } = await twice();
  const [proposal] = await w.sql<{ id: string }[]>`
    select id from sync.proposal where record_id = ${again} and resolved_at is null`;
  await w.sync.resolveMatch(proposal!.id, { create: true }, { mode: 'apply', actor: 'anna' });
  const own = await w.twin('customer', 'crm', again);
  await w.edit('crm', 'Customer', again, { legalName: 'Edited later' });
  await w.edit('crm', 'Customer', crm, { legalName: 'Edited as well' });
  await w.settled();
  expect(await askedAbout(again)).toBeUndefined();
  expect(await w.twin('customer', 'crm', again)).toBe(own);
  expect(await w.twin('customer', 'crm', crm)).toBe(erp);
});

/** A second contact under the address of one that is linked, of a customer whose pair is taken apart; a person has it made. */
async function decidedAndWaiting() {
  const email = `post@decided${++n}.example`;
  const company = await w.create('crm', 'Customer', { name: `Decided ${n}` });
  await w.settled();
  const debtor = await w.twin('customer', 'crm', company.id);
  const person = { customerId: company.id, lastName: 'Berg', email };
  const first = await w.create('crm', 'Contact', { ...person, firstName: 'Kari' });
  await w.settled();
  const theirs = await w.twin('contact', 'crm', first.id);
  const again = await w.create('crm', 'Contact', { ...person, firstName: 'Ola' });
  await w.settled();
  expect(await askedAbout(again.id)).toMatchObject([{ id: theirs }]);
  // Nobody looks at the contact between the two acts.
  await w.sync.pause('contact', true, 'a test', 'test');
  await w.sync.unlink((await w.linkOf('customer', company.id)).id, 'both', apply);
  const [proposal] = await w.sql<{ id: string }[]>`
    select id from sync.proposal where record_id = ${again.id} and resolved_at is null`;
  const decided = await w.sync.resolveMatch(proposal!.id, { create: true }, apply);
  expect(decided).toMatchObject({ outcome: 'waiting' });
  await w.sync.pause('contact', false, null, 'test');
  await w.settled();
  const goOn = async (): Promise<void> => {
    await w.sync.link('customer', company.id, debtor, apply);
    await w.settled();
  };
  return { first: first.id, theirs, again: again.id, goOn };
}
const apply = { mode: 'apply', actor: 'anna' } as const;

test('what a person had made and has to wait is made when it waits no more, and not asked about again', async () => {
  const { first, theirs, again, goOn } = await decidedAndWaiting();
  await w.edit('crm', 'Contact', again, { jobTitle: 'Edited while it waits' });
  await w.settled();
  expect(await w.linkOf('contact', again)).toMatchObject({ state: 'waiting' });
  await goOn();
  expect(await askedAbout(again)).toBeUndefined();
  expect(await w.twin('contact', 'crm', again)).not.toBe(theirs);
  expect(await w.twin('contact', 'crm', first)).toBe(theirs);
});

test.each(['stays as it is', 'is edited'])(
  'nor is it linked with what it looked like, which is free by then and %s',
  async (what) => {
    const { first, theirs, again, goOn } = await decidedAndWaiting();
    await w.sync.unlink((await w.linkOf('contact', first)).id, 'both', apply);
    if (what === 'is edited') await w.edit('erp', 'Contact', theirs, { jobTitle: 'Free' });
    await goOn();
    const own = await w.twin('contact', 'crm', again);
    expect(own).not.toBe(theirs);
    expect((await w.fields('crm', 'Contact', again)).firstName).toBe('Ola');
    expect((await w.fields('erp', 'Contact', theirs)).firstName).toBe('Kari');
  },
);

test('until a person says otherwise', async () => {
  const { first, theirs, again, goOn } = await decidedAndWaiting();
  await w.sync.unlink((await w.linkOf('contact', first)).id, 'both', apply);
  await w.sync.link('contact', again, theirs, apply);
  await goOn();
  expect(await w.twin('contact', 'crm', again)).toBe(theirs);
  expect(await w.linkOf('contact', again)).toMatchObject({ linkedBy: { kind: 'manual' } });
});
