import type { BatchFetchNode, FetchNode, PlanNode } from '@graphql-hive/router-query-planner';
import {
  type ASTNode,
  buildASTSchema,
  type DefinitionNode,
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  parse,
  print,
  type SelectionSetNode,
  stripIgnoredCharacters,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { graphsByName } from '../compose/join-directives.ts';
import { fragmentsOf } from './fragments.ts';
import { mapRequests } from './map-requests.ts';
import { TYPENAME } from './selections.ts';
import type { PartialUnions } from './whole-unions.ts';

/** What a plan over whole unions has to be freed of: fragments on members that the subgraph asked does not know. */
export type TrimUnions = (node: PlanNode) => PlanNode;

/** Made once per supergraph. */
export function createTrimUnions(supergraph: DocumentNode, unions: PartialUnions): TrimUnions {
  const full = buildASTSchema(supergraph, { assumeValid: true, assumeValidSDL: true });
  const graphOf = graphsByName(supergraph);
  return (node) => mapRequests(node, trimRequest);

  function trimRequest<T extends FetchNode | BatchFetchNode>(node: T): T {
    const graph = graphOf.get(node.serviceName);
    const document = parse(node.operation, { noLocation: true });
    const trimmed = withoutStrangers(document, full, (union) => unions.get(union)?.get(graph ?? ''));
    if (trimmed === document) return node;
    const { operation, variables } = withoutUnused(trimmed);
    const variableUsages = node.variableUsages?.filter((name) => variables.has(name));
    return {
      ...node,
      operation: stripIgnoredCharacters(print(operation)),
      ...(variableUsages && { variableUsages }),
    };
  }
}

function withoutStrangers(
  document: DocumentNode,
  full: GraphQLSchema,
  membersOf: (union: string) => ReadonlySet<string> | undefined,
): DocumentNode {
  const types = new TypeInfo(full);
  const fragments = fragmentsOf(document);
  const isStranger = (condition: string | undefined): boolean => {
    const parent = types.getParentType()?.name ?? '';
    const known = membersOf(parent);
    return known !== undefined && condition !== undefined && condition !== parent && !known.has(condition);
  };
  return visit(
    document,
    visitWithTypeInfo(types, {
      InlineFragment: ({ typeCondition }) => (isStranger(typeCondition?.name.value) ? null : undefined),
      FragmentSpread: ({ name }) =>
        isStranger(fragments.get(name.value)?.typeCondition.name.value) ? null : undefined,
      SelectionSet: {
        leave: (set): SelectionSetNode | undefined =>
          set.selections.length === 0 ? { ...set, selections: [TYPENAME] } : undefined,
      },
    }),
  );
}

/** What is left of a request's fragments and variables once something was taken out of it. */
function withoutUnused(document: DocumentNode) {
  const fragments = fragmentsOf(document);
  const used = new Set<string>();
  const variables = new Set<string>();
  const note = (node: ASTNode) => {
    visit(node, {
      VariableDefinition: () => false,
      Variable: ({ name }) => void variables.add(name.value),
      FragmentSpread: ({ name }) => {
        const fragment = fragments.get(name.value);
        if (!fragment || used.has(name.value)) return;
        used.add(name.value);
        note(fragment);
      },
    });
  };
  for (const definition of document.definitions)
    if (definition.kind === Kind.OPERATION_DEFINITION) note(definition);
  const definitions = document.definitions.flatMap((definition): readonly DefinitionNode[] => {
    if (definition.kind === Kind.FRAGMENT_DEFINITION)
      return used.has(definition.name.value) ? [definition] : [];
    if (definition.kind !== Kind.OPERATION_DEFINITION) return [definition];
    const left = definition.variableDefinitions?.filter(({ variable }) => variables.has(variable.name.value));
    return [{ ...definition, variableDefinitions: left ?? [] }];
  });
  return { operation: { ...document, definitions }, variables };
}
