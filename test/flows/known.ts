import type { Write } from '../../sync/core/connector.ts';
import type { MappingName } from '../../sync/core/types.ts';
import type { Known, Sample } from './samples.ts';
import type { Fields, World } from './world.ts';

/** Two linked records of everything that others refer to. */
export async function knownRecords(w: World): Promise<Known> {
  const two = async (
    entity: string,
    mapping: MappingName,
    fields: (i: number) => Fields,
  ): Promise<readonly [Sample, Sample]> => {
    const writes = [0, 1].map((i): Write => ({ kind: 'create', entity, fields: fields(i) }));
    const records = await w.writeAll('crm', writes);
    // A user gets a salesperson's card as soon as something refers to him.
    if (entity === 'User')
      for (const { id } of records)
        await w.create('crm', 'Customer', { name: `Owned by ${id}`, ownerId: id });
    await w.settled();
    const [a, b] = await Promise.all(
      records.map(async ({ id }) => ({ crm: id, erp: await w.twin(mapping, 'crm', id) })),
    );
    return [a!, b!];
  };
  const User = await two('User', 'user', (i) => ({
    fullName: `Owner ${i}`,
    email: `owner${i}@seller.example`,
  }));
  const Customer = await two('Customer', 'customer', (i) => ({ name: `Known customer ${i}` }));
  const Contact = await two('Contact', 'contact', (i) => ({
    lastName: `Known ${i}`,
    customerId: Customer[0].crm!,
  }));
  const Product = await two('Product', 'product', (i) => ({
    sku: `KNOWN-${i}`,
    name: `Known product ${i}`,
    listPrice: '100',
    baseUnit: 'C62',
  }));
  return { User, Customer, Contact, Product };
}
