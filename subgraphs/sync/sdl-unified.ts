import { crm } from '../crm/entities.ts';
import { erp } from '../erp/entities.ts';
import { lineTypeName, typeName, uncapitalized } from '../system/names.ts';
import { block, type SdlField } from '../system/sdl-text.ts';
import { docOf, outputType } from '../system/sdl-types.ts';
import type { Listing } from './listing.ts';
import { connectionTypes, filterTypes, listArguments } from './sdl-lists.ts';
import type { Unified, UnifiedField, UnifiedName, UnifiedType } from './unified.ts';

/** The properties by which records belong to a unified one. */
export type OwnerProperty = 'customerId' | 'ownerId';

/** The lists that belong to a unified record: field, type of its members, and the property that names the owner. */
export const children: Readonly<
  Record<
    UnifiedName,
    readonly { readonly field: string; readonly to: UnifiedName; readonly by: OwnerProperty }[]
  >
> = {
  Customer: [
    { field: 'contacts', to: 'Contact', by: 'customerId' },
    { field: 'quotes', to: 'Quote', by: 'customerId' },
    { field: 'orders', to: 'Order', by: 'customerId' },
  ],
  User: [
    { field: 'orders', to: 'Order', by: 'ownerId' },
    { field: 'quotes', to: 'Quote', by: 'ownerId' },
    { field: 'customers', to: 'Customer', by: 'ownerId' },
  ],
  Contact: [],
  Product: [],
  Quote: [],
  Order: [],
};

const read = ' @requiresScopes(scopes: [["read"]])';

/** The unified types with their connections, filters and sorts. */
export function unifiedTypes(
  { types }: Unified,
  listings: Readonly<Record<UnifiedName, Listing>>,
): readonly string[] {
  return Object.values(types).flatMap((type) => [
    recordType(type, listings),
    ...(type.lines === null ? [] : [lineType(type, type.lines)]),
    ...connectionTypes(type.name),
    ...filterTypes(listings[type.name]),
  ]);
}

/** What the sync knows of each system's records: which ones they belong with. */
export function extensionTypes({ types }: Unified): readonly string[] {
  return Object.values(types).flatMap((type) => {
    const crmName = crmTypeOf(type);
    const erpName = erpTypeOf(type);
    const lines =
      type.lines === null
        ? []
        : [
            `type ${crmName}Line @key(fields: "lineId", resolvable: false) { lineId: ID! }`,
            `type ${erpName}Line @key(fields: "lineId", resolvable: false) { lineId: ID! }`,
          ];
    const id = { name: 'id', text: ': ID!' };
    const token = {
      name: 'syncToken',
      text: `: String!${read}`,
      doc: 'Stands for what the record shows now: a query that sends it as header x-sync-token sees it on the other side and in the agreed values as well.',
    };
    const unified = {
      name: 'unified',
      text: `: ${type.name}${read}`,
      doc: `The ${type.name} it belongs to, as both systems know it.`,
    };
    return [
      block(`type ${crmName} @key(fields: "id")`, `What it is linked with.`, [
        id,
        token,
        unified,
        { name: 'erp', text: `: ${erpName}${read}`, doc: 'Its counterpart in the ERP.' },
        ...(type.name === 'Quote'
          ? [
              { name: 'erpQuote', text: `: ErpQuote${read}`, doc: 'The ERP quote of the deal.' },
              {
                name: 'erpOrder',
                text: `: ErpOrder${read}`,
                doc: 'The ERP order of the deal, from the PROPOSAL on.',
              },
            ]
          : []),
      ]),
      block(`type ${erpName} @key(fields: "id")`, `What it is linked with.`, [
        id,
        token,
        unified,
        { name: 'crm', text: `: ${crmName}${read}`, doc: 'Its counterpart in the CRM.' },
        ...(type.name === 'Order'
          ? [
              { name: 'crmOrder', text: `: CrmOrder${read}`, doc: 'The CRM order of the deal.' },
              { name: 'crmQuote', text: `: CrmQuote${read}`, doc: 'The CRM quote of the deal.' },
            ]
          : []),
      ]),
      ...lines,
    ];
  });
}

/** `customer(…)` and `customers(…)`. */
export function unifiedQueries(
  { types }: Unified,
  listings: Readonly<Record<UnifiedName, Listing>>,
): readonly SdlField[] {
  return Object.values(types).flatMap((type) => {
    const one = uncapitalized(type.name);
    const keys = type.name === 'User' ? 'id: ID, crmId: ID' : 'id: ID, crmId: ID, erpId: ID';
    return [
      {
        name: one,
        text: `(${keys}, syncToken: String): ${type.name}${read}`,
        doc: 'By exactly one of its ids; null when nothing has it. With syncToken it answers from state that includes that write.',
      },
      {
        name: `${one}s`,
        text: `(${listArguments(listings[type.name])}): ${type.name}Connection!${read}`,
        doc: `A page of ${type.name} records: last takes the place of first; at most 100 of either.`,
      },
    ];
  });
}

/** `CrmCustomer`. */
export function crmTypeOf(type: UnifiedType): string {
  return typeName(crm, crm.entities[type.crm as keyof typeof crm.entities]);
}

/** `ErpCustomer`; of a user `ErpSalesperson`. */
export function erpTypeOf(type: UnifiedType): string {
  return typeName(erp, erp.entities[type.erp as keyof typeof erp.entities]);
}

function recordType(type: UnifiedType, listings: Readonly<Record<UnifiedName, Listing>>): string {
  const user = type.name === 'User';
  const crmName = crmTypeOf(type);
  const head = user
    ? `type User implements Node @key(fields: "id") @key(fields: "crmId")${read}`
    : `type ${type.name} implements Node & Linked @key(fields: "id") @key(fields: "crmId") @key(fields: "erpId")${read}`;
  return block(head, type.doc, [
    {
      name: 'id',
      text: ': ID!',
      doc: 'Made from the link, stable while either record lives; once a link has ended, the id answers with the CRM record, or else the ERP record, and what that is linked with now.',
    },
    { name: 'crmId', text: ': ID', doc: 'Id of the CRM record, null while there is none.' },
    ...(user
      ? []
      : [{ name: 'erpId', text: ': ID', doc: 'Id of the ERP record, null while there is none.' }]),
    ...type.fields.flatMap((field) => fieldOf(field)),
    ...(type.lines === null
      ? []
      : [{ name: 'lines', text: `: [${type.name}Line!]!`, doc: 'Its lines in their order.' }]),
    ...(type.name === 'Quote'
      ? [{ name: 'order', text: ': Order', doc: 'The order of its deal, from the PROPOSAL on.' }]
      : []),
    ...children[type.name].map(({ field, to, by }) => ({
      name: field,
      text: `(${listArguments(listings[to])}): ${to}Connection!`,
      doc: `The ${field} whose ${by} is this record's.`,
    })),
    { name: 'archived', text: ': Boolean!', doc: 'Put away on either side.' },
    { name: 'createdAt', text: ': DateTime!', doc: 'When the sync first saw it.' },
    { name: 'updatedAt', text: ': DateTime!', doc: 'When the sync last changed what it knows of it.' },
    {
      name: 'crm',
      text: `: ${crmName}`,
      doc: 'The CRM record as it is now; null when not linked yet or deleted.',
    },
    ...(user
      ? [
          { name: 'salesperson', text: ': ErpSalesperson', doc: 'The ERP salesperson as it is now.' },
          {
            name: 'links',
            text: '(first: Int = 20, after: String, last: Int, before: String): LinkConnection!',
            doc: 'Its links with ERP orders, one per order.',
          },
        ]
      : [
          {
            name: 'erp',
            text: `: ${erpTypeOf(type)}`,
            doc: 'The ERP record as it is now; null when not linked yet or deleted.',
          },
          {
            name: 'link',
            text: ': Link!',
            doc: 'The link itself: its state, what it waits for, its history. Of a record that lives on, the link that ended.',
          },
        ]),
  ]);
}

function lineType(type: UnifiedType, fields: readonly UnifiedField[]): string {
  const crmName = lineTypeName(crm, crm.entities[type.crm as 'Quote' | 'Order']);
  const erpName = lineTypeName(erp, erp.entities[type.erp as 'Quote' | 'Order']);
  return block(`type ${type.name}Line${read}`, `A line of a ${type.name}, as both systems know it.`, [
    { name: 'id', text: ': ID!' },
    { name: 'crmLineId', text: ': ID' },
    { name: 'erpLineId', text: ': ID' },
    ...fields.filter(({ name }) => name !== 'lineId').flatMap((field) => fieldOf(field)),
    { name: 'crm', text: `: ${crmName}`, doc: 'The CRM line as it is now.' },
    { name: 'erp', text: `: ${erpName}`, doc: 'The ERP line as it is now.' },
  ]);
}

function fieldOf({ name, type, nonNull, property, refers }: UnifiedField): readonly SdlField[] {
  const scope = property.scope === undefined ? '' : ` @requiresScopes(scopes: [["read:${property.scope}"]])`;
  const own = { name, text: `: ${outputType(type)}${nonNull ? '!' : ''}${scope}`, doc: docOf(property) };
  if (refers === undefined) return [own];
  return [own, { name: refers.field, text: `: ${refers.to}${scope}`, doc: `The record of ${name}.` }];
}
