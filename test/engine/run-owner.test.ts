import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ring } from '../../sync/store/lanes.ts';
import { enrolWorker } from '../../sync/store/leases.ts';
import { adoptRuns, beginRun, cancelStoredRun, keepRun, nothingCounted } from '../../sync/store/runs.ts';
import { testDatabase } from '../support/database.ts';

const { sql } = await testDatabase();

async function begun() {
  const token = await enrolWorker(sql);
  const run = {
    id: randomUUID(),
    kind: 'backfill',
    mode: 'apply',
    flows: ['customer'],
    checkpoint: { walked: { 'crm:Customer': 'c-500' }, counted: 7 },
    counts: { ...nothingCounted, seen: 500 },
    samples: {},
  } as const;
  await beginRun(sql, run, 'anna', token);
  return { run, token, other: await enrolWorker(sql) };
}

const die = (token: number) =>
  sql`update sync.worker set alive_until = now() - interval '1 second' where token = ${token}`;

describe('a run', () => {
  test('belongs to its worker while that lives; then another goes on where it was', async () => {
    const { run, token, other } = await begun();
    expect(await adoptRuns(sql, other)).toEqual([]);
    expect(await keepRun(sql, other, run), 'nobody writes into it from outside').toBe(false);
    await die(token);
    expect(await adoptRuns(sql, other)).toMatchObject([
      { id: run.id, checkpoint: run.checkpoint, counts: { seen: 500 } },
    ]);
    expect(await adoptRuns(sql, other), 'once').toEqual([]);
    expect(await keepRun(sql, token, run), 'the one before stops when it wakes up').toBe(false);
    expect(await keepRun(sql, other, run, 'done')).toBe(true);
    await die(other);
    expect(await adoptRuns(sql, await enrolWorker(sql)), 'one that is done is not begun again').toEqual([]);
  });

  test('that is cancelled takes its own waiting lanes along, and no others', async () => {
    const { run, token } = await begun();
    const of = (id: string) => ({ kind: 'run', id }) as const;
    await ring(sql, [
      { key: 'own', mapping: 'customer', cause: of(run.id), priority: 1 },
      { key: 'held', mapping: 'customer', cause: of(run.id), priority: 1 },
      { key: 'of another', mapping: 'customer', cause: of('another'), priority: 1 },
      { key: 'live since', mapping: 'customer', cause: of(run.id), priority: 1 },
    ]);
    await ring(sql, [{ key: 'live since', mapping: 'customer', cause: { kind: 'change' } }]);
    await sql`update sync.lane set locked_until = now() + interval '1 minute', token = ${token}, held_for = ${run.id} where key = 'held'`;
    expect(await cancelStoredRun(sql, run.id)).toBe(1);
    expect(
      await sql`select counts -> 'queued' as queued from sync.run where id = ${run.id}`,
      'what is still in hand',
    ).toEqual([{ queued: 1 }]);
    expect((await sql`select key from sync.lane order by key`).map(({ key }) => key)).toEqual([
      'held',
      'live since',
      'of another',
    ]);
    expect(await keepRun(sql, token, run)).toBe(false);
    expect(await cancelStoredRun(sql, run.id), 'it is over').toBeNull();
  });
});
