import type { GraphQLFieldResolver, GraphQLResolveInfo } from 'graphql';
import type { FeedChange } from '../../sync/core/connector.ts';
import { checkArguments, checkNamed } from './arguments.ts';
import { askedNames } from './asked-names.ts';
import { batches, singles } from './changes.ts';
import { connection, selectsTotal } from './connection.ts';
import { door } from './door.ts';
import type { Entity, Properties, SystemShape } from './entity.ts';
import { asking, connectionPath } from './errors.ts';
import { type ConnectionArguments, storeQuery } from './filters.ts';
import type { SystemContext } from './loaders.ts';
import { mutations } from './mutations.ts';
import {
  backreferences,
  lineTypeName,
  manyField,
  oneField,
  references,
  rootPrefix,
  typeName,
  uncapitalized,
} from './names.ts';
import { demand, type Scope } from './rights.ts';
import type { Source } from './source.ts';
import type { Page, Query, System } from './system.ts';

type Resolver = GraphQLFieldResolver<never, SystemContext, never>;
type Subscriber = { readonly subscribe: Resolver; readonly resolve: Resolver };
type TypeResolvers = Readonly<Record<string, Resolver | Subscriber | ReferenceResolver>>;
type ReferenceResolver = (reference: never, context: SystemContext, info: GraphQLResolveInfo) => unknown;

/**
 * The resolvers of a system, by type. Plain properties have none: sources are plain data, and the default resolver
 * of graphql-js reads them.
 */
export function createResolvers(system: System): Readonly<Record<string, TypeResolvers>> {
  const { shape } = system;
  const entities = Object.values(shape.entities);
  const doors = door(system);
  return {
    Query: {
      ...Object.assign({}, ...entities.map((entity) => queries(system, entity))),
      ...doors.Query,
    },
    Mutation: {
      ...Object.assign({}, ...entities.map((entity) => mutations(system, entity))),
      ...doors.Mutation,
    },
    Subscription: subscriptions(system),
    [`${shape.prefix}Change`]: {
      entity: ({ entity }: FeedChange) => entity.toUpperCase(),
      kind: ({ kind }: FeedChange) => kind.toUpperCase(),
    },
    ...Object.assign({}, ...entities.map((entity) => recordResolvers(shape, entity))),
  };
}

function queries(system: System, entity: Entity): TypeResolvers {
  return {
    [oneField(system.shape, entity)]: reading((_: unknown, { id }: { id: string }, context, info) =>
      context.record(entity.name, id, info),
    ),
    [manyField(system.shape, entity)]: reading((_: unknown, args: ConnectionArguments, context, info) =>
      page(entity, args, context, info, (query) => system.query(entity.name, query, askedNames(info))),
    ),
  };
}

function recordResolvers(shape: SystemShape, entity: Entity): Readonly<Record<string, TypeResolvers>> {
  const record: TypeResolvers = {
    __resolveReference: (
      reference: { readonly id?: string | number | null },
      context: SystemContext,
      info: GraphQLResolveInfo,
    ) => {
      demand(context.caller, 'read');
      // A null key is an unlinked record: it must not become some record.
      return reference.id == null ? null : context.record(entity.name, String(reference.id), info);
    },
    ...propertyResolvers(entity.properties),
    ...Object.fromEntries(
      backreferences(shape, entity).map(({ field, from, property }) => [
        field,
        ({ id }: Source, args: ConnectionArguments, context: SystemContext, info: GraphQLResolveInfo) => {
          checkArguments({ ...args });
          return page(from, args, context, info, (query) =>
            context.pageWithin(from.name, property, id, query, info),
          );
        },
      ]),
    ),
  };
  if (entity.lines === undefined) return { [typeName(shape, entity)]: record };
  const line: TypeResolvers = {
    __resolveReference: (
      reference: { readonly lineId?: string | number | null },
      context: SystemContext,
      info: GraphQLResolveInfo,
    ) => {
      demand(context.caller, 'read');
      return reference.lineId == null ? null : context.line(entity.name, String(reference.lineId), info);
    },
    ...propertyResolvers(entity.lines),
    [uncapitalized(entity.name)]: (
      { documentId }: { documentId: string },
      _: object,
      context: SystemContext,
      info: GraphQLResolveInfo,
    ) => context.record(entity.name, documentId, info),
  };
  return { [typeName(shape, entity)]: record, [lineTypeName(shape, entity)]: line };
}

/** Resolvers of references, and of properties that not everybody may see. */
function propertyResolvers(properties: Properties): TypeResolvers {
  const scoped = Object.entries(properties).flatMap(([name, { scope }]) =>
    scope === undefined ? [] : [{ name, scope: `read:${scope}` as Scope }],
  );
  return {
    ...Object.fromEntries(
      scoped.map(({ name, scope }) => [
        name,
        (source: Readonly<Record<string, unknown>>, _: object, { caller }: SystemContext) => {
          demand(caller, scope);
          return source[name];
        },
      ]),
    ),
    ...Object.fromEntries(
      references(properties).map(({ field, property, to }) => [
        field,
        (
          source: Readonly<Record<string, unknown>>,
          _: object,
          context: SystemContext,
          info: GraphQLResolveInfo,
        ) => {
          const id = source[property];
          return typeof id === 'string' ? context.record(to, id, info) : null;
        },
      ]),
    ),
  };
}

async function page(
  entity: Entity,
  args: ConnectionArguments,
  context: SystemContext,
  info: GraphQLResolveInfo,
  ask: (query: Query) => Promise<Page>,
) {
  const query = { ...storeQuery(entity, args, context.caller), withTotal: selectsTotal(info) };
  const found = await asking(
    () => ask(query),
    (field) => connectionPath(field, args),
  );
  return connection(found, (record) => context.seen(entity.name, record, info));
}

function subscriptions(system: System): TypeResolvers {
  const prefix = rootPrefix(system.shape);
  type Args = { readonly after?: string | null };
  return {
    [`${prefix}Changes`]: {
      subscribe: reading((_: unknown, { after }: Args) => singles(system, after ?? 'now')),
      resolve: (event: FeedChange | Error) => event,
    },
    [`${prefix}Feed`]: {
      subscribe: (_: unknown, args: Args, { caller }: SystemContext) => {
        demand(caller, 'system');
        checkArguments({ ...args });
        return batches(system, args.after ?? null);
      },
      resolve: (event: readonly FeedChange[] | Error) => event,
    },
  };
}

function reading<Args extends object>(
  resolve: (source: unknown, args: Args, context: SystemContext, info: GraphQLResolveInfo) => unknown,
): (source: unknown, args: Args, context: SystemContext, info: GraphQLResolveInfo) => unknown {
  return (source, args, context, info) => {
    demand(context.caller, 'read');
    checkNamed(args as Readonly<Record<string, unknown>>);
    return resolve(source, args, context, info);
  };
}
