import { buildSubgraphSchema } from '@apollo/subgraph';
import { type GraphQLSchema, parse } from 'graphql';
import type { Sync } from '../../sync/index.ts';
import { deferring } from '../system/arguments.ts';
import { scalars } from '../system/scalars.ts';
import { createContext, type SyncContext } from './context.ts';
import { graphError } from './errors.ts';
import { watchHealth } from './health.ts';
import { extensionResolvers } from './resolvers-extensions.ts';
import { linkResolvers } from './resolvers-link.ts';
import { mutationResolvers } from './resolvers-mutation.ts';
import { queryResolvers } from './resolvers-query.ts';
import { reportResolvers } from './resolvers-report.ts';
import { resultResolvers } from './resolvers-result.ts';
import { subscriptionResolvers } from './resolvers-subscription.ts';
import { unifiedResolvers } from './resolvers-unified.ts';
import type { Caller } from './rights.ts';
import type { Sql } from './rows.ts';
import { syncSdl, unifiedListings } from './sdl.ts';
import { type GivenMappings, unify } from './unified.ts';

/** The sync as a subgraph: to be given to a gateway in the same process, or to be served alone. */
export interface SyncSubgraph {
  readonly kind: 'local';
  readonly name: 'sync';
  readonly schema: GraphQLSchema;
  readonly sdl: string;
  /** A fresh context per operation; null where no auth is configured. */
  readonly context: (caller: Caller | null) => SyncContext;
  /** What is told of an error of the engine, or of a database that is away or takes no writes. */
  readonly errorOf: (thrown: unknown) => unknown;
}

/** What the subgraph works with. Database and engine stay the caller's to close. */
export interface SyncSubgraphParts {
  readonly sql: Sql;
  readonly sync: Sync;
  /** All of them: the seven flows, and users with salespersons. */
  readonly mappings: GivenMappings;
}

/** Builds the sync subgraph: the unified types derived from the mappings, and everything the sync tells and does. */
export function createSyncSubgraph({ sql, sync, mappings }: SyncSubgraphParts): SyncSubgraph {
  const unified = unify(mappings);
  const listings = unifiedListings(unified);
  const sdl = syncSdl(unified);
  const resolvers = {
    ...Object.fromEntries(Object.entries(scalars).map(([name, type]) => [name, deferring(type)])),
    ...unifiedResolvers(unified, listings),
    ...extensionResolvers(unified),
    ...linkResolvers,
    ...resultResolvers,
    ...queryResolvers(unified, listings),
    ...reportResolvers,
    ...mutationResolvers(unified),
    ...subscriptionResolvers(unified),
  };
  const schema = buildSubgraphSchema([
    { typeDefs: parse(sdl, { noLocation: true }), resolvers: resolvers as never },
  ]);
  const surroundings = { sql, sync, unified, health: watchHealth(sync.connectors) };
  return {
    kind: 'local',
    name: 'sync',
    schema,
    sdl,
    context: (caller) => createContext(surroundings, caller),
    errorOf: graphError,
  };
}
