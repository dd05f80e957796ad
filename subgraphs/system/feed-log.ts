import type { EditsAsked, FeedChange } from '../../sync/core/connector.ts';
import { CursorExpired, Refusal } from './failures.ts';
import type { Row } from './model.ts';
import { arrayLiteral, listed, type Run } from './sql-text.ts';

/** Changes of one batch to a reader. */
export const batchSize = 500;

/** Changes that get their position in one statement. */
const sequencedAtOnce = 5000;

/** The table behind a feed. A change has its place there from its commit, and its position once somebody asks. */
export interface FeedLog {
  /** The feed's ends, once all that is committed has its position: while nobody reads, changes pile up without one. */
  bounds(): Promise<{ readonly head: number; readonly pruned: number }>;
  /** Up to a batch after the position, with what has none yet; `on` another connection than the feed's own. */
  after(position: number, on?: Run): Promise<readonly FeedChange[]>;
  /** Where a cursor stands: null is before the oldest, `now` behind the newest. */
  positionOf(cursor: string | null): Promise<number>;
  /** The last edit of each of these records in a part of the feed. */
  edits(asked: EditsAsked): Promise<readonly FeedChange[]>;
  /** Forgets what is older; answers the cursor before the oldest that is kept. */
  prune(age: string): Promise<string>;
}

/** The log of a schema, over one connection. */
export function feedLog(run: Run, schema: string): FeedLog {
  async function bounds(): Promise<{ head: number; pruned: number }> {
    for (;;) {
      // `was` is of the statement's snapshot, before the function gave positions.
      const [row] = await run(
        `select pos::float8 as was, ${schema}.sequence_changes(${sequencedAtOnce})::float8 as head, pruned::float8 as pruned from ${schema}.feed_head`,
      );
      const { was, head, pruned } = row as { was: number; head: number; pruned: number };
      if (head - was < sequencedAtOnce) return { head, pruned };
    }
  }

  async function positionOf(cursor: string | null): Promise<number> {
    const { head, pruned } = await bounds();
    if (cursor === null) return pruned;
    if (cursor === 'now') return head;
    if (!/^\d{1,15}$/.test(cursor)) throw refused(`${JSON.stringify(cursor)} is no cursor of this feed.`);
    const position = Number(cursor);
    if (position < pruned) throw new CursorExpired(cursor, String(pruned));
    if (position > head) throw refused(`Cursor ${cursor} lies beyond the feed, whose newest is ${head}.`);
    return position;
  }

  return {
    bounds,
    positionOf,
    async edits({ records, after, upTo, besides }) {
      const [from, to] = [await positionOf(after), await positionOf(upTo)];
      const found = await run(
        `select distinct on (c.entity, c.id) c.* from ${schema}.change c
        join (select * from unnest(${listed('$1')}, ${listed('$2')}) as r(entity, id)) r on r.entity = c.entity and r.id = c.id
        where c.pos > $3::text::bigint and c.pos <= $4::text::bigint and c.actor is distinct from $5::text
        order by c.entity, c.id, c.pos desc`,
        [
          arrayLiteral(records.map(({ entity }) => entity)),
          arrayLiteral(records.map(({ id }) => id)),
          String(from),
          String(to),
          besides,
        ],
      );
      return found.map(changeOf);
    },
    async after(position, on = run) {
      const rows = await on(`select * from ${schema}.read_changes($1::text::bigint, ${batchSize})`, [
        String(position),
      ]);
      return rows.map(changeOf);
    },
    async prune(age) {
      const [row] = await run(`select ${schema}.prune_changes($1::text::interval)::float8 as pruned`, [age]);
      return String(row!.pruned);
    },
  };
}

const refused = (message: string): Refusal => new Refusal('BAD_USER_INPUT', message, { field: 'after' });

function changeOf(row: Row): FeedChange {
  return {
    cursor: String(row.pos),
    entity: row.entity as string,
    id: row.id as string,
    kind: row.kind as FeedChange['kind'],
    at: row.at as string,
    actor: row.actor as string | null,
    version: row.version === null ? null : String(row.version),
  };
}
