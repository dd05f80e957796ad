import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { freshLink } from '../../sync/engine/fresh-link.ts';
import { holdMassRemovals } from '../../sync/engine/mass-change.ts';
import { createRecords } from '../../sync/engine/records.ts';
import type { StepContext } from '../../sync/engine/step-context.ts';
import type { Work } from '../../sync/engine/work.ts';
import { mappings } from '../../sync/mappings/index.ts';
import type { Cause } from '../../sync/store/lanes.ts';
import type { LinkRow } from '../../sync/store/links.ts';
import { saveLinks } from '../../sync/store/save-links.ts';
import { record } from '../core/fixture.ts';
import { testDatabase } from '../support/database.ts';

const { sql } = await testDatabase();

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
  const pair = (): LinkRow => ({
    ...freshLink(randomUUID(), 'customer', null, { crmId: randomUUID(), erpId: randomUUID() }),
    state: 'synced',
  });
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
  const works = links.map(
    (link): Work => ({
      lane: {
        key: link.lane,
        mapping: 'customer',
        n: 1,
        rung: {},
        edits: {},
        cause: { kind },
        attempts: 0,
        putOff: 0,
        priority: 0,
      },
      links: [link],
      choices: {},
    }),
  );
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
