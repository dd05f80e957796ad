import { type FieldNode, type GraphQLField, getArgumentValues, Kind, type ValueNode } from 'graphql';
import type { Execution } from './execution.ts';

type Arguments = Record<string, unknown>;

/** The arguments of a field, an object of its own for each call. Throws a GraphQLError on a bad value. */
export type ArgumentsOf = (execution: Execution) => Arguments;

/** Works arguments out once where they are constant, and else once per execution. */
export function compileArguments(definition: GraphQLField<unknown, unknown>, node: FieldNode): ArgumentsOf {
  if (definition.args.length === 0) return () => ({});
  const given = node.arguments ?? [];
  if (given.some(({ value }) => hasVariable(value))) {
    const key = {};
    return ({ args, variables }) => {
      let known = args.get(key);
      if (!known) {
        known = getArgumentValues(definition, node, variables);
        args.set(key, known);
      }
      return { ...known };
    };
  }
  let constant: Arguments | undefined;
  return () => {
    constant ??= getArgumentValues(definition, node);
    return { ...constant };
  };
}

function hasVariable(value: ValueNode): boolean {
  if (value.kind === Kind.VARIABLE) return true;
  if (value.kind === Kind.LIST) return value.values.some(hasVariable);
  return value.kind === Kind.OBJECT && value.fields.some((field) => hasVariable(field.value));
}
