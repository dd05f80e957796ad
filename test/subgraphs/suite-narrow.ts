import { execute, type GraphQLObjectType, getNullableType, isLeafType, parse } from 'graphql';
import { describe, expect, inject, it } from 'vitest';
import { createCrmSubgraph } from '../../subgraphs/crm/schema.ts';
import { createErpSubgraph } from '../../subgraphs/erp/schema.ts';
import { oneField, typeName } from '../../subgraphs/system/names.ts';
import type { System } from '../../subgraphs/system/system.ts';
import { randomFrom, selectionOf } from '../gateway/random-operation.ts';
import type { Ground } from './ground.ts';

const kari = { subject: 'kari', scopes: ['read', 'read:cost', 'read:personal'] };

/** Reading only what an operation selects shows in nothing but the time it takes. */
export function describeNarrow({ side, subject, wishes, known, entity }: Ground): void {
  const { subgraph, system, data } = subject;
  const { schema } = subgraph;

  describe('reading what is selected', () => {
    it('tells of each field alone what it tells of all together', async () => {
      for (const name of wishes.entities) {
        const type = schema.getType(typeName(system.shape, entity(name))) as GraphQLObjectType;
        const fields = Object.values(type.getFields())
          .filter((field) => isLeafType(getNullableType(field.type)))
          .map((field) => field.name);
        const one = (selection: string) =>
          data(`{ one: ${oneField(system.shape, entity(name))}(id: "${known[name]}") { ${selection} } }`);
        const together = (await one(fields.join(' '))).one;
        for (const field of fields)
          expect(await one(field), field).toEqual({ one: { [field]: together[field] } });
      }
    });

    it('answers random operations as one that reads whole records', async () => {
      const whole: System = {
        ...system,
        read: (name, ids) => system.read(name, ids),
        readLines: (name, ids) => system.readLines(name, ids),
        query: (name, query) => system.query(name, query),
        queryWithin: (name, property, ids, query) => system.queryWithin(name, property, ids, query),
      };
      const other = (side === 'crm' ? createCrmSubgraph : createErpSubgraph)({ system: whole });
      const ask = async ({ schema, context }: typeof other, text: string) =>
        JSON.parse(
          JSON.stringify(
            await execute({ schema, document: parse(text), contextValue: await context(kari as never) }),
          ),
        );
      const random = randomFrom(inject('seed'));
      for (let i = 0; i < 40; i++) {
        const text = `query($b: Boolean = ${random() < 0.5}) ${selectionOf(schema, 'Query', 3, random)}`;
        expect(await ask(subgraph, text), text).toEqual(await ask(other, text));
      }
    });

    it('leaves the rest out, until too many different ones have been asked for', async () => {
      const id = known.Customer!;
      const read = async (...names: string[]) =>
        Object.entries((await system.read('Customer', [id], new Set(names))).get(id)!.fields)
          .filter(([, value]) => value !== null)
          .map(([name]) => name);
      const { properties } = entity('Customer');
      const all = await read(...Object.keys(properties));
      expect(all.length).toBeGreaterThan(10);
      expect(await read('name')).toEqual(expect.arrayContaining(['name']));
      expect((await read('name')).length).toBeLessThan(4);
      for (const one of all) for (const other of all) await read(one, other);
      expect((await read('name', ...all.slice(2, 5))).length).toBe(all.length);
    });
  });
}
