import { describe, expect, test } from 'vitest';
import type { SyncResult } from '../../sync/index.ts';
import { openWorld } from './world.ts';

// PREVIEW of whatever a person does to links: the plan writes nothing, and its token does exactly that, once.

const w = await openWorld();
const apply = { mode: 'apply', actor: 'kari' } as const;
const preview = { mode: 'preview', actor: 'kari' } as const;
let n = 0;

async function pair() {
  const { id: crm } = await w.create('crm', 'Customer', { name: `Pair ${++n} of the planned` });
  await w.settled();
  const link = await w.linkOf('customer', crm);
  return { crm, erp: link.erpId!, link: link.id };
}
type Pair = Awaited<ReturnType<typeof pair>>;

/** Two records that were linked and are no more. */
async function apart() {
  const [a, b] = [await pair(), await pair()];
  for (const { link } of [a, b]) await w.sync.unlink(link, 'both', apply);
  await w.settled();
  return [a, b] as const;
}

/** A proposal for a CRM record, and one of its candidates, which is linked with nothing yet. */
async function proposed() {
  const name = `Alike ${++n}`;
  await w.sync.pause('customer', true, 'a test', 'test');
  const two = [1, 2].map(() => ({ kind: 'create', entity: 'Customer', fields: { name } }) as const);
  const candidates = await Promise.all(two.map((write) => w.written('erp', write)));
  const { id: crm } = await w.create('crm', 'Customer', { name });
  await w.settled();
  // The candidates' own turn never comes: they stay without link.
  await w.forgetNews('erp');
  await w.sync.pause('customer', false, null, 'test');
  await w.settled();
  const [proposal] = await w.sql<{ id: string }[]>`
    select id from sync.proposal where record_id = ${crm} and resolved_at is null`;
  return { proposal: proposal!.id, crm, erp: candidates[0]!.id };
}

const twinOf = async (crm: string) =>
  (await w.links({ id: crm })).find(({ mapping }) => mapping === 'customer')?.erpId ?? null;
const merge = (a: Pair, b: Pair) =>
  w.sync.followMerge(
    { side: 'crm', entity: 'Customer', id: a.crm },
    { side: 'crm', entity: 'Customer', id: b.crm },
    preview,
  );

interface Case {
  readonly plan: () => Promise<SyncResult | readonly SyncResult[]>;
  /** A CRM record, and what it has to be linked with before and afterwards. */
  readonly crm: string;
  readonly before: string | null;
  readonly after: string | null | 'another';
  /** A record of the plan, as somebody else edits it meanwhile. */
  readonly moves: readonly ['crm' | 'erp', string];
}

const cases: Readonly<Record<string, () => Promise<Case>>> = {
  link: async () => {
    const [a, b] = await apart();
    const plan = () => w.sync.link('customer', a.crm, b.erp, preview);
    return { plan, crm: a.crm, before: null, after: b.erp, moves: ['erp', b.erp] };
  },
  unlink: async () => {
    const a = await pair();
    const plan = () => w.sync.unlink(a.link, 'both', preview);
    return { plan, crm: a.crm, before: a.erp, after: null, moves: ['crm', a.crm] };
  },
  relink: async () => {
    const a = await pair();
    const [b] = await apart();
    const plan = () => w.sync.relink(a.link, { erpId: b.erp }, preview);
    return { plan, crm: a.crm, before: a.erp, after: b.erp, moves: ['erp', b.erp] };
  },
  swap: async () => {
    const [a, b] = [await pair(), await pair()];
    const plan = () => w.sync.swap({ a: a.link, b: b.link }, preview);
    return { plan, crm: a.crm, before: a.erp, after: b.erp, moves: ['crm', b.crm] };
  },
  followMerge: async () => {
    const [a, b] = [await pair(), await pair()];
    return { plan: () => merge(a, b), crm: a.crm, before: a.erp, after: null, moves: ['crm', b.crm] };
  },
  'revert of an unlinking': async () => {
    const a = await pair();
    const { eventIds } = await w.sync.unlink(a.link, 'both', apply);
    await w.settled();
    const plan = () => w.sync.revert(eventIds[0]!, null, preview);
    return { plan, crm: a.crm, before: null, after: a.erp, moves: ['erp', a.erp] };
  },
  'resolveMatch with a candidate': async () => {
    const { proposal, crm, erp } = await proposed();
    const plan = () => w.sync.resolveMatch(proposal, { candidate: erp }, preview);
    return { plan, crm, before: null, after: erp, moves: ['erp', erp] };
  },
  'resolveMatch with a record of its own': async () => {
    const { proposal, crm } = await proposed();
    const plan = () => w.sync.resolveMatch(proposal, { create: true }, preview);
    return { plan, crm, before: null, after: 'another', moves: ['crm', crm] };
  },
};

const tokenOf = (planned: SyncResult | readonly SyncResult[]): string => [planned].flat()[0]!.planToken!;

describe.each(Object.entries(cases))('the preview of %s', (_, prepare) => {
  test('writes nothing; applyPlan does it, once', async () => {
    const { plan, crm, before, after } = await prepare();
    const planned = await plan();
    const token = tokenOf(planned);
    await w.settled();
    expect(await twinOf(crm)).toBe(before);
    const { outcome } = await w.sync.applyPlan(token, { actor: 'kari' });
    expect(outcome).toBe([planned].flat()[0]!.outcome);
    await w.settled();
    if (after === 'another') expect(await twinOf(crm)).toEqual(expect.any(String));
    else expect(await twinOf(crm)).toBe(after);
    await expect(w.sync.applyPlan(token, { actor: 'kari' })).rejects.toMatchObject({ code: 'STALE_PLAN' });
  });

  test('is refused once a record has moved, and nothing was done', async () => {
    const { plan, crm, before, moves } = await prepare();
    const token = tokenOf(await plan());
    await w.edit(moves[0], 'Customer', moves[1], { legalName: 'Moved meanwhile' });
    await w.settled();
    await expect(w.sync.applyPlan(token, { actor: 'kari' })).rejects.toMatchObject({ code: 'STALE_PLAN' });
    expect(await twinOf(crm)).toBe(before);
  });
});

/** What a plan says the name of each record it writes will be. */
const namesIn = (planned: readonly SyncResult[]) =>
  planned.flatMap(({ plan }) =>
    plan.writes.flatMap(({ side, id, fields }) =>
      fields.filter(({ field }) => field === 'name').map(({ after }) => ({ side, id: id!, name: after })),
    ),
  );

test.each(['swap', 'relink', 'merge'])('a %s writes the values that its preview has shown', async (kind) => {
  const [a, b] = [await pair(), await pair()];
  const into = kind === 'merge' ? (await proposed()).crm : a.crm;
  if (kind === 'relink') await w.sync.unlink(a.link, 'both', apply);
  await w.edit('crm', 'Customer', into, { legalName: 'Edited last' });
  await w.settled();
  const planned = [
    kind === 'swap'
      ? await w.sync.swap({ a: a.link, b: b.link }, preview)
      : kind === 'relink'
        ? await w.sync.relink(b.link, { crmId: a.crm }, preview)
        : // The second has no counterpart: it takes over that of the first.
          await merge(b, { ...a, crm: into }),
  ].flat();
  const shown = namesIn(planned);
  expect(shown).not.toEqual([]);
  await w.sync.applyPlan(tokenOf(planned), { actor: 'kari' });
  await w.settled();
  for (const { side, id, name } of shown)
    expect({ side, id, name: (await w.read(side, 'Customer', id)).fields.name }).toEqual({ side, id, name });
});
