import { connect, openDatabase } from '../../drizzle/postgres/open.ts';

// Started by dead-process.test.ts: a statement that holds a record for as long as it runs, longer than the test waits. Says
// `runs` on stdout.
const url = process.env.DATABASE_URL;
if (!url) throw new Error('DATABASE_URL is missing.');
const [how] = process.argv.slice(2);
const { sql } =
  how === 'by its address' ? await openDatabase({ databaseUrl: url, dataFolder: '' }) : connect(url);
await sql.begin(async (tx) => {
  await tx`update held set n = n + 1`;
  console.log('runs');
  await tx`select pg_sleep(50)`;
});
