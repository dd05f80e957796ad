import type { PlanNode } from '@graphql-hive/router-query-planner';
import {
  type FragmentDefinitionNode,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInterfaceType,
  isObjectType,
  Kind,
  parse,
  type SelectionSetNode,
} from 'graphql';
import { argument, joins } from '../compose/join-directives.ts';
import { fragmentsOf } from './fragments.ts';
import { unplannable } from './planner.ts';

/**
 * Throws where a plan asks a subgraph for a field that others own, at a place where it does not provide it: version
 * 0.0.38 of the planner takes what is provided once for provided wherever the same type stands below.
 */
export type TrustProvided = (node: PlanNode) => void;

/** Made once per supergraph; without external fields it costs nothing. */
export function createTrustProvided(full: GraphQLSchema): TrustProvided {
  const graphs = readGraphs(full);
  if ([...graphs.values()].every(({ external }) => external.size === 0)) return () => {};
  const trust: TrustProvided = (node) => {
    switch (node.kind) {
      case 'Sequence':
      case 'Parallel':
        return node.nodes.forEach(trust);
      case 'Condition':
        for (const inner of [node.ifClause, node.elseClause]) if (inner) trust(inner);
        return;
      case 'Flatten':
        return trust(node.node);
      case 'Subscription':
        return trust(node.primary);
      case 'Defer':
        return;
      case 'Fetch':
      case 'BatchFetch': {
        const graph = graphs.get(node.serviceName);
        if (graph && graph.external.size > 0) trustOperation(node.operation, graph, full);
      }
    }
  };
  return trust;
}

/** What a subgraph does not own, by `Type.field`, and what it tells all the same below a field. */
type Graph = { readonly external: Set<string>; readonly provides: Map<string, SelectionSetNode> };

function trustOperation(text: string, graph: Graph, full: GraphQLSchema): void {
  const document = parse(text, { noLocation: true });
  const fragments = fragmentsOf(document);
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const root = full.getRootType(definition.operation);
    if (root) trustSelections(definition.selectionSet, root.name, undefined, { graph, full, fragments });
  }
}

type Scope = {
  readonly graph: Graph;
  readonly full: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
};

function trustSelections(
  { selections }: SelectionSetNode,
  typeName: string,
  provided: readonly SelectionSetNode[] | undefined,
  scope: Scope,
): void {
  for (const selection of selections) {
    if (selection.kind !== Kind.FIELD) {
      const fragment =
        selection.kind === Kind.FRAGMENT_SPREAD ? scope.fragments.get(selection.name.value) : selection;
      const on = fragment?.typeCondition?.name.value ?? typeName;
      if (fragment) trustSelections(fragment.selectionSet, on, provided, scope);
      continue;
    }
    const name = selection.name.value;
    const place = `${typeName}.${name}`;
    const below = provided?.flatMap((set) => providedIn(set, typeName, name, scope.full));
    if (scope.graph.external.has(place) && !below?.length)
      throw unplannable(`${place} is not provided where the planner asks for it.`);
    if (!selection.selectionSet) continue;
    const own = scope.graph.provides.get(place);
    const next = [...(below ?? []), ...(own ? [own] : [])];
    // Entities begin anew: their types stand in the fragments.
    const returned = name === '_entities' ? '_Entity' : returnedType(scope.full, typeName, name);
    if (returned !== undefined) trustSelections(selection.selectionSet, returned, next, scope);
  }
}

const NOTHING_BELOW: SelectionSetNode = { kind: Kind.SELECTION_SET, selections: [] };

/** What a set provides below a field of a type; empty where it does not provide the field. */
function providedIn(
  set: SelectionSetNode,
  typeName: string,
  field: string,
  full: GraphQLSchema,
): readonly SelectionSetNode[] {
  return set.selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD)
      return selection.name.value === field ? [selection.selectionSet ?? NOTHING_BELOW] : [];
    if (selection.kind !== Kind.INLINE_FRAGMENT) return [];
    const on = selection.typeCondition?.name.value;
    const fits = on === undefined || on === typeName || isMember(full, on, typeName);
    return fits ? providedIn(selection.selectionSet, typeName, field, full) : [];
  });
}

function isMember(full: GraphQLSchema, abstract: string, member: string): boolean {
  const [above, type] = [full.getType(abstract), full.getType(member)];
  return isInterfaceType(above) && isObjectType(type) && full.isSubType(above, type);
}

function returnedType(full: GraphQLSchema, typeName: string, field: string): string | undefined {
  const type = full.getType(typeName);
  if (!isObjectType(type) && !isInterfaceType(type)) return undefined;
  const returned = type.getFields()[field]?.type;
  return returned && getNamedType(returned).name;
}

function readGraphs(full: GraphQLSchema): ReadonlyMap<string, Graph> {
  const graphs = new Map<string, Graph>();
  const byEnum = new Map<string, Graph>();
  const names = full.getType('join__Graph');
  if (!isEnumType(names)) return graphs;
  for (const { name, astNode } of names.getValues()) {
    const graph: Graph = { external: new Set(), provides: new Map() };
    byEnum.set(name, graph);
    for (const directive of joins(astNode ?? {}, 'join__graph'))
      graphs.set(String(argument(directive, 'name')), graph);
  }
  for (const type of Object.values(full.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const [name, { astNode }] of Object.entries(type.getFields()))
      for (const directive of joins(astNode ?? {}, 'join__field')) {
        const graph = byEnum.get(String(argument(directive, 'graph')));
        const provides = argument(directive, 'provides');
        if (argument(directive, 'external') === true) graph?.external.add(`${type.name}.${name}`);
        if (typeof provides === 'string') graph?.provides.set(`${type.name}.${name}`, fieldSet(provides));
      }
  }
  forgetKeys(full, byEnum);
  return graphs;
}

/** A subgraph of the first version marks its keys as external, and knows them all the same. */
function forgetKeys(full: GraphQLSchema, graphs: ReadonlyMap<string, Graph>): void {
  const forget = (graph: Graph, { selections }: SelectionSetNode, typeName: string) => {
    for (const selection of selections) {
      if (selection.kind !== Kind.FIELD) continue;
      graph.external.delete(`${typeName}.${selection.name.value}`);
      const returned = returnedType(full, typeName, selection.name.value);
      if (selection.selectionSet && returned !== undefined) forget(graph, selection.selectionSet, returned);
    }
  };
  for (const type of Object.values(full.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const directive of joins(type.astNode ?? {}, 'join__type')) {
      const graph = graphs.get(String(argument(directive, 'graph')));
      const key = argument(directive, 'key');
      if (graph && typeof key === 'string') forget(graph, fieldSet(key), type.name);
    }
  }
}

function fieldSet(text: string): SelectionSetNode {
  const [definition] = parse(`{${text}}`, { noLocation: true }).definitions;
  return definition?.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet : NOTHING_BELOW;
}
