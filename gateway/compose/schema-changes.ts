import { BreakingChangeType, findBreakingChanges, findDangerousChanges, type GraphQLSchema } from 'graphql';
import { readSchema } from '../plan/schema.ts';

/** What clients would notice between two supergraphs, one readable line each. */
export type SchemaChanges = {
  /** A query that works today could fail. */
  readonly breaking: readonly string[];
  /** Every query goes on working, but a client that is not prepared could be surprised: a new enum value. */
  readonly dangerous: readonly string[];
  /** Only more than before. */
  readonly safe: readonly string[];
};

/** Compares what clients may ask of two supergraphs. Throws when one of them is not one. */
export function compareSupergraphs(before: string, after: string): SchemaChanges {
  return compareSchemas(readSchema(before).api, readSchema(after).api);
}

/** Compares two schemas as clients see them. */
export function compareSchemas(before: GraphQLSchema, after: GraphQLSchema): SchemaChanges {
  const texts = (changes: readonly { readonly description: string }[]) =>
    changes.map(({ description }) => description);
  return {
    breaking: texts(findBreakingChanges(before, after)),
    dangerous: texts(findDangerousChanges(before, after)),
    // graphql-js names no safe changes: what would be missing on the way back has been added on the way there.
    safe: findBreakingChanges(after, before)
      .filter(({ type }) => ADDED_WHEN_REMOVED.has(type))
      .map(({ description }) => description.replace(/ was removed\.$/, ' was added.')),
  };
}

const ADDED_WHEN_REMOVED: ReadonlySet<string> = new Set([
  BreakingChangeType.TYPE_REMOVED,
  BreakingChangeType.FIELD_REMOVED,
  BreakingChangeType.DIRECTIVE_REMOVED,
]);
