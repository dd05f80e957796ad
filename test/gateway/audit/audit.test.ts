import { type ExecutionResult, execute, parse, validate } from 'graphql';
import { describe, expect, inject, test } from 'vitest';
import { assemble, type Piece, piecesOf } from '../defer.ts';
import { randomFrom, selectionOf, type Values } from '../random-operation.ts';
import { engineOf } from '../run.ts';
import type { Case } from './case.ts';
import { entities } from './entities.ts';
import { interfaces } from './interfaces.ts';
import { merging } from './merging.ts';
import { provides } from './provides.ts';
import { requires } from './requires.ts';
import { subgraphsOf } from './world.ts';

// The corners that the public audit of federation gateways looks into, in graphs of our own: each is composed, and
// what the gateway answers over its subgraphs must be what graphql-js answers from the world behind them.

/** Random operations for each case. */
const OPERATIONS = 60;

/** What arguments are given: ids of some case's things, and of none. */
const VALUES: Values = {
  ID: ['"a1"', '"c2"', '"p1"'],
  Int: ['1', '2'],
  String: ['"1"', '"2"'],
  Float: ['1.5'],
};

describe.each([
  ['entities', entities],
  ['requires', requires],
  ['provides', provides],
  ['interfaces', interfaces],
  ['merging', merging],
] as const)('%s', (_, cases) => {
  describe.each(cases)('$name', (one: Case) => {
    const { engine, run } = engineOf(subgraphsOf(one.sdls, one.world));
    const oracle = async (text: string): Promise<string> =>
      plain(await execute({ schema: engine.schema, document: parse(text), rootValue: one.world.query }));

    test.each(one.queries)('%s', async (text) => {
      expect(plain(await run(text))).toBe(await oracle(text));
    });

    test.runIf(one.depth !== 0)('random operations', async () => {
      const random = randomFrom(inject('seed'));
      for (let i = 0; i < OPERATIONS; i++) {
        const selection = selectionOf(engine.schema, 'Query', one.depth ?? 3, random, 0, VALUES).slice(1);
        const text = `query($b: Boolean = ${random() < 0.5}) { a: __typename @skip(if: $b) ${selection}`;
        if (validate(engine.schema, parse(text)).length > 0) continue;
        expect(plain(await run(text)), text).toBe(await oracle(text));
      }
    });
    test.runIf(one.depth !== 0)('the same in pieces', async () => {
      const random = randomFrom(inject('seed'));
      for (let i = 0; i < OPERATIONS / 2; i++) {
        const text = `query($b: Boolean = false) ${selectionOf(engine.schema, 'Query', one.depth ?? 3, random, 0.3, VALUES)}`;
        if (validate(engine.schema, parse(text)).length > 0) continue;
        const pieces: Piece[] = [];
        for await (const piece of piecesOf(engine, text)) pieces.push(piece);
        const { data } = JSON.parse(await oracle(text)) as ExecutionResult;
        expect(assemble(pieces), text).toEqual(data);
        expect(pieces.flatMap(errorsOf), text).toEqual([]);
      }
    });
  });
});

test('what stands in the key of a list is not taken for known of its items where these come alone', async () => {
  const { sdls, world } = entities.find(({ name }) => name.startsWith('keys that need'))!;
  const { engine } = engineOf(subgraphsOf(sdls, world));
  const pieces: Piece[] = [];
  for await (const piece of piecesOf(engine, '{ top { selected { id ... on Product @defer { pid } } } }'))
    pieces.push(piece);
  expect(assemble(pieces)).toEqual({ top: { selected: { id: '2', pid: 'p2' } } });
});

test('a deferred fragment that cannot be planned whole comes field by field', async () => {
  const { sdls, world } = interfaces.find(({ name }) => name === '@interfaceObject with requirements')!;
  const { engine } = engineOf(subgraphsOf(sdls, world));
  const pieces: Piece[] = [];
  for await (const piece of piecesOf(
    engine,
    '{ others { ... on User @defer { __typename id age nick } nick } }',
  ))
    pieces.push(piece);
  const user = { __typename: 'User', id: 'u1', age: 11, nick: 'nick 1' };
  expect(assemble(pieces)).toEqual({ others: [user, { ...user, id: 'u2', age: 22, nick: 'nick 2' }] });
});

test('a deferred fragment that no plan can begin at comes with what it stands in', async () => {
  const { sdls, world } = entities.find(({ name }) => name.startsWith('many keys'))!;
  const { engine } = engineOf(subgraphsOf(sdls, world));
  const pieces: Piece[] = [];
  for await (const piece of piecesOf(engine, '{ box { items { name ... on Item @defer { loud } } } }'))
    pieces.push(piece);
  const items = [1, 2].map((n) => ({ name: `Item ${n}`, loud: `ITEM ${n}` }));
  expect(pieces).toEqual([{ data: { box: { items } } }]);
});

test('what the planner calls by names of its own within entities gets its name back', async () => {
  const { sdls, world } = interfaces.find(({ name }) => name.startsWith('members of a union'))!;
  const { engine } = engineOf(subgraphsOf(sdls, world));
  const pieces: Piece[] = [];
  for await (const piece of piecesOf(
    engine,
    '{ accounts { ... on User @defer { similar { ... on Admin { similar { ... on User { name } ... on Admin { id } } } } } } }',
  ))
    pieces.push(piece);
  expect(assemble(pieces)).toEqual({
    accounts: [{ similar: [{}, { similar: [{ name: 'U' }, { id: 'a1' }] }] }, {}],
  });
});

test('what is provided is asked where it is, and nowhere else', async () => {
  const { sdls, world } = provides[0]!;
  const { run, calls } = engineOf(subgraphsOf(sdls, world));
  await run('{ products { categories { name parts { id name } } } }');
  expect(calls.map(({ subgraph }) => subgraph)).toEqual(['first']);
  await run('{ products { categories { parts { parts { id } } } } }');
  expect(calls.map(({ subgraph }) => subgraph)).toEqual(['first', 'owner', 'owner']);
});

test('what an interface without objects cannot have told is refused before anything is asked', async () => {
  const { run, calls } = engineOf(
    subgraphsOf(
      {
        left: 'type Query { thing: Thing } interface Thing @key(fields: "id") { id: ID! }',
        right: `type Query { other: Thing } type Thing @key(fields: "id", resolvable: false) @interfaceObject {
          id: ID! extra: String }`,
      },
      { query: { thing: null, other: { id: 't1', extra: 'more' } }, entities: [] },
    ),
  );
  await expect(run('{ thing { extra } }')).rejects.toThrow('cannot be planned');
  expect(calls).toEqual([]);
  expect(await run('{ other { id extra } }')).toEqual({ data: { other: { id: 't1', extra: 'more' } } });
});

const errorsOf = ({ errors = [], incremental = [] }: Piece) => [
  ...errors,
  ...incremental.flatMap((part) => part.errors ?? []),
];

/** As text, so that the order of fields counts, too. */
function plain({ data, errors }: ExecutionResult): string {
  return JSON.stringify({ data, errors: errors?.map(({ message, path }) => ({ message, path })) }, null, 1);
}
