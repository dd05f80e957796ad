import type { Properties, PropertyType } from '../../subgraphs/system/entity.ts';
import type { Json } from '../../sync/core/types.ts';

/** Ids of records that references may name, by entity. */
export type Known = Readonly<Record<string, string>>;

/** A value for every property that can be written: what differs from its default where it has one. */
export function filled(
  properties: Properties,
  known: Known,
  given: Readonly<Record<string, Json>> = {},
): Record<string, Json> {
  const fields: Record<string, Json> = {};
  for (const [name, { type, access, derived }] of Object.entries(properties)) {
    if (access === 'read' || derived || type.kind === 'refCode') continue;
    if (type.kind === 'ref' && known[type.to] === undefined) continue;
    fields[name] = sample(name, type, known);
  }
  return { ...fields, ...given };
}

let count = 0;

function sample(name: string, type: PropertyType, known: Known): Json {
  count += 1;
  switch (type.kind) {
    case 'text':
      return `${name} ${count}`.slice(0, type.max);
    case 'code':
      return `C${count}`;
    case 'email':
      return `${name.toLowerCase()}${count}@example.com`;
    case 'phone':
      return `+47${22_000_000 + count}`;
    case 'url':
      return `https://example.com/${count}`;
    case 'currency':
      return 'NOK';
    case 'language':
      return 'nb-NO';
    // Never 0: it may be the decimals that a quantity of 7.5 needs, and the count goes on from file to file.
    case 'int':
      return 1 + (count % 4);
    case 'boolean':
      return true;
    case 'date':
      return '2026-02-28';
    case 'dateTime':
      return '2026-02-28T09:30:00.123456Z';
    case 'decimal':
      return '7.5';
    case 'money':
      return '12.50';
    case 'choice':
      return type.values[0]!;
    case 'address':
      return Object.fromEntries(
        type.parts.map((part, at) => [part, at === 5 ? 'SE' : `${part} ${count}`.slice(0, 20)]),
      );
    case 'ref':
      return known[type.to]!;
    case 'refCode':
      throw new Error('codes are written through their references');
    case 'texts':
      return ['one', 'two'];
    case 'list':
      return [
        Object.fromEntries(Object.entries(type.of).map(([part, of]) => [part, sample(part, of, known)])),
      ];
  }
}
