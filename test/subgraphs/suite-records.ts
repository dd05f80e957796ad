import { getNamedType, isInputObjectType, isObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { manyField, oneField, typeName } from '../../subgraphs/system/names.ts';
import type { Fields, Ground } from './ground.ts';
import { everythingOf } from './selection.ts';

const kari = { subject: 'kari', scopes: ['read', 'write', 'read:cost', 'read:personal'] };

/** Every field can be read, everything that a person may give can be written, and versions guard both. */
export function describeRecords(ground: Ground): void {
  const { subject, wishes, known, records } = ground;
  const { subgraph, ask, data, system } = subject;
  const { shape } = system;

  it('shows every field of every type, filled', async () => {
    const shown = new Set<string>();
    for (const entity of wishes.entities.map(ground.entity)) {
      const name = typeName(shape, entity);
      const one = everythingOf(subgraph.schema, name);
      const many = everythingOf(subgraph.schema, `${name}Connection`);
      for (const field of [...one.fields, ...many.fields]) shown.add(field);
      const answer = await data(
        `{ one: ${oneField(shape, entity)}(id: "${known[entity.name]}") { ${one.selection} }
           many: ${manyField(shape, entity)}(first: 1) { ${many.selection} } }`,
      );
      const record = records[entity.name]!;
      expect(answer.one).toMatchObject({ id: record.id, version: record.version, updatedBy: 'tandem' });
      expect(answer.one).toMatchObject(record.fields);
      expect(nulls(answer.one, name)).toEqual([]);
    }
    const all = Object.values(subgraph.schema.getTypeMap())
      .filter(isObjectType)
      .filter(({ name }) => !/^(_.*|Query|Mutation|Subscription|.*Change)$/.test(name))
      .flatMap((type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`));
    expect([...shown].sort()).toEqual(all.sort());
  });

  it('shows within one operation what the operation has changed', async () => {
    const [customer, order] = ['Customer', 'Order'].map((name) => typeName(shape, ground.entity(name)));
    const { id } = await subject.put('Customer', { name: 'On the way', legalName: 'Before' });
    const { id: orderId } = await subject.put('Order', { customerId: id });
    const { one, two } = await data(
      `mutation($c: ID!, $o: ID!) {
         one: update${order}(id: $o, input: {}) { customer { legalName } }
         change: update${customer}(id: $c, input: { legalName: "After" }) { id }
         two: update${order}(id: $o, input: {}) { customer { legalName } }
       }`,
      { c: id, o: orderId },
    );
    expect([one.customer.legalName, two.customer.legalName]).toEqual(['Before', 'After']);
  });

  describe.each(wishes.entities)('%s', (entityName) => {
    const entity = ground.entity(entityName);
    const name = typeName(shape, entity);
    const property = wishes.change[entityName]!;
    const create = async (input: Fields, selection: string) =>
      (
        await data(
          `mutation($input: Create${name}Input!) { one: create${name}(input: $input) { ${selection} } }`,
          { input },
          kari,
        )
      ).one;
    const update = (id: string, input: Fields, ifVersion: string | null = null) =>
      ask(
        `mutation($id: ID!, $input: ${name}Patch!, $v: String) {
           one: update${name}(id: $id, input: $input, ifVersion: $v) { version ${property} } }`,
        { id, input, v: ifVersion },
      );

    it('is created with everything that a person may give', async () => {
      const input = ground.input(entityName);
      const written = await create(input, `version updatedBy archived ${selectionOf(input)}`);
      expect(written).toMatchObject({ ...input, updatedBy: 'kari', archived: false });
      const offered = subgraph.schema.getType(`Create${name}Input`);
      const offers = isInputObjectType(offered) ? Object.keys(offered.getFields()) : [];
      const skipped = Object.entries(wishes.person[entityName] ?? {}).filter(([, value]) => value === null);
      const codes = Object.entries(entity.properties).filter(
        ([, { type, derived }]) => type.kind === 'refCode' || derived,
      );
      expect([...Object.keys(input), ...[...skipped, ...codes].map(([one]) => one)].sort()).toEqual(
        offers.sort(),
      );
    });

    it('is changed, cleared, put away, taken back and deleted, each moving the version', async () => {
      const { id, version } = await create(ground.input(entityName), 'id version');
      const changed = (await update(id, { [property]: 'Changed' }, version)).data.one;
      expect(changed[property]).toBe('Changed');
      expect(changed.version).not.toBe(version);
      const same = (await update(id, {}, changed.version)).data.one;
      expect(same).toEqual(changed);
      const cleared = (await update(id, { [property]: null }, changed.version)).data.one;
      expect(cleared[property]).toBeNull();
      const act = async (verb: string, ifVersion: string) =>
        (
          await data(
            `mutation($id: ID!, $v: String) { one: ${verb}${name}(id: $id, ifVersion: $v) { id version archived } }`,
            { id, v: ifVersion },
          )
        ).one;
      const archived = await act('archive', cleared.version);
      expect(archived).toMatchObject({ id, archived: true });
      const restored = await act('restore', archived.version);
      expect(restored).toMatchObject({ id, archived: false });
      expect(new Set([changed, cleared, archived, restored].map((one) => one.version)).size).toBe(4);
      expect(await act('delete', restored.version)).toEqual(restored);
      expect(await data(`{ one: ${oneField(shape, entity)}(id: "${id}") { id } }`)).toEqual({ one: null });
    });

    it('refuses an older version with both versions, and what nobody has', async () => {
      const { id, version } = await create(ground.input(entityName), 'id version');
      const now = (await update(id, { [property]: 'Second' }, version)).data.one.version;
      const stale = await update(id, { [property]: 'Third' }, version);
      const both = { code: 'STALE', yourVersion: version, currentVersion: now };
      expect(stale.errors?.[0]?.extensions).toMatchObject(both);
      expect((await update(id, { [property]: 'Second' }, now)).data.one.version).toBe(now);
      const nobody = [
        update('nobody', { [property]: 'x' }),
        ask(`mutation { archive${name}(id: "nobody") { id } }`),
        ask(`mutation { delete${name}(id: "nobody") { id } }`),
      ];
      for (const { errors } of await Promise.all(nobody))
        expect(errors?.[0]?.extensions).toMatchObject({
          code: 'BAD_USER_INPUT',
          reason: 'NOT_FOUND',
          argumentPath: ['id'],
        });
    });

    /** What an input says, as a selection of the record. */
    function selectionOf(input: Fields): string {
      const type = subgraph.schema.getType(name);
      const fields = isObjectType(type) ? type.getFields() : {};
      return Object.entries(input)
        .map(([field, value]) => {
          if (!isObjectType(getNamedType(fields[field]!.type))) return field;
          const [part] = Array.isArray(value) ? value : [value];
          return `${field} { ${Object.keys(part as object).join(' ')} }`;
        })
        .join(' ');
    }
  });
}

/** Paths of nulls in an answer: `CrmQuote.lines.taxRate`. */
function nulls(value: unknown, path: string): readonly string[] {
  if (value === null) return [path];
  if (Array.isArray(value)) return value.flatMap((item) => nulls(item, path));
  if (typeof value !== 'object') return [];
  return Object.entries(value as object).flatMap(([name, inner]) => nulls(inner, `${path}.${name}`));
}
