import { buildSchema } from 'graphql';
import { expect, test } from 'vitest';
import { createDocuments } from '../../gateway/documents.ts';
import { DEFAULT_LIMITS } from '../../gateway/limits/limits.ts';

test('a document is read once, whatever refused ones come in between', () => {
  const documents = createDocuments(buildSchema('type Query { a: Int }'), DEFAULT_LIMITS, true);
  const good = documents.read('{ a }');
  expect(good.kind).toBe('valid');
  const bad = documents.read('{ b }');
  expect(bad).toMatchObject({
    kind: 'invalid',
    errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
  });
  expect(documents.read('{ b }')).toBe(bad);
  for (let n = 0; n < 2_000; n++) expect(documents.read(`{ b${n} }`).kind).toBe('invalid');
  expect(documents.read('{ a }')).toBe(good);
  expect(documents.read('{ b }')).not.toBe(bad);
});

test.each(['1e400', '-1e400', `1${'0'.repeat(400)}`])(
  'a number that is none here is refused where it stands: %s',
  (text) => {
    const documents = createDocuments(buildSchema('type Query { a(n: Float): Int }'), DEFAULT_LIMITS, true);
    expect(documents.read(`{ a(n: ${text}) }`)).toMatchObject({
      kind: 'invalid',
      errors: [
        {
          message: expect.stringMatching(/is beyond the range of a number/),
          locations: [{ line: 1, column: 8 }],
          extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
        },
      ],
    });
    expect(documents.read('{ a(n: 1e300) }').kind).toBe('valid');
  },
);

test('eighty components of a page may each ask for the same record, and no fields are compared without a bound', () => {
  const schema = buildSchema('type Query { user: User } type User { id: ID name: String boss: User }');
  const documents = createDocuments(schema, DEFAULT_LIMITS, true);
  const page = (components: number) => {
    const names = Array.from({ length: components }, (_, i) => `F${i}`);
    const fragments = names.map((name) => `fragment ${name} on User { id name boss { id } }`);
    return `{ user { ${names.map((name) => `...${name}`).join(' ')} } } ${fragments.join(' ')}`;
  };
  expect(documents.read(page(80)).kind).toBe('valid');
  expect(documents.read(page(105))).toMatchObject({
    kind: 'invalid',
    errors: [
      {
        message: expect.stringContaining('too many pairs of them'),
        extensions: { code: 'LIMIT_EXCEEDED' },
      },
    ],
  });
});
