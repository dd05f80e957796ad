import type { Json, Values } from '../../sync/index.ts';
import type { Child, SyncContext } from './context.ts';
import { checkGiven } from './given.ts';
import { typedId } from './ids.ts';
import type { Listing } from './listing.ts';
import { links } from './listings.ts';
import type { MappedRecord } from './loaders.ts';
import type { PageArguments } from './page.ts';
import { isShown, type LineRow, type LinkRow, shown } from './rows.ts';
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

/** The live unified record behind a link's id: null when it is of another type or has ended. */
export async function recordOf(
  context: SyncContext,
  type: UnifiedType,
  linkId: string,
): Promise<LinkRow | null> {
  const row = await context.load.link.load(linkId);
  return row !== null && row.mapping === type.mapping && isShown(row) ? row : null;
}

/** The live unified record of a system's record. */
export async function recordOfSystem(context: SyncContext, record: MappedRecord): Promise<LinkRow | null> {
  const row = await context.load.linkOf.load(record);
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
    id: (({ id }) => typedId(type.name, id)) satisfies Resolver<LinkRow>,
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
            { listing: listings[to], of: ownerColumns[by], parent: id },
            args,
          )) satisfies Resolver<LinkRow, PageArguments>,
      ]),
    ),
    archived: (({ crmArchived, erpArchived }) => crmArchived || erpArchived) satisfies Resolver<LinkRow>,
    crm: (({ crmId }) =>
      crmId === null ? null : { __typename: crmName, id: crmId }) satisfies Resolver<LinkRow>,
    ...(type.name === 'User' ? { salesperson: erp, links: userLinks } : { erp, link: (row: LinkRow) => row }),
  };
}

/** Where a link names what its record belongs to. */
const ownerColumns: Readonly<Record<OwnerProperty, string>> = {
  customerId: 'l.customer_id',
  ownerId: 'l.owner_id',
};

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
        [
          field.refers.field,
          guarded((source, _, context) => {
            const id = shown(value(source));
            return typeof id === 'string' ? recordOf(context, target, id) : null;
          }),
        ],
      ];
    }),
  );
}

/** What is stored names a link; the graph shows the CRM's id, also that of a record which has no link yet. */
async function crmIdOf(
  context: SyncContext,
  target: UnifiedType,
  value: Json | undefined,
): Promise<string | null> {
  if (typeof value !== 'string') return null;
  // `?crm:Customer:42`: a record that is not linked yet.
  const waiting = /^\?crm:[A-Z]\w*:(.*)$/s.exec(value);
  if (waiting !== null) return waiting[1] ?? null;
  return (await recordOf(context, target, value))?.crmId ?? null;
}

/** Whether a contact is the primary one follows from the customer; it is never stored with the contact. */
function contactResolvers(customers: UnifiedType) {
  return {
    isPrimary: async ({ id, agreed }: LinkRow, _: unknown, context: SyncContext) => {
      const customerId = shown(agreed.customerId);
      const customer = typeof customerId === 'string' ? await recordOf(context, customers, customerId) : null;
      return customer === null ? shown(agreed.isPrimary) : customer.agreed.primaryContactId === id;
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
