import { useState } from 'react';
import { LinkName, Problem, Reason, SideName, Value } from './parts.jsx';
import { useAct, useQuery, useTandem } from './tandem.jsx';
import { text } from './texts.js';
import { clock, count, sentence } from './words.js';

const winners = {
  CRM: 'the CRM wins',
  ERP: 'the ERP wins',
  INBOX: 'a person decides',
  LATEST: 'the latest edit',
};
const tried = ['CRM', 'ERP', 'INBOX'];
const weekMs = 7 * 86_400_000;

/**
 * Whose value of a field stands where both sides changed it: what another rule would have done to what has happened,
 * and that rule from now on.
 */
export function Policy({ flow, field, row, onDone }) {
  const { client } = useTandem();
  const { data: settings, reload } = useQuery('FieldSettings', { flow });
  const set = settings?.fieldSettings.find((each) => each.field === field);
  const [winner, setWinner] = useState(row.wins);
  const [reason, setReason] = useState('');
  const change = useAct(async () => {
    // What is left out would be as the mapping declares it.
    const kept = { direction: set?.direction ?? row.direction, settleSeconds: set?.settleSeconds ?? null };
    await client.ask(text('SetField'), { flow, field, ...kept, wins: winner, reason: reason || null });
    reload();
    onDone();
  });
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
        <Reason value={reason} onChange={setReason} />
        <button type="button" disabled={change.busy || winner === row.wins} onClick={change.run}>
          From now on
        </button>
      </div>
      {set?.by && (
        <p className="note">
          Set by {set.by}, {clock(set.at)}.
        </p>
      )}
      <Problem error={change.error} />
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
          {count(replay.differing)} would have ended otherwise.
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
