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
