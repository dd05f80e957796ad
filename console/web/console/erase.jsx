import { useState } from 'react';
import { Dialog, Problem, Reason } from './parts.jsx';
import { useAct, useQuery, useTandem } from './tandem.jsx';
import { text } from './texts.js';
import { count } from './words.js';

/** Erases a person from both systems and from all that the sync keeps, after showing how much there is. */
export function Erase({ of, title, onClose }) {
  const { client } = useTandem();
  const { data, error } = useQuery('Erase', { ref: of, mode: 'PREVIEW' });
  const [sure, setSure] = useState(false);
  const [reason, setReason] = useState('');
  const [done, setDone] = useState(null);
  const erase = useAct(async () => {
    setDone((await client.ask(text('Erase'), { ref: of, mode: 'APPLY', reason: reason || null })).erase);
  });
  // What was shown of the person goes as well.
  const close = () => {
    onClose();
    if (done) location.hash = `#/records/${of.entity.toLowerCase()}`;
  };
  const found = done ?? data?.erase;
  return (
    <Dialog title={done ? 'Erased' : `Erase ${title}`} onClose={close}>
      <Problem error={error ?? erase.error} />
      {found && (
        <table className="list">
          <tbody>
            {[
              ['Records in both systems: emptied and archived', found.records],
              ['Links: ended', found.links],
              ['Events: their values removed', found.events],
              ['Dead letters: removed', found.deadLetters],
            ].map(([name, n]) => (
              <tr key={name}>
                <td className="number">{count(n)}</td>
                <td>{name}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {done && (
        <p>
          The proof, which holds no data and stands in the <a href="#/acts">audit trail</a>:{' '}
          <code className="proof">{done.proof}</code>
        </p>
      )}
      {found && !done && (
        <footer>
          <label className="check">
            <input type="checkbox" checked={sure} onChange={(event) => setSure(event.target.checked)} />I know
            that nothing brings this back
          </label>
          <Reason value={reason} onChange={setReason} />
          <button type="button" className="primary" disabled={!sure || erase.busy} onClick={erase.run}>
            Erase for good
          </button>
        </footer>
      )}
    </Dialog>
  );
}
