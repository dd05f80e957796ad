import { buildSchema } from 'graphql';
import { expect, test } from 'vitest';
import { createDocuments } from '../../gateway/documents.ts';
import { DEFAULT_LIMITS } from '../../gateway/limits.ts';

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
