import type { FlattenNodePathSegment } from '@graphql-hive/router-query-planner';
import type { Entity } from './merge.ts';
import type { PlanSchema } from './schema.ts';

/** Where in the answer so far a plan node's entities are. */
export type EntityPath = {
  /** Calls back with every entity at the path. */
  walk(data: unknown, visit: (entity: Entity) => void): void;
  /** The response paths of every entity at the path; only worth its cost when an error has to be placed. */
  locate(data: unknown): ReadonlyMap<Entity, readonly Place[]>;
};

type Segment =
  | { readonly kind: 'items' }
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'type'; readonly names: ReadonlySet<string> };

/** A response path. */
export type Place = readonly (string | number)[];

/** Compiles a planner's path. */
export function compilePath(path: readonly FlattenNodePathSegment[], schema: PlanSchema): EntityPath {
  const segments = path.map((segment): Segment => {
    if (segment === '@') return { kind: 'items' };
    if ('Field' in segment) return { kind: 'field', name: segment.Field };
    return { kind: 'type', names: schema.matching(segment.TypeCondition) };
  });
  return {
    walk: (data, visit) => walk(segments, data, 0, visit),
    locate: (data) => {
      const places = new Map<Entity, Place[]>();
      locate(segments, data, 0, [], places);
      return places;
    },
  };
}

function walk(segments: readonly Segment[], data: unknown, from: number, visit: (entity: Entity) => void) {
  let current = data;
  let i = from;
  for (;;) {
    if (current === null || typeof current !== 'object') return;
    const segment = segments[i];
    if (Array.isArray(current)) {
      // A list is entered with or without an explicit step, since paths through nested lists omit some.
      const next = segment?.kind === 'items' ? i + 1 : i;
      for (const item of current) walk(segments, item, next, visit);
      return;
    }
    if (segment === undefined) return visit(current as Entity);
    i++;
    if (segment.kind === 'field') current = (current as Entity)[segment.name];
    else if (segment.kind === 'type' && excluded(current as Entity, segment.names)) return;
  }
}

function locate(
  segments: readonly Segment[],
  current: unknown,
  i: number,
  place: Place,
  places: Map<Entity, Place[]>,
): void {
  if (current === null || typeof current !== 'object') return;
  const segment = segments[i];
  if (Array.isArray(current)) {
    const next = segment?.kind === 'items' ? i + 1 : i;
    current.forEach((item, index) => {
      locate(segments, item, next, [...place, index], places);
    });
    return;
  }
  const entity = current as Entity;
  if (segment === undefined) {
    const known = places.get(entity);
    if (known) known.push(place);
    else places.set(entity, [place]);
    return;
  }
  if (segment.kind === 'type' && excluded(entity, segment.names)) return;
  if (segment.kind === 'field')
    locate(segments, entity[segment.name], i + 1, [...place, segment.name], places);
  else locate(segments, current, i + 1, place, places);
}

/** An object without `__typename` was selected under a concrete type, so that its condition holds already. */
function excluded(entity: Entity, names: ReadonlySet<string>): boolean {
  const typename = entity.__typename;
  return typeof typename === 'string' && !names.has(typename);
}
