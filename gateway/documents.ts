import { createHash } from 'node:crypto';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { checkShape } from './limits/document-shape.ts';
import { checkRepeats } from './limits/repeats.ts';
import { createLru } from './lru.ts';
import { NumberLiteralsRule } from './number-literals.ts';
import type { Limits } from './options.ts';
import { DeferRule } from './plan/defer-directive.ts';
import { OwnNamesRule } from './plan/own-names.ts';

/** A document that was read, or why it is refused. */
export type ReadDocument =
  | { readonly kind: 'valid'; readonly document: DocumentNode; readonly hash: string }
  | { readonly kind: 'invalid'; readonly errors: readonly GraphQLError[] };

/** Documents of one schema: each text is parsed, measured and validated once. */
export type Documents = { read(text: string): ReadDocument };

/** How many documents are remembered: applications have hundreds, and each may weigh some 100 kB with its plan. */
const MAX_DOCUMENTS = 1_000;

/**
 * How many refused documents are remembered with their errors, which weigh several times as much: enough for clients
 * that keep sending theirs, and none of these ever takes the place of a document that is good.
 */
const MAX_REFUSED = 100;

/** Texts above this length are not remembered, so that keys stay small. */
const MAX_REMEMBERED = 20_000;

/** Reads documents for a schema; `introspection` says whether clients may ask for the schema itself. */
export function createDocuments(schema: GraphQLSchema, limits: Limits, introspection: boolean): Documents {
  const known = createLru<string, ReadDocument>(MAX_DOCUMENTS);
  const refused = createLru<string, ReadDocument>(MAX_REFUSED);
  const rules = [
    ...specifiedRules,
    NumberLiteralsRule,
    DeferRule,
    OwnNamesRule,
    ...(introspection ? [] : [NoSchemaIntrospectionCustomRule]),
  ];
  const readNew = (text: string): ReadDocument => {
    let document: DocumentNode;
    try {
      document = parse(text, { maxTokens: limits.tokens });
    } catch (error) {
      return invalid([coded(error as GraphQLError, 'GRAPHQL_PARSE_FAILED')]);
    }
    try {
      checkShape(document, limits);
      checkRepeats(document, limits);
    } catch (error) {
      return invalid([error as GraphQLError]);
    }
    const errors = validate(schema, document, rules, { maxErrors: limits.validationErrors });
    if (errors.length > 0) return invalid(errors.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED')));
    return { kind: 'valid', document, hash: createHash('sha256').update(text).digest('hex') };
  };
  return {
    read: (text) => {
      const found = known.get(text) ?? refused.get(text);
      if (found) return found;
      const fresh = readNew(text);
      if (text.length <= MAX_REMEMBERED) (fresh.kind === 'valid' ? known : refused).set(text, fresh);
      return fresh;
    },
  };
}

function invalid(errors: readonly GraphQLError[]): ReadDocument {
  return { kind: 'invalid', errors };
}

function coded(error: GraphQLError, code: string): GraphQLError {
  const { message, nodes, source, positions, path } = error;
  return new GraphQLError(message, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    path: path ?? null,
    extensions: { ...error.extensions, code },
  });
}
