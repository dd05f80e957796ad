import { type ASTVisitor, GraphQLError, type ValidationContext } from 'graphql';

/** What the names begin with that keys, entry points and marks of deferred parts have in operations of our making. */
export const OWN_NAMES = { key: '_key_', entry: '_entry_', deferred: '_defer_' } as const;

/** Of version 0.0.38 of the planner. */
const PLANNERS_NAME = '_internal_qp_alias_';

const TAKEN: readonly string[] = [...Object.values(OWN_NAMES), PLANNERS_NAME];

/**
 * No alias may take a name by which we or the planner read what subgraphs answer: `__typename: name` would have an
 * object's type be what somebody wrote into its name. GraphQL itself allows these; what only clients read, such as
 * Relay's `__isNode: __typename`, stays allowed.
 */
export function OwnNamesRule(context: ValidationContext): ASTVisitor {
  return {
    Field: ({ alias, name }) => {
      if (!alias) return;
      const forges = alias.value === '__typename' && name.value !== '__typename';
      if (!forges && !TAKEN.some((prefix) => alias.value.startsWith(prefix))) return;
      context.reportError(
        new GraphQLError(
          `"${name.value}" cannot be called "${alias.value}": the gateway reads answers by that name. Choose another alias.`,
          { nodes: alias },
        ),
      );
    },
  };
}
