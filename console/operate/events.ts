import { type EventDetail, whyOf } from '../operations/why-of.ts';
import type { Run } from './command.ts';
import type { Operator } from './operator.ts';
import { bold, plain } from './table.ts';
import { wholeNumber } from './whole-number.ts';
import { flowOf, type LinkHead, nameOf, typed } from './words.ts';

interface Event {
  readonly cursor: string;
  readonly at: string;
  readonly flow: string;
  readonly outcome: string;
  readonly cause: {
    readonly kind: string;
    readonly id: string | null;
    readonly side: string | null;
    readonly actor: string | null;
  };
  readonly link: LinkHead | null;
  readonly detail: EventDetail;
  readonly fields: readonly {
    readonly field: string;
    readonly line: string | null;
    readonly side: string;
    readonly before: unknown;
    readonly after: unknown;
    readonly beforeTitle: string | null;
    readonly afterTitle: string | null;
    readonly winner: string | null;
    readonly why: string;
  }[];
}

/** Events of one request. */
const most = 100;

/** The latest events, or all behind a cursor; with --follow the ones to come. */
export const events: Run = async (operator, { follow, after, last, flow }) => {
  // None of the latest is an answer only where more are to come.
  const from = follow === true ? 0 : 1;
  const wanted = wholeNumber('--last', last, { of: 'events', from, to: most, usual: 20 });
  const of = flowOf(flow);
  const filter = of === null ? null : { flow: { eq: of } };
  if (typeof after === 'string') return hear(operator, { after, filter });
  const { syncEvents } = await operator.ask<{ syncEvents: { nodes: readonly Event[] } }>('LatestEvents', {
    last: follow === true ? Math.max(1, wanted) : wanted,
    filter,
  });
  const shown = wanted === 0 ? [] : syncEvents.nodes;
  if (follow !== true) {
    operator.show(shown, () => (shown.length === 0 ? ['No event yet.'] : shown.flatMap(linesOf)));
    return 0;
  }
  for (const event of shown) tell(operator, event);
  return hear(operator, { after: syncEvents.nodes.at(-1)?.cursor ?? null, filter });
};

async function hear(operator: Operator, variables: Readonly<Record<string, unknown>>): Promise<number> {
  for await (const { syncEvents } of operator.watch<{ syncEvents: Event }>('EventsLive', variables))
    tell(operator, syncEvents);
  return 0;
}

/** One event: a line of JSON, or lines for people. */
function tell({ json, out }: Operator, event: Event): void {
  out.write(json ? `${JSON.stringify(event)}\n` : `${linesOf(event).join('\n')}\n`);
}

function linesOf({ cursor, at, flow, outcome, cause, link, fields, detail }: Event): readonly string[] {
  const by = [
    cause.side && `in ${cause.side}`,
    cause.kind === 'RELEASE' && cause.id && `by ${cause.id}`,
    cause.actor && `by ${cause.actor}`,
  ]
    .filter(Boolean)
    .join(' ');
  return [
    `${cursor}  ${at.slice(0, 23)}  ${bold(outcome)}  ${typed(flow)}  ${nameOf(link) ?? ''}  (${typed(cause.kind)}${by && ` ${by}`})`,
    ...whyOf(detail).map((why) => `    ${why}`),
    ...fields.map(
      ({ field, line, side, before, after, beforeTitle, afterTitle, winner, why }) =>
        `    ${side} ${line ? `line ${line}: ` : ''}${field}: ${plain(beforeTitle ?? before)} -> ${plain(afterTitle ?? after)}  (${winner ? `${winner}, ` : ''}${why})`,
    ),
  ];
}
