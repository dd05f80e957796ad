import { useState } from 'react';
import { Empty, Problem, SideName } from './parts.jsx';
import { useAct, useQuery, useTandem } from './tandem.jsx';
import { text } from './texts.js';
import { clock, sentence } from './words.js';

/** The code lists of the company: codes that nobody mapped first, then what is mapped. */
export function Codes() {
  const issues = useQuery(
    'Issues',
    { filter: { code: { eq: 'UNMAPPED_CODE' } }, first: 100 },
    { live: true },
  );
  const codes = useQuery('Codes', {}, { live: true });
  const missing = (issues.data?.issues.nodes ?? []).flatMap(({ unmapped }) => (unmapped ? [unmapped] : []));
  const byList = Map.groupBy(codes.data?.codes ?? [], ({ list }) => list);
  return (
    <div className="tray">
      <Problem error={issues.error ?? codes.error} />
      <section className="panel">
        <header>
          <h2>Not mapped</h2>
          <span className="note">What waits for a code goes on as soon as it is mapped.</span>
        </header>
        {missing.length === 0 && <Empty>Every code that is in use is mapped.</Empty>}
        {missing.map((code) => (
          <div key={`${code.list} ${code.side} ${code.code}`} className="missing">
            <SideName side={code.side} /> <b>{code.code}</b>
            <span className="note">{sentence(code.list)}</span>
            <CodeForm missing={code} onDone={codes.reload} />
          </div>
        ))}
      </section>
      <div className="lists">
        {[...byList].map(([list, pairs]) => (
          <section key={list} className="panel">
            <header>
              <h2>{sentence(list)}</h2>
            </header>
            <table className="codes">
              <tbody>
                {pairs.map(({ crm, erp, validFrom, validTo }) => (
                  <tr key={`${crm} ${erp} ${validFrom}`}>
                    <td>{crm}</td>
                    <td className="to">⇄</td>
                    <td>
                      {erp}
                      {(validFrom || validTo) && (
                        <small className="note">
                          {validFrom && ` from ${clock(validFrom)}`}
                          {validTo && ` until ${clock(validTo)}`}
                        </small>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
            <CodeForm missing={{ list }} onDone={codes.reload} />
          </section>
        ))}
      </div>
    </div>
  );
}

/** Maps a code: one side is given where it is missing, the other is asked for. */
export function CodeForm({ missing: { list, side, code }, onDone }) {
  const { client } = useTandem();
  const [crm, setCrm] = useState(side === 'CRM' ? code : '');
  const [erp, setErp] = useState(side === 'ERP' ? code : '');
  const [time, setTime] = useState(null);
  const map = useAct(async () => {
    const [validFrom, validTo] = [time?.from, time?.to].map((day) =>
      day ? new Date(day).toISOString() : null,
    );
    await client.ask(text('SetCode'), { list, crm, erp, validFrom, validTo });
    setTime(null);
    setCrm('');
    setErp('');
    onDone?.();
  });
  return (
    <form
      className="inline code-form"
      onSubmit={(event) => {
        event.preventDefault();
        void map.run();
      }}
    >
      <input
        placeholder="CRM code"
        aria-label="CRM code"
        size={8}
        value={crm}
        readOnly={side === 'CRM'}
        onChange={(event) => setCrm(event.target.value)}
      />
      <span className="to">⇄</span>
      <input
        placeholder="ERP code"
        aria-label="ERP code"
        size={8}
        value={erp}
        readOnly={side === 'ERP'}
        onChange={(event) => setErp(event.target.value)}
      />
      <button type="submit" disabled={map.busy || crm.trim() === '' || erp.trim() === ''}>
        Map
      </button>
      {time === null ? (
        <button type="button" className="quiet" onClick={() => setTime({ from: '', to: '' })}>
          for a time…
        </button>
      ) : (
        ['from', 'to'].map((end) => (
          <label key={end}>
            {end}{' '}
            <input
              type="date"
              value={time[end]}
              onChange={(event) => setTime({ ...time, [end]: event.target.value })}
            />
          </label>
        ))
      )}
      <Problem error={map.error} />
    </form>
  );
}
