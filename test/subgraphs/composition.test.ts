import { readFileSync } from 'node:fs';
import { composeServices } from '@theguild/federation-composition';
import { buildSchema, type GraphQLEnumType, isEnumType, isInputType, isObjectType, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { crm } from '../../subgraphs/crm/entities.ts';
import { erp } from '../../subgraphs/erp/entities.ts';
import { generatedSdl } from '../../subgraphs/sdl.ts';
import { systemSdl } from '../../subgraphs/system/sdl.ts';

const services = [
  { name: 'crm', url: 'http://crm', typeDefs: parse(systemSdl(crm)) },
  { name: 'erp', url: 'http://erp', typeDefs: parse(systemSdl(erp)) },
];

describe('the SDL of the built-in systems', () => {
  it('is committed as the declarations make it', () => {
    for (const { path, text } of generatedSdl()) expect(readFileSync(path, 'utf8'), path).toBe(text);
  });

  it('composes', () => {
    const { errors, supergraphSdl } = composeServices(services);
    expect(errors ?? []).toEqual([]);
    expect(supergraphSdl).toContain('crmCustomers');
  });

  it('shows every declared property and every record field', () => {
    for (const shape of [crm, erp]) {
      const schema = buildSchema(systemSdl(shape), { assumeValidSDL: true });
      for (const entity of Object.values(shape.entities)) {
        const type = schema.getType(`${shape.prefix}${entity.name}`);
        const fields = isObjectType(type) ? Object.keys(type.getFields()) : [];
        expect(fields).toEqual(expect.arrayContaining(Object.keys(entity.properties)));
        expect(fields).toEqual(
          expect.arrayContaining(['id', 'version', 'createdAt', 'updatedAt', 'updatedBy', 'archived']),
        );
      }
    }
  });

  it('gives an enum that both have the same values, and shared inputs the same fields', () => {
    const [a, b] = [crm, erp].map((shape) => buildSchema(systemSdl(shape), { assumeValidSDL: true }));
    const shared = Object.keys(a!.getTypeMap()).filter((name) => b!.getType(name) && !name.startsWith('__'));
    expect(shared).toContain('EntityType');
    for (const name of shared) {
      const [one, two] = [a!.getType(name)!, b!.getType(name)!];
      if (isEnumType(one)) expect(valuesOf(one)).toEqual(valuesOf(two as GraphQLEnumType));
      else if (isInputType(one) && 'getFields' in one && 'getFields' in two)
        expect(Object.keys(one.getFields())).toEqual(Object.keys(two.getFields()));
    }
  });
});

function valuesOf(type: GraphQLEnumType): readonly string[] {
  return type.getValues().map(({ name }) => name);
}
