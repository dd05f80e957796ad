import { describe, expect, it } from 'vitest';
import { typeName } from '../../subgraphs/system/names.ts';
import type { Json } from '../../sync/core/types.ts';
import type { Ground } from './ground.ts';

/** Bad input is refused with the path of the argument, however it was sent. */
export function describeInput(ground: Ground): void {
  const { subject, known } = ground;
  const order = typeName(subject.system.shape, ground.entity('Order'));
  const [currency, reference] =
    ground.side === 'crm'
      ? ['currency', 'customerPurchaseOrder']
      : ['currencyCode', 'customerOrderReference'];
  const create = (input: object) =>
    subject.ask(`mutation($input: Create${order}Input!) { create${order}(input: $input) { id } }`, { input });

  describe('bad input', () => {
    it.each([
      [{ [currency!]: 'eur' }, ['input', currency]],
      [{ [currency!]: 'XXZ' }, ['input', currency]],
      [{ requestedDeliveryDate: '2026-02-30' }, ['input', 'requestedDeliveryDate']],
      [{ lines: [{ quantity: 0.1 }] }, ['input', 'lines', 0, 'quantity']],
      [{ lines: [{ quantity: '1' }, { quantity: '1e400' }] }, ['input', 'lines', 1, 'quantity']],
    ])('is refused by its path, as a variable and as a literal: %j', async (fields, argumentPath) => {
      const input = { customerId: known.Customer!, ...fields };
      const asLiteral = await subject.ask(
        `mutation { create${order}(input: ${literal(input as Json)}) { id } }`,
      );
      for (const { errors, data } of [await create(input), asLiteral]) {
        expect(data).toBeNull();
        expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argumentPath });
      }
    });

    it.each([
      ['a reference to nobody', { customerId: 'nobody' }, 'BAD_USER_INPUT', ['input', 'customerId']],
      ['a text that is too long', { [reference!]: 'x'.repeat(36) }, 'BAD_USER_INPUT', ['input', reference]],
      ['the character NUL', { [reference!]: 'a\0b' }, 'BAD_USER_INPUT', ['input', reference]],
      ['the character NUL in a reference', { customerId: 'a\0b' }, 'BAD_USER_INPUT', ['input', 'customerId']],
      [
        'the character NUL in a line’s id',
        { lines: [{ lineId: 'a\0b', quantity: '1' }] },
        'BAD_USER_INPUT',
        ['input', 'lines', 0, 'lineId'],
      ],
      ['half a surrogate pair', { [reference!]: 'a\ud800' }, 'BAD_USER_INPUT', ['input', reference]],
    ])('that the system judges is refused by its path: %s', async (_, fields, code, argumentPath) => {
      const { errors, data } = await create({ customerId: known.Customer!, ...fields });
      expect(data).toBeNull();
      expect(errors?.[0]?.extensions).toMatchObject({ code, argumentPath });
    });

    const one = `${order[0]!.toLowerCase()}${order.slice(1)}`;
    it.each([
      `query($id: ID!) { ${one}(id: $id) { id } }`,
      `mutation($id: ID!) { update${order}(id: $id, input: {}) { id } }`,
      `mutation($id: ID!) { archive${order}(id: $id) { id } }`,
      `mutation($id: ID!) { delete${order}(id: $id) { id } }`,
    ])('an id that no record can have is refused by its path: %s', async (operation) => {
      for (const id of ['a\0b', 'a\ud800']) {
        const { errors } = await subject.ask(operation, { id });
        expect(errors?.[0]).toMatchObject({
          message: expect.stringContaining('A text cannot hold'),
          extensions: { code: 'BAD_USER_INPUT', argumentPath: ['id'] },
        });
      }
    });
  });
}

function literal(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, inner]) => `${name}: ${literal(inner as Json)}`);
  return `{ ${fields.join(', ')} }`;
}
