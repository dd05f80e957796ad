import type { InlineFragmentRequiresNode, RequiresSelection } from '@graphql-hive/router-query-planner';
import { type Entity, isObject, merge } from './merge.ts';
import type { PlanSchema } from './schema.ts';

/**
 * Makes the representation of an entity that a subgraph asks for; null when the entity has no usable key, or lacks
 * what is required of it: its fetch failed, or the place is none the operation asks this at (version 0.0.38 of the
 * planner drops type conditions from paths).
 */
export type Represent = {
  /** What its type's representations are, where they have scalar fields alone; null where it takes its text to tell it. */
  plain(entity: Entity): Plain | null;
  value(entity: Entity): Entity | null;
  /** Whether something required of the entity is not known. */
  lacks(entity: Entity): boolean;
  /** Its JSON, which is what most transports need of it. */
  text(entity: Entity): string | null;
};

/**
 * One type with scalar fields: its entities are told apart by the values of these, which is far cheaper than by texts
 * where many places hold few entities.
 */
export type Plain = {
  readonly typename: string;
  readonly names: readonly string[];
  /** Its JSON up to the fields. */
  readonly start: string;
  /** The same for all entities of this type and these fields, and for no others. */
  readonly key: string;
};

/**
 * Compiles the `requires` of an entity fetch. The common shape, one type with scalar fields, copies fields by
 * name; everything else goes through a general projection.
 */
export function compileRepresentation(requires: readonly RequiresSelection[], schema: PlanSchema): Represent {
  const conditions = new Map<InlineFragmentRequiresNode, ReadonlySet<string>>();
  collectConditions(requires, schema, conditions);
  const plainByType = new Map<string, Plain | null>();
  const plainFor = (typename: string): Plain | null => {
    let plain = plainByType.get(typename);
    if (plain === undefined) {
      plain = findPlain(requires, typename, conditions);
      plainByType.set(typename, plain);
    }
    return plain;
  };
  const value = (entity: Entity): Entity | null => {
    const typename = entity.__typename;
    if (typeof typename !== 'string') return null;
    const plain = plainFor(typename);
    return plain ? copyFields(plain, entity) : projectEntity(requires, typename, entity, conditions);
  };
  return {
    plain: ({ __typename: typename }) => (typeof typename === 'string' ? plainFor(typename) : null),
    value,
    lacks: (entity) =>
      typeof entity.__typename === 'string' && project(requires, entity, conditions) === undefined,
    text: (entity) => {
      const plain = typeof entity.__typename === 'string' ? plainFor(entity.__typename) : null;
      if (plain) return writeFields(plain, entity);
      const representation = value(entity);
      return representation && JSON.stringify(representation);
    },
  };
}

function collectConditions(
  selections: readonly RequiresSelection[],
  schema: PlanSchema,
  into: Map<InlineFragmentRequiresNode, ReadonlySet<string>>,
): void {
  for (const selection of selections) {
    if (selection.kind === 'InlineFragment') into.set(selection, schema.matching([selection.typeCondition]));
    if (selection.kind !== 'FragmentSpread' && selection.selections)
      collectConditions(selection.selections, schema, into);
  }
}

function findPlain(
  requires: readonly RequiresSelection[],
  typename: string,
  conditions: ReadonlyMap<InlineFragmentRequiresNode, ReadonlySet<string>>,
): Plain | null {
  const fitting = requires.filter(
    (selection) => selection.kind === 'InlineFragment' && conditions.get(selection)?.has(typename),
  );
  const only = fitting[0];
  if (fitting.length !== 1 || only?.kind !== 'InlineFragment') return null;
  const names: string[] = [];
  for (const selection of only.selections) {
    if (selection.kind !== 'Field' || selection.selections || selection.alias) return null;
    if (selection.name !== '__typename') names.push(selection.name);
  }
  const start = `{"__typename":${JSON.stringify(typename)}`;
  return { typename, names, start, key: `${start}${names}` };
}

function copyFields({ typename, names }: Plain, entity: Entity): Entity | null {
  const representation: Entity = { __typename: typename };
  let found = false;
  for (const name of names) {
    const value = entity[name];
    if (value === undefined) return null;
    representation[name] = value;
    found ||= value !== null;
  }
  return found ? representation : null;
}

function writeFields({ names, start }: Plain, entity: Entity): string | null {
  let text = start;
  let found = false;
  for (const name of names) {
    const value = entity[name];
    if (value === undefined) return null;
    text += `,"${name}":${JSON.stringify(value)}`;
    found ||= value !== null;
  }
  return found ? `${text}}` : null;
}

function projectEntity(
  requires: readonly RequiresSelection[],
  typename: string,
  entity: Entity,
  conditions: ReadonlyMap<InlineFragmentRequiresNode, ReadonlySet<string>>,
): Entity | null {
  const representation = project(requires, entity, conditions);
  if (!isObject(representation)) return null;
  representation.__typename ??= typename;
  const known = Object.keys(representation).filter((name) => representation[name] !== null);
  return known.length > 1 ? representation : null;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * A null that is known is told, and so is an object of which nothing is required: neither is the same as unknown.
 * Undefined where something required is not known.
 */
function project(
  selections: readonly RequiresSelection[],
  value: unknown,
  conditions: ReadonlyMap<InlineFragmentRequiresNode, ReadonlySet<string>>,
): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => project(selections, item, conditions));
    return items.includes(undefined) ? undefined : items;
  }
  if (value === null || typeof value !== 'object') return value;
  const entity = value as Entity;
  const result: Entity = {};
  for (const selection of selections) {
    if (selection.kind === 'Field') {
      const key = selection.alias ?? selection.name;
      let inner = entity[selection.name];
      if (inner === undefined) inner = entity[key];
      if (selection.selections) inner = project(selection.selections, inner, conditions);
      if (inner === undefined && key !== '__typename') return undefined;
      result[key] = inner;
    } else if (
      selection.kind === 'InlineFragment' &&
      conditions.get(selection)?.has(String(entity.__typename))
    ) {
      const part = project(selection.selections, entity, conditions);
      if (!isObject(part)) return undefined;
      merge(result, part, NONE);
    }
  }
  return result;
}
