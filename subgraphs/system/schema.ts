import { buildSubgraphSchema } from '@apollo/subgraph';
import { type GraphQLSchema, parse } from 'graphql';
import { deferring } from './arguments.ts';
import { openContext, type SystemContext } from './loaders.ts';
import { createResolvers } from './resolvers.ts';
import type { Caller } from './rights.ts';
import { scalars } from './scalars.ts';
import { systemSdl } from './sdl.ts';
import type { System } from './system.ts';

/** A system as a subgraph: to be given to a gateway in the same process, or to be served alone. */
export interface SystemSubgraph {
  readonly kind: 'local';
  /** `crm` or `erp`. */
  readonly name: string;
  readonly schema: GraphQLSchema;
  readonly sdl: string;
  /** A fresh context per operation and per event; null where no auth is configured. */
  readonly context: (caller: Caller | null) => SystemContext;
}

/** Builds the subgraph of a system. The system stays the caller's to close. */
export function createSystemSubgraph(name: string, system: System): SystemSubgraph {
  const sdl = systemSdl(system.shape);
  const resolvers = {
    ...createResolvers(system),
    ...Object.fromEntries(Object.entries(scalars).map(([scalar, type]) => [scalar, deferring(type)])),
  };
  const schema = buildSubgraphSchema([
    { typeDefs: parse(sdl, { noLocation: true }), resolvers: resolvers as never },
  ]);
  return { kind: 'local', name, schema, sdl, context: (caller) => openContext(system, caller) };
}
