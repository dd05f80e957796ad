import type { System } from '../../subgraphs/system/system.ts';
import type { Write, WriteResult } from '../../sync/core/connector.ts';
import type { Json, SystemRecord } from '../../sync/core/types.ts';

/** Authors. */
export const person = { actor: 'kari', origin: 'person' } as const;
export const sync = { actor: 'tandem', origin: 'sync' } as const;
export const importer = { actor: 'import', origin: 'import' } as const;

type Fields = Readonly<Record<string, Json>>;

/** The record of a write that must have been accepted. */
export function accepted(
  result: WriteResult | undefined,
): SystemRecord & { readonly fields: Record<string, Json> } {
  if (!result || !('record' in result)) throw new Error(`not accepted: ${JSON.stringify(result)}`);
  return result.record;
}

/** The failure of a write that must have been refused. */
export function refused(result: WriteResult | undefined) {
  if (result?.kind !== 'failed') throw new Error(`not refused: ${JSON.stringify(result)}`);
  return result.failure;
}

/** Creates one record as a person, or as the author given. */
export async function create(
  system: System,
  entity: string,
  fields: Fields,
  author: Parameters<System['write']>[1] = person,
) {
  const [result] = await system.write([{ entity, kind: 'create', fields }], author);
  return accepted(result);
}

/** Updates one record as a person, or as the author given. */
export async function update(
  system: System,
  entity: string,
  id: string,
  change:
    | Fields
    | { readonly fields: Fields; readonly lineChanges: (Write & { kind: 'update' })['lineChanges'] },
  author: Parameters<System['write']>[1] = person,
) {
  const write =
    'lineChanges' in change ? (change as { fields: Fields; lineChanges: [] }) : { fields: change as Fields };
  const [result] = await system.write([{ entity, kind: 'update', id, ...write }], author);
  return result;
}

/** The lines of a document. */
export function linesOf(record: SystemRecord): readonly Record<string, Json>[] {
  return record.fields.lines as unknown as readonly Record<string, Json>[];
}
