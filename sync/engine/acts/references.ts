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

/** What is about to be moved of a record: whoever goes on knows by it what was moved. */
export type Intended = Moved & {
  /** What its system may fill in with the move: there is nothing yet. */
  readonly empty: readonly Pick<Refilled, 'lineId' | 'field'>[];
};

/** Moves of one system that are about to be made, with the records as they were read. */
export interface Pending {
  readonly side: Side;
  readonly moves: readonly (Move & { readonly record: SystemRecord })[];
}

/** What makes these records name `into` where they name `from`. */
export async function movesOfReferences(
  parts: InlineParts,
  from: RecordRef,
  into: string,
  refs: readonly RecordRef[],
): Promise<Pending> {
  const { side } = from;
  const moves: Pending['moves'][number][] = [];
  for (const [entity, own] of Map.groupBy(refs, (ref) => ref.entity)) {
    const records = await parts.connectors[side].read(entity, [...new Set(own.map(({ id }) => id))]);
    for (const record of records.values())
      for (const each of namingOf(parts, from, { entity, record }))
        moves.push({ ...moveOf(parts, side, record, each, into), record });
  }
  return { side, moves };
}

/** The same, as it is noted before. */
export const intendedOf = (parts: InlineParts, { side, moves }: Pending): readonly Intended[] =>
  moves.map(({ moved, record }) => ({ ...moved, empty: emptyOf(parts, side, moved.entity, record) }));

/** Makes the moves. Says what was moved, and who refused it. */
export async function makeMoves(
  parts: InlineParts,
  { side, moves }: Pending,
): Promise<{ readonly moved: readonly Moved[]; readonly refused: readonly Refused[] }> {
  const moved: Moved[] = [];
  const refused: Refused[] = [];
  for (const [entity, own] of Map.groupBy(moves, (each) => each.moved.entity)) {
    const results = await parts.connectors[side].write(
      own.map(({ write }) => write),
      syncAuthor,
    );
    for (const [n, result] of results.entries()) {
      const { moved: each, record } = own[n]!;
      const ref = { side, entity, id: each.id };
      if (result.kind === 'failed') refused.push({ ref, moved: each, why: result.failure.message });
      else if ('record' in result)
        moved.push(withRefilled(parts, side, each, { was: record, now: result.record }));
    }
  }
  return { moved, refused };
}

/**
 * What was moved of what was about to be, in a process that died over it: what names `into` now. What stood empty and does
 * no more was filled in with the move, unless somebody has edited the record since: that may be his.
 */
export async function movedSince(
  parts: InlineParts,
  side: Side,
  intended: readonly Intended[],
  into: string,
): Promise<readonly Moved[]> {
  const last = new Map(intended.map((each) => [`${each.entity} ${each.id}`, each]));
  const still = await movedStill(
    parts,
    side,
    [...last.values()].map(({ empty: _, ...moved }) => moved),
    into,
  );
  const out: Moved[] = [];
  for (const [entity, all] of Map.groupBy(still, (each) => each.entity)) {
    const records = await parts.connectors[side].read(
      entity,
      all.map(({ id }) => id),
    );
    for (const moved of all) {
      const record = records.get(moved.id);
      const { empty } = last.get(`${entity} ${moved.id}`)!;
      const refilled = record?.updatedBy === syncAuthor.actor ? filledSince(record, empty) : [];
      out.push(refilled.length > 0 ? { ...moved, refilled } : moved);
    }
  }
  return out;
}

function filledSince(record: SystemRecord, empty: Intended['empty']): readonly Refilled[] {
  const rows = new Map(rowsOf(record).map((row) => [String(row.lineId), row]));
  return empty.flatMap((each) => {
    const after = (each.lineId === undefined ? record.fields : rows.get(each.lineId))?.[each.field] ?? null;
    return after === null ? [] : [{ ...each, before: null, after }];
  });
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

/** What a system fills in beside the references of an entity: of a record, and of its lines. */
function filledBeside({ mappings }: InlineParts, side: Side, entity: string) {
  const flows = mappingsOfEntity(mappings, side, entity);
  const filled = (tables: readonly Mapping['fields'][]): readonly string[] => [
    ...new Set(
      tables.flatMap((table) =>
        Object.values(table).flatMap(({ fills }) =>
          (fills ?? []).flatMap((name) => table[name]?.[side] ?? []),
        ),
      ),
    ),
  ];
  return {
    header: filled(flows.map(({ fields }) => fields)),
    lines: filled(flows.flatMap(({ lines }) => (lines ? [lines] : []))),
  };
}

function emptyOf(parts: InlineParts, side: Side, entity: string, record: SystemRecord): Intended['empty'] {
  const { header, lines } = filledBeside(parts, side, entity);
  const empty = (names: readonly string[], row: Rows[number]) =>
    names.filter((name) => (row[name] ?? null) === null).map((field) => ({ field }));
  return [
    ...empty(header, record.fields),
    ...rowsOf(record).flatMap((row) =>
      empty(lines, row).map((each) => ({ ...each, lineId: String(row.lineId) })),
    ),
  ];
}

/** The move, with what has another value by it: nothing that was there can be given where there was nothing. */
function withRefilled(
  parts: InlineParts,
  side: Side,
  moved: Moved,
  { was, now }: { readonly was: SystemRecord; readonly now: SystemRecord },
): Moved {
  const { header, lines } = filledBeside(parts, side, moved.entity);
  const differing = (names: readonly string[], before: Rows[number], after: Rows[number]) =>
    names.flatMap((field): readonly Refilled[] =>
      same(before[field] ?? null, after[field] ?? null)
        ? []
        : [{ field, before: before[field] ?? null, after: after[field] ?? null }],
    );
  const after = new Map(rowsOf(now).map((row) => [row.lineId, row]));
  const refilled = [
    ...differing(header, was.fields, now.fields),
    ...rowsOf(was).flatMap((row) =>
      differing(lines, row, after.get(row.lineId!) ?? row).map((each) => ({
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

/** What is to name `to` again where it names `was`: the way back of `makeMoves`. */
export interface Returning {
  readonly moved: readonly Moved[];
  readonly to: string;
  readonly was: string;
  /** A process that died over it may have moved them back, and a step have carried on what the move had filled in. */
  readonly again?: boolean;
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
  { moved, to, was, again = false }: Returning,
): Promise<readonly (readonly Return[])[]> {
  const out: Return[][] = [];
  const still = await movedStill(parts, side, moved, was);
  const isStill = ({ entity, id }: Moved) => still.some((each) => each.entity === entity && each.id === id);
  const filled = again ? moved.filter((each) => each.refilled && !isStill(each)) : [];
  const left = [...still, ...(await movedStill(parts, side, filled, to))];
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
