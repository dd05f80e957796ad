import { useEffect, useState } from 'react';
import { findQuery } from '../../operations/record.ts';
import { Choice, Empty, Heading, Problem, State } from './parts.jsx';
import { SideBySide } from './side-by-side.jsx';
import { useQuery } from './tandem.jsx';
import { clock, count, recordFlows, sentence } from './words.js';

const states = ['', 'SYNCED', 'WAITING', 'CONFLICT', 'FAILED', 'PENDING'];

/** Finds a record; one that is chosen is shown side by side. */
export function Records({ route: [kind = '', id] }) {
  const flow = recordFlows.find((each) => each.toLowerCase() === kind) ?? recordFlows[0];
  if (id) return <SideBySide key={id} flow={flow} id={id} />;
  return <Finder key={flow} flow={flow} />;
}

function Finder({ flow }) {
  const [typed, setTyped] = useState('');
  const [search, setSearch] = useState('');
  const [state, setState] = useState('');
  const [first, setFirst] = useState(30);
  useEffect(() => {
    const timer = setTimeout(() => setSearch(typed.trim()), 150);
    return () => clearTimeout(timer);
  }, [typed]);
  const { data, error } = useQuery(
    findQuery(flow),
    { first, search: search || null, filter: state ? { state: { eq: state } } : null },
    { live: true },
  );
  const records = data?.records;
  return (
    <>
      <Heading
        title="Side by side"
        note="Choose a record: the CRM's on the left, the ERP's on the right, what they agree on between."
      />
      <div className="finder">
        <Choice
          options={recordFlows.map((key) => ({ key, title: `${sentence(key)}s` }))}
          chosen={flow}
          onChoose={(key) => {
            location.hash = `#/records/${key.toLowerCase()}`;
          }}
        />
        <input
          type="search"
          placeholder="Name or number"
          aria-label="Name or number"
          // biome-ignore lint/a11y/noAutofocus: looking something up is what people come for.
          autoFocus
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <select value={state} onChange={(event) => setState(event.target.value)} aria-label="State">
          {states.map((each) => (
            <option key={each} value={each}>
              {each === '' ? 'Any state' : sentence(each)}
            </option>
          ))}
        </select>
        <span className="note">{records && `${count(records.totalCount)} found`}</span>
      </div>
      <Problem error={error} />
      {records?.nodes.length === 0 && <Empty>None found.</Empty>}
      {records && records.nodes.length > 0 && (
        <section className="panel scroll">
          <table className="list">
            <thead>
              <tr>
                <th>Name</th>
                <th>State</th>
                <th>
                  <span className="side crm">CRM</span>
                </th>
                <th>
                  <span className="side erp">ERP</span>
                </th>
                <th className="number">In step since</th>
              </tr>
            </thead>
            <tbody>
              {records.nodes.map(({ id, crmId, erpId, link }) => (
                <tr
                  key={id}
                  className="leads"
                  onClick={() => {
                    location.hash = `#/records/${flow.toLowerCase()}/${id}`;
                  }}
                >
                  <td>
                    <a className="name" href={`#/records/${flow.toLowerCase()}/${id}`}>
                      {link.title ?? id}
                    </a>
                  </td>
                  <td>
                    <State state={link.state} />
                  </td>
                  <td>
                    <code>{crmId ?? '—'}</code>
                  </td>
                  <td>
                    <code>{erpId ?? '—'}</code>
                  </td>
                  <td className="number">{clock(link.syncedAt)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {records.pageInfo.hasNextPage && first < 100 && (
            <button type="button" className="more" onClick={() => setFirst(100)}>
              Show more
            </button>
          )}
        </section>
      )}
    </>
  );
}
