import type { LineChange, Write } from '../core/connector.ts';
import { encodeLine, encodeWrite, keptBeside } from '../core/decode.ts';
import { lineRemoval } from '../core/erp-lines.ts';
import type { Mapping } from '../core/mapping.ts';
import type { Held, Json, Side } from '../core/types.ts';
import type { Applied } from './applied.ts';
import type { RecordWrite } from './draft.ts';
import { onePerLine } from './one-per-line.ts';
import type { StepContext } from './step-context.ts';

/** A code that can't be written is a code of the other side that nobody mapped. */
const fromOther = (held: Held): Held =>
  held.kind === 'unmapped' ? { ...held, codeOf: held.side === 'crm' ? 'erp' : 'crm' } : held;

/** One write in native values, with what its target can't hold. Parts of several links on one record become one write. */
export function encode(
  context: StepContext,
  write: RecordWrite,
): { readonly write: Write; readonly held: Applied['held'] } {
  const { side, entity, id, action } = write;
  const version = write.version === null ? {} : { ifVersion: write.version };
  if (action === 'archive' || action === 'restore' || action === 'delete')
    return { write: { entity, kind: action, id: id!, ...version }, held: [] };
  const current = id === null ? null : context.records.get({ side, entity, id });
  const held: { link: string; held: Held }[] = [];
  let fields: Record<string, Json> = {};
  const asked: LineChange[] = [];
  for (const part of write.parts) {
    const mapping = context.mappings[part.mapping];
    const made = encodeWrite(mapping, side, part.values, { lookup: context.lookup, current });
    fields = { ...fields, ...made.fields };
    for (const each of made.held) held.push({ link: part.link, held: fromOther(each) });
    for (const op of part.lines) {
      if (op.kind === 'remove') {
        asked.push(...lineRemoval(current?.fields ?? {}, side, op.lineId));
        continue;
      }
      const document = current?.fields ?? fields;
      const line = encodeLine(mapping, side, op.values, {
        lookup: context.lookup,
        document,
        lineId: op.lineId,
      });
      asked.push(
        { kind: op.kind, lineId: op.lineId, fields: { ...line.fields, ...op.origin } },
        ...line.comments,
      );
      for (const each of line.held) held.push({ link: part.link, held: fromOther(each) });
    }
    asked.push(...made.lineChanges);
  }
  const lineChanges = onePerLine(asked);
  if (action === 'update') {
    const flows = [...new Set(write.parts.map((part) => context.mappings[part.mapping]))];
    const given = withKept(flows, side, { fields, lineChanges }, current?.fields ?? {});
    return {
      write: {
        entity,
        kind: 'update',
        id: id!,
        fields: given.fields,
        ...(lineChanges.length > 0 && { lineChanges: given.lineChanges }),
        ...version,
      },
      held,
    };
  }
  const lines = lineChanges.flatMap((change) =>
    change.kind === 'add' ? [{ ...(change.lineId && { lineId: change.lineId }), ...change.fields }] : [],
  );
  if (lines.length > 0) fields.lines = lines;
  return { write: { entity, kind: 'create', key: write.key!, fields }, held };
}

type Fields = Readonly<Record<string, Json>>;

/** What one write changes of a record, in native values. */
export interface Changes {
  readonly fields: Fields;
  readonly lineChanges: readonly LineChange[];
}

/** The same changes, with what their target would otherwise fill in over what stands there now. `flows`: the record's. */
export function withKept(
  flows: readonly Mapping[],
  side: Side,
  { fields, lineChanges }: Changes,
  current: Fields,
): Changes {
  const lines = new Map(((current.lines ?? []) as readonly Fields[]).map((line) => [line.lineId, line]));
  const kept = (tables: readonly Mapping['fields'][], given: Fields, from: Fields): Fields =>
    Object.assign(
      {},
      ...tables.map((table) => keptBeside(table, side, { fields: given, current: from })),
      given,
    );
  const ofLines = flows.flatMap((flow) => (flow.lines ? [flow.lines] : []));
  return {
    fields: kept(
      flows.map((flow) => flow.fields),
      fields,
      current,
    ),
    lineChanges: lineChanges.map((change) => {
      const line = change.kind === 'change' ? lines.get(change.lineId) : undefined;
      return change.kind === 'change' && line
        ? { ...change, fields: kept(ofLines, change.fields, line) }
        : change;
    }),
  };
}
