import type { FieldRule, Lookup, Mapping } from '../core/mapping.ts';
import { isPlaceholder } from '../core/placeholder.ts';
import { other } from '../core/sides.ts';
import type { Side, SideState, Values } from '../core/types.ts';
import type { Blocker } from '../store/links.ts';
import { refKey } from './records.ts';

/**
 * What holds a record back as a whole: references that must be linked before anything of it may be written, and
 * demanded ones it does not name. A document is never written with lines missing.
 */
export function blockersOf(
  mapping: Mapping,
  side: Side,
  state: SideState,
  lookup: Lookup,
): readonly Blocker[] {
  const found = new Map<string, Blocker>();
  const add = (blocker: Blocker): void => void found.set(blocker.on, blocker);
  const header = waitingRules(mapping.fields);
  const lineRules = waitingRules(mapping.lines ?? none);
  for (const held of state.held)
    if (header.some(([field]) => field === held.field)) add({ on: onOf(held), reason: held.message });
  collect(header, state.values, '');
  for (const line of state.lines ?? []) {
    for (const held of line.held)
      if (lineRules.some(([field]) => field === held.field)) add({ on: onOf(held), reason: held.message });
    collect(lineRules, line.values, '');
  }
  if (side === 'crm' && mapping.crm === 'Quote' && mapping.lines && (state.lines ?? []).length === 0)
    add({ on: 'lines', reason: 'It has no lines yet.' });
  return [...found.values()];

  function collect(rules: readonly (readonly [string, FieldRule])[], values: Values, prefix: string): void {
    for (const [field, rule] of rules) {
      const value = values[field];
      if (value === null || value === undefined) {
        if (rule.required?.[other(side)] && prefix === '' && mapping.fields[field] === rule && !found.size)
          add({ on: `empty:${field}`, reason: `${field} is empty: it names no record.` });
        continue;
      }
      if (typeof value !== 'string' || isPlaceholder(side, value)) continue;
      if (lookup.record(value, other(side)) === undefined)
        add({ on: `link:${value}`, reason: `${field} names a record that has no counterpart yet.` });
    }
  }
}

type Rules = Readonly<Record<string, FieldRule>>;

const none: Rules = {};
const waitingRulesOf = new WeakMap<Rules, readonly (readonly [string, FieldRule])[]>();

/** Rules of fields whose references are waited for; the same for all records of a mapping. */
function waitingRules(rules: Rules): readonly (readonly [string, FieldRule])[] {
  const known = waitingRulesOf.get(rules);
  if (known) return known;
  const waiting = Object.entries(rules).filter(([, rule]) => rule.waits === true);
  waitingRulesOf.set(rules, waiting);
  return waiting;
}

const onOf = (held: SideState['held'][number]): string =>
  held.for
    ? refKey(held.for)
    : `text:${typeof held.value === 'string' ? held.value : JSON.stringify(held.value)}`;
