import { openClient } from '../../drizzle/postgres/client.ts';

// Asks the database many times, one statement after the other and some in transactions; young.test.ts looks at the collector.
const sql = openClient(process.argv[2]!, undefined, { max: 2 });
for (let n = 0; n < 4_000; n++)
  await sql`select g, ${'x'}::text || g as text from generate_series(1, 20) g where ${sql`g > ${0}`}`;
for (let n = 0; n < 1_000; n++)
  await sql.atOnce((tx) => [tx`select g, ${'x'}::text || g as text from generate_series(1, 20) g`]);
await sql.end({ timeout: 1 });
