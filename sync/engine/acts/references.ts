import type { LineChange, Write } from '../../core/connector.ts';
import { mappingsOfEntity } from '../../core/home.ts';
import type { Mapping } from '../../core/mapping.ts';
import { same } from '../../core/same.ts';
import { syncAuthor } from '../../core/sync-author.ts';
import type { Json, RecordRef, Side, SystemRecord } from '../../core/types.ts';
import type { PlannedWrite } from '../api.ts';
import { type Changes, withKept } from '../encode.ts';
import type { InlineParts } from '../inline.ts';
import { writeForAct } from './write.ts';

/** What was moved: enough to move it back. */
export interface Moved {
  readonly entity: string;
  readonly id: string;
  readonly fields: readonly string[];
  /** Lines whose property named the record. */
  readonly lines: readonly { readonly lineId: string; readonly field: string }[];
  /** What the system filled in anew all the same. */
  readonly refilled?: readonly Refilled[];
}

/** A value beside a reference that its system filled in with the move. */
interface Refilled {
  /** Of a line's property. */
  readonly lineId?: string;
  readonly field: string;
  readonly before: Json;
  readonly after: Json;
}

/** One move and its write: what the sync leaves there of texts, prices, tax, terms and addresses stays as somebody typed it. */
interface Move {
  readonly moved: Moved;
  readonly write: Write;
}

type Rows = readonly Readonly<Record<string, Json>>[];

const rowsOf = ({ fields }: SystemRecord): Rows => (fields.lines ?? []) as Rows;

/** What of a record names `from`; nothing where it does not. */
export function namingOf(
  { references }: Pick<InlineParts, 'references'>,
  from: RecordRef,
  { entity, record }: { readonly entity: string; readonly record: SystemRecord },
): readonly Moved[] {
  const table = references[from.side][entity];
  if (!table) return [];
  const named = (list: typeof table.header, row: Readonly<Record<string, Json>>): readonly string[] =>
    list.filter(([property, to]) => to === from.entity && row[property] === from.id).map(([field]) => field);
  const fields = named(table.header, record.fields);
  const lines = rowsOf(record).flatMap((row) =>
    named(table.lines, row).map((field) => ({ lineId: String(row.lineId), field })),
  );
  return fields.length + lines.length > 0 ? [{ entity, id: record.id, fields, lines }] : [];
}

/** Makes these records name `into` where they name `from`. Says what was moved, and who refused it. */
export async function moveReferences(
  parts: InlineParts,
  from: RecordRef,
  into: string,
  refs: readonly RecordRef[],
): Promise<{ readonly moved: readonly Moved[]; readonly refused: readonly Refused[] }> {
  const { side } = from;
  const moved: Moved[] = [];
  const refused: Refused[] = [];
  for (const [entity, own] of Map.groupBy(refs, (ref) => ref.entity)) {
    const records = await parts.connectors[side].read(entity, [...new Set(own.map(({ id }) => id))]);
    const moves = [...records.values()].flatMap((record) =>
      namingOf(parts, from, { entity, record }).map((each) => moveOf(parts, side, record, each, into)),
    );
    if (moves.length === 0) continue;
    const results = await parts.connectors[side].write(
      moves.map(({ write }) => write),
      syncAuthor,
    );
    for (const [n, result] of results.entries()) {
      const each = moves[n]!.moved;
      const ref = { side, entity, id: each.id };
      if (result.kind === 'failed') refused.push({ ref, moved: each, why: result.failure.message });
      else if ('record' in result)
        moved.push(withRefilled(parts, side, each, { was: records.get(each.id)!, now: result.record }));
    }
  }
  return { moved, refused };
}

/** A move that its system did not take. */
export interface Refused {
  readonly ref: RecordRef;
  readonly moved: Moved;
  readonly why: string;
}

function moveOf(
  { mappings }: InlineParts,
  side: Side,
  record: SystemRecord,
  moved: Moved,
  into: string,
): Move {
  const { entity, id, fields, lines } = moved;
  const changes = withKept(
    mappingsOfEntity(mappings, side, entity),
    side,
    {
      fields: Object.fromEntries(fields.map((field) => [field, into])),
      lineChanges: lines.map(({ lineId, field }) => ({ kind: 'change', lineId, fields: { [field]: into } })),
    },
    record.fields,
  );
  return { moved, write: writeOf(entity, id, changes) };
}

const writeOf = (entity: string, id: string, { fields, lineChanges }: Changes): Write => ({
  entity,
  kind: 'update',
  id,
  fields,
  ...(lineChanges.length > 0 && { lineChanges }),
});

/** The move, with what has another value by it: nothing that was there can be given where there was nothing. */
function withRefilled(
  { mappings }: InlineParts,
  side: Side,
  moved: Moved,
  { was, now }: { readonly was: SystemRecord; readonly now: SystemRecord },
): Moved {
  const flows = mappingsOfEntity(mappings, side, moved.entity);
  const filled = (tables: readonly Mapping['fields'][]): readonly string[] =>
    tables.flatMap((table) =>
      Object.values(table).flatMap(({ fills }) => (fills ?? []).flatMap((name) => table[name]?.[side] ?? [])),
    );
  const differing = (names: readonly string[], before: Rows[number], after: Rows[number]) =>
    [...new Set(names)].flatMap((field): readonly Refilled[] =>
      same(before[field] ?? null, after[field] ?? null)
        ? []
        : [{ field, before: before[field] ?? null, after: after[field] ?? null }],
    );
  const ofLines = filled(flows.flatMap(({ lines }) => (lines ? [lines] : [])));
  const after = new Map(rowsOf(now).map((row) => [row.lineId, row]));
  const refilled = [
    ...differing(filled(flows.map(({ fields }) => fields)), was.fields, now.fields),
    ...rowsOf(was).flatMap((row) =>
      differing(ofLines, row, after.get(row.lineId!) ?? row).map((each) => ({
        ...each,
        lineId: String(row.lineId),
      })),
    ),
  ];
  return refilled.length > 0 ? { ...moved, refilled } : moved;
}

/** Moves as the writes of a plan. */
export function writesOfMoves(
  side: RecordRef['side'],
  moved: readonly Moved[],
  { before, after, rule }: { readonly before: string; readonly after: string; readonly rule: string },
): readonly PlannedWrite[] {
  return moved.map(({ entity, id, fields, lines }) => ({
    side,
    entity,
    id,
    action: 'update',
    fields: [...fields, ...new Set(lines.map(({ field }) => `lines.${field}`))].map((field) => ({
      field,
      before,
      after,
      rule,
    })),
  }));
}

/** What is left to move back: what names this record still. What somebody has pointed elsewhere since stays there. */
export async function movedStill(
  { connectors }: InlineParts,
  side: RecordRef['side'],
  moved: readonly Moved[],
  was: string,
): Promise<readonly Moved[]> {
  const left: Moved[] = [];
  for (const [entity, all] of Map.groupBy(moved, (each) => each.entity)) {
    const now = await connectors[side].read(
      entity,
      all.map((each) => each.id),
    );
    for (const each of all) {
      const record = now.get(each.id);
      const rows = (record?.fields.lines ?? []) as readonly Readonly<Record<string, Json>>[];
      const fields = each.fields.filter((field) => record?.fields[field] === was);
      const lines = each.lines.filter(({ lineId, field }) =>
        rows.some((row) => row.lineId === lineId && row[field] === was),
      );
      const gone = each.lines.filter((line) => !lines.includes(line)).map(({ lineId }) => lineId);
      const refilled = each.refilled?.filter(({ lineId }) => lineId === undefined || !gone.includes(lineId));
      if (fields.length + lines.length > 0)
        left.push({ ...each, fields, lines, ...(refilled && { refilled }) });
    }
  }
  return left;
}

/** What is to name `to` again where it names `was`: the way back of `moveReferences`. */
export interface Returning {
  readonly moved: readonly Moved[];
  readonly to: string;
  readonly was: string;
}

/** A record as it stands, and the write that moves it back. */
interface Return {
  readonly entity: string;
  readonly record: SystemRecord;
  readonly write: Write;
}

/** Per entity, what moves these back. */
async function returnsOf(
  parts: InlineParts,
  side: RecordRef['side'],
  { moved, to, was }: Returning,
): Promise<readonly (readonly Return[])[]> {
  const out: Return[][] = [];
  const left = await movedStill(parts, side, moved, was);
  for (const [entity, all] of Map.groupBy(left, (each) => each.entity)) {
    const records = await parts.connectors[side].read(
      entity,
      all.map(({ id }) => id),
    );
    out.push(
      all.flatMap((each) => {
        const record = records.get(each.id);
        if (!record) return [];
        return { entity, record, write: givingBack(moveOf(parts, side, record, each, to), record) };
      }),
    );
  }
  return out;
}

/** Makes records name `to` again where they name `was`, and show again what the move had changed beside that. */
export async function moveBack(
  parts: InlineParts,
  side: RecordRef['side'],
  returning: Returning,
): Promise<void> {
  for (const returns of await returnsOf(parts, side, returning))
    await writeForAct(
      parts,
      side,
      returns.map(({ write }) => write),
      (record) => `The link lives again, but the ${side.toUpperCase()} keeps ${record} with the other record`,
    );
}

/** The records as `moveBack` would leave them. */
export async function asMovedBack(
  parts: InlineParts,
  side: RecordRef['side'],
  returning: Returning,
): Promise<readonly (readonly [RecordRef, SystemRecord])[]> {
  const returns = (await returnsOf(parts, side, returning)).flat();
  return returns.map(({ entity, record, write }) => [
    { side, entity, id: record.id },
    written(record, write),
  ]);
}

function written(record: SystemRecord, write: Write): SystemRecord {
  if (write.kind !== 'update') return record;
  const changed = new Map(
    (write.lineChanges ?? []).flatMap((each) =>
      each.kind === 'change' ? [[each.lineId, each.fields] as const] : [],
    ),
  );
  const lines = rowsOf(record).map((row) => ({ ...row, ...changed.get(String(row.lineId)) }));
  const fields = { ...record.fields, ...write.fields, ...(changed.size > 0 && { lines }) };
  return { ...record, fields, updatedBy: syncAuthor.actor };
}

/** The write of a move back, with what was there before the move wherever nobody has edited it since. */
function givingBack({ moved, write }: Move, record: SystemRecord): Write {
  if (write.kind !== 'update') return write;
  const rows = new Map(rowsOf(record).map((row) => [row.lineId, row]));
  const still = (moved.refilled ?? []).filter(({ lineId, field, after }) =>
    same((lineId === undefined ? record.fields : rows.get(lineId))?.[field] ?? null, after),
  );
  const before = (of: string | undefined) =>
    Object.fromEntries(
      still.filter(({ lineId }) => lineId === of).map(({ field, before }) => [field, before]),
    );
  const changes = new Map(
    (write.lineChanges ?? []).flatMap((change) =>
      change.kind === 'change' ? [[change.lineId, change.fields] as const] : [],
    ),
  );
  for (const { lineId } of still)
    if (lineId !== undefined) changes.set(lineId, { ...changes.get(lineId), ...before(lineId) });
  return writeOf(moved.entity, moved.id, {
    fields: { ...write.fields, ...before(undefined) },
    lineChanges: [...changes].map(([lineId, fields]): LineChange => ({ kind: 'change', lineId, fields })),
  });
}
