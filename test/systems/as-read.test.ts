import { beforeEach, describe, expect, test } from 'vitest';
import { createCrm } from '../../subgraphs/crm/system.ts';
import { createErp } from '../../subgraphs/erp/system.ts';
import type { Write } from '../../sync/core/connector.ts';
import { testDatabase } from '../support/database.ts';
import { accepted, create, person, refused, sync, update } from './systems.ts';

let sent: string[] = [];
let answered: string[] = [];
/** Statements that were sent while an update was not answered yet. */
let behind: string[] = [];
let updating = 0;
const { sql } = await testDatabase((given) => {
  const text = given.trim();
  sent.push(text);
  if (updating > 0) behind.push(text);
  if (isAtOnce(text)) updating++;
  return () => {
    answered.push(text);
    if (isAtOnce(text)) updating--;
  };
});
const systems = { crm: createCrm({ sql }), erp: createErp({ sql }) };

/** What was sent, but for the word to other processes. */
const statements = () => sent.filter((text) => !text.includes('pg_notify'));
function isAtOnce(text: string | undefined): boolean {
  return text?.startsWith('with quick') === true && text.includes('mine as materialized');
}

const shared = {
  name: 'Many',
  email: 'many@example.com',
  invoiceEmail: 'invoices@example.com',
  legalName: 'Many Changes AS',
};
const number = '923609016';
/** More values than are written by themselves. */
const manyOf = {
  crm: {
    ...shared,
    orgNumber: number,
    vatNumber: `NO${number}MVA`,
    phone: '+4722334455',
    website: 'https://many.example.com',
    language: 'nb',
  },
  erp: {
    ...shared,
    registrationNo: number,
    vatRegistrationNo: `NO${number}MVA`,
    phoneNo: '22 33 44 55',
    homePage: 'many.example.com',
    invoiceAddress: {
      street: 'A 1',
      street2: null,
      city: 'Oslo',
      postCode: '0150',
      county: null,
      countryCode: 'NO',
    },
  },
};

describe.each(['crm', 'erp'] as const)(
  'an update in the %s of a record that was read a moment ago',
  (side) => {
    const system = systems[side];
    const other = side === 'crm' ? createCrm({ sql }) : createErp({ sql });
    const table = sql(`${side}.customer`);
    const made = async () => {
      const record = await create(system, 'Customer', { name: 'Was' });
      sent = [];
      return record;
    };
    const rename = (id: string, name: string, ifVersion?: string): Write => ({
      entity: 'Customer',
      kind: 'update',
      id,
      fields: { name },
      ...(ifVersion && { ifVersion }),
    });
    const read = async (id: string) => (await other.read('Customer', [id])).get(id)!;
    beforeEach(() => {
      sent = [];
    });

    test('is one statement, and leaves what any update leaves', async () => {
      const before = await made();
      const [result] = await system.write([rename(before.id, 'Is', before.version)], person);
      expect(statements()).toEqual([expect.stringMatching(/^with quick/)]);
      expect(isAtOnce(statements()[0])).toBe(true);
      const after = accepted(result);
      expect(after).toMatchObject({ version: '2', updatedBy: 'kari', fields: { name: 'Is' } });
      expect(after.updatedAt > before.updatedAt).toBe(true);
      expect(await read(before.id)).toEqual(after);
      expect(
        await sql`select kind, version, actor, at from ${sql(`${side}.change`)} where id = ${before.id} order by seq`,
      ).toEqual([
        { kind: 'created', version: 1, actor: 'kari', at: before.createdAt },
        { kind: 'updated', version: 2, actor: 'kari', at: after.updatedAt },
      ]);
      // And the next one, of what this one has left.
      sent = [];
      expect(accepted(await update(system, 'Customer', before.id, { name: 'Again' })).version).toBe('3');
      expect(statements()).toEqual([expect.stringMatching(/^with quick/)]);
    });

    test('reads its own row alone, in a table of a few hundred', async () => {
      const others = Array.from({ length: 300 }, (_, n) => ({ name: `Other ${n}` }));
      await system.write(
        others.map((fields) => ({ entity: 'Customer', kind: 'create', fields })),
        person,
      );
      const before = await made();
      await update(system, 'Customer', before.id, { name: 'Is' });
      const [text] = statements();
      await sql`analyze ${table}`;
      const plan = await sql.unsafe(`explain (generic_plan) ${text}`).simple();
      const lines = plan.map((row) => String(row['QUERY PLAN']));
      expect(lines.filter((line) => line.includes(' on customer '))).toEqual([
        expect.stringContaining('Update on customer'),
        expect.stringContaining('Index Scan using customer_pkey'),
        expect.stringContaining('Tid Scan'),
      ]);
    });

    test('speaks of the columns that change alone, of all where they are many, and clears what is emptied', async () => {
      const before = await made();
      const set = { name: 'Is', email: 'is@example.com', invoiceEmail: 'in@example.com', legalName: 'Is AS' };
      const all = accepted(await update(system, 'Customer', before.id, set));
      expect(all.fields).toMatchObject(set);
      sent = [];
      const some = accepted(await update(system, 'Customer', before.id, { name: 'Again', email: null }));
      expect(some.fields).toEqual({ ...all.fields, name: 'Again', email: null });
      expect(statements()[0]).toMatch(/"email" = /);
      expect(statements()[0]).not.toMatch(/"legal_name"|"invoice_email"/);
      expect(await read(before.id)).toEqual(some);
      sent = [];
      const wide = accepted(await update(system, 'Customer', before.id, manyOf[side]));
      expect(wide.fields).toMatchObject(manyOf[side]);
      expect(statements()[0]).toMatch(/"currency/);
      expect(await read(before.id)).toEqual(wide);
    });

    test('brings its change to whoever follows the feed in its own flight', async () => {
      const before = await made();
      const stop = new AbortController();
      const changes = system.changes(await system.head(), stop.signal)[Symbol.asyncIterator]();
      answered = [];
      const following = changes.next();
      // It follows once it knows the feed's head, by a look of its own and one of the feed's.
      await expect
        .poll(() => answered.filter((text) => text.includes('sequence_changes')).length)
        .toBeGreaterThanOrEqual(2);
      await sql`select 1`;
      behind = [];
      const write = system.write([rename(before.id, 'Is')], person);
      const [change] = (await following).value!;
      expect(change).toMatchObject({ id: before.id, version: '2', kind: 'updated' });
      expect(accepted((await write)[0]).version).toBe('2');
      // Beside it the other processes may be told just now, of what came before.
      expect(behind).toContainEqual(expect.stringContaining(`${side}.read_changes`));
      stop.abort();
      // Or its poll goes on among the statements of other tests.
      await changes.return?.();
    });

    test('takes the long way where somebody else has moved it, and overwrites nothing', async () => {
      const before = await made();
      accepted(await update(other, 'Customer', before.id, { email: 'x@y.example' }));
      await sql`update ${table} set email = 'a@b.example' where id = ${before.id}`;
      const [stale] = await system.write([rename(before.id, 'Is', before.version)], sync);
      expect(refused(stale)).toMatchObject({ code: 'STALE' });
      const now = await read(before.id);
      expect(now.fields).toMatchObject({ name: 'Was', email: 'a@b.example' });
      const [blind] = await system.write([rename(before.id, 'Is')], person);
      expect(accepted(blind)).toMatchObject({
        version: String(Number(now.version) + 1),
        fields: { name: 'Is', email: 'a@b.example' },
      });
      expect(await read(before.id)).toEqual(accepted(blind));
    });

    test('takes the long way where the version is the one it knows, but another write made it', async () => {
      const before = await made();
      accepted(await update(system, 'Customer', before.id, { name: 'Lost' }));
      // A server that went down had not yet written that to its disk, and somebody else made the version once more.
      await sql`update ${table} set version = 1, name = 'Was' where id = ${before.id}`;
      await sql`update ${table} set version = 2, email = 'i@j.example', updated_at = clock_timestamp() where id = ${before.id}`;
      const other = side === 'crm' ? 'website' : 'homePage';
      const after = accepted(await update(system, 'Customer', before.id, { [other]: 'https://was.example' }));
      expect(await read(before.id)).toEqual(after);
      expect(after).toMatchObject({
        version: '3',
        fields: { name: 'Was', email: 'i@j.example', [other]: 'https://was.example' },
      });
    });

    test('waits for whoever is writing it, and overwrites nothing', async () => {
      const before = await made();
      const started = Promise.withResolvers<void>();
      const going = Promise.withResolvers<void>();
      const writing = sql.begin(async (tx) => {
        await tx`update ${table} set email = 'c@d.example' where id = ${before.id}`;
        started.resolve();
        await going.promise;
      });
      await started.promise;
      const renamed = system.write([rename(before.id, 'Is')], person);
      for (let waiting = 0; waiting === 0; ) {
        const [row] = await sql<{ n: number }[]>`
        select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
        waiting = row!.n;
      }
      going.resolve();
      await writing;
      expect(accepted((await renamed)[0]).fields).toMatchObject({ name: 'Is', email: 'c@d.example' });
      expect((await read(before.id)).version).toBe('3');
    });

    test('goes with others that are not, each with its own answer', async () => {
      const [known, moved, refusing] = [await made(), await made(), await made()];
      await sql`update ${table} set email = 'e@f.example' where id = ${moved.id}`;
      const results = await system.write(
        [
          rename(known.id, 'Known'),
          rename(moved.id, 'Moved', moved.version),
          rename(refusing.id, ''),
          rename('nobody', 'Nobody'),
        ],
        person,
      );
      expect(results.map((result) => (result.kind === 'failed' ? result.failure.code : result.kind))).toEqual(
        ['updated', 'STALE', 'BAD_USER_INPUT', 'NOT_FOUND'],
      );
      expect([
        (await read(known.id)).version,
        (await read(moved.id)).version,
        (await read(refusing.id)).version,
      ]).toEqual(['2', '2', '1']);
    });

    test('loses nothing where two processes edit other fields of the same records at once', async () => {
      const records = await Promise.all([made(), made(), made()]);
      const edits = 40;
      const editing = async (by: typeof system, field: 'name' | 'email') => {
        for (let n = 1; n <= edits; n++) {
          const fields = { [field]: field === 'name' ? `Name ${n}` : `mail${n}@example.com` };
          const results = await by.write(
            records.map(({ id }): Write => ({ entity: 'Customer', kind: 'update', id, fields })),
            { actor: field, origin: 'person' },
          );
          results.map(accepted);
        }
      };
      await Promise.all([editing(system, 'name'), editing(other, 'email')]);
      for (const { id } of records)
        expect(await read(id)).toMatchObject({
          version: String(1 + 2 * edits),
          fields: { name: `Name ${edits}`, email: `mail${edits}@example.com` },
        });
      expect(statements().some(isAtOnce)).toBe(true);
    });

    test('that changes nothing is answered from the table, not from memory', async () => {
      const before = await made();
      await sql`update ${table} set email = 'g@h.example' where id = ${before.id}`;
      const result = await update(system, 'Customer', before.id, { name: 'Was' });
      expect(result).toEqual({ kind: 'unchanged', record: await read(before.id) });
    });

    test('is refused after a deletion, as any', async () => {
      const before = await made();
      await sql`delete from ${table} where id = ${before.id}`;
      expect(refused(await update(system, 'Customer', before.id, { name: 'Is' }))).toMatchObject({
        code: 'NOT_FOUND',
      });
    });
  },
);

test('a document, whose lines move with it, is locked and read first', async () => {
  const quote = await create(systems.crm, 'Quote', { lines: [{ kind: 'WRITE_IN', unitPrice: '1' }] });
  sent = [];
  await update(systems.crm, 'Quote', quote.id, { notes: 'n' });
  expect(statements().some(isAtOnce)).toBe(false);
});
