/** The house as a process of its own, to be killed: DATABASE_URL names a migrated database. Says `ready` on stdout. */
import { openHouse } from '../../console/house.ts';
import { connect } from '../../drizzle/postgres/open.ts';

const url = process.env.DATABASE_URL;
if (!url) throw new Error('DATABASE_URL is missing.');
const { sql } = connect(url);
const quiet = () => {};
await openHouse({
  sql,
  log: { debug: quiet, info: quiet, warn: quiet, error: (_detail, text) => console.error(text) },
});
console.log('ready');
