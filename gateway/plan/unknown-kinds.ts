import type { PlanNode } from '@graphql-hive/router-query-planner';
import {
  buildASTSchema,
  type DocumentNode,
  type GraphQLSchema,
  type InlineFragmentNode,
  Kind,
  parse,
  print,
  stripIgnoredCharacters,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { graphsByName, graphsOf } from '../compose/join-directives.ts';
import { fragmentsOf } from './fragments.ts';
import { mapRequests } from './map-requests.ts';

/**
 * Version 0.0.38 of the planner calls what it asks for twice a fragment, on the type that the supergraph gives the field.
 * A subgraph that gives it a narrower one need not know that type, and would refuse the request: the fragment stands
 * there without a condition, which is met anyway. Undefined where every subgraph knows every interface and union.
 */
export function createDropUnknownKinds(supergraph: DocumentNode): ((node: PlanNode) => PlanNode) | undefined {
  const graphOf = graphsByName(supergraph);
  const knowing = new Map<string, ReadonlySet<string>>();
  for (const type of supergraph.definitions)
    if (type.kind === Kind.INTERFACE_TYPE_DEFINITION || type.kind === Kind.UNION_TYPE_DEFINITION) {
      const graphs = graphsOf(type);
      if (graphs.size < graphOf.size) knowing.set(type.name.value, graphs);
    }
  if (knowing.size === 0) return undefined;
  let full: GraphQLSchema | undefined;
  return (node) =>
    mapRequests(node, (request) => {
      const graph = graphOf.get(request.serviceName) ?? '';
      const isUnknown = (condition: string): boolean => knowing.get(condition)?.has(graph) === false;
      const conditions = [...request.operation.matchAll(/\bon ?(\w+)/g)].map(([, condition]) => condition!);
      if (!conditions.some(isUnknown)) return request;
      full ??= buildASTSchema(supergraph, { assumeValid: true, assumeValidSDL: true });
      const document = withoutConditionsOn(isUnknown, parse(request.operation, { noLocation: true }), full);
      return { ...request, operation: stripIgnoredCharacters(print(document)) };
    });
}

function withoutConditionsOn(
  isUnknown: (condition: string) => boolean,
  document: DocumentNode,
  full: GraphQLSchema,
): DocumentNode {
  const fragments = fragmentsOf(document);
  const types = new TypeInfo(full);
  const isMet = (condition: string): boolean =>
    isUnknown(condition) && types.getParentType()?.name === condition;
  const open = ({ directives, selectionSet }: Pick<InlineFragmentNode, 'directives' | 'selectionSet'>) =>
    ({ kind: Kind.INLINE_FRAGMENT, ...(directives && { directives }), selectionSet }) as const;
  const opened = visit(
    document,
    visitWithTypeInfo(types, {
      InlineFragment: (node) => {
        const condition = node.typeCondition?.name.value;
        return condition !== undefined && isMet(condition) ? open(node) : undefined;
      },
      FragmentSpread: ({ name, directives }) => {
        const fragment = fragments.get(name.value);
        if (!fragment || !isMet(fragment.typeCondition.name.value)) return undefined;
        const { selectionSet } = fragment;
        return open({ ...(directives && { directives }), selectionSet });
      },
    }),
  );
  const definitions = opened.definitions.filter(
    (definition) =>
      definition.kind !== Kind.FRAGMENT_DEFINITION || !isUnknown(definition.typeCondition.name.value),
  );
  return { ...opened, definitions };
}
