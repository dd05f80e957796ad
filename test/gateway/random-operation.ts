import {
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';

/** Numbers from 0 to 1 that repeat with the seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Literals for arguments of each named type; those of other types are left out. */
export type Values = { readonly [typeName: string]: readonly string[] };

/**
 * A selection of a type, with aliases, conditions and fragments. It is valid, unless arguments are given: fields of one
 * name may then conflict.
 * @param defer how many of its fragments are deferred, 0 to 1
 */
export function selectionOf(
  schema: GraphQLSchema,
  typeName: string,
  depth: number,
  random: () => number,
  defer = 0,
  values: Values = {},
): string {
  const type = schema.getType(typeName);
  const parts = ['__typename'];
  if (isAbstractType(type))
    for (const member of schema.getPossibleTypes(type)) {
      if (random() < 0.5) continue;
      const deferred = random() < defer ? ' @defer' : '';
      parts.push(
        `... on ${member.name}${deferred} ${selectionOf(schema, member.name, depth, random, defer, values)}`,
      );
    }
  if (!isObjectType(type) && !isInterfaceType(type)) return `{ ${parts.join(' ')} }`;
  for (const field of Object.values(type.getFields())) {
    if (
      random() < 0.4 ||
      field.args.some((argument) => isRequiredArgument(argument) && field.name !== 'product')
    )
      continue;
    const named = getNamedType(field.type);
    const composite = isCompositeType(named);
    if (composite && depth === 0) continue;
    const alias = random() < 0.2 ? `x_${field.name}: ` : '';
    const given =
      field.name === 'product' && field.args.length > 0
        ? `(id: ${1 + Math.floor(random() * 4)})`
        : argumentsOf(field, values, random);
    const condition = random() < 0.15 ? ` @${random() < 0.5 ? 'skip' : 'include'}(if: $b)` : '';
    const inner = composite ? ` ${selectionOf(schema, named.name, depth - 1, random, defer, values)}` : '';
    const part = `${alias}${field.name}${given}${condition}${inner}`;
    const deferred = random() < defer ? ' @defer' : '';
    parts.push(random() < 0.2 || deferred ? `... on ${type.name}${deferred} { ${part} }` : part);
  }
  return `{ ${parts.join(' ')} }`;
}

/** Some of a field's optional arguments. */
function argumentsOf({ args }: GraphQLField<unknown, unknown>, values: Values, random: () => number): string {
  const given = args.flatMap(({ name, type }) => {
    const fitting = values[getNullableType(type).toString()];
    return fitting && random() < 0.6 ? [`${name}: ${fitting[Math.floor(random() * fitting.length)]}`] : [];
  });
  return given.length > 0 ? `(${given.join(', ')})` : '';
}
