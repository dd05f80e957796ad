import type { GraphQLFieldResolver } from 'graphql';
import { z } from 'zod';
import type { Author, Lookup, Write } from '../../sync/core/connector.ts';
import { badInput } from './arguments.ts';
import { asking, writtenError } from './errors.ts';
import type { SystemContext } from './loaders.ts';
import { rootPrefix } from './names.ts';
import { demand } from './rights.ts';
import type { System } from './system.ts';

type DoorField<Args> = GraphQLFieldResolver<unknown, SystemContext, Args>;

const fields = z.record(z.string(), z.json());
const lineChange = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('add'), lineId: z.string().optional(), fields }),
  z.strictObject({ kind: z.literal('change'), lineId: z.string(), fields }),
  z.strictObject({ kind: z.literal('remove'), lineId: z.string() }),
]);
const writes = z.array(
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('create'),
      entity: z.string(),
      id: z.string().optional(),
      key: z.string().optional(),
      fields,
    }),
    z.strictObject({
      kind: z.literal('update'),
      entity: z.string(),
      id: z.string(),
      fields,
      lineChanges: z.array(lineChange).optional(),
      ifVersion: z.string().optional(),
    }),
    z.strictObject({
      kind: z.enum(['archive', 'restore', 'delete']),
      entity: z.string(),
      id: z.string(),
      ifVersion: z.string().optional(),
    }),
  ]),
);
const author = z.strictObject({ actor: z.string(), origin: z.enum(['person', 'sync', 'import']) });
const lookups = z.array(z.strictObject({ entity: z.string(), where: fields }));

/** The door of connectors: what sync/core/connector.ts asks of a system, in its own words, as JSON. */
export function door(system: System): {
  readonly Query: Readonly<Record<string, DoorField<never>>>;
  readonly Mutation: Readonly<Record<string, DoorField<never>>>;
} {
  const prefix = rootPrefix(system.shape);
  const read: DoorField<{ entity: string; ids: readonly string[] }> = async (_, { entity, ids }) => [
    ...(await system.read(known(system, entity), ids)).values(),
  ];
  const find: DoorField<{ lookups: unknown }> = (_, args) => {
    const asked = parsed(lookups, args.lookups, 'lookups') as readonly Lookup[];
    for (const { entity } of asked) known(system, entity);
    return system.find(asked);
  };
  const list: DoorField<{ entity: string; after?: string | null; limit: number }> = (
    _,
    { entity, after, limit },
  ) => system.list(known(system, entity), after ?? null, limit);
  const count: DoorField<{ entity: string }> = (_, { entity }) => system.count(known(system, entity));
  const head: DoorField<object> = () => system.head();
  const check: DoorField<object> = () => system.check();
  const write: DoorField<{ writes: unknown; author: unknown }> = async (_, args) => {
    const asked = parsed(writes, args.writes, 'writes') as readonly Write[];
    const by = parsed(author, args.author, 'author') as Author;
    try {
      return await system.write(asked, by);
    } catch (error) {
      throw writtenError(error);
    }
  };
  return {
    Query: Object.fromEntries(
      Object.entries({ Read: read, Find: find, List: list, Count: count, Head: head, Check: check }).map(
        ([name, resolve]) => [`${prefix}${name}`, guarded(resolve as DoorField<never>)],
      ),
    ),
    Mutation: { [`${prefix}Write`]: guarded(write as DoorField<never>) },
  };
}

function guarded<Args>(resolve: DoorField<Args>): DoorField<Args> {
  return (source, args, context, info) => {
    demand(context.caller, 'system');
    return asking(async () => resolve(source, args, context, info));
  };
}

function known(system: System, entity: string): string {
  if (Object.hasOwn(system.shape.entities, entity)) return entity;
  const names = Object.keys(system.shape.entities).join(', ');
  throw badInput(`There is no entity ${entity}; there are ${names}.`, ['entity']);
}

function parsed<Value>(schema: z.ZodType<Value>, value: unknown, argument: string): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw badInput(issue?.message ?? 'It is not what connectors send.', [
    argument,
    ...((issue?.path ?? []) as (string | number)[]),
  ]);
}
