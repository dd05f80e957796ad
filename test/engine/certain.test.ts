import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Connector, Write } from '../../sync/core/connector.ts';
import type { SystemRecord } from '../../sync/core/types.ts';
import { lookBefore, noteOpen, noteRefusals } from '../../sync/engine/certain.ts';
import type { RecordWrite } from '../../sync/engine/draft.ts';
import { freshLink } from '../../sync/engine/fresh-link.ts';
import type { StepContext } from '../../sync/engine/step-context.ts';
import { mappings } from '../../sync/mappings/index.ts';
import { callMs, forgetIntents } from '../../sync/store/intents.ts';
import { saveLinks } from '../../sync/store/save-links.ts';
import { record } from '../core/fixture.ts';
import { testDatabase } from '../support/database.ts';

const { sql } = await testDatabase();

/** An ERP that does not honour keys; it shows `found` to whoever looks. */
function erp(dedup: 'key' | 'search' | 'none', searchLagMs: number, found: readonly SystemRecord[]) {
  const context = {
    sql,
    settled: new Set<string>(),
    mappings: Object.fromEntries(mappings.map((mapping) => [mapping.name, mapping])),
    connectors: {
      erp: {
        capabilities: { createDedup: dedup, searchLagMs },
        find: async (lookups) => lookups.map(() => found),
      } satisfies Partial<Connector>,
    },
  };
  return context as unknown as StepContext;
}

const create = (key: string): Extract<Write, { kind: 'create' }> => ({
  kind: 'create',
  entity: 'Customer',
  key,
  fields: { externalReference: `ref-${key}` },
});
const sentAgo = (key: string, ms: number) =>
  sql`insert into sync.intent (key, at) values (${key}, now() - ${ms} * interval '1 millisecond')`;
const look = async (context: StepContext, key: string) =>
  (await lookBefore(context, 'erp', [wanted(key)], [create(key)])).known.get(0);

/** What a step asks for, with where the record comes from. */
const wanted = (key: string): RecordWrite => ({
  side: 'erp',
  entity: 'Customer',
  id: null,
  action: 'create',
  version: null,
  key,
  origin: { source: `crm:Customer:${key}`, mapping: 'customer', lane: `rec:${key}`, linkLane: `link:${key}` },
  parts: [],
  gives: [],
});

describe('a create in a system that does not honour keys', () => {
  test('is sent the first time, and noted', async () => {
    const key = randomUUID();
    expect(await look(erp('search', 0, []), key)).toBeUndefined();
    expect(await sql`select 1 from sync.intent where key = ${key}`).toHaveLength(1);
  });

  test('that was sent before and is there is not sent again', async () => {
    const key = randomUUID();
    await sentAgo(key, 10_000);
    const there = record({}, randomUUID());
    expect(await look(erp('search', 0, [there]), key)).toEqual({ kind: 'existed', record: there });
  });

  test('is not taken for a record that belongs to another link', async () => {
    const [key, id] = [randomUUID(), randomUUID()];
    await sentAgo(key, 10_000);
    await saveLinks(sql, [freshLink(randomUUID(), 'customer', null, { crmId: randomUUID(), erpId: id })]);
    expect(await look(erp('search', 0, [record({}, id)]), key)).toBeUndefined();
  });

  test('is taken for a record that has joined meanwhile what the create is made from', async () => {
    const [key, id] = [randomUUID(), randomUUID()];
    await sentAgo(key, 10_000);
    await saveLinks(sql, [freshLink(randomUUID(), 'customer', null, { crmId: key, erpId: id })]);
    expect(await look(erp('search', 0, [record({}, id)]), key)).toMatchObject({
      kind: 'existed',
      record: { id },
    });
  });

  test('that was sent before and cannot be seen yet is waited for, then sent again', async () => {
    const key = randomUUID();
    await sentAgo(key, 2_000);
    const answer = await look(erp('search', 5_000, []), key);
    expect(answer).toMatchObject({ kind: 'failed', failure: { code: 'UNKNOWN_OUTCOME' } });
    const { afterMs } = (answer as { failure: { afterMs: number } }).failure;
    expect(afterMs).toBeGreaterThan(0);
    expect(afterMs).toBeLessThanOrEqual(3_001 + callMs);
    await sql`update sync.intent set at = now() - interval '8 seconds' where key = ${key}`;
    expect(await look(erp('search', 5_000, []), key)).toBeUndefined();
    // Sent again a moment ago: its time runs anew.
    expect(await look(erp('search', 5_000, []), key)).toMatchObject({ kind: 'failed' });
  });

  test.each([
    ['said so', [{ kind: 'failed', failure: { code: 'UNKNOWN_OUTCOME', message: '' } }] as const],
    ['was cut off', undefined],
  ])('whose system took long and then %s may have been carried out just now', async (_, results) => {
    const [key, context] = [randomUUID(), erp('search', 1_000, [])];
    await sentAgo(key, 60_000);
    await noteOpen(context, 'erp', [create(key)], results);
    const answer = await look(context, key);
    expect(answer).toMatchObject({ kind: 'failed', failure: { code: 'UNKNOWN_OUTCOME' } });
    const { afterMs } = (answer as { failure: { afterMs: number } }).failure;
    expect(afterMs).toBeGreaterThan(0);
    expect(afterMs, 'and no longer, since its answer has come').toBeLessThanOrEqual(1_001);
  });

  test('that was sent before and can never be seen is a question for a person', async () => {
    const key = randomUUID();
    await sentAgo(key, 60_000);
    const answer = await look(erp('none', 0, []), key);
    expect(answer).toMatchObject({ kind: 'failed', failure: { code: 'UNKNOWN_OUTCOME' } });
    expect(answer).not.toHaveProperty('failure.afterMs');
    await forgetIntents(sql, [key]);
    expect(await look(erp('none', 0, []), key)).toBeUndefined();
  });

  test.each([
    ['created', undefined, false],
    ['refused', 'BAD_USER_INPUT', true],
    ['of unknown outcome', 'UNKNOWN_OUTCOME', false],
    ['without an answer', 'TIMEOUT', false],
    ['that met a fault', 'INTERNAL', false],
  ] as const)('and was %s (%s) is known to have made nothing: %s', (_, code, isRefused) => {
    const context = erp('search', 0, []);
    const result = code
      ? ({ kind: 'failed', failure: { code, message: '' } } as const)
      : ({ kind: 'created', record: record({}) } as const);
    noteRefusals(context, [create('k')], [result]);
    expect([...context.settled]).toEqual(isRefused ? ['k'] : []);
  });
});

test('a create in a system that honours keys is noted, too, with what it is made from, and sent every time', async () => {
  const key = randomUUID();
  for (const _ of ['first', 'again']) expect(await look(erp('key', 0, []), key)).toBeUndefined();
  expect(await sql`select side, source, reference from sync.intent where key = ${key}`).toEqual([
    { side: 'erp', source: `crm:Customer:${key}`, reference: { externalReference: `ref-${key}` } },
  ]);
});
