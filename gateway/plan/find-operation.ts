import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  type OperationTypeNode,
} from 'graphql';

/** The operation a request means. Throws a GraphQLError when there is none, or the graph has nothing of its kind. */
export function findOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
): OperationDefinitionNode {
  const definition = getOperationAST(document, operationName);
  if (!definition) throw unknownOperation(operationName);
  if (!schema.getRootType(definition.operation)) throw unknownKind(definition.operation);
  return definition;
}

function unknownKind(kind: OperationTypeNode): GraphQLError {
  return new GraphQLError(`This graph has nothing to be asked by ${kind}.`, {
    extensions: { code: 'OPERATION_RESOLUTION_FAILURE' },
  });
}

function unknownOperation(name: string | null | undefined): GraphQLError {
  const message = name
    ? `Unknown operation named "${name}".`
    : 'The document has several operations: name one in operationName.';
  return new GraphQLError(message, { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } });
}
