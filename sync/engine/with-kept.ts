import type { LineChange } from '../core/connector.ts';
import { keptBeside } from '../core/decode.ts';
import type { Mapping } from '../core/mapping.ts';
import type { Json } from '../core/types.ts';
import type { RecordWrite } from './draft.ts';
import type { StepContext } from './step-context.ts';

type Fields = Readonly<Record<string, Json>>;

/** What one write changes of a record, in native values. */
interface Changes {
  readonly fields: Fields;
  readonly lineChanges: readonly LineChange[];
}

/** The same changes, with what their target would otherwise fill in over what stands there now. */
export function withKept(
  { mappings }: Pick<StepContext, 'mappings'>,
  { side, parts }: RecordWrite,
  { fields, lineChanges }: Changes,
  current: Fields,
): Changes {
  const flows = [...new Set(parts.map((part) => mappings[part.mapping]))];
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
