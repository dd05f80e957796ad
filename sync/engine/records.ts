import type { Connector } from '../core/connector.ts';
import { syncAuthor } from '../core/sync-author.ts';
import type { RecordRef, Side, SystemRecord } from '../core/types.ts';

/** Names a record in one string for the program: `crm:Customer:42`. */
export const refKey = ({ side, entity, id }: RecordRef): string => `${side}:${entity}:${id}`;

/** The same for people to read: `CRM Customer 42`. */
export const recordName = ({ side, entity, id }: RecordRef): string =>
  `${side.toUpperCase()} ${entity} ${id}`;

/** Takes such a name apart. */
export function refOf(key: string): RecordRef {
  const [side, entity, ...id] = key.split(':');
  return { side: side as Side, entity: entity!, id: id.join(':') };
}

/** The record whose lane this is, since it has no link; null of any other lane. */
export const strangerOf = (lane: string): RecordRef | null =>
  lane.startsWith('rec:') ? refOf(lane.slice('rec:'.length)) : null;

/** Records as they were read in this step; null means the system has none of that id. */
export interface Records {
  get(ref: RecordRef): SystemRecord | null;
  put(ref: RecordRef, record: SystemRecord | null): void;
  /** The record as somebody else than the sync left it, before what this step wrote to it; null where that is not known. */
  lastEdit(ref: RecordRef): SystemRecord | null;
  has(ref: RecordRef): boolean;
}

/** An empty set of records. */
export function createRecords(): Records {
  const all = new Map<string, SystemRecord | null>();
  const overwritten = new Map<string, SystemRecord>();
  const isEdit = (record: SystemRecord | null | undefined) => record && record.updatedBy !== syncAuthor.actor;
  return {
    get: (ref) => all.get(refKey(ref)) ?? null,
    put(ref, record) {
      const key = refKey(ref);
      const before = all.get(key);
      if (before && isEdit(before)) overwritten.set(key, before);
      all.set(key, record);
    },
    lastEdit(ref) {
      const now = all.get(refKey(ref));
      return now && isEdit(now) ? now : (overwritten.get(refKey(ref)) ?? null);
    },
    has: (ref) => all.has(refKey(ref)),
  };
}

/** Reads what is not there yet: one call per system and entity, all at once. */
export async function readRecords(
  connectors: Readonly<Record<Side, Connector>>,
  records: Records,
  refs: readonly RecordRef[],
): Promise<void> {
  const wanted = new Map<string, { side: Side; entity: string; ids: Set<string> }>();
  for (const ref of refs) {
    if (records.has(ref)) continue;
    const key = `${ref.side}:${ref.entity}`;
    const group = wanted.get(key) ?? { side: ref.side, entity: ref.entity, ids: new Set<string>() };
    group.ids.add(ref.id);
    wanted.set(key, group);
  }
  await Promise.all(
    [...wanted.values()].map(async ({ side, entity, ids }) => {
      const found = await connectors[side].read(entity, [...ids]);
      for (const id of ids) records.put({ side, entity, id }, found.get(id) ?? null);
    }),
  );
}

/** Reads what seems gone once more: an answer that was empty or half must not look like a deletion. */
export async function verifyGone(
  connectors: Readonly<Record<Side, Connector>>,
  records: Records,
  refs: readonly RecordRef[],
): Promise<void> {
  const gone = refs.filter((ref) => records.has(ref) && records.get(ref) === null);
  if (gone.length === 0) return;
  const again = createRecords();
  await readRecords(connectors, again, gone);
  for (const ref of gone) records.put(ref, again.get(ref));
}
