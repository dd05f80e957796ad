import type { FieldRule, Mapping } from '../../core/mapping.ts';
import type { MappingName, Side } from '../../core/types.ts';
import { shares } from '../fold.ts';
import type { Planning } from './planning.ts';

/** The flows of a deal in the order in which one takes the content over from the one before. */
const successors: readonly MappingName[] = ['quote', 'quoteOrder', 'order'];

/** What of a document is a later flow's business, once the content has passed on. */
export interface Carried {
  field(name: string): boolean;
  readonly lines: boolean;
}

/** What flows of the deal that take over from this one read of the same document. */
export function carriedAt({ members, context }: Planning, mapping: Mapping, side: Side): Carried {
  const later = successors
    .slice(successors.indexOf(mapping.name) + 1)
    .filter((name) => members.some((link) => link.mapping === name && link.state !== 'ended'))
    .map((name) => context.mappings[name])
    .filter((other) => other[side] === mapping[side]);
  return {
    field: (name) => later.some((next) => shares(next, mapping, side, name)),
    lines: later.some((next) => next.lines !== undefined),
  };
}

/** What both sides may edit. A status goes by its map. */
export const isContent = ({ way, content, states, derived, order }: FieldRule): boolean =>
  way === 'both' && content === true && states === undefined && !derived && !order;
