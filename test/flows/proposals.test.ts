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
