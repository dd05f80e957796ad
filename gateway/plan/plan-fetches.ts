import type {
  BatchFetchNode,
  FetchNode,
  FlattenNodePathSegment,
  PlanNode,
  RequiresSelection,
} from '@graphql-hive/router-query-planner';
import { type FragmentDefinitionNode, Kind, parse, type SelectionSetNode } from 'graphql';
import { ENTRY_SUBGRAPH } from './entry-points.ts';
import { fragmentsOf } from './fragments.ts';

/** A request of a plan: its document, and the fields of it with what they are for. */
export type Fetch = {
  readonly node: FetchNode | BatchFetchNode;
  readonly set: SelectionSetNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** None for root fields. */
  readonly entities: readonly EntityField[];
};

/** One `_entities` field of a fetch. */
export type EntityField = {
  readonly alias: string;
  readonly paths: readonly (readonly FlattenNodePathSegment[])[];
  readonly requires: readonly RequiresSelection[];
};

/** The fetches of a plan; null where it has more than fetches, or rewrites what they bring. */
export function fetchesOf(node: PlanNode): readonly Fetch[] | null {
  switch (node.kind) {
    case 'Sequence':
    case 'Parallel': {
      const parts = node.nodes.map(fetchesOf);
      return parts.includes(null) ? null : parts.flatMap((part) => part ?? []);
    }
    case 'Fetch':
      if (node.serviceName === ENTRY_SUBGRAPH || rewrites(node)) return null;
      return [fetchOf(node, [])];
    case 'Flatten': {
      const { node: inner, path } = node;
      if (inner.kind !== 'Fetch' || !inner.requires || rewrites(inner)) return null;
      return [fetchOf(inner, [{ alias: '_entities', paths: [path], requires: inner.requires }])];
    }
    case 'BatchFetch': {
      const { aliases } = node.entityBatch;
      return aliases.some(rewrites) ? null : [fetchOf(node, aliases)];
    }
    default:
      return null;
  }
}

function rewrites(of: Pick<FetchNode, 'inputRewrites' | 'outputRewrites'>): boolean {
  return Boolean(of.inputRewrites?.length || of.outputRewrites?.length);
}

function fetchOf(node: FetchNode | BatchFetchNode, entities: readonly EntityField[]): Fetch {
  const document = parse(node.operation, { noLocation: true });
  const definition = document.definitions.find((found) => found.kind === Kind.OPERATION_DEFINITION);
  if (!definition) throw new Error('A fetch of the plan has no operation.');
  return { node, set: definition.selectionSet, fragments: fragmentsOf(document), entities };
}

/** What happens to fields of the answer, by place: the keys that lead there, without the types. */
export type Use = {
  /** How many fetches bring it. */
  readonly brought: ReadonlyMap<string, number>;
  /** Entities stand there or below it, or something is required of it. */
  readonly read: ReadonlySet<string>;
};

/** Reads what a plan does with the fields it fetches. */
export function readUse(fetches: readonly Fetch[]): Use {
  const brought = new Map<string, number>();
  const read = new Set<string>();
  const count = (places: ReadonlySet<string>) => {
    for (const place of places) brought.set(place, (brought.get(place) ?? 0) + 1);
  };
  for (const { set, fragments, entities } of fetches) {
    if (entities.length === 0) count(placesOf(set, '', fragments));
    for (const { alias, paths, requires } of entities) {
      const field = entityField(set, alias);
      const places = new Set<string>();
      for (const path of paths) {
        let place = '';
        for (const key of keysOf(path)) {
          place += `.${key}`;
          read.add(place);
        }
        addRequired(requires, place, read);
        if (field) for (const found of placesOf(field, place, fragments)) places.add(found);
      }
      count(places);
    }
  }
  return { brought, read };
}

function keysOf(path: readonly FlattenNodePathSegment[]): readonly string[] {
  return path.flatMap((segment) => (segment !== '@' && 'Field' in segment ? [segment.Field] : []));
}

function addRequired(requires: readonly RequiresSelection[], place: string, into: Set<string>): void {
  for (const selection of requires) {
    if (selection.kind === 'InlineFragment') addRequired(selection.selections, place, into);
    if (selection.kind !== 'Field') continue;
    // Representations take a field by its name, or else by its alias.
    for (const key of [selection.name, selection.alias ?? selection.name]) {
      into.add(`${place}.${key}`);
      if (selection.selections) addRequired(selection.selections, `${place}.${key}`, into);
    }
  }
}

/** What a fetch selects of entities under an alias. */
export function entityField({ selections }: SelectionSetNode, alias: string): SelectionSetNode | undefined {
  const field = selections.find(
    (found) => found.kind === Kind.FIELD && (found.alias ?? found.name).value === alias,
  );
  return field?.kind === Kind.FIELD ? field.selectionSet : undefined;
}

function placesOf(
  set: SelectionSetNode,
  around: string,
  fragments: Fetch['fragments'],
  into = new Set<string>(),
): ReadonlySet<string> {
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      const place = `${around}.${(selection.alias ?? selection.name).value}`;
      into.add(place);
      if (selection.selectionSet) placesOf(selection.selectionSet, place, fragments, into);
      continue;
    }
    const fragment =
      selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
    if (fragment) placesOf(fragment.selectionSet, around, fragments, into);
  }
  return into;
}
