/** The sync over the built-in systems as a process of its own, to be killed: DATABASE_URL names a migrated database. Says `ready` on stdout. */
import { assembleSync, openSystems } from '../../console/assemble.ts';
import { connect } from '../../drizzle/postgres/open.ts';

const url = process.env.DATABASE_URL;
if (!url) throw new Error('DATABASE_URL is missing.');
const { sql } = connect(url);
// All customers are edited again and again while workers are killed: that is to go on, not to be asked about.
const sync = await assembleSync(
  sql,
  openSystems(sql),
  { error: (_, text) => console.error(text), info: () => {} },
  undefined,
  { massEditShare: 1 },
);
await sync.start();
console.log('ready');
