import { expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';

const { sql } = await testDatabase();

test('values are read as exact as they are stored', async () => {
  const text = `select 1.50::numeric as exact, 5::bigint as count, '{"a":"12"}'::jsonb as parsed,
    '2026-01-31 10:30:00.123456+01'::timestamptz as instant, '2026-01-31'::date as day`;
  const expected = {
    exact: '1.50',
    count: 5,
    parsed: { a: '12' },
    instant: '2026-01-31T09:30:00.123456Z',
    day: '2026-01-31',
  };
  expect((await sql.unsafe(text))[0]).toEqual(expected);
});

test('a bigint that is no safe integer is refused', async () => {
  await expect(sql`select 9007199254740993::bigint as large`).rejects.toThrow('9007199254740993');
});
