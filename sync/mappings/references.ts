import { crm } from '../../subgraphs/crm/entities.ts';
import { erp } from '../../subgraphs/erp/entities.ts';
import type { Properties, SystemShape } from '../../subgraphs/system/entity.ts';
import type { Side } from '../core/types.ts';

type Reference = readonly [property: string, entity: string];
type Table = Readonly<
  Record<string, { readonly header: readonly Reference[]; readonly lines: readonly Reference[] }>
>;

/** Which properties of which entity name another record, per system: read off the declarations. */
export const references: Readonly<Record<Side, Table>> = { crm: tableOf(crm), erp: tableOf(erp) };

function tableOf(shape: SystemShape): Table {
  return Object.fromEntries(
    Object.values(shape.entities).map((entity) => [
      entity.name,
      { header: refsIn(entity.properties), lines: refsIn(entity.lines ?? {}) },
    ]),
  );
}

function refsIn(properties: Properties): readonly Reference[] {
  return Object.entries(properties).flatMap(([name, { type }]) =>
    type.kind === 'ref' ? [[name, type.to] as const] : [],
  );
}
