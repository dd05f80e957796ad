import { describe, expect, it } from 'vitest';
import { lineTypeName, typeName } from '../../subgraphs/system/names.ts';
import type { Json } from '../../sync/core/types.ts';
import type { Ground } from './ground.ts';

/** Lines through a document's inputs: the whole list, or single ones. */
export function describeLines(ground: Ground): void {
  const { subject, wishes } = ground;
  const { shape } = subject.system;
  const documents = wishes.entities.filter((name) => ground.entity(name).lines !== undefined);

  describe.each(documents)('lines of %s', (entityName) => {
    const name = typeName(shape, ground.entity(entityName));
    // Without a number of their own, lines stand in the order in which they are given.
    const line = (): Record<string, Json> => {
      const [{ lineNumber, lineNo, ...rest }] = ground.input(entityName).lines as readonly [
        Record<string, Json>,
      ];
      void [lineNumber, lineNo];
      return rest;
    };
    const selection = 'id version lines { lineId quantity description }';
    const create = async (count: number) => {
      const input = { ...ground.input(entityName), lines: Array.from({ length: count }, line) };
      const text = `mutation($input: Create${name}Input!) { one: create${name}(input: $input) { ${selection} } }`;
      return (await subject.data(text, { input })).one;
    };
    const update = (id: string, input: object) =>
      subject.ask(
        `mutation($id: ID!, $input: ${name}Patch!) { one: update${name}(id: $id, input: $input) { ${selection} } }`,
        { id, input },
      );
    const ids = (document: { lines: readonly { lineId: string }[] }) =>
      document.lines.map(({ lineId }) => lineId);

    it('are added, changed and removed one by one', async () => {
      const before = await create(3);
      const [first, second, third] = ids(before);
      const lineChanges = {
        remove: [first],
        change: [{ lineId: second, description: 'Changed', quantity: '15' }],
        add: [{ ...line(), description: 'Added' }],
      };
      const { data, errors } = await update(before.id, { lineChanges });
      expect(errors ?? []).toEqual([]);
      const after = data.one;
      expect(after.lines).toEqual([
        { lineId: second, description: 'Changed', quantity: '15' },
        before.lines[2],
        { lineId: expect.any(String), description: 'Added', quantity: '7.5' },
      ]);
      expect(ids(after)[1]).toBe(third);
      expect(after.version).not.toBe(before.version);
    });

    it('are given as a whole list, which keeps those it names', async () => {
      const before = await create(2);
      const [first] = ids(before);
      const lines = [
        { ...line(), lineId: first, description: 'Kept' },
        { ...line(), description: 'New' },
      ];
      const after = (await update(before.id, { lines })).data.one;
      expect(after.lines).toMatchObject([{ lineId: first, description: 'Kept' }, { description: 'New' }]);
      expect(ids(before)).not.toContain(ids(after)[1]);
    });

    it('lead to their document from their lineId alone', async () => {
      const document = await create(1);
      const type = lineTypeName(shape, ground.entity(entityName));
      const back = entityName.toLowerCase();
      const { _entities } = await subject.data(
        `query($r: [_Any!]!) { _entities(representations: $r) { ... on ${type} { lineId ${back} { id version } } } }`,
        { r: [{ __typename: type, lineId: ids(document)[0] }] },
      );
      const { id, version } = document;
      expect(_entities).toEqual([{ lineId: ids(document)[0], [back]: { id, version } }]);
    });

    it('are taken away by a null, as everything is that a patch clears', async () => {
      const before = await create(2);
      expect((await update(before.id, {})).data.one.lines).toHaveLength(2);
      const after = (await update(before.id, { lines: null })).data.one;
      expect(after.lines).toEqual([]);
      expect(after.version).not.toBe(before.version);
    });

    it('are given as a list or changed one by one: both at once are refused', async () => {
      const before = await create(1);
      const [lineId] = ids(before);
      const { errors } = await update(before.id, {
        lines: [{ ...line(), lineId }],
        lineChanges: { change: [{ lineId, description: 'Lost' }], add: [line()] },
      });
      expect(errors?.[0]).toMatchObject({
        message: expect.stringContaining('lines'),
        extensions: { code: 'BAD_USER_INPUT', argumentPath: ['input', 'lineChanges'] },
      });
      expect((await update(before.id, {})).data.one).toEqual(before);
    });

    it('refuse the lineId of a line that another document has, and name it', async () => {
      const [before, other] = [await create(1), await create(1)];
      const lineId = ids(other)[0];
      const { errors } = await update(before.id, { lines: [{ ...line(), lineId }] });
      expect(errors?.[0]).toMatchObject({
        message: expect.stringContaining(`${lineId}`),
        extensions: { code: 'BAD_USER_INPUT', argumentPath: ['input', 'lines'] },
      });
      expect((await update(before.id, {})).data.one).toEqual(before);
    });

    it('refuse a lineId that the document does not have, and leave it as it was', async () => {
      const before = await create(1);
      const { errors } = await update(before.id, { lineChanges: { remove: ['nobody'], add: [line()] } });
      expect(errors?.[0]?.extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        argumentPath: ['input', 'lineChanges'],
      });
      const { one } = (await update(before.id, {})).data;
      expect(one).toEqual(before);
    });
  });
}
