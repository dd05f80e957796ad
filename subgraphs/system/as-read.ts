import type { WriteResult } from '../../sync/core/connector.ts';
import type { SystemRecord } from '../../sync/core/types.ts';
import { settleAsRead } from './batch.ts';
import { isWithSync } from './commit.ts';
import type { EntityModel } from './model.ts';
import { updateAsRead } from './persist.ts';
import type { Item } from './prepare.ts';
import type { Writing } from './settle.ts';
import type { Run } from './sql-text.ts';

/** Records as they were read or written last, each at a version of its own. */
export interface AsRead {
  note(model: EntityModel, record: SystemRecord): void;
  of(model: EntityModel, id: string): SystemRecord | undefined;
  forget(model: EntityModel, id: string): void;
}

/** Records kept: what is edited now was read a moment ago. */
const kept = 2_000;

/** An empty memory of records. It keeps those whose version tells of everything that a read of them shows. */
export function createAsRead(): AsRead {
  const records = new Map<string, SystemRecord>();
  const keyOf = ({ name }: EntityModel, id: string): string => `${name} ${id}`;
  return {
    note(model, record) {
      if (!isPlain(model)) return;
      const key = keyOf(model, record.id);
      // The latest goes to the end; what has been there longest goes out.
      records.delete(key);
      records.set(key, record);
      if (records.size > kept) records.delete(records.keys().next().value!);
    },
    of: (model, id) => records.get(keyOf(model, id)),
    forget: (model, id) => void records.delete(keyOf(model, id)),
  };
}

/** Without lines, and without values that stand on other records. */
const isPlain = ({ line, header }: EntityModel): boolean => !line && header.derived.length === 0;

/**
 * Writes those updates whose records were read a moment ago and have not moved since: one statement, where the others
 * take a transaction that first locks and reads. Answers their results by place; what is not among them is still to be
 * written. Throws what the database throws, unless it refuses a value: then nothing is written.
 */
export async function writeAsRead(
  run: Run,
  writing: Writing,
  asRead: AsRead,
  items: readonly Item[],
  onSent: (run: Run) => void,
): Promise<ReadonlyMap<number, WriteResult>> {
  const results = new Map<number, WriteResult>();
  const model = items[0]!.model;
  const records = new Map<string, SystemRecord>();
  for (const { kind, id } of items) {
    const record = kind === 'update' ? asRead.of(model, id) : undefined;
    if (record) records.set(id, record);
  }
  // A clock of its own is for tests that say what time it is.
  if (records.size === 0 || writing.clock) return results;
  const known = items.filter(({ id }) => records.has(id));
  const stage = await settleAsRead(writing, known, records);
  if (!stage || stage.rows.updates.length === 0) return results;
  const changes = { updates: stage.rows.updates, written: stage.written };
  const sending = updateAsRead(run, model.header, changes, isWithSync(writing, known));
  onSent(run);
  const rows = await sending;
  const written = new Map(rows.map((row) => [row.id as string, row.updated_at as string]));
  const after = new Map(stage.written.map((each) => [each.id, each.after]));
  for (const { at, id } of known) {
    const [updatedAt, record] = [written.get(id), after.get(id)];
    if (updatedAt !== undefined && record)
      results.set(at, { kind: 'updated', record: { ...record, updatedAt } });
    else asRead.forget(model, id);
  }
  return results;
}
