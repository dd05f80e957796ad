import type { WriteResult } from '../../sync/core/connector.ts';
import type { SystemRecord } from '../../sync/core/types.ts';
import { commitSql, isWithSync } from './commit.ts';
import { todayAt } from './draft.ts';
import { Refusal } from './failures.ts';
import { existingCreates, findTwins, findUsers, lock, lockedLines, nobody } from './look-ups.ts';
import type { EntityModel, Fields } from './model.ts';
import { noRows, persist } from './persist.ts';
import type { Item } from './prepare.ts';
import { readRecords, withLines } from './read.ts';
import { lookUpReferences } from './references.ts';
import type { Announced, FollowUp, Written } from './rules.ts';
import { type Numbers, nextNumbers } from './series.ts';
import { duplicate, LooksAgain, type Settling, type Stage, settle, twinOf, type Writing } from './settle.ts';
import { arrayLiteral, flight, type Run } from './sql-text.ts';

/** What a batch came to: results by the items' places, and whether anything was written. */
export interface Applied {
  readonly results: Map<number, WriteResult>;
  readonly wrote: boolean;
}

/**
 * Writes items of one entity in one transaction on one connection. No two items may touch the same record. Throws what
 * the database throws, and a Refusal of a rule about another record; nothing is written then. `onSent` is called when the
 * commit has been sent.
 */
export async function applyBatch(
  run: Run,
  writing: Writing,
  items: readonly Item[],
  onSent: () => void,
): Promise<Applied> {
  const model = items[0]!.model;
  // Before the transaction, so that nobody waits for our commit to get the next number.
  const numbers = nextNumbers(
    run,
    writing.schema,
    model,
    items.filter(({ kind }) => kind === 'create'),
  );
  try {
    const stage = await lockAndSettle(run, writing, items, numbers, run('begin'));
    const followUps = followUpsOf(writing, stage.written, stage.facts);
    const statements = persist(run, stage.model, stage.rows);
    const wrote = statements.length > 0 || followUps.length > 0;
    if (followUps.length > 0) {
      await flight(statements);
      await applyFollowUps(run, writing, followUps, items[0]!.actor);
    }
    const sent = [...(followUps.length > 0 ? [] : statements), run('commit')];
    if (wrote) onSent();
    await flight(sent);
    return { results: stage.results, wrote };
  } catch (error) {
    // A lost connection has been rolled back by the server, and answers this at once.
    await run('rollback').catch(() => {});
    throw error;
  }
}

/** One flight: takes numbers, locks the records, finds what is referred to. Then everything is computed here. */
async function lockAndSettle(
  run: Run,
  writing: Writing,
  items: readonly Item[],
  taken: Promise<Numbers | null>,
  begun: Promise<unknown> | null,
): Promise<Stage> {
  const { company } = writing;
  const model = items[0]!.model;
  const creates = items.filter(({ kind }) => kind === 'create');
  const updates = items.filter(({ kind }) => kind !== 'create');
  const deletes = items.filter(({ kind }) => kind === 'delete');
  const [numbers, , , locked, lines, existing, looked, clock] = await flight([
    taken,
    begun,
    begun && run(announceSql, [items[0]!.actor, isWithSync(writing, items)]),
    lock(run, model, updates, deletes.length > 0),
    lockedLines(run, model, updates),
    existingCreates(run, writing.schema, company, model, creates),
    lookUp(run, writing, items),
    run('select clock_timestamp() as now'),
  ]);
  const now = writing.clock?.() ?? (clock[0]!.now as string);
  const records = new Map(
    locked.map((row) => [row.id as string, withLines(model, company, row, lines.get(row.id as string))]),
  );
  const settling: Settling = {
    ...looked,
    writing,
    model,
    moment: { now, today: todayAt(company, now) },
    records,
    existing,
    numbers,
    results: new Map(),
    rows: noRows(),
    written: [],
  };
  const late: Item[] = [];
  for (const item of items) {
    try {
      const result = settle(settling, item);
      if (result) settling.results.set(item.at, result);
      else late.push(item);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      settling.results.set(item.at, { kind: 'failed', failure: error.failure });
    }
  }
  await settleLate(run, settling, late);
  return settling;
}

/** What writes are judged by, beside their records. */
type LookedUp = Pick<Settling, 'twins' | 'users' | 'known' | 'facts'>;

async function lookUp(run: Run, writing: Writing, items: readonly Item[]): Promise<LookedUp> {
  const { models, rules, company } = writing;
  const model = items[0]!.model;
  const news: Announced[] = items.map(({ id, kind, given, lines, lineChanges }) => ({
    id,
    isNew: kind === 'create',
    given,
    lines: [...(lines ?? []), ...lineChanges].map(({ fields }) => fields),
  }));
  const deletes = items.filter(({ kind }) => kind === 'delete');
  const [, twins, users, known, facts] = await flight([
    flight(rules.prepare?.(run, model.name, news, company) ?? []),
    findTwins(run, model, items),
    findUsers(run, models, rules, model, deletes),
    lookUpReferences(run, models, rules, items),
    rules.facts?.(run, model.name, news, writing),
  ]);
  return { twins, users, known, facts };
}

/**
 * What updates come to over records as they were read before, without a look into the database. Null where one is
 * wanted; updates that are refused, or change nothing, are left out: both may be otherwise by now.
 */
export async function settleAsRead(
  writing: Writing,
  items: readonly Item[],
  records: ReadonlyMap<string, SystemRecord>,
): Promise<Pick<Stage, 'rows' | 'written'> | null> {
  try {
    const settling: Settling = {
      ...(await lookUp(() => Promise.reject(new LooksAgain()), writing, items)),
      writing,
      model: items[0]!.model,
      moment: null,
      records,
      existing: nobody,
      numbers: null,
      results: new Map(),
      rows: noRows(),
      written: [],
    };
    for (const item of items) {
      try {
        settle(settling, item);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
      }
    }
    const { written, facts } = settling;
    return followUpsOf(writing, written, facts).length > 0 ? null : settling;
  } catch (error) {
    if (error instanceof LooksAgain) return null;
    throw error;
  }
}

const followUpsOf = (
  { rules, company }: Writing,
  written: readonly Written[],
  facts: unknown,
): readonly FollowUp[] => (written.length > 0 ? (rules.followUps?.(written, facts, company) ?? []) : []);

/** Tells the triggers that versions are moved here, and who the author is; and how the commit is made. */
const announceSql = `select set_config('tandem.writer', '1', true), set_config('tandem.actor', $1::text, true), ${commitSql('$2')}`;

/** Answers that need a read of their own: the other record of a DUPLICATE, and whether a missing one was deleted. */
async function settleLate(run: Run, settling: Settling, late: readonly Item[]): Promise<void> {
  if (late.length === 0) return;
  const { model, writing, results } = settling;
  const others = late.map((item) => twinOf(settling, item));
  const ids = others.flatMap((twin) => (twin ? [twin.id] : []));
  const [records, gone] = await Promise.all([
    readRecords(run, writing, model.name, ids),
    run(`select id from "${writing.schema}".tombstone where id in (select unnest($1::text::text[]))`, [
      arrayLiteral(late.map(({ id }) => id)),
    ]),
  ]);
  const deleted = new Set(gone.map((row) => row.id as string));
  for (const [n, item] of late.entries()) {
    const twin = others[n];
    if (twin) {
      const current = records.get(twin.id) ?? twin.record;
      results.set(item.at, {
        kind: 'failed',
        failure: duplicate(twin.field, twin.value, current ?? null).failure,
      });
    } else if (item.kind === 'delete' && deleted.has(item.id)) {
      results.set(item.at, { kind: 'deleted' });
    } else {
      const why = deleted.has(item.id) ? 'it was deleted' : 'check the id';
      const message = `There is no ${model.name} ${item.id}: ${why}.`;
      results.set(item.at, {
        kind: 'failed',
        failure: { code: 'NOT_FOUND', message, field: 'id', value: item.id },
      });
    }
  }
}

/** Changes of other records in the same transaction, entity by entity, each under its lock. */
async function applyFollowUps(
  run: Run,
  writing: Writing,
  followUps: readonly FollowUp[],
  actor: string,
): Promise<void> {
  const byEntity = Map.groupBy(followUps, ({ entity }) => entity);
  for (const name of Object.keys(writing.models)) {
    const changes = byEntity.get(name);
    if (!changes) continue;
    const byId = Map.groupBy(changes, ({ id }) => id);
    const stage = await settleFollowUps(run, writing, writing.models[name]!, byId, actor);
    const further = followUpsOf(writing, stage.written, stage.facts);
    await flight(persist(run, stage.model, stage.rows));
    if (further.length > 0) await applyFollowUps(run, writing, further, actor);
  }
}

async function settleFollowUps(
  run: Run,
  writing: Writing,
  model: EntityModel,
  byId: ReadonlyMap<string, readonly FollowUp[]>,
  actor: string,
): Promise<Stage> {
  const ids = [...byId.keys()].map((id) => ({ id }) as Item);
  const [locked, lines] = await flight([lock(run, model, ids, false), lockedLines(run, model, ids)]);
  const items = locked.flatMap((row, at): Item[] => {
    const current = withLines(model, writing.company, row, lines.get(row.id as string));
    const changes = byId
      .get(current.id)!
      .map((followUp) => followUp.change(current))
      .filter((change) => change !== null);
    if (changes.length === 0) return [];
    const given: Fields = Object.assign({}, ...changes.map((change) => change.fields ?? {}));
    const lineFields: Record<string, Fields> = {};
    for (const change of changes) {
      for (const [lineId, fields] of Object.entries(change.lines ?? {}))
        lineFields[lineId] = { ...lineFields[lineId], ...fields };
    }
    const lineChanges = Object.entries(lineFields).map(([lineId, fields]) => ({
      kind: 'change' as const,
      lineId,
      isNew: false,
      fields,
    }));
    const base = {
      at,
      kind: 'update' as const,
      model,
      id: current.id,
      ownId: false,
      key: null,
      ifVersion: null,
    };
    return [{ ...base, actor, origin: 'system', given, lines: null, lineChanges }];
  });
  if (items.length === 0) return { model, results: new Map(), rows: noRows(), written: [], facts: undefined };
  const stage = await lockAndSettle(run, writing, items, Promise.resolve(null), null);
  for (const result of stage.results.values()) {
    if (result.kind === 'failed') throw new Refusal('STATE', result.failure.message, result.failure);
  }
  return stage;
}
