import type { Sql } from '../../drizzle/postgres/open.ts';
import { createAsRead } from './as-read.ts';
import type { Company } from './company.ts';
import { defaultCompany } from './company.ts';
import { openConnections } from './connection-scope.ts';
import { todayAt } from './draft.ts';
import { settleDue } from './due.ts';
import type { SystemShape } from './entity.ts';
import { createFeed } from './feed.ts';
import { groupWrites } from './group-writes.ts';
import { modelsOf } from './model.ts';
import { queryRecords, queryWithin } from './query.ts';
import { countRecords, findRecords, listRecords, readLines, readRecords } from './read.ts';
import type { Rules } from './rules.ts';
import type { Writing } from './settle.ts';
import { runOn } from './sql-text.ts';
import type { System } from './system.ts';
import { type Bell, referredFirst, writeAll } from './write.ts';

/** What a built-in system is made of. */
export interface SystemParts {
  readonly shape: SystemShape;
  readonly rules: Rules;
  /** Client of a migrated database; it stays the caller's. */
  readonly sql: Sql;
  /** Settings that differ from the defaults. */
  readonly company?: Partial<Company>;
  /** The instant of a write, for tests; default the database's clock. */
  readonly clock?: () => string;
  /**
   * The sync keeps its links in this very database. Its writes then reach the disk with what it records of them, before
   * it tells anybody: one log holds both in their order, so that a server that goes down loses both or none.
   */
  readonly withSync?: boolean;
}

/** A system that can be read and not be written to is not well. */
class ReadOnly extends Error {
  readonly code = '25006';

  constructor() {
    super('Its database is read-only: it is read as before, and takes no writes.');
  }
}

/** Makes a system of its declarations and rules. */
export function createSystem({
  shape,
  rules,
  sql,
  company: settings = {},
  clock,
  withSync = false,
}: SystemParts): System {
  const company: Company = { ...defaultCompany, ...settings };
  const models = modelsOf(shape, rules.derived);
  const reading = { models, company };
  const writing: Writing = {
    schema: shape.schema,
    models,
    order: referredFirst(models),
    company,
    rules,
    withSync,
    ...(clock && { clock }),
  };
  const run = runOn(sql);
  const connections = openConnections(sql);
  const asRead = createAsRead();
  const access = { connections, asRead };
  const feed = createFeed(sql, shape.schema);
  const bell: Bell = {
    sent: feed.readBehind,
    written: (isRead) => (isRead ? feed.tellOthers() : feed.ring()),
  };
  const quietBell: Bell = { sent: () => false, written: feed.ringSoon };
  return {
    shape,
    ...(withSync && { capabilities: { inside: true } }),
    async read(entity, ids, only) {
      const found = await readRecords(run, reading, entity, ids, only);
      if (only === undefined) for (const record of found.values()) asRead.note(models[entity]!, record);
      return found;
    },
    find: (lookups) => findRecords(run, reading, lookups),
    list: (entity, after, limit) => listRecords(run, reading, entity, after, limit),
    count: (entity) => countRecords(run, reading, entity),
    write: groupWrites((writes, author) =>
      writeAll(access, writing, writes, author, author.origin === 'sync' ? quietBell : bell),
    ),
    query: (entity, query, only) => queryRecords(run, reading, entity, query, only),
    queryWithin: (entity, property, ids, query, only) =>
      queryWithin(run, reading, entity, property, ids, query, only),
    readLines: (entity, lineIds, only) => readLines(run, reading, entity, lineIds, only),
    settleDue: () =>
      settleDue({
        run,
        access,
        writing,
        reading,
        due: rules.due ?? [],
        today: () => todayAt(company, clock?.() ?? new Date().toISOString()),
        bell,
      }),
    changes: (after, signal, inside = withSync) => feed.changes(after, signal, inside),
    head: feed.head,
    edits: feed.edits,
    prune: feed.prune,
    async check() {
      const [row] = await run(
        `select current_setting('server_version') as version, clock_timestamp() as at,
          current_setting('transaction_read_only') = 'on' as "readOnly" from ${shape.schema}.feed_head`,
      );
      if (row?.readOnly === true) throw new ReadOnly();
      return { version: `built-in on PostgreSQL ${row?.version}`, at: String(row?.at) };
    },
    async close() {
      await Promise.all([feed.close(), connections.close()]);
    },
  };
}
