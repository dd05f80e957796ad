import { describe, expect, it } from 'vitest';
import { manyField, typeName } from '../../subgraphs/system/names.ts';
import type { Fields, Ground } from './ground.ts';

const tandem = { actor: 'tandem', origin: 'sync' } as const;

/** How many SQL statements an operation costs. */
export function describeStatements(ground: Ground): void {
  const { subject, records } = ground;
  const { data, statements } = subject;
  const { shape } = subject.system;
  const customers = manyField(shape, ground.entity('Customer'));

  describe('SQL statements', () => {
    it('are one per type for representations, whatever their number', async () => {
      const customer = typeName(shape, ground.entity('Customer'));
      const order = typeName(shape, ground.entity('Order'));
      const { id: orderId, fields: ordered } = records.Order!;
      const [line] = ordered.lines as readonly { readonly lineId: string }[];
      const { nodes } = (await data(`{ many: ${customers}(first: 26) { nodes { id name } } }`)).many;
      // A null key must not find it.
      const fields = { name: 'Null' };
      await subject.system.write([{ kind: 'create', entity: 'Customer', id: 'null', fields }], tandem);
      const representations = [
        ...nodes.map(({ id }: { id: string }) => ({ __typename: customer, id })),
        { __typename: customer, id: null },
        { __typename: customer, id: 'nobody' },
        { __typename: customer, id: nodes[0].id },
        { __typename: order, id: orderId },
        { __typename: `${order}Line`, lineId: line!.lineId },
        { __typename: `${order}Line`, lineId: 'nobody' },
        { __typename: `${order}Line`, lineId: null },
      ];
      let entities: readonly (Fields | null)[] = [];
      const count = await statements(async () => {
        const answer = await data(
          `query($r: [_Any!]!) { _entities(representations: $r) { __typename
             ... on ${customer} { id name } ... on ${order} { id } ... on ${order}Line { lineId order { id } } } }`,
          { r: representations },
        );
        entities = answer._entities;
      });
      expect(count).toBe(3);
      const all = nodes.map((node: object) => ({ __typename: customer, ...node }));
      expect(entities).toEqual([
        ...all,
        null,
        null,
        all[0],
        { __typename: order, id: orderId },
        { __typename: `${order}Line`, lineId: line!.lineId, order: { id: orderId } },
        null,
        null,
      ]);
    });

    it('are three for customers with their orders, lines and products', async () => {
      const text = `{ ${customers}(first: 100) { nodes { name
        orders(first: 5) { nodes { status customer { name } lines { quantity product { id } } } } } } }`;
      expect(await statements(() => data(text))).toBe(3);
    });

    it('count only where the count is selected', async () => {
      expect(await statements(() => data(`{ ${customers} { nodes { id } } }`))).toBe(1);
      expect(
        await statements(() =>
          data(
            `{ ${customers} { ...F } } fragment F on ${typeName(shape, ground.entity('Customer'))}Connection { totalCount }`,
          ),
        ),
      ).toBe(2);
    });
  });
}
