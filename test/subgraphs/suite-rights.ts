import { describe, expect, it } from 'vitest';
import { manyField, oneField, rootPrefix, typeName } from '../../subgraphs/system/names.ts';
import { codesOf, type Ground } from './ground.ts';

/** The subgraph asks for rights itself, whatever a gateway has asked before. */
export function describeRights(ground: Ground): void {
  const { subject, known, records } = ground;
  const { ask, data } = subject;
  const { shape } = subject.system;
  const reader = { subject: 'r', scopes: ['read'] };
  const writer = { subject: 'w', scopes: ['write'] };
  const [contact, product] = ['Contact', 'Product'].map((name) => oneField(shape, ground.entity(name)));
  const customer = typeName(shape, ground.entity('Customer'));

  describe('rights', () => {
    it('are asked for reads, writes and representations', async () => {
      const contacts = manyField(shape, ground.entity('Contact'));
      expect(codesOf(await ask(`{ ${contacts} { nodes { id } } }`, {}, writer))).toEqual(['FORBIDDEN']);
      for (const mutation of [`archive${customer}(id: "x")`, `create${customer}(input: { name: "x" })`])
        expect(codesOf(await ask(`mutation { ${mutation} { id } }`, {}, reader))).toEqual(['FORBIDDEN']);
      const representations = [{ __typename: customer, id: known.Customer! }];
      const text = 'query($r: [_Any!]!) { _entities(representations: $r) { __typename } }';
      expect(codesOf(await ask(text, { r: representations }, writer))).toEqual(['FORBIDDEN']);
    });

    it('are asked for cost and personal fields, and leave the rest of the record', async () => {
      const text = `{ c: ${contact}(id: "${known.Contact}") { lastName birthDate }
                      p: ${product}(id: "${known.Product}") { id unitCost } }`;
      const refused = await ask(text, {}, reader);
      expect(codesOf(refused)).toEqual(['FORBIDDEN', 'FORBIDDEN']);
      const { lastName } = records.Contact!.fields;
      expect(refused.data).toEqual({
        c: { lastName, birthDate: null },
        p: { id: known.Product, unitCost: null },
      });
      const allowed = await data(text, {}, { subject: 'r', scopes: ['read', 'read:cost', 'read:personal'] });
      expect(allowed).toMatchObject({ c: { birthDate: '2026-02-28' }, p: { unitCost: '7.5' } });
      expect(await data(text, {}, { subject: null, scopes: ['*'] })).toEqual(allowed);
    });

    it('are asked for comparisons and orders by such fields, which would tell their values', async () => {
      const products = manyField(shape, ground.entity('Product'));
      for (const args of [
        'filter: { unitCost: { gt: "1" } }',
        'filter: { or: [{ not: { unitCost: { isNull: true } } }] }',
        'sort: { field: unitCost }',
      ])
        expect(codesOf(await ask(`{ ${products}(${args}) { totalCount } }`, {}, reader)), args).toEqual([
          'FORBIDDEN',
        ]);
    });

    it('keep the door of connectors for connectors', async () => {
      const prefix = rootPrefix(shape);
      const scopes = ['read', 'write', 'sync', 'admin', 'read:cost', 'read:personal'];
      for (const operation of [
        `{ ${prefix}Read(entity: "Customer", ids: ["x"]) }`,
        `{ ${prefix}List(entity: "Customer", limit: 1) }`,
        `{ ${prefix}Find(lookups: []) }`,
        `{ ${prefix}Head }`,
        `mutation { ${prefix}Write(writes: [], author: { actor: "x", origin: "sync" }) }`,
      ])
        expect(codesOf(await ask(operation, {}, { subject: 'admin', scopes })), operation).toEqual([
          'FORBIDDEN',
        ]);
    });
  });
}
