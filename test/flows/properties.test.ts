import { describe, expect, test } from 'vitest';
import type { Write } from '../../sync/core/connector.ts';
import type { FieldRule, Mapping } from '../../sync/core/mapping.ts';
import { other, sides } from '../../sync/core/sides.ts';
import type { Json, Side, SystemRecord } from '../../sync/core/types.ts';
import { contact } from '../../sync/mappings/contact.ts';
import { customer } from '../../sync/mappings/customer.ts';
import { product } from '../../sync/mappings/product.ts';
import { user } from '../../sync/mappings/user.ts';
import { knownRecords } from './known.ts';
import { plain } from './same-value.ts';
import { filled, type Known, propertyOf, type Sample, sampleOf } from './samples.ts';
import { type Fields, openWorld, type StoredEvent } from './world.ts';

const w = await openWorld();
const known = await knownRecords(w);
let n = 100;

/** Fields that no sample can edit here, with the test that has them. */
const elsewhere: Readonly<Record<string, string>> = {
  'customer.primaryContactId': 'people.test.ts: the primary contact',
  'contact.kind': 'a constant that neither system lets anyone write',
  'product.onHand': 'computed.test.ts: copied at most once a minute',
  'customer.balanceDue': 'computed.test.ts: copied at most once a minute',
};

/** The side whose records make the first of a pair: an ERP salesperson makes no CRM user. */
const bornOn = (mapping: Mapping): readonly Side[] =>
  sides.filter((side) => mapping.name !== 'user' || side === 'crm');

for (const mapping of [customer, contact, product, user]) {
  const fields = Object.entries(mapping.fields).filter(([, rule]) => rule.way !== 'off' && !rule.derived);

  describe(mapping.name, async () => {
    for (const born of bornOn(mapping)) {
      test(`a record made in the ${born.toUpperCase()} is there on the other side with every property`, async () => {
        const from = { n: n++, turn: 0, known } as const;
        const record = await w.create(born, mapping[born], filled(mapping, born, from));
        await referTo(mapping, record);
        await w.settled();
        const twin = await w.read(
          other(born),
          mapping[other(born)],
          await w.twin(mapping.name, born, record.id),
        );
        expect(shown(mapping, other(born), twin, from)).toEqual(expected(mapping, other(born), from, born));
      });
    }

    const both = fields.filter(
      ([field, rule]) => rule.way === 'both' && !elsewhere[`${mapping.name}.${field}`],
    );
    const edits = await Promise.all(
      sides
        .flatMap((side) => both.map(([field, rule]) => ({ side, field, rule })))
        .map(async (each) => ({ ...each, from: { n: n++, known } })),
    );
    const pairs = await makePairs(
      mapping,
      edits.map(({ from }) => from.n),
    );
    for (const [i, { side, field, rule, from }] of edits.entries())
      test(`${field} edited in the ${side.toUpperCase()} is the same on the other side, and nothing else moves`, async () => {
        const target = other(side);
        const pair = pairs[i]!;
        const before = {
          crm: await w.read('crm', mapping.crm, pair.crm),
          erp: await w.read('erp', mapping.erp, pair.erp),
        };
        const value = sampleOf(mapping, field, { ...from, turn: 1 });
        expect(value, `a sample for ${mapping.name}.${field}`).not.toBeNull();
        await w.edit(side, mapping[side], pair[side], { [rule[side]!]: value![side] });
        await w.settled();
        const after = {
          crm: await w.read('crm', mapping.crm, pair.crm),
          erp: await w.read('erp', mapping.erp, pair.erp),
        };
        expect(plain(after[target].fields[rule[target]!] ?? null)).toEqual(plain(value![target]));
        expect(plain(after[side].fields[rule[side]!] ?? null)).toEqual(plain(value![side]));
        for (const each of sides) expect(moved(mapping, each, before[each], after[each])).toEqual([field]);
      });

    const oneWays = fields.filter(([field, rule]) => rule.way !== 'both' && typable(mapping, rule, field));
    const oneWayPairs = await makePairs(
      mapping,
      oneWays.map(() => n++),
    );
    for (const [i, [field, rule]] of oneWays.entries())
      test(`${field}, a one-way field, edited on the receiving side is put back with an event`, async () => {
        const pair = oneWayPairs[i]!;
        const receiver: Side = rule.way === 'toErp' ? 'erp' : 'crm';
        const native = rule[receiver]!;
        const before = (await w.read(receiver, mapping[receiver], pair[receiver])).fields[native] ?? null;
        const sample = sampleOf(mapping, field, { n: n++, turn: 1, known }) ?? { crm: 'X1', erp: 'X1' };
        const value = plain(sample[receiver]) === plain(before) ? 'X2' : sample[receiver];
        await w.edit(
          receiver,
          mapping[receiver],
          pair[receiver],
          { [native]: value },
          { actor: 'someone', origin: 'sync' },
        );
        await w.settled();
        expect(
          plain((await w.read(receiver, mapping[receiver], pair[receiver])).fields[native] ?? null),
        ).toEqual(plain(before));
        const link = await w.linkOf(mapping.name, pair.crm);
        expect(revertsOf(await w.events(link.id), field)).toEqual([receiver]);
      });
  });
}

/** Sides on which an edit of the field was put back. */
const revertsOf = (events: readonly StoredEvent[], field: string): readonly Side[] =>
  events.flatMap(({ fields }) =>
    fields.filter((c) => c.field === field && c.why.startsWith('reverted')).map((c) => c.side),
  );

/** Whether the receiving side of a one-way field has a property that someone can write. */
function typable(mapping: Mapping, rule: FieldRule, field: string): boolean {
  const receiver: Side = rule.way === 'toErp' ? 'erp' : 'crm';
  const property = propertyOf(mapping, receiver, rule);
  return property !== null && property.access !== 'read' && !elsewhere[`${mapping.name}.${field}`];
}

/** A user gets a salesperson's card as soon as something refers to him. */
async function referTo(mapping: Mapping, record: SystemRecord): Promise<void> {
  if (mapping.name === 'user')
    await w.create('crm', 'Customer', { name: `Of user ${record.id}`, ownerId: record.id });
}

/** Pairs born in the CRM with every property filled, linked. */
async function makePairs(
  mapping: Mapping,
  numbers: readonly number[],
): Promise<readonly Readonly<Record<Side, string>>[]> {
  const writes = numbers.map(
    (each): Write => ({
      kind: 'create',
      entity: mapping.crm,
      fields: filled(mapping, 'crm', { n: each, turn: 0, known }),
    }),
  );
  const records = await w.writeAll('crm', writes);
  for (const record of records) await referTo(mapping, record);
  await w.settled();
  return Promise.all(
    records.map(async ({ id }) => ({ crm: id, erp: await w.twin(mapping.name, 'crm', id) })),
  );
}

const compared = (
  mapping: Mapping,
  side: Side,
  from: Side | null,
): readonly (readonly [string, FieldRule])[] =>
  Object.entries(mapping.fields).filter(
    ([, rule]) =>
      rule.way !== 'off' &&
      !rule.derived &&
      rule[side] !== null &&
      rule[side] !== 'id' &&
      (from === null || rule.way === 'both' || rule.way === (from === 'crm' ? 'toErp' : 'toCrm')),
  );

function expected(
  mapping: Mapping,
  side: Side,
  from: { n: number; turn: 0 | 1; known: Known },
  born: Side,
): Fields {
  return Object.fromEntries(
    compared(mapping, side, born).flatMap(([field]) => {
      const sample: Sample | null = sampleOf(mapping, field, from);
      const property = propertyOf(mapping, born, mapping.fields[field]!);
      return sample && property && !property.access ? [[field, plain(sample[side])]] : [];
    }),
  );
}

function shown(
  mapping: Mapping,
  side: Side,
  record: SystemRecord,
  from: { n: number; turn: 0 | 1; known: Known },
): Fields {
  const born = other(side);
  const want = expected(mapping, side, from, born);
  return Object.fromEntries(
    Object.keys(want).map((field) => [
      field,
      plain((record.fields[mapping.fields[field]![side]!] ?? null) as Json),
    ]),
  );
}

/** Mapped fields that differ between two states of a record. */
function moved(mapping: Mapping, side: Side, before: SystemRecord, after: SystemRecord): readonly string[] {
  return compared(mapping, side, null)
    .filter(([, rule]) => rule.way === 'both')
    .filter(
      ([, rule]) =>
        JSON.stringify(plain(before.fields[rule[side]!] ?? null)) !==
        JSON.stringify(plain(after.fields[rule[side]!] ?? null)),
    )
    .map(([field]) => field);
}
