import type { FollowUp, Written } from './rules.ts';

/** Whether a contact is the primary one (`isPrimary`) is kept with its customer, which has but one. */
export function* primaryContacts(written: readonly Written[]): Generator<FollowUp> {
  for (const { entity, id, before, after } of written) {
    if (entity !== 'Contact') continue;
    const was = before?.fields.isPrimary === true ? (before.fields.customerId as string) : null;
    const is = after?.fields.isPrimary === true ? (after.fields.customerId as string) : null;
    if (was === is) continue;
    if (was !== null) {
      yield {
        entity: 'Customer',
        id: was,
        change: ({ fields }) =>
          fields.primaryContactId === id ? { fields: { primaryContactId: null } } : null,
      };
    }
    if (is !== null)
      yield { entity: 'Customer', id: is, change: () => ({ fields: { primaryContactId: id } }) };
  }
}
