import type { SyncEvent } from '../../sync/index.ts';
import type { Filter } from './filter.ts';
import { events } from './listings.ts';
import { flowOf, mappingOf } from './words.ts';

/** What a live event shows to each comparison of its filter: the same as the column in the log. */
const heldBy: Readonly<Record<string, (event: SyncEvent) => unknown>> = {
  id: ({ id }) => id,
  flow: ({ mapping }) => mappingOf(flowOf(mapping)),
  link: ({ linkId }) => linkId,
  outcome: ({ outcome }) => outcome,
  cause: ({ cause }) => cause.kind,
  causeId: ({ cause }) => cause.id ?? null,
  side: ({ cause }) => cause.side ?? null,
  actor: ({ cause }) => cause.actor ?? null,
  at: ({ at }) => at,
  correlationId: ({ correlationId }) => correlationId,
};

/** Whether a live event passes a filter, by the same rules as a query of the log. */
export function eventMatches(filter: Filter, event: SyncEvent): boolean {
  return Object.entries(filter).every(([name, value]) => {
    if (value === null || value === undefined) return true;
    if (name === 'not') return !eventMatches(value as Filter, event);
    if (name === 'and') return (value as readonly Filter[]).every((part) => eventMatches(part, event));
    if (name === 'or') return (value as readonly Filter[]).some((part) => eventMatches(part, event));
    const held = heldBy[name]?.(event) ?? null;
    return Object.entries(value as Filter).every(([operator, operand]) =>
      compares(name, operator, held, operand),
    );
  });
}

function compares(name: string, operator: string, held: unknown, operand: unknown): boolean {
  if (operator === 'isNull') return operand === null || operand === undefined || (held === null) === operand;
  if (held === null || operand === null || operand === undefined) return false;
  const stored = events.columns[name]?.stored ?? ((value: unknown) => value);
  if (operator === 'in')
    return (operand as readonly unknown[]).some((each) => order(held, stored(each)) === 0);
  if (operator === 'contains') return String(held).toLowerCase().includes(String(operand).toLowerCase());
  const place = order(held, stored(operand));
  switch (operator) {
    case 'eq':
      return place === 0;
    case 'gt':
      return place > 0;
    case 'gte':
      return place >= 0;
    case 'lt':
      return place < 0;
    case 'lte':
      return place <= 0;
    default:
      return false;
  }
}

/** Instants come with different numbers of decimals: they are compared padded to the same width. */
function order(a: unknown, b: unknown): number {
  const [left, right] = [comparable(a), comparable(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function comparable(value: unknown): string {
  const text = String(value);
  const instant = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z$/.exec(text);
  return instant === null ? text : `${instant[1]}.${(instant[2] ?? '').padEnd(9, '0')}Z`;
}
