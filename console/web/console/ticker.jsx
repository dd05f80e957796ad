import { useState, useSyncExternalStore } from 'react';
import { whyOf } from '../../operations/why-of.ts';
import { Empty, LinkName, SideName, State, Value } from './parts.jsx';
import { useTandem } from './tandem.jsx';
import { clock, duration, lagOf, sentence } from './words.js';

/** The event log as it grows: what field, from what to what, who won and why. It stands still under the pointer. */
export function Ticker() {
  const { events } = useTandem();
  const shown = useSyncExternalStore(events.onDraw, events.events);
  const [held, setHeld] = useState(null);
  const list = held ?? shown;
  const behind = held ? shown.findIndex((event) => event.id === held[0]?.id) : 0;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the pointer only stops the list from moving.
    <section className="panel ticker" onMouseEnter={() => setHeld(shown)} onMouseLeave={() => setHeld(null)}>
      <header>
        <h2>Events</h2>
        <span className="note">
          {held
            ? behind > 0
              ? `standing still, ${behind} new`
              : 'standing still while you point at it'
            : 'as they happen'}
        </span>
      </header>
      {list.length === 0 && <Empty>Nothing has happened yet. Edit a record on either side.</Empty>}
      <ol className="events">
        {list.slice(0, 80).map((event) => (
          <Event key={event.id} event={event} />
        ))}
      </ol>
    </section>
  );
}

/** One event in one or more lines. */
export function Event({ event, children }) {
  const lag = lagOf(event);
  return (
    <li className={event.live ? 'live' : ''}>
      <div className="event-head">
        <time>{clock(event.at)}</time>
        <State state={event.outcome} />
        <span className="flow">{sentence(event.flow)}</span>
        <LinkName link={event.link} />
        <span className="cause">
          {sentence(event.cause.kind).toLowerCase()}
          {event.cause.side && ` in ${event.cause.side}`}
          {event.cause.kind === 'RELEASE' && event.cause.id && ` by ${event.cause.id}`}
          {event.cause.actor && ` by ${event.cause.actor}`}
          {lag !== null && event.fields.length > 0 && (
            <b title="from the edit until it was written">{duration(lag)}</b>
          )}
        </span>
        {children}
      </div>
      {whyOf(event.detail).map((why) => (
        <p key={why} className="note">
          {why}
        </p>
      ))}
      <Changes fields={event.fields} />
    </li>
  );
}

/** The fields of an event: on which side, before → after, whose value it is and why. */
export function Changes({ fields, most = 4 }) {
  const [all, setAll] = useState(false);
  if (fields.length === 0) return null;
  const shown = all ? fields : fields.slice(0, most);
  return (
    <ul className="changes">
      {shown.map((change) => (
        <li key={`${change.side} ${change.line ?? ''} ${change.field}`}>
          <SideName side={change.side} />
          <span className="field">{sentence(change.field)}</span>
          <span className="before">
            <Value value={change.beforeTitle ?? change.before} />
          </span>
          <span className="to">→</span>
          <span className="after">
            <Value value={change.afterTitle ?? change.after} />
          </span>
          <span className="why">
            {change.winner && `${change.winner} won: `}
            {change.why}
            {change.lost !== null && change.lost !== undefined && (
              <>
                {' '}
                (lost: <Value value={change.lostTitle ?? change.lost} />)
              </>
            )}
          </span>
        </li>
      ))}
      {fields.length > most && (
        <li>
          <button type="button" className="quiet" onClick={() => setAll(!all)}>
            {all ? 'less' : `${fields.length - most} more fields`}
          </button>
        </li>
      )}
    </ul>
  );
}
