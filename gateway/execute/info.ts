import type { GraphQLResolveInfo } from 'graphql';
import type { FieldProgram } from './compile.ts';
import type { Execution, Path } from './execution.ts';

/** What a resolver is told of its field. */
export function infoOf(execution: Execution, field: FieldProgram, path: Path): GraphQLResolveInfo {
  const { schema, fragments, operation, variables } = execution;
  const { definition, nodes, parent } = field;
  return {
    fieldName: definition.name,
    fieldNodes: nodes,
    returnType: definition.type,
    parentType: parent,
    path,
    schema,
    fragments,
    rootValue: undefined,
    operation,
    variableValues: variables,
  };
}
