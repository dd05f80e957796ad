import { type ExecutionResult, isInputObjectType, isObjectType, parse, subscribe } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Entity, Properties } from '../../subgraphs/system/entity.ts';
import {
  manyField,
  oneField,
  recordFields,
  references,
  rootPrefix,
  typeName,
} from '../../subgraphs/system/names.ts';
import { isWritable } from '../../subgraphs/system/sdl-inputs.ts';
import type { Json, SystemRecord } from '../../sync/core/types.ts';
import { filled, type Known } from './filled.ts';
import { everythingOf } from './selection.ts';
import type { Subject } from './subject.ts';

type Fields = Readonly<Record<string, Json>>;

/** What a side's rules ask of sample values, where any value will not do. */
export interface Wishes {
  /** In the order in which they refer to each other. */
  readonly entities: readonly string[];
  /** Over the sample values of a record with everything filled, by entity. */
  readonly filled: Readonly<Record<string, Fields>>;
  /** Likewise for its one line. */
  readonly line: Fields;
  /** What happens to the filled records afterwards, so that fields show that only a history fills. */
  readonly afterwards: Readonly<Record<string, Fields>>;
  /** What a person gives to create one, over samples of what he may give; null leaves a property out. */
  readonly person: Readonly<Record<string, Fields>>;
  readonly personLine: Fields;
  /** A text to change, by entity. */
  readonly change: Readonly<Record<string, string>>;
  /** Fields that stay null whatever is written, with the reason. */
  readonly empty: Readonly<Record<string, string>>;
}

/** What holds for both subgraphs, over real records of each. */
export function describeSubgraph(side: 'crm' | 'erp', subject: Subject, wishes: Wishes): void {
  const { system, subgraph, ask, data, put, statements } = subject;
  const { shape } = system;
  const entities = wishes.entities.map((name) => shape.entities[name]!) as readonly Entity[];
  const known: Record<string, string> = {};
  const records: Record<string, SystemRecord> = {};

  describe(`the ${side} subgraph`, () => {
    beforeAll(async () => {
      for (const entity of entities) {
        const record = async () => {
          const fields = filled(entity.properties, known, wishes.filled[entity.name]);
          const lines = entity.lines && [filled(entity.lines, known, wishes.line)];
          return put(entity.name, { ...fields, ...(lines && { lines }) });
        };
        // An entity that refers to its own kind needs another to refer to.
        if (references(entity.properties).some(({ to }) => to === entity.name)) {
          known[entity.name] = (await record()).id;
        }
        records[entity.name] = await record();
        known[entity.name] = records[entity.name]!.id;
      }
      for (const entity of entities) {
        const { id, fields } = records[entity.name]!;
        const later = references(entity.properties).filter(
          ({ property, to }) => fields[property] === null && known[to] !== undefined && to !== entity.name,
        );
        const refs = Object.fromEntries(later.map(({ property, to }) => [property, known[to]!]));
        const changes = { ...refs, ...wishes.afterwards[entity.name] };
        if (Object.keys(changes).length > 0) await subject.change(entity.name, id, changes);
      }
      for (const [name, id] of Object.entries(known)) {
        records[name] = (await system.read(name, [id])).get(id)!;
      }
    });

    it('shows every field of every type, filled', async () => {
      const shown = new Set<string>();
      for (const entity of entities) {
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
        expect(nulls(answer.one, name).filter((path) => !(path in wishes.empty))).toEqual([]);
      }
      const all = Object.values(subgraph.schema.getTypeMap())
        .filter(isObjectType)
        .filter(({ name }) => !/^(__|_|Query$|Mutation$|Subscription$)|Change$/.test(name))
        .flatMap((type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`));
      expect([...shown].sort()).toEqual(all.sort());
    });

    describe.each(wishes.entities)('%s', (entityName) => {
      const entity = shape.entities[entityName]! as Entity;
      const name = typeName(shape, entity);
      const ids = {
        get known() {
          return known as Known;
        },
      };
      const input = (): Record<string, Json> => {
        const fields = writable(entity.properties, ids.known, wishes.person[entityName]);
        if (!entity.lines) return fields;
        return { ...fields, lines: [writable(entity.lines, ids.known, wishes.personLine)] };
      };
      const create = async (): Promise<{ id: string; version: string }> =>
        (
          await data(
            `mutation($input: Create${name}Input!) { one: create${name}(input: $input) { id version } }`,
            { input: input() },
          )
        ).one;

      it('is created with everything that a person may give, changed, put away, taken back and deleted', async () => {
        const given = input();
        const selection = Object.entries(given)
          .map(([property]) => (isPlain(entity, property) ? property : everythingUnder(property)))
          .join(' ');
        const caller = { subject: 'kari', scopes: ['read', 'write', 'read:cost', 'read:personal'] };
        const { one } = await data(
          `mutation($input: Create${name}Input!) { one: create${name}(input: $input) { id version updatedBy archived ${selection} } }`,
          { input: given },
          caller,
        );
        expect(one).toMatchObject({ ...given, updatedBy: 'kari', archived: false });
        const byId = `($id: ID!, $ifVersion: String) { one: ACT${name}(id: $id, ifVersion: $ifVersion) { id version archived } }`;
        const act = async (verb: string, ifVersion: string) =>
          (await data(`mutation${byId.replace('ACT', verb)}`, { id: one.id, ifVersion })).one;
        const change = { [wishes.change[entityName]!]: 'Changed' };
        const { two } = await data(
          `mutation($id: ID!, $input: ${name}Patch!) { two: update${name}(id: $id, input: $input) { version ${Object.keys(change)[0]} } }`,
          { id: one.id, input: change },
        );
        expect(two).toMatchObject(change);
        expect(two.version).not.toBe(one.version);
        const archived = await act('archive', two.version);
        expect(archived.archived).toBe(true);
        const restored = await act('restore', archived.version);
        expect(restored.archived).toBe(false);
        expect(await act('delete', restored.version)).toEqual(restored);
        expect(await data(`{ one: ${oneField(shape, entity)}(id: "${one.id}") { id } }`)).toEqual({
          one: null,
        });

        function everythingUnder(property: string): string {
          const field = (
            subgraph.schema.getType(name) as never as { getFields(): Record<string, { type: object }> }
          ).getFields()[property]!;
          const inner = String(field.type).replace(/[[\]!]/g, '');
          const { input: part } = { input: subgraph.schema.getType(`${inner}Input`) };
          const names = isInputObjectType(part) ? Object.keys(part.getFields()) : [];
          return `${property} { ${names.filter((one) => property !== 'lines' || one === 'lineId' || one in given0(given, property)).join(' ')} }`;
        }
      });

      it('refuses an update of an older version with both versions, and one of nobody', async () => {
        const { id, version } = await create();
        const property = wishes.change[entityName]!;
        const update = (target: string, value: string, ifVersion: string | null) =>
          ask(
            `mutation($id: ID!, $input: ${name}Patch!, $v: String) { one: update${name}(id: $id, input: $input, ifVersion: $v) { version } }`,
            { id: target, input: { [property]: value }, v: ifVersion },
          );
        const now = (await update(id, 'Second', version)).data.one.version;
        const stale = await update(id, 'Third', version);
        expect(stale.errors?.[0]?.extensions).toMatchObject({
          code: 'STALE',
          yourVersion: version,
          currentVersion: now,
        });
        expect((await update(id, 'Second', now)).data.one.version).toBe(now);
        expect((await update('nobody', 'x', null)).errors?.[0]?.extensions).toMatchObject({
          code: 'NOT_FOUND',
        });
      });

      it('is found by the value of every property that can be compared', async () => {
        const filter = subgraph.schema.getType(`${name}Filter`);
        const names = isInputObjectType(filter) ? Object.keys(filter.getFields()) : [];
        const record = records[entityName]!;
        const find = async (asked: object) =>
          (
            await data(
              `query($filter: ${name}Filter) { many: ${manyField(shape, entity)}(first: 100, filter: $filter) { totalCount nodes { id } } }`,
              {
                filter: asked,
              },
            )
          ).many.nodes.map(({ id }: { id: string }) => id);
        const inverse = async (asked: object) => find({ not: asked });
        for (const property of names.filter((one) => !['and', 'or', 'not'].includes(one))) {
          const value =
            property in recordFields ? (record as never as Fields)[property]! : record.fields[property]!;
          const asked = { [property]: comparison(entity, property, value) };
          expect(await find(asked), property).toContain(record.id);
          expect(await inverse(asked), property).not.toContain(record.id);
        }
      });
    });

    describe('pages', () => {
      const customer = shape.entities.Customer!;
      const many = manyField(shape, customer);
      const filter = { name: { startsWith: 'Paged' } };
      const ask25 = async (args: string, selection = 'nodes { name }') =>
        (
          await data(
            `query($f: ${typeName(shape, customer)}Filter) { many: ${many}(filter: $f, ${args}) { ${selection} } }`,
            {
              f: filter,
            },
          )
        ).many;
      const names = Array.from({ length: 25 }, (_, at) => `Paged ${String(at).padStart(2, '0')}`);

      beforeAll(async () => {
        for (const name of [...names].reverse()) await put('Customer', { ...known25(), name });
      });
      const known25 = () => (side === 'crm' ? { ownerId: known.User! } : {});

      it('show every record once forwards and backwards, in the order asked for', async () => {
        const page =
          'nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount';
        const sort = 'sort: { field: name, direction: ASC }';
        const forwards: string[] = [];
        let after = '';
        for (;;) {
          const one = await ask25(`${sort}, first: 10${after}`, page);
          forwards.push(...one.nodes.map(({ name }: { name: string }) => name));
          expect(one.totalCount).toBe(25);
          if (!one.pageInfo.hasNextPage) break;
          after = `, after: "${one.pageInfo.endCursor}"`;
        }
        expect(forwards).toEqual(names);
        const backwards: string[] = [];
        let before = '';
        for (;;) {
          const one = await ask25(`${sort}, last: 10${before}`, page);
          backwards.unshift(...one.nodes.map(({ name }: { name: string }) => name));
          if (!one.pageInfo.hasPreviousPage) break;
          before = `, before: "${one.pageInfo.startCursor}"`;
        }
        expect(backwards).toEqual(names);
        const down = await ask25('first: 3, sort: { field: name, direction: DESC }');
        expect(down.nodes.map(({ name }: { name: string }) => name)).toEqual(names.slice(-3).reverse());
      });

      it('have 20 records unless asked, and cursors for each', async () => {
        const one = await ask25('search: "paged"', 'edges { cursor node { name } }');
        expect(one.edges).toHaveLength(20);
        const third = one.edges[2];
        const next = await ask25(
          `search: "paged", first: 1, after: "${third.cursor}"`,
          'edges { node { name } }',
        );
        expect(next.edges[0].node).toEqual(one.edges[3].node);
      });

      it.each([
        ['first: 101', ['first']],
        ['first: -1', ['first']],
        ['last: 101', ['last']],
        ['before: "x"', ['before']],
        ['last: 1, after: "x"', ['after']],
        ['filter: { name: { eq: null } }', ['filter', 'name', 'eq']],
        ['filter: { createdAt: { gt: "yesterday" } }', ['filter', 'createdAt', 'gt']],
      ])('refuse %s by its path', async (args, argumentPath) => {
        const { errors } = await ask(`{ ${many}(${args}) { nodes { id } } }`);
        expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argumentPath });
      });

      it('refuse a cursor that no page gave', async () => {
        const { errors } = await ask(`{ ${many}(after: "junk") { nodes { id } } }`);
        expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
      });
    });

    describe('statements', () => {
      it('are one per type for representations, whatever their number', async () => {
        const customer = typeName(shape, shape.entities.Customer!);
        const order = typeName(shape, shape.entities.Order!);
        const { id: orderId, fields } = records.Order!;
        const [line] = fields.lines as readonly { readonly lineId: string }[];
        const { nodes } = (
          await data(`{ many: ${manyField(shape, shape.entities.Customer!)}(first: 26) { nodes { id } } }`)
        ).many;
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
        let answer: Answered = {};
        const count = await statements(async () => {
          answer = await data(
            `query($r: [_Any!]!) { _entities(representations: $r) { __typename ... on ${customer} { id name } ... on ${order} { id } ... on ${order}Line { lineId order { id } } } }`,
            { r: representations },
          );
        });
        expect(count).toBe(3);
        const entities = answer._entities as readonly (Fields | null)[];
        expect(entities.slice(0, 26).map((one) => one?.id)).toEqual(
          nodes.map(({ id }: { id: string }) => id),
        );
        expect(entities.slice(26)).toEqual([
          null,
          null,
          { __typename: customer, id: nodes[0].id, name: entities[0]?.name },
          { __typename: order, id: orderId },
          { __typename: `${order}Line`, lineId: line!.lineId, order: { id: orderId } },
          null,
          null,
        ]);
      });

      it('are few for customers with their orders, lines and products', async () => {
        const customers = manyField(shape, shape.entities.Customer!);
        const count = await statements(() =>
          data(
            `{ ${customers}(first: 100) { nodes { name orders(first: 5) { nodes { status customer { name } lines { quantity product { id } } } } } } }`,
          ),
        );
        expect(count).toBe(3);
      });

      it('count only where the count is selected', async () => {
        const customers = manyField(shape, shape.entities.Customer!);
        const without = await statements(() => data(`{ ${customers} { nodes { id } } }`));
        expect(without).toBe(1);
      });
    });

    describe('bad input', () => {
      const order = typeName(shape, shape.entities.Order!);
      const currency = side === 'crm' ? 'currency' : 'currencyCode';
      it.each([
        [{ [currency]: 'eur' }, ['input', currency]],
        [{ [currency]: 'XXZ' }, ['input', currency]],
        [{ requestedDeliveryDate: '2026-02-30' }, ['input', 'requestedDeliveryDate']],
        [{ lines: [{ quantity: 0.1 }] }, ['input', 'lines', 0, 'quantity']],
        [{ lines: [{ quantity: '1' }, { quantity: '1e400' }] }, ['input', 'lines', 1, 'quantity']],
      ])('is refused by its path, as a variable and as a literal: %j', async (fields, argumentPath) => {
        const input = { customerId: known.Customer!, ...fields };
        const byVariable = await ask(
          `mutation($input: Create${order}Input!) { create${order}(input: $input) { id } }`,
          { input },
        );
        const byLiteral = await ask(`mutation { create${order}(input: ${literal(input)}) { id } }`);
        for (const { errors, data } of [byVariable, byLiteral]) {
          expect(data).toBeNull();
          expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argumentPath });
        }
      });

      it('that only the system can judge is refused by its path as well', async () => {
        const long = await ask(
          `mutation($input: Create${order}Input!) { create${order}(input: $input) { id } }`,
          {
            input: {
              customerId: known.Customer!,
              shippingMethod: 'x',
              [side === 'crm' ? 'customerPurchaseOrder' : 'customerOrderReference']: 'x'.repeat(36),
            },
          },
        ).catch(() => null);
        void long;
        const { errors } = await ask(
          `mutation($input: Create${order}Input!) { create${order}(input: $input) { id } }`,
          {
            input: { customerId: 'nobody' },
          },
        );
        expect(errors?.[0]?.extensions).toMatchObject({
          code: 'UNKNOWN_REFERENCE',
          argumentPath: ['input', 'customerId'],
        });
      });
    });

    describe('rights', () => {
      const reader = { subject: 'r', scopes: ['read'] };
      const writer = { subject: 'w', scopes: ['write'] };
      const codes = ({ errors }: { errors?: readonly { extensions?: object }[] | undefined }) =>
        (errors ?? []).map(({ extensions }) => (extensions as { code: string }).code);
      const contact = oneField(shape, shape.entities.Contact!);
      const product = oneField(shape, shape.entities.Product!);
      const customer = typeName(shape, shape.entities.Customer!);

      it('are asked for reads, writes and representations', async () => {
        expect(codes(await ask(`{ ${contact}s { nodes { id } } }`, {}, writer))).toEqual(['FORBIDDEN']);
        expect(codes(await ask(`mutation { archive${customer}(id: "x") { id } }`, {}, reader))).toEqual([
          'FORBIDDEN',
        ]);
        const representations = [{ __typename: customer, id: known.Customer! }];
        const text = 'query($r: [_Any!]!) { _entities(representations: $r) { __typename } }';
        expect(codes(await ask(text, { r: representations }, writer))).toEqual(['FORBIDDEN']);
      });

      it('are asked for cost and personal fields, and leave the rest of the record', async () => {
        const one = await ask(
          `{ c: ${contact}(id: "${known.Contact}") { lastName birthDate } p: ${product}(id: "${known.Product}") { unitCost id } }`,
          {},
          reader,
        );
        expect(codes(one)).toEqual(['FORBIDDEN', 'FORBIDDEN']);
        expect(one.data).toMatchObject({
          c: { birthDate: null, lastName: records.Contact!.fields.lastName },
          p: { unitCost: null, id: known.Product },
        });
        const allowed = { subject: 'r', scopes: ['read', 'read:cost', 'read:personal'] };
        const two = await data(
          `{ c: ${contact}(id: "${known.Contact}") { birthDate } p: ${product}(id: "${known.Product}") { unitCost } }`,
          {},
          allowed,
        );
        expect(two).toEqual({ c: { birthDate: '2026-02-28' }, p: { unitCost: '7.5' } });
      });

      it('are asked for comparisons and orders by such fields, which would tell their values', async () => {
        for (const args of [
          'filter: { unitCost: { gt: "1" } }',
          'filter: { or: [{ not: { unitCost: { isNull: true } } }] }',
          'sort: { field: unitCost }',
        ])
          expect(codes(await ask(`{ ${product}s(${args}) { totalCount } }`, {}, reader)), args).toEqual([
            'FORBIDDEN',
          ]);
      });

      it('keep the door of connectors for connectors', async () => {
        const prefix = rootPrefix(shape);
        const everything = {
          subject: 'admin',
          scopes: ['read', 'write', 'sync', 'admin', 'read:cost', 'read:personal'],
        };
        expect(codes(await ask(`{ ${prefix}Read(entity: "Customer", ids: ["x"]) }`, {}, everything))).toEqual(
          ['FORBIDDEN'],
        );
        expect(
          codes(
            await ask(
              `mutation { ${prefix}Write(writes: [], author: { actor: "x", origin: "sync" }) }`,
              {},
              everything,
            ),
          ),
        ).toEqual(['FORBIDDEN']);
      });
    });

    describe('the subscription of changes', () => {
      const open = async (after?: string, caller: null | { subject: string; scopes: string[] } = null) => {
        const prefix = rootPrefix(shape);
        const stream = await subscribe({
          schema: subgraph.schema,
          document: parse(
            `subscription($after: Cursor) { change: ${prefix}Changes(after: $after) { cursor entity id kind at actor version } }`,
          ),
          variableValues: after === undefined ? {} : { after },
          contextValue: subgraph.context(caller),
        });
        return stream as AsyncGenerator<
          ExecutionResult<{ change: { cursor: string; id: string; kind: string; entity: string } }>
        >;
      };

      it('resumes after a cursor without a hole, and ends when its reader leaves', async () => {
        const start = await system.head();
        const made = [
          await put('Customer', owned('Feed 1')),
          await put('Customer', owned('Feed 2')),
          await put('Customer', owned('Feed 3')),
        ];
        const first = await open(start);
        const one = (await first.next()).value!.data!.change;
        expect(one).toMatchObject({ entity: 'CUSTOMER', kind: 'CREATED', id: made[0]!.id });
        await first.return(undefined);
        const rest = await open(one.cursor);
        const ids = [(await rest.next()).value!.data!.change.id, (await rest.next()).value!.data!.change.id];
        expect(ids).toEqual([made[1]!.id, made[2]!.id]);
        const waiting = rest.next();
        await rest.return(undefined);
        expect((await waiting).done).toBe(true);
      });

      it('tells a cursor that is too old by its code, with the oldest one that works', async () => {
        const old = await system.head();
        await put('Customer', owned('Feed 4'));
        const head = await settledHead(old);
        await system.prune('0 seconds');
        const stream = await open(old);
        const { value } = await stream.next();
        expect(value?.errors?.[0]?.extensions).toMatchObject({ code: 'CURSOR_EXPIRED', oldest: head });
        expect((await stream.next()).done).toBe(true);
      });

      it('asks for the right to read', async () => {
        const refused = (await open(undefined, {
          subject: 'w',
          scopes: ['write'],
        })) as never as ExecutionResult;
        expect(refused.errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' });
      });

      const owned = (name: string) => ({ ...(side === 'crm' ? { ownerId: known.User! } : {}), name });
      /** The head once it has moved past a cursor: positions are given after the commit. */
      const settledHead = async (past: string): Promise<string> => {
        const stream = await open(past);
        const { value } = await stream.next();
        await stream.return(undefined);
        return value!.data!.change.cursor;
      };
    });
  });
}

type Answered = Readonly<Record<string, unknown>>;

function writable(properties: Properties, known: Known, wished: Fields = {}): Record<string, Json> {
  const own = Object.fromEntries(Object.entries(properties).filter(([, property]) => isWritable(property)));
  return Object.fromEntries(Object.entries(filled(own, known, wished)).filter(([, value]) => value !== null));
}

function isPlain(entity: Entity, property: string): boolean {
  if (property === 'lines') return false;
  return !['address', 'list'].includes(entity.properties[property]!.type.kind);
}

function given0(given: Readonly<Record<string, Json>>, property: string): object {
  return (given[property] as readonly object[])[0]!;
}

/** A comparison that holds for the value alone, in the form that its type offers. */
function comparison(entity: Entity, property: string, value: Json): object {
  const type = entity.properties[property]?.type;
  if (value === null) return { isNull: true };
  if (type?.kind === 'address') return { [type.parts[0]]: { eq: (value as Fields)[type.parts[0]] } };
  return { eq: value };
}

/** Paths of nulls in an answer: `CrmQuote.lines.0.taxRate` without the numbers. */
function nulls(value: unknown, path: string): readonly string[] {
  if (value === null) return [path];
  if (Array.isArray(value)) return value.flatMap((item) => nulls(item, path));
  if (typeof value !== 'object') return [];
  return Object.entries(value as object).flatMap(([name, inner]) => nulls(inner, `${path}.${name}`));
}

function literal(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{ ${Object.entries(value)
      .map(([name, inner]) => `${name}: ${literal(inner as Json)}`)
      .join(', ')} }`;
  return JSON.stringify(value);
}
