import { useState } from 'react';
import { Dialog, Empty, Problem, Value } from './parts.jsx';
import { useQuery } from './tandem.jsx';
import { plain, sentence } from './words.js';

/** Both sides of a pair as they were at a time, what has changed since marked. */
export function AsOf({ linkId, at, onClose }) {
  const [time, setTime] = useState(() => localOf(at));
  const then = useQuery('AsOf', { id: linkId, at: new Date(time || at).toISOString() });
  const [opened] = useState(() => new Date().toISOString());
  const now = useQuery('AsOf', { id: linkId, at: opened });
  const pair = then.data?.node?.asOf;
  const today = now.data?.node?.asOf;
  return (
    <Dialog title="The pair as it was" onClose={onClose}>
      <label className="inline when">
        At{' '}
        <input
          type="datetime-local"
          step="0.001"
          value={time}
          onChange={(event) => setTime(event.target.value)}
        />
      </label>
      <Problem error={then.error ?? now.error} />
      {pair && !pair.complete && (
        <Empty>The event log does not reach back to that time: this is as far as it tells.</Empty>
      )}
      {pair && <Sides pair={pair} today={today} />}
    </Dialog>
  );
}

function Sides({ pair, today }) {
  const fields = [...new Set([...Object.keys(pair.crm), ...Object.keys(pair.erp)])].filter(
    (field) =>
      !/^lines\..*\.(lineId|quoteLineId|lineNumber)$/.test(field) &&
      [pair.crm, pair.erp].some((side) => plain(side[field]) !== null),
  );
  return (
    <div className="scroll">
      <table className="comparison">
        <thead>
          <tr>
            <th />
            {['crm', 'erp'].map((side) => (
              <th key={side}>
                <span className={`side ${side}`}>{side.toUpperCase()}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <tr key={field}>
              <th>{labelOf(pair, field)}</th>
              {['crm', 'erp'].map((side) => (
                <td key={side}>
                  <Value value={named(pair, side, field)} />
                  {today && plain(today[side][field]) !== plain(pair[side][field]) && (
                    <span className="note">
                      {' '}
                      now <Value value={named(today, side, field)} />
                    </span>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A field's name; of a line, with the line's number. */
function labelOf({ crm, erp }, field) {
  const [lines, id, name] = field.split('.');
  if (name === undefined) return sentence(field);
  const number = `${lines}.${id}.lineNumber`;
  return `Line ${crm[number] ?? erp[number] ?? ''}: ${sentence(name).toLowerCase()}`;
}

/** A record by its name. */
const named = ({ titles, ...sides }, side, field) => titles[sides[side][field]] ?? sides[side][field];

/** What a field for a time takes: without its zone, in that of whoever looks. */
function localOf(iso) {
  const at = new Date(iso);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 23);
}
