import { useEffect, useState } from 'react';
import { Empty, Problem, SideName } from './parts.jsx';
import { PlanDialog } from './plan.jsx';
import { useQuery, useTandem } from './tandem.jsx';
import { Event } from './ticker.jsx';
import { clock, sentence } from './words.js';

/** Everything that happened to a pair, newest first; an event can be taken back, which is previewed. */
export function Timeline({ linkId, doorbells, onDone }) {
  const { events } = useTandem();
  const [last, setLast] = useState(20);
  const [reverting, setReverting] = useState(null);
  const [opened] = useState(() => new Date().toISOString());
  const { data, error, reload } = useQuery('History', { id: linkId, last });
  useEffect(() => events.onEvent((event) => event.link?.id === linkId && reload()), [events, linkId, reload]);
  const history = data?.node?.history;
  const entries = [
    ...(history?.nodes ?? []).map((event) => ({ kind: 'event', at: event.at, event })),
    ...doorbells.map((change) => ({ kind: 'change', at: change.at, change })),
  ].toSorted((a, b) => (a.at < b.at ? 1 : -1));
  return (
    <section className="panel timeline">
      <header>
        <h2>Timeline</h2>
        <span className="note">
          {history && `${history.totalCount} ${history.totalCount === 1 ? 'event' : 'events'}`}
        </span>
      </header>
      <Problem error={error} />
      {history?.totalCount === 0 && <Empty>Nothing has happened to this pair yet.</Empty>}
      <ol className="events">
        {entries.map(({ kind, event, change }) =>
          kind === 'change' ? (
            <li key={`${change.side} ${change.cursor}`} className="doorbell">
              <time>{clock(change.at)}</time>
              <SideName side={change.side} /> rang: {sentence(change.kind).toLowerCase()}, version{' '}
              {change.version} by {change.actor}
            </li>
          ) : (
            <Event key={event.id} event={{ ...event, link: null, live: event.at > opened }}>
              {event.act?.reason && <span className="note">“{event.act.reason}”</span>}
              {(event.fields.length > 0 || event.outcome === 'UNLINKED') && (
                <button type="button" className="quiet revert" onClick={() => setReverting(event)}>
                  Revert…
                </button>
              )}
            </Event>
          ),
        )}
      </ol>
      {history && history.totalCount > last && (
        <button type="button" className="more" onClick={() => setLast(100)}>
          Show more
        </button>
      )}
      {reverting && (
        <PlanDialog
          title={`Take back what happened at ${clock(reverting.at)}`}
          operation="Revert"
          variables={{ eventId: reverting.id }}
          onClose={() => setReverting(null)}
          onDone={onDone}
        />
      )}
    </section>
  );
}
