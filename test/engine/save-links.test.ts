import { expect, test } from 'vitest';
import { openClient } from '../../drizzle/postgres/client.ts';
import { freshLink } from '../../sync/engine/fresh-link.ts';
import { type LinkRow, linksById } from '../../sync/store/links.ts';
import { savingLinks } from '../../sync/store/save-links.ts';
import { testDatabase } from '../support/database.ts';

const { url } = await testDatabase();
const sql = openClient(url, undefined);

const first: LinkRow = {
  ...freshLink('l1', 'customer', null, { crmId: 'c1', erpId: 'e1' }),
  state: 'synced',
  base: { crm: { name: 'First' }, erp: { name: 'First' } },
  agreed: { name: 'First' },
  crmVersion: '1',
  erpVersion: '1',
  synced: true,
};

/** What a step writes of a link that it has read as `before`. */
async function save(before: LinkRow | undefined, now: LinkRow): Promise<LinkRow> {
  const stored = { get: (id: string) => (id === before?.id ? before : undefined) };
  await sql.begin(async (tx) => {
    for (const statement of savingLinks(tx, [now], stored)) await statement;
  });
  const [read] = await linksById(sql, [now.id]);
  // As it is stored: the base is made of it.
  const { overlay: _, ...link } = read as LinkRow & { overlay: unknown };
  return link;
}

const columnsOf = (text: string): number =>
  text
    .split(/\sset\s/)[1]!
    .split(/\sfrom\s/)[0]!
    .split(' = ').length;

const edited: Partial<LinkRow> = {
  base: { crm: { name: 'Second' }, erp: { name: 'SECOND' } },
  agreed: { name: 'Second' },
  crmVersion: '2',
  erpVersion: '3',
  flips: { name: { n: 1, side: 'crm', at: 5, was: 'x' } },
};

const changes: Readonly<Record<string, Partial<LinkRow>>> = {
  'what is agreed': edited,
  'that it is no longer in step': { ...edited, state: 'failed', synced: false },
  'what is held back': {
    ...edited,
    held: [{ field: 'phone', side: 'erp', kind: 'unfit', value: '?', message: 'no number' }],
  },
  'what it waits for': { ...edited, state: 'waiting', waitsFor: [{ on: 'crm:Customer:9', reason: 'later' }] },
  'an edit that is not agreed': { ...edited, edits: { crm: { name: { at: 7, value: 'Third' } } } },
  'that a record was put away': { ...edited, crmArchived: true },
  'that it is closed': { ...edited, closed: true },
  'its lane': { ...edited, lane: 'deal:q1' },
  'how it came to be': { ...edited, linkedBy: { kind: 'manual' } },
  'who ended it': { ...edited, state: 'ended', endedBy: 'unlinked' },
};

test.for(Object.entries(changes))(
  'a link is stored with all of it: %s',
  async ([, change], { onTestFinished }) => {
    onTestFinished(async () => void (await sql`delete from sync.link`));
    const before = await save(undefined, first);
    const now: LinkRow = { ...before, ...change };
    const { syncedAgoMs: _, synced, ...rest } = await save(before, now);
    const { syncedAgoMs: __, synced: ___, ...expected } = now;
    expect(rest).toEqual(expected);
    // That it was in step once stays known.
    expect(synced).toBe(true);
    // And back again: what is no longer so goes.
    if (now.state === 'ended') return;
    const { syncedAgoMs: ____, ...again } = await save(now, { ...now, ...before });
    const { syncedAgoMs: _____, ...was } = before;
    expect(again).toEqual(was);
  },
);

test('what is agreed alone is written in few columns', async () => {
  const texts: string[] = [];
  const tx = openClient(url, undefined, {
    watch: (text) => {
      texts.push(text);
      return () => {};
    },
  });
  const stored = { get: () => first };
  for (const now of [
    { ...first, ...edited },
    { ...first, ...edited, closed: true },
  ])
    for (const statement of savingLinks(tx, [now], stored)) await statement;
  const [few, all] = texts.map(columnsOf);
  expect(few).toBeLessThan(all! / 2);
  await tx.end();
});
