import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { MappingName, Values } from '../../sync/core/types.ts';
import type { WorkPlan } from '../../sync/engine/draft.ts';
import { freshLink } from '../../sync/engine/fresh-link.ts';
import { holdMassEdits, holdMassRemovals, massShare } from '../../sync/engine/mass-change.ts';
import { createMostOfFlow } from '../../sync/engine/most-of-flow.ts';
import { leastIdAt } from '../../sync/engine/new-id.ts';
import { createRecords } from '../../sync/engine/records.ts';
import type { StepContext } from '../../sync/engine/step-context.ts';
import { createTouchedLately } from '../../sync/engine/touched-lately.ts';
import type { Work } from '../../sync/engine/work.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { type Cause, ring } from '../../sync/store/lanes.ts';
import type { LinkRow } from '../../sync/store/links.ts';
import { saveLinks } from '../../sync/store/save-links.ts';
import { record } from '../core/fixture.ts';
import { testDatabase } from '../support/database.ts';

const { sql } = await testDatabase();

const pair = (): LinkRow => ({
  ...freshLink(randomUUID(), 'customer', null, { crmId: randomUUID(), erpId: randomUUID() }),
  state: 'synced',
  base: { crm: {}, erp: {} },
  crmVersion: '1',
  erpVersion: '1',
});
const workOf = (link: LinkRow, cause: Cause, priority = 0): Work => ({
  lane: {
    key: link.lane,
    mapping: 'customer',
    n: 1,
    rung: {},
    edits: {},
    cause,
    attempts: 0,
    putOff: 0,
    priority,
  },
  links: [link],
  choices: {},
});

interface Flow {
  readonly live: number;
  /** Records that this batch found gone from the CRM. */
  readonly gone: number;
  /** Records that the CRM does not show to whoever asks: those, unless it says so. */
  readonly away?: number;
  /** Pairs that were deleted a moment ago. */
  readonly ended?: number;
}

/** How many works of a batch over the whole flow are held. */
async function heldOf(
  { live, gone, away = gone, ended = 0 }: Flow,
  kind: Cause['kind'] = 'change',
): Promise<number> {
  await sql`delete from sync.link`;
  const links = Array.from({ length: live }, pair);
  const before = Array.from({ length: ended }, () => ({
    ...pair(),
    state: 'ended' as const,
    endedBy: 'deleted',
  }));
  await saveLinks(sql, [...links, ...before]);
  const records = createRecords();
  for (const [n, { crmId, erpId }] of links.entries()) {
    records.put({ side: 'crm', entity: 'Customer', id: crmId! }, n < gone ? null : record({}, crmId!));
    records.put({ side: 'erp', entity: 'Customer', id: erpId! }, record({}, erpId!));
  }
  const works = links.map((link) => workOf(link, { kind }));
  const shown = new Map(links.slice(away).map(({ crmId }) => [crmId!, record({}, crmId!)]));
  const context = {
    sql,
    records,
    connectors: {
      crm: {
        read: async (_: string, ids: readonly string[]) =>
          new Map(ids.flatMap((id) => (shown.has(id) ? [[id, shown.get(id)!] as const] : []))),
      },
    },
    mappings: Object.fromEntries(mappings.map((mapping) => [mapping.name, mapping])),
  };
  const held = await holdMassRemovals(context as unknown as StepContext, works);
  expect(held).toHaveLength(works.length);
  expect(held.every(({ massGone }) => massGone === undefined || massGone === 'crm')).toBe(true);
  return held.filter(({ massGone }) => massGone).length;
}

describe('records that are gone from one system', () => {
  test.each([
    ['one of many', { live: 60, gone: 1 }, 0],
    ['nineteen, and that is all there are', { live: 19, gone: 19 }, 0],
    ['half of a flow', { live: 50, gone: 25 }, 0],
    ['more than half of a flow', { live: 50, gone: 26 }, 26],
    ['a few, when as many went a moment ago', { live: 30, gone: 5, ended: 31 }, 5],
    ['the first piece of a mass of them', { live: 60, gone: 5, away: 60 }, 5],
    ['a few of a small flow', { live: 19, gone: 3, away: 19 }, 0],
    ['none', { live: 60, gone: 0 }, 0],
  ] as const)('%s: held are that many', async (_, flow, held) => {
    expect(await heldOf(flow)).toBe(held);
  });

  test('are believed when a person retries them', async () => {
    expect(await heldOf({ live: 30, gone: 30 }, 'retry')).toBe(0);
  });
});

const anna: Cause = { kind: 'change', side: 'crm', actor: 'anna', flood: true };
const on = 'mass:customer:crm:anna';

interface Edited {
  readonly live: number;
  /** Pairs that wait in the queue for what anna has edited in bulk. */
  readonly queued: number;
  /** Of another author's, another system's or another kind of bulk besides. */
  readonly others?: Cause;
  /** Pairs of hers that are held, or were carried out so many seconds ago. */
  readonly held?: number;
  readonly done?: number;
  readonly secondsAgo?: number;
  /** Records without a counterpart that she has edited, too. */
  readonly lone?: number;
  readonly share?: number;
  /** Works of the batch. */
  readonly batch?: number;
  /** Of those works: what the sync has written itself, and a process that died had not told. */
  readonly ownWrites?: boolean;
  /** What the nth of them would bring. */
  readonly brings?: (n: number) => Values;
}

const sameForAll = (): Values => ({ phone: '+4722000000' });

/** What works would write, by their place. */
const planOf = (links: readonly LinkRow[], brings: (n: number) => Values) => (work: Work) => {
  const [link] = work.links;
  const values = brings(links.indexOf(link!));
  const parts = [{ mapping: link!.mapping, link: link!.id, values, lines: [] }];
  return {
    writes: Object.keys(values).length > 0 ? [{ action: 'update', parts }] : [],
  } as unknown as WorkPlan;
};

const contextOf = (massEditShare: number, links: readonly LinkRow[], version: string) => {
  const records = createRecords();
  for (const { crmId } of links)
    records.put({ side: 'crm', entity: 'Customer', id: crmId! }, record({}, crmId!, version));
  return {
    massEditShare,
    records,
    touchedLately: createTouchedLately(sql),
    mappings: Object.fromEntries(mappings.map((mapping) => [mapping.name, mapping])),
  } as unknown as StepContext;
};

/** What is said of each work of a batch of what anna has edited in a flood; undefined of one that is not held. */
async function reasonsOf(
  edited: Edited,
  cause = anna,
  priority = 1,
): Promise<readonly (string | undefined)[]> {
  const { live, queued, others, held = 0, done = 0, secondsAgo = 0, lone = 0 } = edited;
  await sql`truncate sync.lane, sync.event, sync.link cascade`;
  const links = Array.from({ length: live }, pair);
  const half = Array.from({ length: lone }, () => ({ ...pair(), erpId: null, state: 'pending' as const }));
  await saveLinks(sql, [...links, ...half]);
  const ringAll = (from: number, to: number, cause: Cause) =>
    ring(
      sql,
      [...links.slice(from, to), ...(cause === anna ? half : [])].map(({ lane: key }) => ({
        key,
        mapping: 'customer',
        cause,
        priority: 1,
      })),
    );
  await ringAll(0, queued, anna);
  if (others) await ringAll(queued, live, others);
  // Some of it is in the hands of another loop.
  await sql`update sync.lane set token = 1, locked_until = now() + interval '1 minute' where key = any(${links.slice(0, 250).map(({ lane }) => lane)})`;
  const ids = links.slice(queued).map(({ id }) => id);
  await sql`
    insert into sync.wait (link_id, lane, "on") select id, lane, ${on} from sync.link where id = any(${ids.slice(0, held)})`;
  const at = Date.now() - secondsAgo * 1_000;
  await sql`
    insert into sync.event (id, mapping, link_id, outcome, cause, fields, correlation_id)
    select ${leastIdAt(at)} || id, 'customer', id, 'updated', ${JSON.stringify(anna)}::text::jsonb, '[]', 'c'
    from unnest(${ids.slice(held, held + done)}::text[]) id`;
  const works = links.slice(0, edited.batch ?? 20).map((link) => workOf(link, cause, priority));
  const plan = planOf(links, edited.brings ?? sameForAll);
  const judged = await holdMassEdits(
    contextOf(edited.share ?? massShare, links, edited.ownWrites ? '1' : '2'),
    works,
    plan,
  );
  return judged.map(({ massEdit }) => massEdit?.reason);
}

/** The same of the first. */
const reasonOf = async (...asked: Parameters<typeof reasonsOf>): Promise<string | undefined> =>
  (await reasonsOf(...asked))[0];

describe('a flood of edits by one author', () => {
  test.each([
    ['more than half of a flow', { live: 1_100, queued: 551 }],
    ['a part of it, when the others are held', { live: 1_100, queued: 51, held: 500 }],
    ['a part of it, when others were carried out a moment ago', { live: 1_100, queued: 51, done: 500 }],
    ['a smaller share than was set', { live: 1_100, queued: 551, share: 0.4 }],
  ] as const)('%s: held', async (_, edited) => {
    expect(await reasonOf(edited)).toContain(
      "anna has changed 551 of this flow's 1,100 linked records in the CRM at once",
    );
  });

  test('most of a small flow: held', async () => {
    expect(await reasonOf({ live: 38, queued: 20 })).toContain(
      "anna has changed 20 of this flow's 38 linked records in the CRM at once",
    );
  });

  test.each([
    ['half of a flow', { live: 1_100, queued: 550 }],
    ['all of a flow of nineteen', { live: 19, queued: 19 }],
    ['a part, when others were carried out long ago', { live: 1_100, queued: 51, done: 500, secondsAgo: 90 }],
    [
      'a part, when somebody else has the others',
      { live: 1_100, queued: 500, others: { ...anna, actor: 'bo' } },
    ],
    [
      'a part, when the others are edited in the other system',
      { live: 1_100, queued: 500, others: { ...anna, side: 'erp' } },
    ],
    ['a part, when a run has rung the others', { live: 1_100, queued: 500, others: { kind: 'run' } }],
    ['a part, when the others have no counterpart', { live: 1_100, queued: 500, lone: 500 }],
    ['what the links know already, such as what the sync wrote', { live: 600, queued: 600, ownWrites: true }],
    ['all of a flow, when that was allowed beforehand', { live: 600, queued: 600, share: 1 }],
  ] as const)('%s: carried out', async (_, edited) => {
    expect(await reasonOf(edited)).toBeUndefined();
  });

  test.each([
    ['edits by itself', { ...anna, actor: 'bo' }, 0],
    ['retries', { kind: 'retry', actor: 'bo' }, 0],
    ['syncs now', { kind: 'mutation', actor: 'bo' }, 0],
    ['has a run over', { kind: 'run' }, 1],
    ['has the flow catch up', { ...anna, flood: false }, 1],
  ] as const)('pass where somebody %s', async (_, cause, priority) => {
    expect(await reasonOf({ live: 600, queued: 600 }, cause, priority)).toBeUndefined();
  });

  test.each([
    ['a run', { kind: 'run' }, 1, true],
    ['a release', { kind: 'release' }, 0, true],
    ["somebody else's bulk", { ...anna, actor: 'bo' }, 1, true],
    ['a single edit', { ...anna, actor: 'bo' }, 0, false],
    ['a retry that waited for a flow that catches up', { kind: 'retry' }, 1, false],
    ['a mutation', { kind: 'mutation' }, 0, false],
  ] as const)('that are held already: %s', async (_, cause, priority, stays) => {
    await sql`truncate sync.lane, sync.event, sync.link cascade`;
    const link: LinkRow = { ...pair(), state: 'waiting', waitsFor: [{ on, reason: 'many' }] };
    const works = [workOf(link, cause, priority)];
    const [work] = await holdMassEdits(contextOf(massShare, [link], '2'), works, planOf([link], sameForAll));
    expect(work!.massEdit?.reason).toBe(stays ? 'many' : undefined);
  });

  const flood = { live: 1_100, queued: 551 };
  const heldOf = async (edited: Partial<Edited>): Promise<number> =>
    (await reasonsOf({ ...flood, ...edited })).filter((reason) => reason !== undefined).length;

  test.each<readonly [string, Partial<Edited>, number]>([
    ['each to something else', { brings: (n) => ({ phone: `+47220000${n}` }) }, 0],
    ['half of them alike', { brings: (n) => ({ phone: n < 10 ? null : `+47220000${n}` }) }, 0],
    [
      'most of them alike, the others otherwise',
      { brings: (n) => ({ phone: n < 11 ? null : `+4722${n}` }) },
      11,
    ],
    ['most of them alike in one field of two', { brings: (n) => ({ name: `N ${n}`, email: null }) }, 20],
    ['by computed values', { brings: () => ({ balanceDue: '17' }) }, 0],
    ['to what stands there already', { brings: () => ({}) }, 0],
    ['too few to tell', { batch: 19 }, 0],
    ['too few to tell, where others of it are held', { batch: 19, queued: 51, held: 500 }, 19],
  ])('%s: held are that many', async (_, edited, held) => {
    expect(await heldOf(edited)).toBe(held);
  });
});

test('of one author are counted once for all steps that are taken within half a second', async () => {
  await sql`truncate sync.lane, sync.event, sync.link cascade`;
  const links = [pair(), pair()];
  await saveLinks(sql, links);
  let now = 0;
  const counts = createTouchedLately(sql, () => now);
  const editing = { mapping: 'customer' as const, side: 'crm' as const, actor: 'anna', on };
  const touched = async (n: number) => {
    const { lane: key } = links[n]!;
    await ring(sql, [{ key, mapping: 'customer', cause: anna, priority: 1 }]);
    return (await counts.of([editing]))[0]!.touched;
  };
  expect(await touched(0)).toBe(1);
  now = 499;
  expect(await touched(1)).toBe(1);
  now = 500;
  expect(await touched(1)).toBe(2);
});

describe('most of a flow is', () => {
  const flows = async (customers: number, contacts: number): Promise<void> => {
    await sql`truncate sync.lane, sync.event, sync.link cascade`;
    const of = (n: number, mapping: 'customer' | 'contact') =>
      Array.from({ length: n }, () => ({ ...pair(), mapping }));
    const alone = Array.from({ length: 50 }, () => ({ ...pair(), erpId: null, state: 'pending' as const }));
    await saveLinks(sql, [...of(customers, 'customer'), ...of(contacts, 'contact'), ...alone]);
  };
  const isMost = (records: number, share = massShare, mappingsOf: readonly MappingName[] = ['customer']) =>
    createMostOfFlow({ sql, share, mappingsOf: () => mappingsOf })('Customer', records);

  test.each([
    [40, 20, false],
    [40, 21, true],
    [30, 19, false],
    [0, 100, false],
  ] as const)('of %i pairs %i records: %s', async (pairs, records, most) => {
    await flows(pairs, 3);
    expect(await isMost(records)).toBe(most);
  });

  test('by the share that was set', async () => {
    await flows(100, 0);
    expect([await isMost(30, 0.2), await isMost(90, 1)]).toEqual([true, false]);
  });

  test('that of the smallest of its flows that has any', async () => {
    await flows(100, 40);
    expect(await isMost(30, massShare, ['customer', 'contact', 'order'])).toBe(true);
  });

  test('counted once in ten seconds, from its first pair on', async () => {
    await flows(0, 0);
    let now = 0;
    const asked = createMostOfFlow({ sql, share: massShare, mappingsOf: () => ['customer'] }, () => now);
    for (const _ of ['asked', 'asked again']) expect(await asked('Customer', 30)).toBe(false);
    await flows(40, 0);
    expect(await asked('Customer', 30)).toBe(true);
    await flows(100, 0);
    now = 9_999;
    expect(await asked('Customer', 30)).toBe(true);
    now = 10_000;
    expect(await asked('Customer', 30)).toBe(false);
  });
});
