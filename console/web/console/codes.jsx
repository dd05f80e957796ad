import { useState } from 'react';
import { Empty, Problem, SideName } from './parts.jsx';
import { arrows, SettingDialog, WouldChange } from './setting-change.jsx';
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
  const [removing, setRemoving] = useState(null);
  const mapped = Map.groupBy(codes.data?.codes ?? [], ({ list }) => list);
  const byList = new Map([...mapped, ...startEmpty.map((list) => [list, mapped.get(list) ?? []])]);
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
                {pairs.map(({ crm, erp, direction, validFrom, validTo }) => (
                  <tr key={`${crm} ${erp} ${validFrom}`}>
                    <td>{crm}</td>
                    <td className="to" title={meanings[direction]}>
                      {arrows[direction]}
                    </td>
                    <td>
                      {erp}
                      {(validFrom || validTo) && (
                        <small className="note">
                          {validFrom && ` from ${clock(validFrom)}`}
                          {validTo && ` until ${clock(validTo)}`}
                        </small>
                      )}
                    </td>
                    <td className="number">
                      <button
                        type="button"
                        className="quiet"
                        title="Remove…"
                        aria-label={`Remove ${crm} and ${erp}`}
                        onClick={() => setRemoving({ list, crm, erp })}
                      >
                        ✕
                      </button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
            <CodeForm missing={{ list }} onDone={codes.reload} />
          </section>
        ))}
      </div>
      {removing && (
        <SettingDialog
          title={`Remove ${removing.crm} and ${removing.erp} from ${sentence(removing.list).toLowerCase()}`}
          operation="RemoveCode"
          variables={removing}
          act="Remove"
          onClose={() => setRemoving(null)}
          onDone={codes.reload}
        />
      )}
    </div>
  );
}

/** Lists in which nothing has to be mapped: they are shown, so that something can be. */
const startEmpty = ['COUNTRY', 'CURRENCY'];

const meanings = {
  BOTH: 'read and written',
  TO_CRM: 'the ERP’s is read as the CRM’s, and not written',
  TO_ERP: 'the CRM’s is written as the ERP’s, and not read so',
};

/** Maps a code: one side is given where it is missing, the other is asked for. */
export function CodeForm({ missing: { list, side: shownIn, code }, onDone }) {
  const { client } = useTandem();
  // A name for a country is mapped to the ISO code, in whichever system it is written.
  const isName = list === 'COUNTRY';
  const side = isName && shownIn ? 'ERP' : shownIn;
  const [crm, setCrm] = useState(side === 'CRM' ? code : '');
  const [erp, setErp] = useState(side === 'ERP' ? code : '');
  const [time, setTime] = useState(null);
  const [validFrom, validTo] = [time?.from, time?.to].map((day) =>
    day ? new Date(day).toISOString() : null,
  );
  const given = { list, crm, erp, validFrom, validTo };
  const map = useAct(async () => {
    await client.ask(text('SetCode'), given);
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
        placeholder={isName ? 'ISO code' : 'CRM code'}
        aria-label={isName ? 'ISO code' : 'CRM code'}
        size={8}
        value={crm}
        readOnly={side === 'CRM'}
        onChange={(event) => setCrm(event.target.value)}
      />
      <span className="to">{isName ? '←' : '⇄'}</span>
      <input
        placeholder={isName ? 'What is written' : 'ERP code'}
        aria-label={isName ? 'What is written' : 'ERP code'}
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
      {crm.trim() !== '' && erp.trim() !== '' && <WouldChange operation="SetCode" variables={given} />}
    </form>
  );
}
