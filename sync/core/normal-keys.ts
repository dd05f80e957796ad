import type { Mapping, MatchKey } from './mapping.ts';
import { compared } from './matching.ts';
import { isPlaceholder } from './placeholder.ts';
import { same } from './same.ts';
import { other } from './sides.ts';
import type { Json, Side, Values } from './types.ts';

/** The native id that a record of `side` uses for the record that a link stands for; undefined where it has none. */
export type NativeId = (link: string, side: Side) => string | undefined;

/** The normal forms under which a record is found by those that look like it, whatever the spelling. */
export interface NormalKeys {
  /** Under which others find it. */
  readonly own: readonly string[];
  /** Under which records of the other system would be known that look like it. */
  readonly there: readonly string[];
  /** The same in its own system, for keys that count only where the value is unique on both sides. */
  readonly twins: readonly string[];
}

/**
 * The normal forms of a record, by its canonical values: one per match key of which all values are there. What refers
 * to another record does so by that system's own id, so that it is known before the other is linked: `own` takes it
 * from `native`, the record's fields. The stamp is left out: it names its record outright.
 */
export function normalKeys(
  mapping: Mapping,
  side: Side,
  values: Values,
  { native, idOf }: { readonly native: Native; readonly idOf: NativeId },
): NormalKeys {
  const own: string[] = [];
  const there: string[] = [];
  const twins: string[] = [];
  for (const key of mapping.match) {
    const here = ownKey(mapping, key, side, values, native);
    if (here === null) continue;
    own.push(here);
    if (key.uniqueOnly) twins.push(here);
    const beyond = normalKey(mapping, key, side, values, (field) => {
      const link = values[field];
      return typeof link === 'string' ? (idOf(link, other(side)) ?? null) : null;
    });
    if (beyond !== null) there.push(beyond);
  }
  return { own, there, twins };
}

/** The forms under which others find a record that has new values: those of keys of which a value is another now. */
export function newOwnKeys(
  mapping: Mapping,
  side: Side,
  { before, now }: { readonly before: Values | null; readonly now: Values },
  native: Native,
): readonly string[] {
  return mapping.match
    .filter((key) => !before || key.fields.some((field) => !same(before[field], now[field])))
    .flatMap((key) => {
      const form = ownKey(mapping, key, side, now, native);
      return form === null || (before && form === ownKey(mapping, key, side, before, native)) ? [] : [form];
    });
}

/** A value of the record as its own system has it. */
type Native = (property: string) => Json | undefined;

function ownKey(mapping: Mapping, key: MatchKey, side: Side, values: Values, native: Native): string | null {
  if (key.fields[0] === 'id') return null;
  return normalKey(mapping, key, side, values, (field) => {
    const property = mapping.fields[field]?.[side];
    return property ? (native(property) ?? null) : null;
  });
}

function normalKey(
  mapping: Mapping,
  key: MatchKey,
  side: Side,
  values: Values,
  referred: (field: string) => Json,
): string | null {
  const parts: Json[] = [];
  for (const field of key.fields) {
    const refers = mapping.fields[field]?.codec.refers !== undefined;
    const value = refers ? referred(field) : (values[field] ?? null);
    if (value === null || (!refers && isPlaceholder(side, value))) return null;
    const part = refers ? value : compared(key, value);
    if (part === null) return null;
    parts.push(part);
  }
  return JSON.stringify([key.fields, parts]);
}
