import {
  type ArgumentNode,
  type ConstDirectiveNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isListType,
  valueFromASTUntyped,
} from 'graphql';

/** Where in an argument something stands: `filter`, `and`, 0, `id`, `in`. */
export type ArgumentPath = readonly (string | number)[];

/** A list that was given, and how many items it has. */
export type GivenList = { readonly argumentPath: ArgumentPath; readonly size: number };

/** What arguments add to the cost of a field, and the longest list among them. */
export type ArgumentCost = { readonly cost: number; readonly longest: GivenList | null };

/** Weighs what a selection gives to a field. */
export type WeighArguments = (
  field: GraphQLField<unknown, unknown>,
  given: readonly ArgumentNode[],
  variables: Readonly<Record<string, unknown>>,
) => ArgumentCost;

/** Reads the weight that an element's `@cost` states. */
export type ReadWeight = (directives: readonly ConstDirectiveNode[] | undefined) => number | undefined;

type Definition = GraphQLArgument | GraphQLInputField;

const NOTHING: ArgumentCost = { cost: 0, longest: null };

/**
 * Weighs arguments by IBM's cost specification: an input object costs 1 and what its fields cost, a list the sum of its
 * items, a leaf nothing, unless `@cost` on the argument, the input field or the type says otherwise. Where it says
 * nothing, each item of a list of leaves costs 1 too, by our own convention: each is one more to be looked for.
 */
export function createWeighArguments(weightOf: ReadWeight): WeighArguments {
  const weighed = new WeakMap<object, readonly GraphQLArgument[]>();
  // Most fields take leaves alone, of which nothing is to be counted.
  const countedOf = (field: GraphQLField<unknown, unknown>) => {
    let counted = weighed.get(field);
    if (!counted) {
      counted = field.args.filter(
        ({ type, astNode }) =>
          holdsList(type) ||
          isInputObjectType(getNamedType(type)) ||
          weightOf(astNode?.directives) !== undefined ||
          weightOf(getNamedType(type).astNode?.directives) !== undefined,
      );
      weighed.set(field, counted);
    }
    return counted;
  };
  return (field, given, variables) => {
    const counted = countedOf(field);
    if (counted.length === 0 || given.length === 0) return NOTHING;
    const scale = createScale(weightOf);
    for (const definition of counted) {
      const node = given.find(({ name }) => name.value === definition.name);
      if (node)
        scale.weigh(valueFromASTUntyped(node.value, variables), definition, definition.type, [
          definition.name,
        ]);
    }
    return scale.read();
  };
}

function createScale(weightOf: ReadWeight) {
  let cost = 0;
  let longest: GivenList | null = null;
  const weightOfLeaf = (definition: Definition, type: GraphQLInputType) =>
    weightOf(definition.astNode?.directives) ?? weightOf(getNamedType(type).astNode?.directives);
  const weighList = (
    items: readonly unknown[],
    definition: Definition,
    type: GraphQLInputType,
    path: ArgumentPath,
  ) => {
    if (items.length > (longest?.size ?? 0)) longest = { argumentPath: path, size: items.length };
    if (!isInputObjectType(getNamedType(type)) && !holdsList(type)) {
      cost += items.length * (weightOfLeaf(definition, type) ?? 1);
      return;
    }
    for (const [n, item] of items.entries()) weigh(item, definition, type, [...path, n]);
  };
  const weigh = (
    value: unknown,
    definition: Definition,
    type: GraphQLInputType,
    path: ArgumentPath,
  ): void => {
    if (value === null || value === undefined) return;
    const nullable = getNullableType(type);
    if (isListType(nullable)) {
      weighList(Array.isArray(value) ? value : [value], definition, nullable.ofType, path);
      return;
    }
    cost += weightOfLeaf(definition, type) ?? (isInputObjectType(nullable) ? 1 : 0);
    if (!isInputObjectType(nullable) || typeof value !== 'object') return;
    const fields = nullable.getFields();
    for (const [name, inner] of Object.entries(value)) {
      const field = fields[name];
      if (field) weigh(inner, field, field.type, [...path, name]);
    }
  };
  return { weigh, read: (): ArgumentCost => ({ cost, longest }) };
}

function holdsList(type: GraphQLInputType): boolean {
  return isListType(getNullableType(type));
}
