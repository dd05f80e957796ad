import { useEffect, useState } from 'react';
import { AsOf } from './as-of.jsx';
import { More, useList } from './list.jsx';
import { Empty, Problem, SideName } from './parts.jsx';
import { TakeBack } from './take-back.jsx';
import { useTandem } from './tandem.jsx';
import { Event } from './ticker.jsx';
import { clock, sentence } from './words.js';

/** Everything that happened to a pair, newest first; an event can be taken back, which is previewed. */
export function Timeline({ linkId, doorbells, onDone }) {
  const { events } = useTandem();
  const [lookingAt, setLookingAt] = useState(null);
  const [opened] = useState(() => new Date().toISOString());
  const history = useList(
    'History',
    { id: linkId },
    { from: ({ node }) => node?.history, first: 20, newestFirst: true },
  );
  const { reload } = history;
  useEffect(() => events.onEvent((event) => event.link?.id === linkId && reload()), [events, linkId, reload]);
  const entries = [
    ...(history.nodes ?? []).map((event) => ({ kind: 'event', at: event.at, event })),
    ...doorbells.map((change) => ({ kind: 'change', at: change.at, change })),
  ].toSorted((a, b) => (a.at < b.at ? 1 : -1));
  return (
    <section className="panel timeline">
      <header>
        <h2>Timeline</h2>
        <button type="button" className="quiet" onClick={() => setLookingAt(opened)}>
          As of…
        </button>
        <span className="note">
          {history.nodes && `${history.totalCount} ${history.totalCount === 1 ? 'event' : 'events'}`}
        </span>
      </header>
      <Problem error={history.error} />
      {history.totalCount === 0 && <Empty>Nothing has happened to this pair yet.</Empty>}
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
              <span className="event-acts">
                <button type="button" className="quiet" onClick={() => setLookingAt(event.at)}>
                  As of…
                </button>
                <TakeBack event={event} onDone={onDone} />
              </span>
            </Event>
          ),
        )}
      </ol>
      <More list={history} />
      {lookingAt && <AsOf linkId={linkId} at={lookingAt} onClose={() => setLookingAt(null)} />}
    </section>
  );
}
