import { useState } from 'react';
import { More, useList } from './list.jsx';
import { Choice, Empty, Heading, LinkName, Problem, Search, State, Value } from './parts.jsx';
import { TakeBack } from './take-back.jsx';
import { useQuery } from './tandem.jsx';
import { Event } from './ticker.jsx';
import { clock, count, sentence } from './words.js';

const outcomes = [
  { key: '', title: 'All' },
  { key: 'DONE', title: 'Done' },
  { key: 'REFUSED', title: 'Refused' },
];

/** What people did by hand, newest first: who, to what, why, and what came of it. */
export function Acts() {
  const [outcome, setOutcome] = useState('');
  const [sought, setSought] = useState('');
  const filter = {
    ...(outcome && { outcome: { eq: outcome } }),
    ...(sought && { or: ['actor', 'name', 'reason'].map((part) => ({ [part]: { contains: sought } })) }),
  };
  const list = useList(
    'Acts',
    { filter },
    { from: ({ acts }) => acts, newestFirst: true, live: true, every: 5000 },
  );
  return (
    <>
      <Heading
        title="Audit trail"
        note="What people did by hand: written down before it is begun, and never pruned. Values that were typed are not in it."
      />
      <div className="finder">
        <Choice options={outcomes} chosen={outcome} onChoose={setOutcome} />
        <Search label="Who, what or why" onSearch={setSought} />
        <span className="note">{list.nodes && `${count(list.totalCount)} acts`}</span>
      </div>
      <Problem error={list.error} />
      {list.totalCount === 0 && (
        <Empty>Nobody has done anything {sought || outcome ? 'like that ' : ''}by hand.</Empty>
      )}
      {list.totalCount > 0 && (
        <section className="panel scroll">
          <table className="list trail">
            <tbody>
              {list.nodes.map((act) => (
                <Act key={act.id} act={act} />
              ))}
            </tbody>
          </table>
          <More list={list} />
        </section>
      )}
    </>
  );
}

function Act({ act }) {
  const [open, setOpen] = useState(false);
  const { at, name, actor, reason, subject, outcome, code, link, detail, correlationId } = act;
  return (
    <>
      <tr>
        <td className="note">{clock(at)}</td>
        <td>{actor}</td>
        <td>
          <button type="button" className="link" aria-expanded={open} onClick={() => setOpen(!open)}>
            {sentence(name)}
          </button>
        </td>
        <td>{link ? <LinkName link={link} /> : <Subject subject={subject} />}</td>
        <td className="note">{reason ? `“${reason}”` : ''}</td>
        <td className="number">
          <State state={outcome ?? 'OPEN'} /> {code && <span className="note">{code}</span>}
        </td>
      </tr>
      {open && (
        <tr className="more-of">
          <td colSpan={6}>
            <Facts title="Asked" facts={subject} />
            <Facts title="Came of it" facts={detail} />
            <Events correlationId={correlationId} />
          </td>
        </tr>
      )}
    </>
  );
}

function Subject({ subject }) {
  return (
    <span className="note">
      <Value value={subject} />
    </span>
  );
}

function Facts({ title, facts }) {
  const entries = Object.entries(facts ?? {});
  if (entries.length === 0) return null;
  return (
    <p>
      <b>{title}</b>{' '}
      {entries.map(([name, value]) => (
        <span key={name} className="note">
          {sentence(name)} <Value value={value} />{' '}
        </span>
      ))}
    </p>
  );
}

/** The events that came of an act. */
function Events({ correlationId }) {
  const { data, error } = useQuery('EventsOfAct', { correlationId });
  return (
    <>
      <Problem error={error} />
      {data?.syncEvents.totalCount === 0 && <p className="note">No event came of it.</p>}
      <ol className="events">
        {data?.syncEvents.nodes.map((event) => (
          <Event key={event.id} event={event}>
            <TakeBack event={event} />
          </Event>
        ))}
      </ol>
    </>
  );
}
