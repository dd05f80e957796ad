import type { Mapping } from './mapping.ts';
import type { MappingName, Side } from './types.ts';

/**
 * Per system and entity, the mapping in which its records have a counterpart of their own: it takes in the new ones,
 * and what refers to one of them goes through its links. None for entities that no flow syncs.
 */
export type Homes = Readonly<Record<Side, Readonly<Record<string, MappingName>>>>;

/** The homes of all entities, read off the mappings. */
export function homesOf(mappings: readonly Mapping[]): Homes {
  const own = mappings.filter((mapping) => !mapping.between);
  const on = (side: Side) => Object.fromEntries(own.map((mapping) => [mapping[side], mapping.name]));
  return { crm: on('crm'), erp: on('erp') };
}

/** The mappings in which an entity's records may have links, its home first. */
export function mappingsOfEntity(
  mappings: Readonly<Record<MappingName, Mapping>>,
  side: Side,
  entity: string,
): readonly Mapping[] {
  const known = Object.values(mappings).filter((mapping) => mapping[side] === entity);
  return [...known.filter(({ between }) => !between), ...known.filter(({ between }) => between)];
}
