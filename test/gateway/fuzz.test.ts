import { type GraphQLOutputType, type GraphQLSchema, isListType, isNonNullType, isObjectType } from 'graphql';
import { expect, inject, test } from 'vitest';
import { randomFrom, selectionOf } from './random-operation.ts';
import { engineOf, startGateway } from './run.ts';
import { shop } from './shop.ts';

/** What in an answer breaks a promise of the schema: a null where none may be, a list where none is. */
function broken(
  schema: GraphQLSchema,
  type: GraphQLOutputType,
  value: unknown,
  place: string,
): string | null {
  if (isNonNullType(type))
    return value === null ? `${place} is null` : broken(schema, type.ofType, value, place);
  if (value === null) return null;
  if (isListType(type)) {
    if (!Array.isArray(value)) return `${place} is no list`;
    for (const [i, item] of value.entries()) {
      const problem = broken(schema, type.ofType, item, `${place}.${i}`);
      if (problem) return problem;
    }
    return null;
  }
  if (!isObjectType(type)) return typeof value === 'object' ? `${place} is no leaf` : null;
  for (const [key, inner] of Object.entries(value as object)) {
    const field = type.getFields()[key.replace(/^x_/, '')];
    const problem = field ? broken(schema, field.type, inner, `${place}.${key}`) : null;
    if (problem) return problem;
  }
  return null;
}

test('2,000 random valid operations keep every promise of the schema', async () => {
  const { engine, run } = engineOf(shop());
  const random = randomFrom(inject('seed'));
  const query = engine.schema.getQueryType()!;
  for (let i = 0; i < 2_000; i++) {
    const text = `query($b: Boolean = ${random() < 0.5}) { a: __typename @skip(if: $b) ${selectionOf(engine.schema, 'Query', 4, random).slice(1)}`;
    const { data, errors } = await run(text, random() < 0.5 ? { b: true } : {});
    const problem = data
      ? broken(engine.schema, query, data, 'data')
      : errors?.length
        ? null
        : 'no data and no errors';
    expect(problem, text).toBeNull();
    const foreign = errors?.find(({ message }) => !/secret|no verdict|Cannot return null/.test(message));
    expect(foreign?.message, text).toBeUndefined();
  }
});

test('random bytes as documents and bodies never cause a 5xx', async () => {
  await using gateway = await startGateway({ subgraphs: shop() });
  const random = randomFrom(inject('seed'));
  const pieces = [
    '{',
    '}',
    '(',
    ')',
    '"',
    '\\',
    '...',
    'on',
    'fragment F',
    '@skip(if:',
    '$a',
    ':',
    '\u0000',
    '\ud800',
    '𝒳',
    'products',
    '[',
    ']',
    '!',
    '"""',
    '#',
    '__typename',
    '1e999',
    ' ',
  ];
  for (let i = 0; i < 300; i++) {
    const text = Array.from(
      { length: 1 + random() * 30 },
      () => pieces[Math.floor(random() * pieces.length)],
    ).join('');
    const body = random() < 0.7 ? JSON.stringify({ query: text, variables: { a: text } }) : text;
    const response = await gateway.send({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    await response.text();
    expect(response.status, body).toBeLessThan(500);
  }
});
