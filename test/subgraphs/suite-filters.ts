import fc from 'fast-check';
import { isInputObjectType } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Entity } from '../../subgraphs/system/entity.ts';
import { manyField, recordFields, typeName } from '../../subgraphs/system/names.ts';
import type { Json } from '../../sync/core/types.ts';
import type { Fields, Ground } from './ground.ts';

/** Filters find what they say: by every property, and in any combination. */
export function describeFilters(ground: Ground): void {
  const { subject, wishes, records } = ground;
  const { shape } = subject.system;
  const find = async (entity: Entity, filter: object): Promise<readonly string[]> => {
    const text = `query($filter: ${typeName(shape, entity)}Filter) {
      many: ${manyField(shape, entity)}(first: 100, filter: $filter) { nodes { id } } }`;
    const { many } = await subject.data(text, { filter });
    return many.nodes.map(({ id }: { id: string }) => id);
  };

  it.each(wishes.entities)(
    '%s is found by the value of every property that can be compared',
    async (name) => {
      const entity = ground.entity(name);
      const type = subject.subgraph.schema.getType(`${typeName(shape, entity)}Filter`);
      const fields = isInputObjectType(type) ? Object.keys(type.getFields()) : [];
      const record = records[name]!;
      const properties = fields.filter((field) => !['and', 'or', 'not'].includes(field));
      expect(properties.length).toBeGreaterThan(10);
      for (const property of properties) {
        const value =
          property in recordFields ? (record as never as Fields)[property]! : record.fields[property]!;
        const filter = { [property]: comparison(entity, property, value) };
        expect(await find(entity, filter), property).toContain(record.id);
        expect(await find(entity, { not: filter }), property).not.toContain(record.id);
      }
    },
  );

  describe('in any combination', () => {
    const product = ground.entity('Product');
    const [text, date] =
      ground.side === 'crm' ? ['name', 'discontinuedOn'] : ['description', 'discontinuedDate'];
    const code = ground.side === 'crm' ? 'category' : 'gtin';
    const values: Readonly<Record<string, readonly (string | null)[]>> = {
      [text!]: ['alpha', 'beta', 'alphabet', '100% pure', 'under_score', 'back\\slash', "o'neil"],
      [code]: ['A', 'B', null],
      grossWeight: ['0', '1.5', '1.50001', '10', '9', null],
      [date!]: ['2026-01-31', '2026-02-28', '2024-02-29', null],
    };
    const made: { readonly id: string; readonly fields: Fields }[] = [];

    beforeAll(async () => {
      for (let at = 0; at < 24; at++) {
        const fields = Object.fromEntries(
          Object.entries(values).map(([property, of], step) => [
            property,
            of[(at * (step + 1)) % of.length]!,
          ]),
        );
        const number = ground.side === 'crm' ? { sku: `F-${at}` } : { itemNo: `F-${at}` };
        made.push({ id: (await subject.put('Product', { ...fields, ...number })).id, fields });
      }
    });

    it('they hold for the records that they describe and no others', async () => {
      const ids = made.map(({ id }) => id);
      const one = fc
        .constantFrom(...Object.keys(values))
        .chain((property) => fc.record({ [property]: comparing(values[property]!, property === text) }));
      const { tree } = fc.letrec<{ tree: object }>((tie) => ({
        tree: fc.oneof(
          { maxDepth: 3, withCrossShrink: true },
          one,
          fc.record({ and: fc.array(tie('tree'), { maxLength: 3 }) }),
          fc.record({ or: fc.array(tie('tree'), { maxLength: 3 }) }),
          fc.record({ not: tie('tree') }),
          fc.tuple(one, tie('tree')).map(([own, inner]) => ({ ...own, not: inner })),
        ),
      }));
      await fc.assert(
        fc.asyncProperty(tree, async (filter) => {
          const found = await find(product, { and: [{ id: { in: ids } }, filter] });
          const expected = made.filter(({ fields }) => holds(filter as never, fields)).map(({ id }) => id);
          expect([...found].sort()).toEqual(expected.sort());
        }),
        { numRuns: 150 },
      );
    });
  });
}

/** A comparison that holds for the value alone, in the form that its type offers. */
function comparison(entity: Entity, property: string, value: Json): object {
  const type = entity.properties[property]?.type;
  if (type?.kind === 'address') return { [type.parts[0]]: { eq: (value as Fields)[type.parts[0]] } };
  return { eq: value };
}

function comparing(of: readonly (string | null)[], isText: boolean): fc.Arbitrary<object> {
  const value = fc.constantFrom(...of.filter((one) => one !== null));
  const part = value.chain((one) => fc.nat(one.length - 1).map((at) => one.slice(at, at + 3).toUpperCase()));
  return fc.oneof(
    fc.constantFrom('eq', 'gt', 'gte', 'lt', 'lte').chain((operator) => fc.record({ [operator]: value })),
    fc.record({ in: fc.array(value, { maxLength: 3 }) }),
    fc.record({ isNull: fc.boolean() }),
    ...(isText
      ? [
          fc.constantFrom('contains', 'startsWith').chain((operator) => fc.record({ [operator]: part })),
          fc.record({ gte: value, contains: part }),
        ]
      : []),
  );
}

/** The meaning of a filter, said once more in another language. */
function holds(filter: Readonly<Record<string, never>>, fields: Fields): boolean {
  return Object.entries(filter).every(([name, asked]: [string, unknown]) => {
    if (name === 'and') return (asked as never[]).every((one) => holds(one, fields));
    if (name === 'or') return (asked as never[]).some((one) => holds(one, fields));
    if (name === 'not') return !holds(asked as never, fields);
    return Object.entries(asked as object).every(([operator, operand]) =>
      compare(operator, fields[name]!, operand),
    );
  });
}

function compare(operator: string, value: Json, operand: unknown): boolean {
  if (operator === 'isNull') return (value === null) === operand;
  if (value === null) return false;
  if (operator === 'in') return (operand as unknown[]).includes(value);
  const [text, other] = [String(value), String(operand)];
  if (operator === 'contains') return text.toLowerCase().includes(other.toLowerCase());
  if (operator === 'startsWith') return text.toLowerCase().startsWith(other.toLowerCase());
  const isNumber = /^[\d.]+$/.test(text) && /^[\d.]+$/.test(other);
  const order = isNumber ? Number(text) - Number(other) : text < other ? -1 : text > other ? 1 : 0;
  switch (operator) {
    case 'eq':
      return order === 0;
    case 'gt':
      return order > 0;
    case 'gte':
      return order >= 0;
    case 'lt':
      return order < 0;
    default:
      return order <= 0;
  }
}
