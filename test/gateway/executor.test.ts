import {
  buildSchema,
  type ExecutionResult,
  execute,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isObjectType,
  parse,
  validate,
} from 'graphql';
import { expect, inject, test } from 'vitest';
import { createExecutor } from '../../gateway/execute/execute.ts';
import { createEngine } from '../../gateway/plan/engine.ts';
import type { SubgraphAnswer, SubgraphCall } from '../../gateway/plan/run.ts';
import { randomFrom, selectionOf } from './random-operation.ts';
import { engineOf } from './run.ts';
import { shop } from './shop.ts';

/** Through the gateway; a quarter of it on each schema of moods, whose operations are far larger. */
const OPERATIONS = 2_000;

/** What can become of a field. */
const MOODS = ['value', 'value', 'value', 'null', 'throw', 'error', 'wrong'] as const;

/**
 * A schema in which every field of every object decides by its place what becomes of it, now or later.
 * @param later how many of its values come later, 0 to 1
 */
function moody(seed: number, later: number): GraphQLSchema {
  // Where items of a list must not be null, graphql-js leaves rejections unhandled, which end a process.
  const item = later > 0 ? '' : '!';
  const schema = buildSchema(`
    interface Named { name: String! }
    type Query { thing: Thing required: Thing! things: [Thing] allThings: [Thing${item}]! named: Named any: Any number: Int matrix: [[Int${item}]] }
    type Thing implements Named { id: ID! name: String! note: String size: Int! color: Color things: [Thing${item}] other: Other! named: [Named${item}]! any: [Any] tags(first: Int = 2, of: [String!]): [String${item}] }
    type Other implements Named { name: String! thing: Thing things: [Thing]! }
    union Any = Thing | Other
    enum Color { RED GREEN }`);
  for (const type of Object.values(schema.getTypeMap()))
    if (isObjectType(type) && !type.name.startsWith('__'))
      for (const field of Object.values(type.getFields()))
        field.resolve = (_source, args, _context, info) => resolveByMood(args, info, seed, later);
  return schema;
}

function resolveByMood(args: object, info: GraphQLResolveInfo, seed: number, later: number): unknown {
  const chance = randomFrom(hashOf(`${seed}${placeOf(info)}${JSON.stringify(args)}`));
  chance();
  const produce = (): unknown => valueByMood(String(info.returnType), chance, JSON.stringify(args), later);
  return chance() < later ? after(Math.floor(chance() * 4), produce) : produce();
}

async function after(turns: number, produce: () => unknown): Promise<unknown> {
  for (let i = 0; i < turns; i++) await null;
  return produce();
}

function valueByMood(type: string, chance: () => number, args: string, later: number): unknown {
  const mood = chance() < 0.75 ? 'value' : MOODS[Math.floor(chance() * MOODS.length)]!;
  if (mood === 'null') return null;
  if (mood === 'throw') throw new Error(`thrown for ${type}`);
  if (mood === 'error') return new Error(`returned for ${type}`);
  if (mood === 'wrong') return { __typename: 'Nothing', not: type };
  const bare = type.replace(/!$/, '');
  if (bare.startsWith('[')) {
    const items = Array.from({ length: Math.floor(chance() * 4) }, () => {
      const make = () => valueByMood(bare.slice(1, -1), chance, args, later);
      if (chance() < later) return after(Math.floor(chance() * 4), make);
      try {
        return make();
      } catch (error) {
        return error;
      }
    });
    return chance() < 0.1 ? new Set(items) : items;
  }
  const member = chance() < 0.5 ? 'Thing' : 'Other';
  const values: Record<string, unknown> = {
    Int: 3,
    String: `text ${args}`,
    ID: 7,
    Color: chance() < 0.8 ? 'RED' : 'BLUE',
  };
  return values[bare] ?? { __typename: bare === 'Named' || bare === 'Any' ? member : bare };
}

function placeOf({ path }: GraphQLResolveInfo): string {
  let place = '';
  for (let at: typeof path | undefined = path; at; at = at.prev) place = `${at.key}.${place}`;
  return place;
}

function hashOf(text: string): number {
  let hash = 7;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

/** As JSON, errors in the order of their texts: which of two that come later comes first is a matter of microtasks. */
function plain({ data, errors }: ExecutionResult) {
  const texts = errors?.map((error) => JSON.stringify(error)).toSorted() ?? [];
  return { data: JSON.parse(JSON.stringify(data)) as unknown, texts };
}

/**
 * Errors by the null that each is the reason of, or lies below. Of several that come later below one null, the first
 * makes it, and which of the others are still told of is a matter of microtasks, too.
 */
function byNull({ data, texts }: ReturnType<typeof plain>): ReadonlyMap<string, readonly string[]> {
  return Map.groupBy(texts, (text) => {
    const { path = [] } = JSON.parse(text) as { path?: (string | number)[] };
    let value = data;
    let place = '';
    for (const key of path) {
      if (value === null) break;
      value = (value as Record<string, unknown>)[key];
      place += `.${key}`;
    }
    expect(value).toBeNull();
    return place;
  });
}

function sameErrors(ours: ReturnType<typeof plain>, theirs: ReturnType<typeof plain>): boolean {
  const [mine, others] = [byNull(ours), byNull(theirs)];
  return (
    mine.size === others.size &&
    [...mine].every(([place, texts]) => others.get(place)?.some((text) => texts.includes(text)))
  );
}

test.each([0, 0.3])(
  'random operations on resolvers of every mood are answered as graphql-js answers them, %s of them later',
  async (later) => {
    const seed = inject('seed');
    const schema = moody(seed, later);
    const ours = createExecutor(schema);
    const random = randomFrom(seed);
    let failures = 0;
    for (let i = 0; i < OPERATIONS / 4; i++) {
      const text =
        `query($b: Boolean = true, $n: Int) { ${selectionOf(schema, 'Query', 3, random).slice(1)}`.replaceAll(
          /\btags\b/g,
          () => (random() < 0.5 ? 'tags(first: $n, of: ["a"])' : 'tags'),
        );
      const document = parse(text);
      if (validate(schema, document).length > 0) continue;
      const variableValues = { b: random() < 0.5, n: 1 + Math.floor(random() * 3) };
      const theirs = plain(await execute({ schema, document, variableValues }));
      const answer = plain(await ours({ document, variableValues }));
      expect(answer.data, text).toEqual(theirs.data);
      if (later > 0) expect(sameErrors(answer, theirs), text).toBe(true);
      else expect(answer.texts, text).toEqual(theirs.texts);
      if (theirs.texts.length > 0) failures++;
    }
    expect(failures).toBeGreaterThan(OPERATIONS / 40);
  },
  300_000,
);

test('a list of which one item fails while others are under way leaves no rejection behind', async () => {
  const schema = buildSchema('type Query { list: [String!] }');
  const list = [Promise.reject(new Error('later')), new Error('at once')];
  schema.getQueryType()!.getFields().list!.resolve = () => list;
  const unheard: unknown[] = [];
  const hear = (reason: unknown) => unheard.push(reason);
  process.on('unhandledRejection', hear);
  const { data, errors } = await createExecutor(schema)({ document: parse('{ list }') });
  await new Promise(setImmediate);
  process.off('unhandledRejection', hear);
  expect({ data, errors: errors?.map(({ message, path }) => ({ message, path })), unheard }).toEqual({
    data: { list: null },
    errors: [{ message: 'at once', path: ['list', 1] }],
    unheard: [],
  });
});

test(`${OPERATIONS} random operations through the gateway are answered as with graphql-js in its subgraphs`, async () => {
  const subgraphs = shop();
  const schemas = new Map(subgraphs.map(({ name, schema }) => [name, schema]));
  const ours = engineOf(subgraphs);
  const theirs = engineOf(subgraphs, (sdl, transport) =>
    createEngine(sdl, {
      ...transport,
      execute: async ({ operation, variables }: SubgraphCall) =>
        (await execute({
          schema: schemas.get(operation.subgraph)!,
          document: operation.document,
          variableValues: variables() ?? {},
        })) as SubgraphAnswer,
    }),
  );
  const random = randomFrom(inject('seed'));
  for (let i = 0; i < OPERATIONS; i++) {
    const text = `query($b: Boolean = ${random() < 0.5}) { a: __typename @skip(if: $b) ${selectionOf(ours.engine.schema, 'Query', 4, random).slice(1)}`;
    const variables = random() < 0.5 ? { b: true } : {};
    expect(plain(await ours.run(text, variables)), text).toEqual(plain(await theirs.run(text, variables)));
  }
}, 300_000);
