import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { holdMassDeletes } from '../../sync/engine/mass-change.ts';
import { freshLink } from '../../sync/engine/plan-work.ts';
import { createRecords } from '../../sync/engine/records.ts';
import type { StepContext } from '../../sync/engine/step-context.ts';
import type { Work } from '../../sync/engine/work.ts';
import { mappings } from '../../sync/mappings/index.ts';
import type { Cause } from '../../sync/store/lanes.ts';
import { type LinkRow, saveLinks } from '../../sync/store/links.ts';
import { record } from '../core/fixture.ts';
import { testDatabase } from '../support/database.ts';

const { sql } = await testDatabase();

/** A flow of `live` pairs, `gone` of which the CRM does not show in this batch; `ended` were deleted a moment ago. */
async function heldOf(
  { live, gone, ended = 0 }: { readonly live: number; readonly gone: number; readonly ended?: number },
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
        cause: { kind },
        attempts: 0,
        priority: 0,
        enqueuedAt: '',
      },
      links: [link],
      choices: {},
    }),
  );
  const context = {
    sql,
    records,
    mappings: Object.fromEntries(mappings.map((mapping) => [mapping.name, mapping])),
    connectors: {
      crm: {
        read: async (entity: string, ids: readonly string[]) =>
          new Map(
            ids.flatMap((id) => {
              const shown = records.get({ side: 'crm', entity, id });
              return shown ? [[id, shown] as const] : [];
            }),
          ),
      },
    },
  };
  const held = await holdMassDeletes(context as unknown as StepContext, works);
  expect(held).toHaveLength(works.length);
  expect(held.every(({ massGone }) => massGone === undefined || massGone === 'crm')).toBe(true);
  return held.filter(({ massGone }) => massGone).length;
}

describe('records that are gone from one system', () => {
  test.each([
    ['one of many', { live: 60, gone: 1 }, 0],
    ['nineteen, and that is all there are', { live: 19, gone: 19 }, 0],
    ['half of a flow', { live: 60, gone: 30 }, 0],
    ['more than half of a flow', { live: 60, gone: 31 }, 31],
    ['a few, when as many went a moment ago', { live: 30, gone: 5, ended: 31 }, 5],
    ['none', { live: 60, gone: 0 }, 0],
  ] as const)('%s: held are that many', async (_, flow, held) => {
    expect(await heldOf(flow)).toBe(held);
  });

  test('are believed when a person retries them', async () => {
    expect(await heldOf({ live: 30, gone: 30 }, 'retry')).toBe(0);
  });
});
