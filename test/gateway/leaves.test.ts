import { type ExecutionResult, execute, parse, printError } from 'graphql';
import { describe, expect, test } from 'vitest';
import { composeSupergraph } from '../../gateway/compose/supergraph.ts';
import { createEngine } from '../../gateway/plan/engine.ts';
import type { SubgraphAnswer } from '../../gateway/plan/run.ts';
import { CALLER } from './run.ts';
import { testSubgraph } from './shop.ts';

// A subgraph that does not keep its schema must not make the gateway break the one it promised: leaves are completed as
// graphql-js completes what a resolver returns.

const FIELDS: Readonly<Record<string, string>> = {
  int: 'Int',
  float: 'Float',
  string: 'String',
  id: 'ID',
  boolean: 'Boolean',
  mood: 'Mood',
  any: 'Any',
};

const fields = Object.entries(FIELDS)
  .map(
    ([name, type]) => `${name}: ${type} ${name}Sure: ${type}! ${name}s: [${type}] ${name}sSure: [${type}!]`,
  )
  .join(' ');

const { sdl } = testSubgraph(
  'liar',
  `type Query { thing: Thing sure: Thing! things: [Thing] named: Named }
   interface Named { name: String }
   type Thing implements Named @key(fields: "id") { name: String ${fields} }
   enum Mood { GOOD BAD HIDDEN @inaccessible }
   scalar Any`,
  {},
);

const LIES = [
  5,
  -2_147_483_648,
  2_147_483_648,
  5.5,
  1e300,
  '5',
  'text',
  '',
  true,
  false,
  'GOOD',
  'WORSE',
  { a: 1 },
  {},
  [1],
  [],
];

/** An engine over a subgraph that answers with this data, whatever it is asked. */
function engineFor(data: object, worth: number) {
  const supergraph = composeSupergraph([{ name: 'liar', sdl, url: 'http://liar' }]);
  return createEngine(
    supergraph,
    {
      execute: ({ read }) => {
        const text = JSON.stringify({ data });
        return read?.(text) ?? (JSON.parse(text) as SubgraphAnswer);
      },
      subscribe: async () => ({ data: null }),
    },
    worth,
  );
}

async function ask(query: string, data: object, worth: number) {
  const engine = engineFor(data, worth);
  const request = { document: parse(query), caller: CALLER, signal: new AbortController().signal };
  const answer = await engine.execute(request);
  const text = await engine.executeAsText(request);
  expect(typeof text === 'string' ? JSON.parse(text) : shown(text)).toEqual(shown(answer));
  const reference = await execute({
    schema: engine.schema,
    document: request.document,
    rootValue: data,
    typeResolver: ({ __typename }: { __typename: string }) => __typename,
  });
  return { answer: shown(answer), reference: shown(reference) };
}

function shown({ data, errors }: ExecutionResult) {
  const places = errors?.map(({ path }) => JSON.stringify(path)).toSorted();
  return JSON.parse(JSON.stringify({ data, ...(places ? { errors: places } : {}) })) as {
    readonly data: unknown;
    readonly errors?: readonly string[];
  };
}

const names = Object.keys(FIELDS);
const worths = [
  ['parsed', Number.POSITIVE_INFINITY],
  ['copied', 0],
] as const;

describe.each(worths)('answers that are %s', (_way, worth) => {
  test.each(names)('%s: whatever a subgraph says is completed as by graphql-js', async (name) => {
    for (const lie of LIES) {
      const thing = { [name]: lie, [`${name}Sure`]: lie, [`${name}s`]: [lie, null], [`${name}sSure`]: [lie] };
      for (const field of Object.keys(thing)) {
        const query = `{ thing { ${field} id } }`;
        const { answer, reference } = await ask(query, { thing: { ...thing, id: '1' } }, worth);
        expect(answer, `${field} of ${JSON.stringify(lie)}`).toEqual(reference);
      }
    }
  });

  test('errors have their place in lists, and a null bubbles from there as far as it has to', async () => {
    const things = [{ intSure: 1 }, { intSure: 'x' }, null, { intSure: 1.5 }];
    expect(await ask('{ things { number: intSure } }', { things: named(things) }, worth)).toMatchObject({
      answer: {
        data: { things: [{ number: 1 }, null, null, null] },
        errors: ['["things",1,"number"]', '["things",3,"number"]'],
      },
    });
    const sure = await ask('{ sure { intSure } }', { sure: { intSure: {} } }, worth);
    expect(sure.answer).toEqual({ data: null, errors: ['["sure","intSure"]'] });
    expect(sure.answer).toEqual(sure.reference);
    const behind = { named: { __typename: 'Thing', name: true, int: 'x' } };
    const abstract = await ask('{ named { name ... on Thing { int } } }', behind, worth);
    expect(abstract.answer).toEqual({
      data: { named: { name: 'true', int: null } },
      errors: ['["named","int"]'],
    });
  });

  test('a value of an enum that clients may not see is null, and no fault of anybody', async () => {
    const data = { thing: { mood: 'HIDDEN', moods: ['GOOD', 'HIDDEN'] } };
    expect((await ask('{ thing { mood moods } }', data, worth)).answer).toEqual({
      data: { thing: { mood: null, moods: ['GOOD', null] } },
    });
  });

  test('a deferred part tells of its own', async () => {
    const data = {
      // The key that the deferred parts begin with goes by a name of its own.
      things: [{ __typename: 'Thing', id: '1', _key_id_ID: '1' }],
      _entities: [{ __typename: 'Thing', int: 'x', intSure: 1.5, string: 'fine' }],
    };
    const answer = await engineFor(data, worth).executeIncrementally({
      document: parse('{ things { id ... @defer { string int } ... @defer(label: "sure") { intSure } } }'),
      caller: CALLER,
      signal: new AbortController().signal,
    });
    if (!('rest' in answer)) throw new Error('Nothing was deferred.');
    const parts = [];
    for await (const delivery of answer.rest) parts.push(...delivery.parts);
    const told = parts.map(({ data: part, errors, label = '' }) => ({
      label,
      ...shown({ data: part, errors }),
    }));
    expect(told.toSorted((a, b) => a.label.localeCompare(b.label))).toEqual([
      { label: '', data: { string: 'fine', int: null }, errors: ['["things",0,"int"]'] },
      { label: 'sure', data: null, errors: ['["things",0,"intSure"]'] },
    ]);
  });

  test('the error says where, of what type, and not what was said', async () => {
    const engine = engineFor({ thing: { int: 'a secret' } }, worth);
    const document = parse('{ thing { int } }');
    const { errors } = await engine.execute({
      document,
      caller: CALLER,
      signal: new AbortController().signal,
    });
    expect(errors?.map(printError)).toEqual(['The value is no Int.']);
    expect(errors?.[0]?.extensions).toEqual({ code: 'SUBGRAPH_ANSWER_INVALID' });
  });
});

/** As the other side of a client's alias. */
function named(things: readonly ({ readonly intSure: unknown } | null)[]) {
  return things.map((thing) => thing && { ...thing, number: thing.intSure });
}
