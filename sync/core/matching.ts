import type { CodecContext, Lookup, Mapping, MatchKey } from './mapping.ts';
import { isPlaceholder } from './placeholder.ts';
import { same } from './same.ts';
import { other } from './sides.ts';
import type { Json, Side, SideState } from './types.ts';

/** One look-up for counterparts: native properties of the other system and the values they must have. */
export interface MatchLookup {
  readonly key: MatchKey;
  /** Canonical values of the key's fields, in their order. */
  readonly values: readonly Json[];
  readonly nativeWhere: Readonly<Record<string, Json>>;
  /** The same among the record's own side: for keys that count only where the value is unique on both. */
  readonly ownWhere?: Readonly<Record<string, Json>>;
}

/** A record that could be the counterpart, decoded. */
export interface Candidate {
  readonly id: string;
  readonly state: SideState;
}

/** Why a candidate may be the one: the fields that agree, and the score of the best key among them. */
export interface Evidence {
  readonly id: string;
  readonly score: number;
  readonly key: MatchKey;
  readonly evidence: readonly { readonly field: string; readonly value: Json }[];
}

/** What is known about a record's counterpart: one that is sure, several or unsure ones for a person, or none. */
export type Judgement =
  | ({ readonly kind: 'link' } & Evidence)
  | { readonly kind: 'propose'; readonly candidates: readonly Evidence[] }
  | { readonly kind: 'none' };

/** From this score on a single hit links by itself. */
export const sure = 90;

/**
 * The look-ups that find a record's counterparts on the other side, surest first. A value that the other system may
 * spell in several ways gives one look-up for each. Keys with an empty, unreadable or waiting value are left out.
 */
export function matchValues(
  mapping: Mapping,
  side: Side,
  state: SideState,
  lookup: Lookup,
): readonly MatchLookup[] {
  return mapping.match.flatMap((key) => {
    const values = key.fields.map((field) => state.values[field] ?? null);
    if (values.some((value) => value === null || isPlaceholder(side, value))) return [];
    const there = spelt(mapping, other(side), key, state, lookup);
    const own = key.uniqueOnly ? spelt(mapping, side, key, state, lookup)[0] : undefined;
    return there.map((nativeWhere) => ({ key, values, nativeWhere, ...(own ? { ownWhere: own } : {}) }));
  });
}

/** Every way in which a side may spell the key's values. */
function spelt(
  mapping: Mapping,
  side: Side,
  key: MatchKey,
  state: SideState,
  lookup: Lookup,
): readonly Readonly<Record<string, Json>>[] {
  const context: CodecContext = { lookup, side, fields: {}, values: state.values };
  let wheres: readonly Readonly<Record<string, Json>>[] = [{}];
  for (const field of key.fields) {
    const rule = mapping.fields[field];
    const property = rule?.[side];
    const value = state.values[field] ?? null;
    // an address can't be looked up: its country is compared afterwards
    if (!rule || !property || (typeof value === 'object' && value !== null)) continue;
    const spellings = rule.codec.spellings?.(value, context) ?? plain(rule.codec.encode(value, context));
    wheres = wheres.flatMap((where) => spellings.map((spelling) => ({ ...where, [property]: spelling })));
  }
  return wheres.filter((where) => Object.keys(where).length > 0);
}

const plain = (encoded: { readonly value: Json } | { readonly held: unknown }): readonly Json[] =>
  'value' in encoded && encoded.value !== null ? [encoded.value] : [];

/**
 * Judges what the look-ups found. Only one sure candidate links; two never do. `twins`: other records of the record's
 * own side that look like it, which make a key that must be unique worthless.
 */
export function judge(
  mapping: Mapping,
  state: SideState,
  candidates: readonly Candidate[],
  twins: readonly SideState[] = [],
): Judgement {
  const found = new Map<string, Evidence>();
  for (const { id, state: there } of candidates) {
    for (const key of mapping.match) {
      if (!agrees(key, state, there)) continue;
      const alone = !key.uniqueOnly || isUnique(key, state, candidates, id, twins);
      const score = alone ? key.score : Math.min(key.score, sure - 5);
      if ((found.get(id)?.score ?? -1) >= score) continue;
      const evidence = key.fields.map((field) => ({ field, value: there.values[field] ?? null }));
      found.set(id, { id, score, key, evidence });
    }
  }
  const all = [...found.values()].sort((a, b) => b.score - a.score);
  const [best, second] = all;
  if (!best) return { kind: 'none' };
  const decisive = best.score >= sure && (!second || second.score < sure || isStamp(best, second));
  return decisive ? { kind: 'link', ...best } : { kind: 'propose', candidates: all };
}

/** The stamp of the record's own id beats every other evidence, but not another stamp. */
const isStamp = (best: Evidence, second: Evidence): boolean =>
  best.key.fields[0] === 'id' && second.key.fields[0] !== 'id';

const isUnique = (
  key: MatchKey,
  state: SideState,
  candidates: readonly Candidate[],
  id: string,
  twins: readonly SideState[],
): boolean =>
  !twins.some((twin) => agrees(key, state, twin)) &&
  !candidates.some((candidate) => candidate.id !== id && agrees(key, state, candidate.state));

function agrees(key: MatchKey, here: SideState, there: SideState): boolean {
  return key.fields.every((field) => {
    const [a, b] = [here.values[field] ?? null, there.values[field] ?? null];
    if (a === null || b === null) return false;
    return same(compared(key, a), compared(key, b));
  });
}

/** What a key compares of a value: never its case, which people type as they like. */
export function compared(key: MatchKey, value: Json): Json {
  if (key.loose) return loose(value);
  return typeof value === 'string' ? value.normalize('NFKC').toLowerCase() : value;
}

const legalForms =
  /\b(?:a\/?s|as|asa|ab|oy|oyj|aps|gmbh|ag|kg|ohg|ug|ltd|limited|llc|llp|plc|inc|corp|corporation|company|co|sa|s\.a|sas|sarl|srl|spa|s\.p\.a|bv|b\.v|nv|n\.v|pty)\b\.?/giu;

/** What a loose key compares: of an address the country, of a text its letters and digits without legal form. */
export function loose(value: Json): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return (value as Readonly<Record<string, Json>>).country ?? null;
  if (typeof value !== 'string') return value;
  const text = value.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const bare = text.replace(legalForms, ' ').replace(/[^\p{L}\p{N}]/gu, '');
  return bare || text.replace(/[^\p{L}\p{N}]/gu, '') || value;
}
