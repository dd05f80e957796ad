import type { FragmentDefinitionNode, GraphQLObjectType, OperationDefinitionNode } from 'graphql';
import { conditionKey, conditionVariables } from './conditions.ts';
import { compileProjector, type Projector } from './project.ts';
import type { PlanSchema } from './schema.ts';

/** The projector for a request's variables. */
export type Projectors = (variables: Readonly<Record<string, unknown>>) => Projector;

/** Compiled variants kept per operation: enough for a handful of switches, bounded against an attacker's. */
const MAX_VARIANTS = 64;

/** Compiles an operation's projection once for each set of `@skip` and `@include` values. */
export function createProjectors(
  definition: OperationDefinitionNode,
  root: GraphQLObjectType,
  { api: schema, full }: PlanSchema,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): Projectors {
  const conditions = conditionVariables(definition, fragments);
  const projectors = new Map<string, Projector>();
  return (variables) => {
    const key = conditionKey(conditions, variables);
    let projector = projectors.get(key);
    if (!projector) {
      if (projectors.size >= MAX_VARIANTS) projectors.clear();
      projector = compileProjector(definition, root, { schema, full, fragments, variables });
      projectors.set(key, projector);
    }
    return projector;
  };
}
