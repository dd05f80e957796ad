import type { Json, Side, Values } from '../../sync/index.ts';
import type { Child, SyncContext } from './context.ts';
import { checkGiven } from './given.ts';
import { typedId } from './ids.ts';
import type { Listing } from './listing.ts';
import { links } from './listings.ts';

import type { PageArguments } from './page.ts';
import type { MappedRecord } from './record-loader.ts';
import { idsOf, isShown, type LineRow, type LinkRow, recordIdOf, shown } from './rows.ts';
import { children, crmTypeOf, erpTypeOf, type OwnerProperty } from './sdl-unified.ts';
import type { Unified, UnifiedField, UnifiedName, UnifiedType } from './unified.ts';

/** A field's resolver. Sources and arguments are what the SDL says; the schema has checked them. */
export type Resolver<Source = never, Args = never> = (
  source: Source,
  args: Args,
  context: SyncContext,
) => unknown;

/** Resolvers by type and field. */
export type Resolvers = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A connection that is read as its fields are selected: the page and the count are separate statements. */
export interface Connection {
  readonly nodes: () => unknown;
  readonly edges: () => unknown;
  readonly pageInfo: () => unknown;
  readonly totalCount: () => unknown;
}

/** The connection of a page and a count, each read when it is selected, the page once. */
export function connection(
  page: () => Promise<{ nodes: unknown; edges: unknown; pageInfo: unknown }>,
  count: () => Promise<number>,
): Connection {
  let read: ReturnType<typeof page> | undefined;
  const once = () => {
    read ??= page();
    return read;
  };
  return {
    nodes: async () => (await once()).nodes,
    edges: async () => (await once()).edges,
    pageInfo: async () => (await once()).pageInfo,
    totalCount: count,
  };
}

/** The resolvers of the unified types and their lines. */
export function unifiedResolvers(
  unified: Unified,
  listings: Readonly<Record<UnifiedName, Listing>>,
): Resolvers {
  return Object.fromEntries(
    Object.values(unified.types).flatMap((type) => {
      const record = recordResolvers(unified, type, listings);
      if (type.lines === null) return [[type.name, record]];
      return [
        [type.name, record],
        [`${type.name}Line`, lineResolvers(unified, type, type.lines)],
      ];
    }),
  );
}

/**
 * The unified record that answers to an id: null when it is of another type, or neither of its records is there any more.
 * Records that were linked anew answer to the ids that they had.
 */
export async function recordOf(context: SyncContext, type: UnifiedType, id: string): Promise<LinkRow | null> {
  const row = await context.load.record.load({ mapping: type.mapping, called: id });
  return row !== null && isShown(row) ? row : null;
}

/** The unified record of a system's record. */
export async function recordOfSystem(context: SyncContext, record: MappedRecord): Promise<LinkRow | null> {
  const row = await context.load.record.load(record);
  return row !== null && isShown(row) ? row : null;
}

/** A list that belongs to a record. */
export function childConnection(context: SyncContext, child: Child, args: PageArguments): Connection {
  checkGiven(args);
  return connection(
    () => context.pageOf(child, args),
    () => context.countOf(child, args),
  );
}

function recordResolvers(
  unified: Unified,
  type: UnifiedType,
  listings: Readonly<Record<UnifiedName, Listing>>,
): Readonly<Record<string, unknown>> {
  const crmName = crmTypeOf(type);
  const erpName = erpTypeOf(type);
  const erp: Resolver<LinkRow> = ({ erpId }) => (erpId === null ? null : { __typename: erpName, id: erpId });
  return {
    __resolveReference: (reference: Readonly<Record<string, unknown>>, context: SyncContext) =>
      byReference(context, type, reference),
    id: ((row) => typedId(type.name, recordIdOf(row))) satisfies Resolver<LinkRow>,
    ...fieldResolvers<LinkRow>(unified, type.fields, (row, field) =>
      field.from === 'deal' ? row.deal : row.agreed,
    ),
    ...(type.name === 'Contact' && contactResolvers(unified.types.Customer)),
    ...(type.name === 'Order' && orderResolvers),
    ...(type.name === 'Quote' && quoteResolvers),
    ...(type.lines !== null && {
      lines: ((row, _, { load }) => load.lines.load(row)) satisfies Resolver<LinkRow>,
    }),
    ...Object.fromEntries(
      children[type.name].map(({ field, to, by }) => [
        field,
        (({ id }, args, context) =>
          childConnection(
            context,
            { listing: listings[to], of: ownerColumns[by], alsoNamed: idsOf(type), parent: id },
            args,
          )) satisfies Resolver<LinkRow, PageArguments>,
      ]),
    ),
    archived: (({ crmArchived, erpArchived }) => crmArchived || erpArchived) satisfies Resolver<LinkRow>,
    crm: (({ crmId }) =>
      crmId === null ? null : { __typename: crmName, id: crmId }) satisfies Resolver<LinkRow>,
    ...(type.name === 'User' ? { salesperson: erp, links: userLinks } : { erp, link: linkOfRecord }),
  };
}

/** Where a link names what its record belongs to. */
const ownerColumns: Readonly<Record<OwnerProperty, string>> = {
  customerId: 'l.customer_id',
  ownerId: 'l.owner_id',
};

/** Of a lone record the link that it had: its history, and how it ended. One that never had one is shown as if it had. */
const linkOfRecord: Resolver<LinkRow> = (row, _, { load }) =>
  row.endedLink === null ? row : load.link.load(row.endedLink);

/** By whichever key is given. A null key is an unlinked record and must not become some record. */
async function byReference(
  context: SyncContext,
  type: UnifiedType,
  { id, crmId, erpId }: Readonly<Record<string, unknown>>,
): Promise<LinkRow | null> {
  context.demand('read');
  if (id !== null && id !== undefined) {
    const [kind, stored] = split(String(id));
    return kind === type.name ? recordOf(context, type, stored) : null;
  }
  const { mapping } = type;
  if (crmId !== null && crmId !== undefined)
    return recordOfSystem(context, { mapping, side: 'crm', id: String(crmId) });
  if (erpId !== null && erpId !== undefined)
    return recordOfSystem(context, { mapping, side: 'erp', id: String(erpId) });
  return null;
}

function split(id: string): readonly [string, string] {
  const at = id.indexOf('_');
  return [id.slice(0, at), id.slice(at + 1)];
}

function fieldResolvers<Source>(
  unified: Unified,
  fields: readonly UnifiedField[],
  valuesOf: (source: Source, field: UnifiedField) => Values | null,
): Readonly<Record<string, Resolver<Source>>> {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const { scope } = field.property;
      const value = (source: Source): Json | undefined => valuesOf(source, field)?.[field.canonical];
      const guarded =
        (resolve: Resolver<Source>): Resolver<Source> =>
        (source, args, context) => {
          if (scope !== undefined) context.demand(`read:${scope}`);
          return resolve(source, args, context);
        };
      if (field.refers === undefined) return [[field.name, guarded((source) => shown(value(source)))]];
      const target = unified.types[field.refers.to];
      return [
        [field.name, guarded((source, _, context) => crmIdOf(context, target, value(source)))],
        [field.refers.field, guarded((source, _, context) => named(context, target, value(source)))],
      ];
    }),
  );
}

/** What is stored names a link, or a record that has no counterpart yet: `?crm:Customer:42`. */
async function named(
  context: SyncContext,
  target: UnifiedType,
  value: Json | undefined,
): Promise<LinkRow | null> {
  if (typeof value !== 'string') return null;
  const [, side, id] = alone.exec(value) ?? [];
  if (side === undefined || id === undefined) return recordOf(context, target, value);
  return recordOfSystem(context, { mapping: target.mapping, side: side as Side, id });
}

const alone = /^\?(crm|erp):[A-Z]\w*:(.*)$/s;

/** The graph shows the CRM's id of what is named, also that of a record that nobody has seen yet. */
async function crmIdOf(
  context: SyncContext,
  target: UnifiedType,
  value: Json | undefined,
): Promise<string | null> {
  const [, side, id] = typeof value === 'string' ? (alone.exec(value) ?? []) : [];
  if (side === 'crm') return id ?? null;
  return (await named(context, target, value))?.crmId ?? null;
}

/** Whether a contact is the primary one follows from the customer; it is never stored with the contact. */
function contactResolvers(customers: UnifiedType) {
  return {
    isPrimary: async (row: LinkRow, _: unknown, context: SyncContext) => {
      const { agreed } = row;
      const customer = await named(context, customers, agreed.customerId);
      return customer === null
        ? shown(agreed.isPrimary)
        : customer.agreed.primaryContactId === recordIdOf(row);
    },
  };
}

const orderResolvers = {
  status: ({ crmId, agreed, overlay }: LinkRow) => {
    const own = overlay?.erp?.status ?? agreed.status ?? 'PROPOSAL';
    if (crmId === null && String(own).includes('PROPOSAL')) return 'PROPOSAL';
    return shown(agreed.status);
  },
  quote: async ({ id }: LinkRow, _: unknown, { load }: SyncContext) =>
    ifShown(await load.quoteOfOrder.load(id)),
  quoteId: async ({ id }: LinkRow, _: unknown, { load }: SyncContext) =>
    (await load.quoteOfOrder.load(id))?.crmId ?? null,
};

const ifShown = (row: LinkRow | null): LinkRow | null => (row !== null && isShown(row) ? row : null);

const quoteResolvers = {
  order: async ({ id }: LinkRow, _: unknown, { load }: SyncContext) =>
    ifShown(await load.orderOfQuote.load(id)),
};

function userLinks({ crmId }: LinkRow, args: PageArguments, context: SyncContext): Connection {
  // A salesperson without a user has no links; no CRM id is empty.
  return childConnection(context, { listing: ordersOfUsers, of: 'l.crm_id', parent: crmId ?? '' }, args);
}

const ordersOfUsers: Listing = { ...links, where: `l.mapping = 'userOrder' and l.state <> 'ended'` };

function lineResolvers(
  unified: Unified,
  type: UnifiedType,
  fields: readonly UnifiedField[],
): Readonly<Record<string, unknown>> {
  const crmName = `${crmTypeOf(type)}Line`;
  const erpName = `${erpTypeOf(type)}Line`;
  const kind = type.name === 'Quote' ? 'QuoteLine' : 'OrderLine';
  // A proposal's lines are paired with the lines of the quote: they are no lines of a CRM order.
  const crmLineId = ({ mapping, crmLineId: id }: LineRow) => (mapping === type.mapping ? id : null);
  return {
    ...fieldResolvers<LineRow>(unified, fields, (line) => line.agreed),
    lineNumber: ({ agreed, place }: LineRow) => shown(agreed.lineNumber) ?? place,
    id: ({ id }: LineRow) => typedId(kind, id),
    crmLineId,
    crm: (line: LineRow) => {
      const id = crmLineId(line);
      return id === null ? null : { __typename: crmName, lineId: id };
    },
    erp: ({ erpLineId }: LineRow) => (erpLineId === null ? null : { __typename: erpName, lineId: erpLineId }),
  };
}
