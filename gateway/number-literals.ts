import {
  type ASTVisitor,
  type FloatValueNode,
  GraphQLError,
  type IntValueNode,
  type ValidationContext,
} from 'graphql';

/**
 * Numbers that stand in a document have to be numbers here: `1e400` is written like one, but becomes infinite when it
 * is read, and no planner, wire or subgraph after us has a way to write that.
 */
export function NumberLiteralsRule(context: ValidationContext): ASTVisitor {
  const check = (node: IntValueNode | FloatValueNode): void => {
    if (Number.isFinite(Number(node.value))) return;
    context.reportError(
      new GraphQLError(`${shortened(node.value)} is beyond the range of a number.`, { nodes: node }),
    );
  };
  return { IntValue: check, FloatValue: check };
}

/** Enough of a number to be found again in the document. */
const shortened = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);
