import type { BatchFetchNode, FetchNode } from '@graphql-hive/router-query-planner';
import type { Entity } from './merge.ts';

/**
 * Reads the text of a subgraph's answer. Null where it is not as the plan expects (errors beside the data, a null
 * where the schema has none, other keys, another order, spaces): then it has to be parsed.
 */
export type ReadText = (text: string) => { readonly data: Entity } | null;

/** By fetch of a plan. */
export type Readers = ReadonlyMap<FetchNode | BatchFetchNode, ReadText>;

/** The stretches of objects at a place of the answer, which is the keys that lead there, each with a dot before it. */
export type Stretches = ReadonlyMap<string, readonly (readonly string[])[]>;

/**
 * Neighbouring fields of an object that stand in a subgraph's answer, keys included, just as the client is to get
 * them, and are copied as text. The object has them under one key that no field can have.
 */
export function stretchKey(names: readonly string[]): string {
  return ` ${names.join(' ')}`;
}

/** Where the reader stands in a text. */
export type Cursor = { readonly text: string; at: number };

/** Reads a value and moves on; undefined where it is not as expected. */
export type ReadValue = (cursor: Cursor) => unknown;

/** What follows next in an object's text. */
export type Member =
  /** Copied as text, or a leaf whose value is needed; the pattern begins so many characters `before` it. */
  | {
      readonly kind: 'copied' | 'leaf';
      readonly key: string;
      readonly pattern: RegExp;
      readonly before: number;
    }
  | { readonly kind: 'value'; readonly key: string; readonly before: string; readonly read: ReadValue };

/** An object's text: its type where that is asked for, then its members and what ends it. */
export type ObjectText = {
  readonly typename: string | undefined;
  readonly members: readonly Member[];
  readonly end: string;
};

/** Reads objects that may be null. */
export function readObject({ typename, members, end }: ObjectText): ReadValue {
  return (cursor) => {
    const { text } = cursor;
    if (text.charCodeAt(cursor.at) !== BRACE) return readNull(cursor);
    const object: Entity = typename === undefined ? {} : { __typename: typename };
    for (const member of members) {
      if (member.kind === 'value') {
        if (!skip(cursor, member.before)) return undefined;
        const value = member.read(cursor);
        if (value === undefined) return undefined;
        object[member.key] = value;
        continue;
      }
      const { pattern } = member;
      pattern.lastIndex = cursor.at;
      if (!pattern.test(text)) return undefined;
      const from = cursor.at + member.before;
      cursor.at = pattern.lastIndex;
      object[member.key] =
        member.kind === 'copied' ? text.slice(from, cursor.at) : leafValue(text, from, cursor.at);
    }
    return skip(cursor, end) ? object : undefined;
  };
}

/** Reads lists that may be null. */
export function readList(read: ReadValue): ReadValue {
  return (cursor) => {
    const { text } = cursor;
    if (text.charCodeAt(cursor.at) !== BRACKET) return readNull(cursor);
    cursor.at++;
    const items: unknown[] = [];
    if (skip(cursor, ']')) return items;
    for (;;) {
      const item = read(cursor);
      if (item === undefined) return undefined;
      items.push(item);
      if (skip(cursor, ']')) return items;
      if (!skip(cursor, ',')) return undefined;
    }
  };
}

/** Reads a whole answer that has data and nothing else. */
export function readAnswerText(readData: ReadValue): ReadText {
  return (text) => {
    if (text.length > MAX_TEXT) return null;
    const cursor: Cursor = { text, at: 0 };
    if (!skip(cursor, '{"data":')) return null;
    const data = readData(cursor);
    if (data === undefined || data === null || !skip(cursor, '}') || cursor.at < text.length) return null;
    return { data: data as Entity };
  };
}

/** Longest text that is read so, characters: what expressions keep in mind while they match grows with it. */
const MAX_TEXT = 4_000_000;

const BRACE = '{'.charCodeAt(0);
const BRACKET = '['.charCodeAt(0);
const QUOTE = '"'.charCodeAt(0);

function readNull(cursor: Cursor): null | undefined {
  return skip(cursor, 'null') ? null : undefined;
}

function skip(cursor: Cursor, expected: string): boolean {
  if (!cursor.text.startsWith(expected, cursor.at)) return false;
  cursor.at += expected.length;
  return true;
}

function leafValue(text: string, from: number, to: number): unknown {
  return text.charCodeAt(from) === QUOTE ? text.slice(from + 1, to - 1) : JSON.parse(text.slice(from, to));
}
