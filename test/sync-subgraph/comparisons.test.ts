import {
  GraphQLEnumType,
  type GraphQLInputField,
  GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLList,
  getNamedType,
  getNullableType,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import type { Caller } from '../../subgraphs/sync/rights.ts';
import { testDatabase } from '../support/database.ts';
import { ask, customer, readingSubgraph, storeLinks } from './fixture.ts';

// Everything that a filter or a sort offers is something the database can do: tried one by one, over the schema itself.
const { sql } = await testDatabase();
await storeLinks(sql, [{ id: 'k1', mapping: 'customer', agreed: customer('Acme') }]);
const subgraph = readingSubgraph(sql);
const everything: Caller = {
  subject: 'anna',
  scopes: ['read', 'read:cost', 'read:personal', 'sync', 'admin'],
};

const samples: Readonly<Record<string, string>> = {
  Boolean: 'true',
  Int: '1',
  Decimal: '"1.5"',
  Date: '"2026-01-31"',
  DateTime: '"2026-01-31T08:00:00Z"',
  Cursor: '"1"',
};

function sample(type: GraphQLInputType): string {
  const bare = getNullableType(type);
  if (bare instanceof GraphQLList) return `[${sample(bare.ofType as GraphQLInputType)}]`;
  if (bare instanceof GraphQLEnumType) return bare.getValues()[0]!.name;
  return samples[getNamedType(bare).name] ?? '"Link_x"';
}

/** Every comparison that a filter's property offers, as it is typed. */
function comparisons({ name, type }: Pick<GraphQLInputField, 'name' | 'type'>): readonly string[] {
  const bare = getNullableType(type);
  if (!(bare instanceof GraphQLInputObjectType)) return [`{ ${name}: ${sample(type)} }`];
  return Object.values(bare.getFields())
    .flatMap(comparisons)
    .map((inner) => `{ ${name}: ${inner} }`);
}

const lists = Object.values(subgraph.schema.getQueryType()!.getFields()).flatMap(({ name, args }) => {
  const filter = args.find((arg) => arg.name === 'filter');
  const sort = args.find((arg) => arg.name === 'sort');
  return filter ? [{ name, filter, sort }] : [];
});

test('there are lists to compare in', () => {
  expect(lists.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['customers', 'contacts', 'products', 'quotes', 'orders', 'users', 'links']),
  );
});

describe.each(lists)('$name', ({ name, filter, sort }) => {
  const fields = Object.values((getNamedType(filter.type) as GraphQLInputObjectType).getFields());
  const offered = fields.filter((field) => !['and', 'or', 'not'].includes(field.name)).flatMap(comparisons);

  test('whatever its filter offers can be asked', async () => {
    const refused: unknown[] = [];
    for (let from = 0; from < offered.length; from += 20) {
      const some = offered.slice(from, from + 20);
      const asked = some.map((given, n) => `c${n}: ${name}(filter: ${given}) { totalCount }`);
      const { errors } = await ask(subgraph, `{ ${asked.join(' ')} }`, {}, everything);
      // A sample need not be an id of this kind: who is told so has been understood.
      const broken = (errors ?? []).filter(({ extensions }) => extensions?.code !== 'BAD_USER_INPUT');
      refused.push(...broken.map(({ path, message }) => [some[Number(String(path?.[0]).slice(1))], message]));
    }
    expect(offered.length).toBeGreaterThan(5);
    expect(refused).toEqual([]);
  });

  test.runIf(sort)('whatever its sort offers can be asked', async () => {
    const by = (getNamedType(sort!.type) as GraphQLInputObjectType).getFields().field!;
    const values = (getNamedType(by.type) as GraphQLEnumType).getValues();
    const must = filter.type.toString().endsWith('!') ? `filter: ${offered[0]}, ` : '';
    for (const value of values) {
      const { errors } = await ask(
        subgraph,
        `{ ${name}(${must}sort: { field: ${value.name}, direction: DESC }) { nodes { id } } }`,
        {},
        everything,
      );
      expect(errors, value.name).toBeUndefined();
    }
  });
});
