import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Author, Connector, FeedChange, Write, WriteResult } from '../../sync/core/connector.ts';
import type { Json, SystemRecord } from '../../sync/core/types.ts';

/** One connector under test, over a system that nobody else uses. */
export interface Subject {
  readonly connector: Connector;
  /** An entity without lines: fields of a new record, and a change of one text of them. `find` is a property to look up by. */
  readonly plain: Sample & { readonly find: string };
  /** A document: its fields without lines, one line, and a property of a line to change. */
  readonly document: Omit<Sample, 'change'> & { readonly line: Fields; readonly lineChange: Fields };
  /** Makes the feed forget what lies before now. */
  readonly forgetChanges: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Fields that make a record, and others that change it. */
export interface Sample {
  readonly entity: string;
  readonly fields: Fields;
  readonly change: Fields;
}

type Fields = Readonly<Record<string, Json>>;

const tandem: Author = { actor: 'tandem', origin: 'sync' };

/** What every connector keeps to, whatever stands behind it (sync/core/connector.ts says it in words). */
export function describeConnector(name: string, open: () => Promise<Subject>): void {
  describe(`${name} keeps the contract of connectors`, () => {
    let subject: Subject;
    let connector: Connector;
    let plain: Subject['plain'];
    let document: Subject['document'];

    beforeAll(async () => {
      subject = await open();
      ({ connector, plain, document } = subject);
    });
    afterAll(() => subject?.close());

    const write = async (one: Write, author = tandem): Promise<WriteResult> => {
      const results = await connector.write([one], author);
      expect(results).toHaveLength(1);
      return results[0]!;
    };
    const created = async (fields: Fields = plain.fields, entity = plain.entity): Promise<SystemRecord> =>
      recordOf(await write({ kind: 'create', entity, fields }));
    const read = async (id: string, entity = plain.entity) => (await connector.read(entity, [id])).get(id);

    it('says that the system can be reached', async () => {
      const { version, at } = await connector.check();
      expect(version).toMatch(/./);
      // Its own clock, as an instant: what it says of edits is compared with the other system's by it.
      if (at !== undefined) expect(new Date(at).toISOString()).toMatch(/^20/);
    });

    it('answers empty questions without asking', async () => {
      expect((await connector.read(plain.entity, [])).size).toBe(0);
      expect(await connector.find([])).toEqual([]);
      expect(await connector.write([], tandem)).toEqual([]);
    });

    it('creates a record, names its author, and reads it back as it answered', async () => {
      const result = await write({ kind: 'create', entity: plain.entity, fields: plain.fields });
      expect(result.kind).toBe('created');
      const record = recordOf(result);
      expect(record.fields).toMatchObject(plain.fields);
      expect(record).toMatchObject({ archived: false, updatedBy: 'tandem' });
      expect(await read(record.id)).toEqual(record);
    });

    it('creates under an id that the writer chose, once', async () => {
      const id = 'contract-chosen-id';
      expect(
        recordOf(await write({ kind: 'create', entity: plain.entity, id, fields: plain.fields })).id,
      ).toBe(id);
      const again = await write({ kind: 'create', entity: plain.entity, id, fields: plain.fields });
      expect(again).toMatchObject({ kind: 'failed', failure: { code: 'DUPLICATE', current: { id } } });
    });

    it('answers a key that it has seen with the record of the first time', async () => {
      const asked: Write = {
        kind: 'create',
        entity: plain.entity,
        key: 'contract-key',
        fields: plain.fields,
      };
      const first = recordOf(await write(asked));
      const second = await write(asked);
      expect(second.kind).toBe('existed');
      expect(recordOf(second)).toEqual(first);
    });

    it('refuses a key whose record was deleted since, and says which that was', async () => {
      const asked = {
        kind: 'create',
        entity: plain.entity,
        key: 'contract-gone',
        fields: plain.fields,
      } as const;
      const { id } = recordOf(await write(asked));
      await write({ kind: 'delete', entity: plain.entity, id });
      const again = await write(asked);
      expect(again).toMatchObject({ kind: 'failed', failure: { code: 'DELETED', field: 'id', value: id } });
      expect((await write({ ...asked, key: `contract-gone:${id}` })).kind).toBe('created');
    });

    it('makes one record of one key sent twice at the same time', async () => {
      const asked: Write = {
        kind: 'create',
        entity: plain.entity,
        key: 'contract-race',
        fields: plain.fields,
      };
      const [a, b] = await Promise.all([write(asked), write(asked)]);
      expect(recordOf(a).id).toBe(recordOf(b).id);
      expect([a.kind, b.kind].sort()).toEqual(['created', 'existed']);
    });

    it('changes what an update names, and moves the version', async () => {
      const before = await created();
      const result = await write({
        kind: 'update',
        entity: plain.entity,
        id: before.id,
        fields: plain.change,
      });
      expect(result.kind).toBe('updated');
      const after = recordOf(result);
      expect(after.fields).toEqual({ ...before.fields, ...plain.change });
      expect(after.version).not.toBe(before.version);
      expect(await read(before.id)).toEqual(after);
    });

    it('leaves the version where an update changes nothing', async () => {
      const before = await created();
      const result = await write({
        kind: 'update',
        entity: plain.entity,
        id: before.id,
        fields: plain.fields,
      });
      expect(result.kind).toBe('unchanged');
      expect(recordOf(result)).toEqual(before);
    });

    it('refuses an update of an older version, and shows the record as it is', async () => {
      const { id, version } = await created();
      const now = recordOf(await write({ kind: 'update', entity: plain.entity, id, fields: plain.change }));
      const stale = await write({
        kind: 'update',
        entity: plain.entity,
        id,
        fields: plain.fields,
        ifVersion: version,
      });
      expect(stale).toMatchObject({ kind: 'failed', failure: { code: 'STALE', current: now } });
      expect(await read(id)).toEqual(now);
      const fresh = await write({
        kind: 'update',
        entity: plain.entity,
        id,
        fields: plain.fields,
        ifVersion: now.version,
      });
      expect(fresh.kind).toBe('updated');
    });

    it('lets one of two updates of one version through', async () => {
      const { id, version } = await created();
      const [name] = Object.keys(plain.change);
      const both = await Promise.all(
        ['one', 'two'].map((value) =>
          write({ kind: 'update', entity: plain.entity, id, fields: { [name!]: value }, ifVersion: version }),
        ),
      );
      expect(both.map(({ kind }) => kind).sort()).toEqual(['failed', 'updated']);
    });

    it('answers in order, and one bad write fails alone', async () => {
      const { id } = await created();
      const results = await connector.write(
        [
          { kind: 'create', entity: plain.entity, fields: plain.fields },
          { kind: 'create', entity: plain.entity, fields: { ...plain.fields, noSuchProperty: 'x' } },
          { kind: 'update', entity: plain.entity, id: 'contract-nobody', fields: plain.change },
          { kind: 'update', entity: plain.entity, id, fields: plain.change },
        ],
        tandem,
      );
      expect(results.map((result) => (result.kind === 'failed' ? result.failure.code : result.kind))).toEqual(
        ['created', 'BAD_USER_INPUT', 'NOT_FOUND', 'updated'],
      );
      expect(results[1]).toMatchObject({ failure: { field: 'noSuchProperty' } });
    });

    it('leaves out what does not exist', async () => {
      const { id } = await created();
      const found = await connector.read(plain.entity, [id, 'contract-nobody', id]);
      expect([...found.keys()]).toEqual([id]);
    });

    it('finds live records by value, at most three, each look-up for itself', async () => {
      const value = (name: string) => ({ [plain.find]: name });
      const fields = (name: string) => ({ ...plain.fields, ...value(name) });
      const one = await created(fields('one'));
      for (let count = 0; count < 4; count++) await created(fields('many'));
      const gone = await created(fields('archived'));
      await write({ kind: 'archive', entity: plain.entity, id: gone.id });
      const found = await connector.find(
        ['none', 'many', 'one', 'archived'].map((name) => ({
          entity: plain.entity,
          where: value(name),
        })),
      );
      expect(found.map((records) => records.length)).toEqual([0, 3, 1, 0]);
      expect(found[2]).toEqual([one]);
    });

    it('lists every record once, in the order of ids', async () => {
      for (let count = 0; count < 5; count++) await created();
      const seen: SystemRecord[] = [];
      for (let after: string | null = null; ; after = seen.at(-1)!.id) {
        const page: readonly SystemRecord[] = await connector.list(plain.entity, after, 3);
        expect(page.length).toBeLessThanOrEqual(3);
        if (page.length === 0) break;
        seen.push(...page);
      }
      const ids = seen.map(({ id }) => id);
      expect(ids.length).toBeGreaterThan(5);
      expect(new Set(ids).size).toBe(ids.length);
      expect(await connector.count?.(plain.entity)).toBe(ids.length);
      expect(ids).toEqual([...ids].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
      expect(await connector.read(plain.entity, ids)).toEqual(
        new Map(seen.map((record) => [record.id, record])),
      );
    });

    it('archives, restores and deletes', async () => {
      const { id, version } = await created();
      const archived = await write({ kind: 'archive', entity: plain.entity, id });
      expect(archived).toMatchObject({ kind: 'archived', record: { archived: true } });
      expect(recordOf(archived).version).not.toBe(version);
      expect((await write({ kind: 'archive', entity: plain.entity, id })).kind).toBe('unchanged');
      expect(await write({ kind: 'restore', entity: plain.entity, id })).toMatchObject({
        kind: 'restored',
        record: { archived: false },
      });
      const stale = await write({ kind: 'delete', entity: plain.entity, id, ifVersion: version });
      expect(stale).toMatchObject({ kind: 'failed', failure: { code: 'STALE' } });
      expect(await write({ kind: 'delete', entity: plain.entity, id })).toEqual({ kind: 'deleted' });
      expect(await read(id)).toBeUndefined();
      // The same delete sent twice means the same.
      expect(await write({ kind: 'delete', entity: plain.entity, id })).toEqual({ kind: 'deleted' });
    });

    describe('lines of a document', () => {
      const linesOf = (record: SystemRecord) =>
        record.fields.lines as readonly (Fields & { lineId: string })[];
      const withLines = (count: number) =>
        created(
          { ...document.fields, lines: Array.from({ length: count }, () => document.line) },
          document.entity,
        );
      const update = async (id: string, change: object): Promise<SystemRecord> =>
        recordOf(
          await write({ kind: 'update', entity: document.entity, id, fields: {}, ...change } as Write),
        );

      it('are created with it, each under an id of its own', async () => {
        const record = await withLines(3);
        expect(record.fields).toMatchObject(document.fields);
        expect(linesOf(record)).toHaveLength(3);
        expect(new Set(linesOf(record).map(({ lineId }) => lineId)).size).toBe(3);
        expect(linesOf(record)[0]).toMatchObject(document.line);
        expect(await read(record.id, document.entity)).toEqual(record);
      });

      it('are changed, added and removed one by one, and the document moves its version', async () => {
        const before = await withLines(3);
        const [first, second, third] = linesOf(before);
        const after = await update(before.id, {
          lineChanges: [
            { kind: 'change', lineId: second!.lineId, fields: document.lineChange },
            { kind: 'remove', lineId: first!.lineId },
            { kind: 'add', fields: document.line },
          ],
        });
        expect(after.version).not.toBe(before.version);
        expect(linesOf(after)).toHaveLength(3);
        expect(linesOf(after).map(({ lineId }) => lineId)).not.toContain(first!.lineId);
        expect(lineOf(after, second!.lineId)).toMatchObject(document.lineChange);
        expect(lineOf(after, third!.lineId)).toEqual(third);
        expect(await read(before.id, document.entity)).toEqual(after);
      });

      it('are replaced as a whole list, which keeps those it names', async () => {
        const before = await withLines(2);
        const [kept] = linesOf(before);
        const after = await update(before.id, {
          fields: {
            lines: [{ lineId: kept!.lineId, ...document.line, ...document.lineChange }, document.line],
          },
        });
        expect(linesOf(after)).toHaveLength(2);
        expect(linesOf(after)[0]).toMatchObject({ lineId: kept!.lineId, ...document.lineChange });
      });

      it('refuse a lineId that the document does not have', async () => {
        const { id, version } = await withLines(1);
        const result = await write({
          kind: 'update',
          entity: document.entity,
          id,
          fields: {},
          lineChanges: [{ kind: 'change', lineId: 'contract-nobody', fields: document.lineChange }],
        });
        expect(result.kind).toBe('failed');
        expect((await read(id, document.entity))?.version).toBe(version);
      });

      const lineOf = (record: SystemRecord, lineId: string) =>
        linesOf(record).find((line) => line.lineId === lineId);
    });

    describe('the feed', () => {
      it('tells every edit after the cursor, in order, by whom and to which version', async () => {
        const start = await position();
        const author: Author = { actor: 'kari', origin: 'person' };
        const one = recordOf(
          await write({ kind: 'create', entity: plain.entity, fields: plain.fields }, author),
        );
        const { id } = one;
        const two = recordOf(await write({ kind: 'update', entity: plain.entity, id, fields: plain.change }));
        await write({ kind: 'update', entity: plain.entity, id, fields: plain.change });
        const three = recordOf(await write({ kind: 'archive', entity: plain.entity, id }));
        const four = recordOf(await write({ kind: 'restore', entity: plain.entity, id }));
        await write({ kind: 'delete', entity: plain.entity, id });
        const told = await take(start, 5, (change) => change.id === id);
        expect(told.map(({ entity, kind, version, actor }) => [entity, kind, version, actor])).toEqual([
          [plain.entity, 'created', one.version, 'kari'],
          [plain.entity, 'updated', two.version, 'tandem'],
          [plain.entity, 'archived', three.version, 'tandem'],
          [plain.entity, 'restored', four.version, 'tandem'],
          [plain.entity, 'deleted', null, 'tandem'],
        ]);
        expect(told.every(({ at }) => Math.abs(Date.parse(at) - Date.now()) < 60_000)).toBe(true);
      });

      it('resumes after any cursor without a gap or a repetition', async () => {
        const start = await position();
        const ids = [(await created()).id, (await created()).id, (await created()).id];
        const all = await take(start, 3);
        expect(all.map(({ id }) => id)).toEqual(ids);
        const rest = await take(all[0]!.cursor, 2);
        expect(rest).toEqual(all.slice(1));
      });

      it('tells nothing old to who asks from now on', async () => {
        await created();
        const told = listen('now');
        // The subscription is open once it tells anything; what it tells first must be an edit made after it was asked for.
        const made: string[] = [];
        const first = told.next();
        let heard: readonly FeedChange[] | null = null;
        void first.then((batch) => {
          heard = batch.value ?? [];
        });
        while (heard === null) made.push((await created()).id);
        expect(made).toContain((await first).value![0]!.id);
        await told.close();
      });

      it('ends when its reader is done', async () => {
        const told = listen(await position());
        const next = told.next();
        await told.close();
        expect(await next).toMatchObject({ done: true });
      });

      it('refuses a cursor older than what it keeps', async () => {
        const old = await position();
        await created();
        await position();
        await subject.forgetChanges();
        const told = listen(old);
        await expect(told.next()).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
        await told.close();
      });

      /** A cursor after everything that has been written so far. */
      async function position(): Promise<string> {
        await created();
        return (await connector.head())!;
      }

      async function take(
        after: string,
        count: number,
        wanted = (_: FeedChange) => true,
      ): Promise<FeedChange[]> {
        const told = listen(after);
        const taken: FeedChange[] = [];
        while (taken.length < count) {
          const { value } = await told.next();
          taken.push(...(value ?? []).filter(wanted));
        }
        await told.close();
        return taken;
      }

      function listen(after: string | null) {
        const stop = new AbortController();
        const feed = connector.changes(after, stop.signal)[Symbol.asyncIterator]();
        return {
          next: () => feed.next() as Promise<IteratorResult<readonly FeedChange[], undefined>>,
          close: async () => {
            stop.abort();
            await feed.return?.();
          },
        };
      }
    });
  });
}

function recordOf(result: WriteResult): SystemRecord {
  if ('record' in result) return result.record;
  throw new Error(
    result.kind === 'failed' ? `${result.failure.code}: ${result.failure.message}` : 'it was deleted',
  );
}
