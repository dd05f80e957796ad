import type { SystemRecord } from '../../sync/core/types.ts';
import type { Entity, SystemShape } from './entity.ts';
import { lineTypeName, typeName } from './names.ts';

/** A record as the schema's plain property resolvers read it: every field under its name. */
export type Source = Readonly<Record<string, unknown>> & { readonly id: string };

/** A line as the schema reads it. */
export type LineSource = Readonly<Record<string, unknown>> & {
  readonly lineId: string;
  readonly documentId: string;
};

/** Turns records of one entity into sources: new objects, because the federation library writes on what it is given. */
export function sourcesOf(shape: SystemShape, entity: Entity): (record: SystemRecord) => Source {
  const __typename = typeName(shape, entity);
  const lineSource = lineSourcesOf(shape, entity);
  return (record) => {
    const { id, version, createdAt, updatedAt, updatedBy, archived, fields } = record;
    const source = { ...fields, __typename, id, version, createdAt, updatedAt, updatedBy, archived };
    if (entity.lines === undefined) return source;
    const lines = (fields.lines ?? []) as readonly Readonly<Record<string, unknown>>[];
    return { ...source, lines: () => lines.map((line) => lineSource(id, line)) };
  };
}

/** Turns lines of one entity into sources; `documentId` leads back to their document. */
export function lineSourcesOf(
  shape: SystemShape,
  entity: Entity,
): (documentId: string, line: Readonly<Record<string, unknown>>) => LineSource {
  const __typename = lineTypeName(shape, entity);
  return (documentId, line) => ({ ...line, __typename, lineId: line.lineId as string, documentId });
}
