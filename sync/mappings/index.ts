import type { Mapping } from '../core/mapping.ts';
import type { MappingName, Side } from '../core/types.ts';
import { contact } from './contact.ts';
import { customer } from './customer.ts';
import { order } from './order.ts';
import { product } from './product.ts';
import { quote } from './quote.ts';
import { quoteOrder } from './quote-order.ts';
import { user } from './user.ts';
import { userOrder } from './user-order.ts';

/** All mappings, in the order in which a first synchronisation works through them. */
export const mappings: readonly Mapping[] = [
  user,
  customer,
  contact,
  product,
  quote,
  quoteOrder,
  order,
  userOrder,
];

const byName: ReadonlyMap<string, Mapping> = new Map(mappings.map((mapping) => [mapping.name, mapping]));

/** The mapping of that name. */
export function mappingOf(name: MappingName): Mapping {
  const mapping = byName.get(name);
  if (!mapping) throw new TypeError(`There is no mapping ${name}.`);
  return mapping;
}

const none: readonly Mapping[] = [];
const byEntity = new Map<string, readonly Mapping[]>();
for (const mapping of mappings)
  for (const side of ['crm', 'erp'] as const) {
    const key = `${side}:${mapping[side]}`;
    byEntity.set(key, [...(byEntity.get(key) ?? none), mapping]);
  }

/** The mappings in which an entity of one system takes part. */
export const mappingsOfEntity = (side: Side, entity: string): readonly Mapping[] =>
  byEntity.get(`${side}:${entity}`) ?? none;

/**
 * The mapping whose links references to an entity go through: of the several that know a CRM quote, an ERP order or a
 * user, the one to one.
 */
export const referenceMapping = (side: Side, entity: string): Mapping | undefined =>
  mappingsOfEntity(side, entity).find(({ name }) => name !== 'quoteOrder' && name !== 'userOrder');
