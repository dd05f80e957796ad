import {
  type GraphQLOutputType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql';
import { collectFields, type SelectionScope, selectionSetsOf } from './collect-fields.ts';

/** Text as JSON.stringify writes it, any escape allowed that JSON has. */
const STRING = String.raw`"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\\x00-\x1f]*)*"`;

/** Numbers a double holds; of others the parser decides what they are. */
const NUMBER = String.raw`-?(?:0|[1-9]\d{0,14})(?:\.\d{1,20})?(?:[eE][-+]?\d{1,2})?`;

/** Integers within 32 bits; the few beyond nine digits are left to the parser. */
const INT = String.raw`-?(?:0|[1-9]\d{0,8})`;

const BOOLEAN = '(?:true|false)';

const BY_SCALAR: Readonly<Record<string, string>> = {
  String: STRING,
  ID: STRING,
  Int: INT,
  Float: NUMBER,
  Boolean: BOOLEAN,
};

/**
 * A regular expression for the JSON text of a value that is as the schema says, written without spaces, its objects
 * with exactly the selected keys in the order of the selection. Null where there is none: types of which one cannot
 * know beforehand. Nothing in it can match in two ways, so that a text that does not fit is found out in one pass.
 */
export function jsonPattern(
  type: GraphQLOutputType,
  sets: readonly SelectionSetNode[],
  scope: SelectionScope,
): string | null {
  if (isNonNullType(type)) return valuePattern(type.ofType, sets, scope);
  const pattern = valuePattern(type, sets, scope);
  return pattern && `(?:null|${pattern})`;
}

/** Any leaf's value that can be read without a parser: text without escapes, a number, a word. */
export const PLAIN_LEAF = String.raw`(?:"[^"\\\x00-\x1f]*"|${NUMBER}|true|false|null)`;

/** The same characters, as a part of a regular expression. */
export function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}

function valuePattern(
  type: GraphQLOutputType,
  sets: readonly SelectionSetNode[],
  scope: SelectionScope,
): string | null {
  if (isListType(type)) {
    const item = jsonPattern(type.ofType, sets, scope);
    // After a comma comes another item: what stands behind the list must not be taken for its end.
    return item && String.raw`\[(?:${item}(?:,(?!\])|(?=\])))*\]`;
  }
  if (isEnumType(type))
    return `"(?:${type
      .getValues()
      .map(({ name }) => name)
      .join('|')})"`;
  if (isLeafType(type)) return BY_SCALAR[type.name] ?? `(?:${STRING}|${NUMBER}|${BOOLEAN})`;
  if (!isObjectType(type)) return null;
  const members: string[] = [];
  for (const [key, nodes] of collectFields(sets, type, scope)) {
    const name = nodes[0].name.value;
    const field = type.getFields()[name];
    let value: string | null = null;
    if (name === '__typename') value = `"${type.name}"`;
    else if (field) value = jsonPattern(field.type, selectionSetsOf(nodes), scope);
    if (value === null) return null;
    members.push(`"${key}":${value}`);
  }
  return String.raw`\{${members.join(',')}\}`;
}
