import { useState } from 'react';
import { LinkName, Problem, Reason, SideName, Value } from './parts.jsx';
import { WouldChange } from './setting-change.jsx';
import { useAct, useQuery, useTandem } from './tandem.jsx';
import { text } from './texts.js';
import { clock, count, sentence } from './words.js';

const winners = {
  CRM: 'the CRM wins',
  ERP: 'the ERP wins',
  INBOX: 'a person decides',
  LATEST: 'the latest edit',
};
const tried = ['CRM', 'ERP', 'INBOX', 'LATEST'];
const directions = {
  BOTH: 'both ways',
  TO_ERP: 'to the ERP only',
  TO_CRM: 'to the CRM only',
  OFF: 'not at all',
};
const weekMs = 7 * 86_400_000;

/**
 * How a field travels, and whose value stands where both sides changed it: what another rule would have done to what has
 * happened, and that rule from now on.
 */
export function Policy({ flow, field, row, onDone }) {
  const { client } = useTandem();
  const { data: settings, reload } = useQuery('FieldSettings', { flow });
  const set = settings?.fieldSettings.find((each) => each.field === field);
  const [winner, setWinner] = useState(row.wins);
  const [direction, setDirection] = useState(row.direction);
  const [rests, setRests] = useState(null);
  const rest = rests ?? String(set?.settleSeconds ?? 0);
  const [reason, setReason] = useState('');
  const isAsItWas =
    winner === row.wins && direction === row.direction && Number(rest) === (set?.settleSeconds ?? 0);
  // What is left out would be as the mapping declares it.
  const settleSeconds = rests === null ? (set?.settleSeconds ?? null) : Number(rests);
  const wanted = { direction, wins: winner, settleSeconds };
  const change = useAct(() => setTo(wanted));
  const declared = useAct(() => setTo({}));
  async function setTo(to) {
    await client.ask(text('SetField'), { flow, field, ...to, reason: reason || null });
    reload();
    onDone();
  }
  return (
    <div className="members">
      <div className="inline">
        <label>
          Where both sides changed it:{' '}
          <select value={winner} onChange={(event) => setWinner(event.target.value)}>
            {Object.entries({ [row.wins]: sentence(row.wins), ...winners }).map(([key, title]) => (
              <option key={key} value={key}>
                {title}
              </option>
            ))}
          </select>
        </label>
        <label>
          It travels{' '}
          <select value={direction} onChange={(event) => setDirection(event.target.value)}>
            {Object.entries(directions).map(([key, title]) => (
              <option key={key} value={key}>
                {title}
              </option>
            ))}
          </select>
        </label>
        <label>
          An edit rests, seconds{' '}
          <input
            type="number"
            min="0"
            size="5"
            value={rest}
            onChange={(event) => setRests(event.target.value)}
          />
        </label>
        <Reason value={reason} onChange={setReason} />
        <button type="button" disabled={change.busy || isAsItWas} onClick={change.run}>
          From now on
        </button>
        <WouldChange operation="SetField" variables={{ flow, field, ...wanted }} disabled={isAsItWas} />
      </div>
      {set?.by && (
        <p className="note">
          Set by {set.by}, {clock(set.at)}.{' '}
          <button type="button" className="link" disabled={declared.busy} onClick={declared.run}>
            As the mapping declares it
          </button>
        </p>
      )}
      <Problem error={change.error ?? declared.error} />
      {!isAsItWas && (
        <p className="note">
          It holds for what happens from then on. A full reconciliation, under Runs, brings older pairs along.
        </p>
      )}
      {winner === 'LATEST' && winner !== row.wins && (
        <p className="note">
          What it would have done cannot be told: the event log keeps which side won, not which was edited
          last.
        </p>
      )}
      {tried.includes(winner) && winner !== row.wins && <Replay flow={flow} field={field} winner={winner} />}
    </div>
  );
}

/** What of the last week would have been otherwise. */
function Replay({ flow, field, winner }) {
  const [since] = useState(() => new Date(Date.now() - weekMs).toISOString());
  const { data, error } = useQuery('PolicyReplay', { flow, field, winner, since });
  const replay = data?.policyReplay;
  return (
    <>
      <Problem error={error} />
      {replay && (
        <p className="note">
          In the last seven days the rule decided {count(replay.checked)} times between two edits;{' '}
          {count(replay.differing)} would have ended otherwise
          {replay.examples.length < replay.differing
            ? `; the latest ${count(replay.examples.length)} of them are listed.`
            : '.'}
        </p>
      )}
      <table className="list">
        <tbody>
          {replay?.examples.map(({ at, line, winner: won, stood, would, event }) => (
            <tr key={`${at} ${line} ${event?.id}`}>
              <td className="note">{clock(at)}</td>
              <td>
                <LinkName link={event?.link} /> {line && <span className="note">line {line}</span>}
              </td>
              <td>
                <SideName side={won} /> <Value value={stood} /> stood
              </td>
              <td>{winner === 'INBOX' ? 'a person would have been asked' : <Value value={would} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
