import type { WriteResult } from '../../sync/core/connector.ts';
import type { Json, SystemRecord } from '../../sync/core/types.ts';
import type { Company } from './company.ts';
import { completeDraft, draftOf, recordFrom, same, todayAt } from './draft.ts';
import { Refusal } from './failures.ts';
import { decimalsOf } from './iso.ts';
import {
  type Existing,
  existingCreates,
  findTwins,
  findUsers,
  lock,
  lockedLines,
  type Twin,
  type Twins,
} from './look-ups.ts';
import type { EntityModel, Fields } from './model.ts';
import { collect, collectHeader, noRows, persist, type Rows } from './persist.ts';
import type { Item } from './prepare.ts';
import { readRecords, withLines } from './read.ts';
import { type Known, lookUpReferences, resolveReferences } from './references.ts';
import type { Announced, Draft, FollowUp, Rules, World, Written } from './rules.ts';
import { type Numbers, nextNumbers } from './series.ts';
import { arrayLiteral, flight, type Run } from './sql-text.ts';

/** What writing needs to know of its system. */
export interface Writing {
  readonly schema: string;
  readonly models: Readonly<Record<string, EntityModel>>;
  readonly company: Company;
  readonly rules: Rules;
  /** Overrides the database's clock, for tests. */
  readonly clock?: () => string;
  /** The sync's writes need not wait for the disk, see `SystemParts`. */
  readonly withSync?: boolean;
}

/** What a batch came to: results by the items' places, and whether anything was written. */
export interface Applied {
  readonly results: Map<number, WriteResult>;
  readonly wrote: boolean;
}

/**
 * Writes items of one entity in one transaction on one connection. No two items may touch the same record. Throws what
 * the database throws, and a Refusal of a rule about another record; nothing is written then.
 */
export async function applyBatch(run: Run, writing: Writing, items: readonly Item[]): Promise<Applied> {
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
    const followUps =
      stage.written.length > 0
        ? (writing.rules.followUps?.(stage.written, stage.facts, writing.company) ?? [])
        : [];
    const statements = persist(run, stage.model, stage.rows);
    if (followUps.length > 0) {
      await flight(statements);
      await applyFollowUps(run, writing, followUps, items[0]!.actor);
      await run('commit');
    } else {
      await flight([...statements, run('commit')]);
    }
    return { results: stage.results, wrote: statements.length > 0 || followUps.length > 0 };
  } catch (error) {
    // A lost connection has been rolled back by the server, and answers this at once.
    await run('rollback').catch(() => {});
    throw error;
  }
}

interface Stage {
  readonly model: EntityModel;
  readonly results: Map<number, WriteResult>;
  readonly rows: Rows;
  readonly written: readonly Written[];
  readonly facts: unknown;
}

/** One flight: takes numbers, locks the records, finds what is referred to. Then everything is computed here. */
async function lockAndSettle(
  run: Run,
  writing: Writing,
  items: readonly Item[],
  taken: Promise<Numbers | null>,
  begun: Promise<unknown> | null,
): Promise<Stage> {
  const { models, rules, company } = writing;
  const model = items[0]!.model;
  const creates = items.filter(({ kind }) => kind === 'create');
  const updates = items.filter(({ kind }) => kind !== 'create');
  const deletes = items.filter(({ kind }) => kind === 'delete');
  const announced: Announced[] = items.map(({ id, kind, given, lines, lineChanges }) => ({
    id,
    isNew: kind === 'create',
    given,
    lines: [...(lines ?? []), ...lineChanges].map(({ fields }) => fields),
  }));
  const [numbers, , , , locked, lines, existing, twins, users, known, facts, clock] = await flight([
    taken,
    begun,
    begun && run(announceSql, [items[0]!.actor, String(writing.withSync && items[0]!.origin === 'sync')]),
    flight(rules.prepare?.(run, model.name, announced, company) ?? []),
    lock(run, model, updates, deletes.length > 0),
    lockedLines(run, model, updates),
    existingCreates(run, company, model, creates),
    findTwins(run, model, items),
    findUsers(run, models, rules, model, deletes),
    lookUpReferences(run, models, rules, items),
    rules.facts?.(run, model.name, announced),
    run('select clock_timestamp() as now'),
  ]);
  const now = writing.clock?.() ?? (clock[0]!.now as string);
  const records = new Map(
    locked.map((row) => [row.id as string, withLines(model, company, row, lines.get(row.id as string))]),
  );
  const settling: Settling = {
    writing,
    model,
    now,
    today: todayAt(company, now),
    records,
    existing,
    twins,
    users,
    known,
    facts,
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

/** Tells the triggers that versions are moved here, and who the author is; and whether the commit waits for the disk. */
const announceSql = `select set_config('tandem.writer', '1', true), set_config('tandem.actor', $1::text, true),
  set_config('synchronous_commit', case when $2::text = 'true' then 'off' else current_setting('synchronous_commit') end, true)`;

interface Settling extends Stage {
  readonly writing: Writing;
  readonly now: string;
  readonly today: string;
  readonly records: ReadonlyMap<string, SystemRecord>;
  readonly existing: Existing;
  readonly twins: Twins;
  readonly users: ReadonlyMap<string, string>;
  readonly known: Known;
  readonly numbers: Numbers | null;
  readonly results: Map<number, WriteResult>;
  readonly rows: Rows;
  readonly written: Written[];
}

/** Settles one item; null when its answer needs another read. */
function settle(settling: Settling, item: Item): WriteResult | null {
  if (item.kind === 'create') {
    const known = (item.key !== null && settling.existing.byKey.get(item.key)) || null;
    if (known) return { kind: 'existed', record: known };
    const taken = item.ownId && settling.existing.byId.get(item.id);
    if (taken) throw duplicate('id', item.id, taken);
    return store(settling, item, null);
  }
  const current = settling.records.get(item.id);
  if (!current) return null;
  if (item.ifVersion !== null && item.ifVersion !== current.version) {
    throw new Refusal(
      'STALE',
      `${settling.model.name} ${item.id} has version ${current.version}, not ${item.ifVersion}; read it again and repeat the change.`,
      { current },
    );
  }
  if (item.kind === 'update') return store(settling, item, current);
  settling.writing.rules.remove?.(
    current,
    settling.model.name,
    item.kind,
    item.origin,
    settling.writing.company,
  );
  if (item.kind === 'delete') return remove(settling, item, current);
  return setArchived(settling, item, current);
}

function store(settling: Settling, item: Item, before: SystemRecord | null): WriteResult | null {
  const { writing, model, known, now, today, rows } = settling;
  const { company, rules } = writing;
  if (twinOf(settling, item)) return null;
  const draft = draftOf(item, before, company, today);
  resolveReferences(model.header, draft.fields, draft.given, known, '');
  if (model.line) {
    for (const [n, line] of draft.lines.entries()) {
      resolveReferences(model.line, line.fields, line.given, known, `lines[${n}].`);
    }
  }
  freezeNumber(model, draft);
  const { numbers } = settling;
  const first = numbers?.next ?? 0;
  try {
    const world: World = {
      company,
      today,
      now,
      facts: settling.facts,
      decimalsOf,
      find: (entity, id) => known.byId.get(entity)?.get(id as string),
      number: () => numbers!.format(numbers!.next++),
    };
    rules.settle(draft, world);
    const series = model.table.entity.series?.property;
    if (series && draft.fields[series] === null) draft.fields[series] = world.number();
    completeDraft(model, draft, company);
  } catch (error) {
    // The next write takes the number, so that a refused one leaves no gap.
    if (numbers) numbers.next = first;
    throw error;
  }
  const record = recordFrom(model, draft, now, item.actor);
  if (!collect(rows, model, draft, record, item.key)) {
    if (!derivedDiffers(model, before!, draft)) return { kind: 'unchanged', record: before! };
    // Kept with another record, which moves in place of this one.
    const seen = { ...before!, fields: record.fields };
    settling.written.push({
      entity: model.name,
      id: record.id,
      before,
      after: seen,
      draft,
      origin: item.origin,
    });
    return { kind: 'updated', record: seen };
  }
  rememberTwin(settling, item, draft, record);
  settling.written.push({
    entity: model.name,
    id: record.id,
    before,
    after: record,
    draft,
    origin: item.origin,
  });
  return { kind: before ? 'updated' : 'created', record };
}

function derivedDiffers({ header }: EntityModel, before: SystemRecord, { fields }: Draft): boolean {
  return header.derived.some((name) => !same(before.fields[name] as Json, fields[name]));
}

/** A number of a series is an identity: once given it stays. */
function freezeNumber(model: EntityModel, { before, fields, given }: Draft): void {
  const series = model.table.entity.series?.property;
  if (!before || !series || !given.has(series) || fields[series] === before.fields[series]) return;
  if (model.header.properties.get(series)!.property.access === 'sync') {
    throw new Refusal('STATE', `${series} cannot change once it is given; it is ${before.fields[series]}.`, {
      field: series,
    });
  }
}

function remove(settling: Settling, item: Item, current: SystemRecord): WriteResult {
  const user = settling.users.get(item.id);
  if (user) {
    throw new Refusal(
      'STATE',
      `${settling.model.name} ${item.id} cannot be deleted: ${user} refers to it; archive it instead.`,
      { current },
    );
  }
  settling.rows.deletes.push(item.id);
  settling.written.push({
    entity: settling.model.name,
    id: item.id,
    before: current,
    after: null,
    draft: null,
    origin: item.origin,
  });
  return { kind: 'deleted' };
}

function setArchived(settling: Settling, item: Item, current: SystemRecord): WriteResult {
  const archived = item.kind === 'archive';
  if (current.archived === archived) return { kind: 'unchanged', record: current };
  const record: SystemRecord = {
    ...current,
    archived,
    version: String(Number(current.version) + 1),
    updatedAt: settling.now,
    updatedBy: item.actor,
  };
  collectHeader(settling.rows, settling.model, record);
  return { kind: archived ? 'archived' : 'restored', record };
}

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

/** The refusal of a value that must be unique. */
export function duplicate(field: string, value: Json, current: SystemRecord | null): Refusal {
  return new Refusal('DUPLICATE', `${field}: another record has ${JSON.stringify(value)}.`, {
    field,
    value,
    ...(current && { current }),
  });
}

function twinOf({ twins }: Settling, { given, id }: Item): Twin | null {
  for (const [name, values] of twins) {
    const value = given[name];
    const twin = typeof value === 'string' ? values.get(value) : undefined;
    if (twin && twin.id !== id) return twin;
  }
  return null;
}

function rememberTwin({ twins, model }: Settling, { given }: Item, draft: Draft, record: SystemRecord): void {
  for (const name of Object.keys(given)) {
    const value = draft.fields[name];
    if (typeof value !== 'string' || !model.header.properties.get(name)?.property.unique) continue;
    twins.get(name)?.set(value, { id: record.id, field: name, value, record });
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
    const further =
      stage.written.length > 0
        ? (writing.rules.followUps?.(stage.written, stage.facts, writing.company) ?? [])
        : [];
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
