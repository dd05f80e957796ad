import { composeServices } from '@theguild/federation-composition';
import {
  buildSchema,
  type GraphQLObjectType,
  isEnumType,
  isInputObjectType,
  isNonNullType,
  parse,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { crm } from '../../subgraphs/crm/entities.ts';
import { erp } from '../../subgraphs/erp/entities.ts';
import { syncSdl } from '../../subgraphs/sync/sdl.ts';
import { unify } from '../../subgraphs/sync/unified.ts';
import { systemSdl } from '../../subgraphs/system/sdl.ts';
import { mappings } from '../../sync/mappings/index.ts';

const unified = unify(mappings);
const sdl = { crm: systemSdl(crm), erp: systemSdl(erp), sync: syncSdl(unified) };
const schema = buildSchema(sdl.sync, { assumeValidSDL: true });
const fieldsOf = (type: string) => (schema.getType(type) as GraphQLObjectType).getFields();

describe('the SDL of the sync', () => {
  it('composes with both systems', () => {
    const { errors, supergraphSdl } = composeServices(
      Object.entries(sdl).map(([name, text]) => ({ name, url: `http://${name}`, typeDefs: parse(text) })),
    );
    expect(errors ?? []).toEqual([]);
    expect(supergraphSdl).toContain('type Customer implements Node & Linked');
  });

  it('gives enums and inputs that a system has too the same values and fields', () => {
    for (const text of [sdl.crm, sdl.erp]) {
      const other = buildSchema(text, { assumeValidSDL: true });
      for (const [name, type] of Object.entries(schema.getTypeMap())) {
        const twin = other.getType(name);
        if (isEnumType(type) && isEnumType(twin))
          expect(type.getValues().map((value) => value.name)).toEqual(
            twin.getValues().map((value) => value.name),
          );
        if (isInputObjectType(type) && isInputObjectType(twin))
          expect(Object.keys(type.getFields()), name).toEqual(Object.keys(twin.getFields()));
      }
    }
  });

  it('shows every mapped CRM property on its unified type', () => {
    for (const type of Object.values(unified.types)) {
      const rules = Object.values(unified.mappings[type.mapping].fields);
      const expected = rules.filter(({ crm: name, way }) => name !== null && name !== 'id' && way !== 'off');
      expect(Object.keys(fieldsOf(type.name))).toEqual(
        expect.arrayContaining(expected.map(({ crm: name }) => name)),
      );
    }
    expect(Object.keys(fieldsOf('Quote'))).toEqual(
      expect.arrayContaining(['erpOrderNumber', 'orderState', 'customerPurchaseOrder', 'closedReason']),
    );
    expect(fieldsOf('Contact')).not.toHaveProperty('birthDate');
  });

  it('makes only properties non-null that both systems require', () => {
    const shapes = { crm: crm.entities, erp: erp.entities } as const;
    for (const type of Object.values(unified.types))
      for (const { name, canonical, nonNull } of type.fields) {
        expect(isNonNullType(fieldsOf(type.name)[name]!.type)).toBe(nonNull);
        if (!nonNull) continue;
        const rule = unified.mappings[type.mapping].fields[canonical]!;
        for (const side of ['crm', 'erp'] as const) {
          const entity = shapes[side][type[side] as keyof (typeof shapes)[typeof side]] as {
            properties: Readonly<Record<string, { readonly required?: boolean }>>;
          };
          expect(entity.properties[rule[side]!]?.required, `${type.name}.${name}`).toBe(true);
        }
      }
    expect(isNonNullType(fieldsOf('Customer').name!.type)).toBe(true);
  });

  it('has the queries, mutations and subscriptions of the contract', () => {
    const one = ['customer', 'contact', 'product', 'quote', 'order', 'user'];
    expect(Object.keys(fieldsOf('Query'))).toEqual(
      expect.arrayContaining(
        `node flows links matchProposals conflicts issues deadLetters blockers syncEvents driftReport dataflow run systems ${one.join(' ')} ${one.map((name) => `${name}s`).join(' ')}`.split(
          ' ',
        ),
      ),
    );
    expect(Object.keys(fieldsOf('Mutation'))).toEqual(
      expect.arrayContaining(
        'syncCustomer syncContact syncProduct syncQuote syncQuoteOrder syncOrder syncUserOrder sync applyPlan link unlink relink resolveMatch resolveConflict resolveConflicts removeRule followMerge retry revert startBackfill startReconciliation cancelRun pauseFlow resumeFlow setCode erase'.split(
          ' ',
        ),
      ),
    );
    const without = Object.values(fieldsOf('Mutation')).filter(
      ({ args }) => !args.some(({ name }) => name === 'mode'),
    );
    // It applies what was previewed.
    expect(without.map(({ name }) => name)).toEqual(['applyPlan']);
    expect(Object.keys(fieldsOf('Subscription'))).toEqual([
      'syncEvents',
      'customerChanged',
      'orderChanged',
      'quoteChanged',
      'flowStatus',
      'run',
    ]);
  });
});
