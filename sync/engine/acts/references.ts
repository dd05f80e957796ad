import type { LineChange, Write } from '../../core/connector.ts';
import { syncAuthor } from '../../core/sync-author.ts';
import type { Json, RecordRef, SystemRecord } from '../../core/types.ts';
import type { PlannedWrite } from '../api.ts';
import type { InlineParts } from '../inline.ts';
import { writeForAct } from './write.ts';

/** What was moved: enough to move it back. */
export interface Moved {
  readonly entity: string;
  readonly id: string;
  readonly fields: readonly string[];
  /** Lines whose property named the record. */
  readonly lines: readonly { readonly lineId: string; readonly field: string }[];
}

/** A system that cannot search by reference answers at most three hits; more rounds than this find nothing new. */
const rounds = 200;

/**
 * Records of the same system that name this one: the known ones, and those that a look-up by the referring property
 * finds. They are made to name `into` while they are found.
 */
export async function moveReferences(
  parts: InlineParts,
  from: RecordRef,
  into: string,
  known: readonly RecordRef[],
): Promise<{ readonly moved: readonly Moved[]; readonly refused: readonly string[] }> {
  const moved: Moved[] = [];
  const refused = new Set<string>();
  const take = async (entity: string, records: readonly SystemRecord[]): Promise<number> => {
    const plans = records.flatMap((record) => planMove(parts, from, into, { entity, record }));
    if (plans.length === 0) return 0;
    const results = await parts.connectors[from.side].write(
      plans.map((plan) => plan.write),
      syncAuthor,
    );
    for (const [n, result] of results.entries())
      if (result.kind === 'failed') refused.add(`${entity} ${plans[n]!.moved.id}: ${result.failure.message}`);
      else moved.push(plans[n]!.moved);
    return results.filter((result) => result.kind !== 'failed').length;
  };
  for (const [entity, refs] of Map.groupBy(known, (ref) => ref.entity))
    await take(entity, [
      ...(
        await parts.connectors[from.side].read(
          entity,
          refs.map((ref) => ref.id),
        )
      ).values(),
    ]);
  for (const [entity, { header }] of Object.entries(parts.references[from.side]))
    for (const [property, to] of header)
      for (let round = 0; to === from.entity && round < rounds; round++) {
        const [hits] = await parts.connectors[from.side].find([{ entity, where: { [property]: from.id } }]);
        if ((await take(entity, hits ?? [])) === 0) break;
      }
  return { moved, refused: [...refused] };
}

/**
 * What `moveReferences` would move, without writing: the known records, and as many others as one look-up of each
 * referring property finds.
 */
export async function movesOf(
  parts: InlineParts,
  from: RecordRef,
  into: string,
  known: readonly RecordRef[],
): Promise<readonly Moved[]> {
  const moves = new Map<string, Moved>();
  const look = (entity: string, records: Iterable<SystemRecord>): void => {
    for (const record of records)
      for (const { moved } of planMove(parts, from, into, { entity, record }))
        moves.set(`${entity}:${moved.id}`, moved);
  };
  const connector = parts.connectors[from.side];
  for (const [entity, refs] of Map.groupBy(known, (ref) => ref.entity))
    look(entity, (await connector.read(entity, [...new Set(refs.map(({ id }) => id))])).values());
  const lookups = Object.entries(parts.references[from.side]).flatMap(([entity, { header }]) =>
    header.flatMap(([property, to]) =>
      to === from.entity ? [{ entity, where: { [property]: from.id } }] : [],
    ),
  );
  const hits = lookups.length > 0 ? await connector.find(lookups) : [];
  for (const [n, { entity }] of lookups.entries()) look(entity, hits[n] ?? []);
  return [...moves.values()];
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
      if (fields.length + lines.length > 0) left.push({ ...each, fields, lines });
    }
  }
  return left;
}

/** Makes records name `to` again where they name `was`: the way back of `moveReferences`. */
export async function moveBack(
  parts: InlineParts,
  side: RecordRef['side'],
  { moved, to, was }: { readonly moved: readonly Moved[]; readonly to: string; readonly was: string },
): Promise<void> {
  const left = await movedStill(parts, side, moved, was);
  for (const [entity, all] of Map.groupBy(left, (each) => each.entity)) {
    const writes = all.map(({ id, fields, lines }): Write => {
      const lineChanges = lines.map(
        ({ lineId, field }): LineChange => ({ kind: 'change', lineId, fields: { [field]: to } }),
      );
      return {
        entity,
        kind: 'update',
        id,
        fields: Object.fromEntries(fields.map((field) => [field, to])),
        ...(lineChanges.length > 0 && { lineChanges }),
      };
    });
    await writeForAct(
      parts,
      side,
      writes,
      (record) => `The link lives again, but the ${side.toUpperCase()} keeps ${record} with the other record`,
    );
  }
}

function planMove(
  { references }: InlineParts,
  from: RecordRef,
  into: string,
  { entity, record }: { readonly entity: string; readonly record: SystemRecord },
): { readonly write: Write; readonly moved: Moved }[] {
  const table = references[from.side][entity];
  if (!table) return [];
  const fields = table.header
    .filter(([property, to]) => to === from.entity && record.fields[property] === from.id)
    .map(([property]) => property);
  const rows = (record.fields.lines ?? []) as readonly Readonly<Record<string, Json>>[];
  const lines = rows.flatMap((row) =>
    table.lines
      .filter(([property, to]) => to === from.entity && row[property] === from.id)
      .map(([field]) => ({ lineId: String(row.lineId), field })),
  );
  if (fields.length === 0 && lines.length === 0) return [];
  const write: Write = {
    entity,
    kind: 'update',
    id: record.id,
    fields: Object.fromEntries(fields.map((field) => [field, into])),
    ...(lines.length > 0 && {
      lineChanges: lines.map(
        ({ lineId, field }): LineChange => ({ kind: 'change', lineId, fields: { [field]: into } }),
      ),
    }),
  };
  return [{ write, moved: { entity, id: record.id, fields, lines } }];
}
