import type { GraphQLFieldResolver } from 'graphql';
import type { Author, LineChange, Write } from '../../sync/core/connector.ts';
import type { Json } from '../../sync/core/types.ts';
import { checkNamed } from './arguments.ts';
import type { Asking } from './asked-names.ts';
import type { Entity } from './entity.ts';
import { asking, notFound, writeError } from './errors.ts';
import type { SystemContext } from './loaders.ts';
import { typeName } from './names.ts';
import { demand } from './rights.ts';
import type { Source } from './source.ts';
import type { System } from './system.ts';

type Mutation<Args> = GraphQLFieldResolver<unknown, SystemContext, Args, Promise<Source>>;

interface ByVersion {
  readonly id: string;
  readonly ifVersion?: string | null;
}

type Fields = Readonly<Record<string, Json>>;

/** The mutations of an entity, by field name. */
export function mutations(system: System, entity: Entity): Readonly<Record<string, Mutation<never>>> {
  const name = typeName(system.shape, entity);
  const create: Mutation<{ readonly input: Fields }> = (_, { input }, context, info) =>
    write(context, info, { kind: 'create', entity: entity.name, fields: plain(input) });
  const update: Mutation<ByVersion & { readonly input: Fields }> = (
    _,
    { id, input, ifVersion },
    context,
    info,
  ) => {
    const { lineChanges, ...fields } = plain(input);
    return write(context, info, {
      kind: 'update',
      entity: entity.name,
      id,
      fields,
      ...(lineChanges == null
        ? {}
        : { lineChanges: lineChangesOf(lineChanges as unknown as LineChangesInput) }),
      ...version(ifVersion),
    });
  };
  const put =
    (kind: 'archive' | 'restore'): Mutation<ByVersion> =>
    (_, { id, ifVersion }, context, info) =>
      write(context, info, { kind, entity: entity.name, id, ...version(ifVersion) });
  const remove: Mutation<ByVersion> = async (_, { id, ifVersion }, context, info) => {
    // Read first, because a deleted record cannot be shown any more.
    const before = (await asking(() => system.read(entity.name, [id]))).get(id);
    if (before === undefined) throw notFound(name, id);
    await write(context, info, { kind: 'delete', entity: entity.name, id, ...version(ifVersion) });
    return context.seen(entity.name, before, info);
  };

  const write = async (context: SystemContext, info: Asking, asked: Write): Promise<Source> => {
    const [result] = await asking(() => system.write([asked], authorOf(context)));
    context.forget();
    if (result === undefined) throw new Error(`${system.shape.prefix} gave no result of a write`);
    switch (result.kind) {
      case 'failed':
        throw writeError(result.failure, asked);
      case 'deleted':
        return { id: 'id' in asked ? (asked.id ?? '') : '' };
      default:
        return context.seen(entity.name, result.record, info);
    }
  };

  return Object.fromEntries(
    Object.entries({
      [`create${name}`]: create,
      [`update${name}`]: update,
      [`archive${name}`]: put('archive'),
      [`restore${name}`]: put('restore'),
      [`delete${name}`]: remove,
    }).map(([field, resolve]) => [field, guarded(resolve as Mutation<never>)]),
  );
}

function guarded<Args extends object>(resolve: Mutation<Args>): Mutation<Args> {
  return (source, args, context, info) => {
    demand(context.caller, 'write');
    checkNamed(args as Readonly<Record<string, unknown>>);
    return resolve(source, args, context, info);
  };
}

function authorOf({ caller }: SystemContext): Author {
  return { actor: caller?.subject ?? 'anonymous', origin: 'person' };
}

function version(ifVersion: string | null | undefined): { readonly ifVersion?: string } {
  return ifVersion == null ? {} : { ifVersion };
}

interface LineChangesInput {
  readonly add?: readonly Fields[] | null;
  readonly change?: readonly (Fields & { readonly lineId: string })[] | null;
  readonly remove?: readonly string[] | null;
}

function lineChangesOf({ add, change, remove }: LineChangesInput): readonly LineChange[] {
  return [
    ...(remove ?? []).map((lineId): LineChange => ({ kind: 'remove', lineId })),
    ...(change ?? []).map(({ lineId, ...fields }): LineChange => ({ kind: 'change', lineId, fields })),
    ...(add ?? []).map(
      ({ lineId, ...fields }): LineChange => ({
        kind: 'add',
        ...(typeof lineId === 'string' ? { lineId } : {}),
        fields,
      }),
    ),
  ];
}

/** Input objects have no prototype, which validators and drivers do not expect. */
function plain(input: Fields): Fields {
  return structuredClone(input);
}
