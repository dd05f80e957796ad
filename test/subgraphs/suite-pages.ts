import { beforeAll, describe, expect, it } from 'vitest';
import { manyField, typeName } from '../../subgraphs/system/names.ts';
import type { Ground } from './ground.ts';

/** Connections walk both ways, in any order, and refuse what they cannot do by its path. */
export function describePages(ground: Ground): void {
  const { subject } = ground;
  const { shape } = subject.system;
  const customer = ground.entity('Customer');
  const many = manyField(shape, customer);
  const names = Array.from({ length: 25 }, (_, at) => `Paged ${String(at).padStart(2, '0')}`);
  const page = async (args: string, selection = 'nodes { name }') => {
    const text = `query($f: ${typeName(shape, customer)}Filter) { many: ${many}(filter: $f, ${args}) { ${selection} } }`;
    return (await subject.data(text, { f: { name: { startsWith: 'Paged' } } })).many;
  };
  const namesOf = ({ nodes }: { nodes: readonly { name: string }[] }) => nodes.map(({ name }) => name);

  describe('pages', () => {
    beforeAll(async () => {
      for (const name of names.toReversed()) await subject.put('Customer', { name });
    });

    it('show every record once forwards and backwards, in the order asked for', async () => {
      const selection =
        'nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount';
      const sort = 'sort: { field: name, direction: ASC }';
      const forwards: string[] = [];
      for (let after = '', more = true; more; ) {
        const one = await page(`${sort}, first: 10${after}`, selection);
        forwards.push(...namesOf(one));
        expect(one.totalCount).toBe(25);
        more = one.pageInfo.hasNextPage;
        after = `, after: "${one.pageInfo.endCursor}"`;
      }
      expect(forwards).toEqual(names);
      const backwards: string[] = [];
      for (let before = '', more = true; more; ) {
        const one = await page(`${sort}, last: 10${before}`, selection);
        backwards.unshift(...namesOf(one));
        more = one.pageInfo.hasPreviousPage;
        before = `, before: "${one.pageInfo.startCursor}"`;
      }
      expect(backwards).toEqual(names);
      expect(namesOf(await page('first: 3, sort: { field: name, direction: DESC }'))).toEqual(
        names.slice(-3).toReversed(),
      );
    });

    it('have 20 records unless asked, and a cursor for each', async () => {
      const { edges } = await page('search: "paged"', 'edges { cursor node { name } }');
      expect(edges).toHaveLength(20);
      const next = await page(
        `search: "paged", first: 1, after: "${edges[2].cursor}"`,
        'edges { node { name } }',
      );
      expect(next.edges[0].node).toEqual(edges[3].node);
    });

    it('are counted without being read', async () => {
      expect(await page('first: 0', 'totalCount nodes { id } pageInfo { endCursor }')).toEqual({
        totalCount: 25,
        nodes: [],
        pageInfo: { endCursor: null },
      });
    });

    it.each([
      ['first: 101', ['first']],
      ['first: -1', ['first']],
      ['last: 101', ['last']],
      ['before: "x"', ['before']],
      ['last: 1, after: "x"', ['after']],
      ['after: "junk"', ['after']],
      ['filter: { name: { eq: null } }', ['filter', 'name', 'eq']],
      ['filter: { createdAt: { gt: "yesterday" } }', ['filter', 'createdAt', 'gt']],
    ])('refuse %s by its path', async (args, argumentPath) => {
      const { errors } = await subject.ask(`{ ${many}(${args}) { nodes { id } } }`);
      expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argumentPath });
    });
  });
}
