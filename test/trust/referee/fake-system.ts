import type {
  Author,
  Connector,
  FeedChange,
  Lookup,
  Write,
  WriteResult,
} from '../../../sync/core/connector.ts';
import type { Json, Side, SystemRecord } from '../../../sync/core/types.ts';
import { calm, type Fault, type FaultPlan, thrown } from './faults.ts';
import { createFeed, type Feed } from './feed.ts';
import { changedLines, type Fields, seriesOf, uniqueOf } from './shapes.ts';

/** One write the system carried out. The log only grows; every judgement starts from it. */
export interface Applied {
  readonly n: number;
  /** When, by the test's own clock, whatever this system's says. */
  readonly at: string;
  readonly entity: string;
  readonly id: string;
  readonly kind: Write['kind'];
  readonly actor: string;
  readonly key: string | null;
  readonly version: string | null;
  /** Fields that really changed, as they were and as they are. */
  readonly before: Fields;
  readonly after: Fields;
}

/** How a fake treats a create that comes twice. */
export type Dedup = 'key' | 'search' | 'none';

/** A system that keeps books on itself. It knows nothing of the sync. */
export interface Fake {
  readonly side: Side;
  readonly connector: Connector;
  readonly log: readonly Applied[];
  readonly feed: Feed;
  faults: FaultPlan;
  /** Every call throws while this is set: the system is down. */
  down: boolean;
  /** Awaited before each call is carried out: latency, and points to stop at. */
  pause: ((call: string) => Promise<void>) | null;
  /** Calls received, those that found it down included. */
  readonly calls: { total: number; whileDown: number; checks: number };
  /** The clock of this system, in ms. */
  clock: () => number;
  /** A person's edit at this system's own screen: no fault ever hits it. */
  person(write: Write, actor?: string): SystemRecord | null;
  all(entity: string): readonly SystemRecord[];
  get(entity: string, id: string): SystemRecord | null;
  /** Entities with records. */
  entities(): readonly string[];
}

/** How a fake is made. */
export interface FakeOptions {
  readonly dedup?: Dedup;
  /** How long a new record can't be found by value, in ms. */
  readonly searchLagMs?: number;
}

/** A fake CRM or ERP: records in memory, a feed with a cursor, versions, number series, unique stamps. */
export function createFake(side: Side, { dedup = 'key', searchLagMs = 0 }: FakeOptions = {}): Fake {
  const tables = new Map<string, Map<string, SystemRecord>>();
  const byKey = new Map<string, { entity: string; id: string }>();
  const born = new Map<string, number>();
  const log: Applied[] = [];
  const feed = createFeed();
  const numbers = new Map<string, number>();
  let ids = 0;

  const table = (entity: string): Map<string, SystemRecord> => {
    const found = tables.get(entity) ?? new Map<string, SystemRecord>();
    tables.set(entity, found);
    return found;
  };

  const note = (
    write: Write,
    id: string,
    author: Author,
    record: SystemRecord | null,
    before: Fields,
    after: Fields,
  ): void => {
    const key = write.kind === 'create' ? (write.key ?? null) : null;
    const { entity, kind } = write;
    log.push({
      n: log.length + 1,
      at: new Date().toISOString(),
      entity,
      id,
      kind,
      actor: author.actor,
      key,
      version: record?.version ?? null,
      before,
      after,
    });
    const kinds: Record<Write['kind'], FeedChange['kind']> = {
      create: 'created',
      update: 'updated',
      archive: 'archived',
      restore: 'restored',
      delete: 'deleted',
    };
    feed.tell({
      entity,
      id,
      kind: kinds[kind],
      at: new Date(fake.clock()).toISOString(),
      actor: author.actor,
      version: record?.version ?? null,
    });
  };

  function create(write: Extract<Write, { kind: 'create' }>, author: Author): WriteResult {
    const known = dedup === 'key' && write.key ? byKey.get(write.key) : undefined;
    const before = known && table(known.entity).get(known.id);
    if (before) return { kind: 'existed', record: before };
    if (known)
      return failed('DELETED', `${known.id}, which was made under ${write.key}, was deleted`, {
        field: 'id',
        value: known.id,
      });
    if (dedup === 'key')
      for (const field of uniqueOf[side])
        for (const other of table(write.entity).values()) {
          const value = write.fields[field];
          if (value !== undefined && value !== null && other.fields[field] === value)
            return failed('DUPLICATE', `${field} ${value} is taken`, { field, current: other });
        }
    const id = write.id ?? `${side === 'crm' ? 'c' : 'e'}${++ids}`;
    const series = seriesOf[side][write.entity];
    const given = {
      ...write.fields,
      ...(write.fields.lines !== undefined && { lines: withIds(write.fields.lines) }),
    };
    const fields: Record<string, Json> = { ...given };
    if (series && !fields[series]) {
      numbers.set(write.entity, (numbers.get(write.entity) ?? 0) + 1);
      fields[series] = `${write.entity.slice(0, 2).toUpperCase()}${10000 + numbers.get(write.entity)!}`;
    }
    const at = new Date(fake.clock()).toISOString();
    const record: SystemRecord = {
      id,
      version: '1',
      archived: false,
      createdAt: at,
      updatedAt: at,
      updatedBy: author.actor,
      fields,
    };
    table(write.entity).set(id, record);
    born.set(`${write.entity}:${id}`, Date.now());
    if (write.key) byKey.set(write.key, { entity: write.entity, id });
    note(write, id, author, record, {}, fields);
    return { kind: 'created', record };
  }

  const withIds = (lines: Json): Json =>
    (lines as readonly Record<string, Json>[]).map((line) => ({
      ...line,
      lineId: line.lineId ?? `${side}l${++ids}`,
    }));

  function change(write: Exclude<Write, { kind: 'create' }>, author: Author): WriteResult {
    const old = table(write.entity).get(write.id);
    if (!old) return failed('NOT_FOUND', `no ${write.entity} ${write.id}`);
    if (write.ifVersion !== undefined && write.ifVersion !== old.version)
      return failed('STALE', `${write.id} is at ${old.version}`, { current: old });
    if (write.kind === 'delete') {
      table(write.entity).delete(write.id);
      note(write, write.id, author, null, old.fields, {});
      return { kind: 'deleted' };
    }
    const fields: Record<string, Json> = { ...old.fields };
    let archived = old.archived;
    if (write.kind === 'update') {
      Object.assign(fields, write.fields);
      if (write.fields.lines !== undefined) fields.lines = withIds(write.fields.lines);
      if (write.lineChanges)
        fields.lines = changedLines(fields.lines, write.lineChanges, () => `${side}l${++ids}`);
    } else archived = write.kind === 'archive';
    const moved = Object.keys(fields).filter(
      (f) => JSON.stringify(fields[f] ?? null) !== JSON.stringify(old.fields[f] ?? null),
    );
    if (moved.length === 0 && archived === old.archived) return { kind: 'unchanged', record: old };
    const record: SystemRecord = {
      ...old,
      archived,
      fields,
      version: String(Number(old.version) + 1),
      updatedAt: new Date(fake.clock()).toISOString(),
      updatedBy: author.actor,
    };
    table(write.entity).set(write.id, record);
    const part = (from: Fields): Fields => Object.fromEntries(moved.map((f) => [f, from[f] ?? null]));
    note(write, write.id, author, record, part(old.fields), part(fields));
    return {
      kind: write.kind === 'update' ? 'updated' : write.kind === 'archive' ? 'archived' : 'restored',
      record,
    };
  }

  const carryOut = (write: Write, author: Author): WriteResult =>
    write.kind === 'create' ? create(write, author) : change(write, author);

  /** What every call goes through: the pause, the outage, the fault of the call as a whole. */
  async function enter(call: string): Promise<void> {
    fake.calls.total++;
    if (call === 'check') fake.calls.checks++;
    if (fake.down) fake.calls.whileDown++;
    await (fake.pause ? fake.pause(call) : new Promise<void>((go) => setImmediate(go)));
    if (fake.down) throw thrown({ code: 'ECONNREFUSED' });
    if (call === 'write') return;
    const fault = fake.faults({ call: call as 'read', entity: null, kind: null, key: null, fields: {} });
    if (fault) throw thrown(fault);
  }

  const findable = (entity: string, id: string): boolean =>
    Date.now() - (born.get(`${entity}:${id}`) ?? 0) >= searchLagMs;

  const connector: Connector = {
    capabilities: { createDedup: dedup, searchLagMs },
    async read(entity, wanted) {
      await enter('read');
      return new Map(wanted.flatMap((id) => (table(entity).has(id) ? [[id, table(entity).get(id)!]] : [])));
    },
    async find(lookups: readonly Lookup[]) {
      await enter('find');
      return lookups.map(({ entity, where }) =>
        [...table(entity).values()]
          .filter(
            (record) =>
              !record.archived &&
              findable(entity, record.id) &&
              Object.entries(where).every(
                ([f, v]) => JSON.stringify(f === 'id' ? record.id : record.fields[f]) === JSON.stringify(v),
              ),
          )
          .slice(0, 3),
      );
    },
    async list(entity, after, limit) {
      await enter('list');
      const inOrder = [...table(entity).values()].sort((a, b) => (a.id < b.id ? -1 : 1));
      return inOrder.filter((record) => after === null || record.id > after).slice(0, limit);
    },
    async write(writes, author) {
      await enter('write');
      const results: WriteResult[] = [];
      let cut: Fault | null = null;
      for (const write of writes) {
        const fields = write.kind === 'create' || write.kind === 'update' ? write.fields : {};
        const key = write.kind === 'create' ? (write.key ?? null) : null;
        const fault = fake.faults({ call: 'write', entity: write.entity, kind: write.kind, key, fields });
        if (fault?.as === 'call' && fault.when === 'before') throw thrown(fault);
        if (fault?.when === 'before') {
          results.push(
            failed(
              fault.code,
              fault.message ?? `refused: ${fault.code}`,
              fault.field ? { field: fault.field } : {},
            ),
          );
          continue;
        }
        const result = carryOut(write, author);
        if (fault?.as === 'call') cut = fault;
        results.push(
          fault?.as === 'write' ? failed(fault.code, fault.message ?? 'the answer never came') : result,
        );
      }
      if (cut) throw thrown(cut);
      return results;
    },
    changes: (after, signal) => feed.read(after, signal),
    async head() {
      await enter('head');
      return feed.head();
    },
    async check() {
      await enter('check');
      return { version: 'fake', at: new Date(fake.clock()).toISOString() };
    },
  };

  const fake: Fake = {
    side,
    connector,
    log,
    feed,
    faults: calm,
    down: false,
    pause: null,
    calls: { total: 0, whileDown: 0, checks: 0 },
    clock: Date.now,
    person(write, actor = 'anna') {
      const result = carryOut(write, { actor, origin: 'person' });
      if (result.kind === 'failed') throw new Error(`${side}: ${JSON.stringify(result.failure.message)}`);
      return 'record' in result ? result.record : null;
    },
    all: (entity) => [...table(entity).values()],
    get: (entity, id) => table(entity).get(id) ?? null,
    entities: () => [...tables.keys()],
  };
  return fake;
}

const failed = (code: string, message: string, more: object = {}): WriteResult => ({
  kind: 'failed',
  failure: { code, message, ...more },
});
