import { useState } from 'react';
import { findQuery } from '../../operations/record.ts';
import { More, useList } from './list.jsx';
import { Choice, Empty, Heading, Problem, Search, State } from './parts.jsx';
import { SideBySide } from './side-by-side.jsx';
import { clock, count, recordFlows, sentence } from './words.js';

const states = ['', 'SYNCED', 'WAITING', 'CONFLICT', 'FAILED', 'PENDING'];

/** Finds a record; one that is chosen is shown side by side. */
export function Records({ route: [kind = '', id] }) {
  const flow = recordFlows.find((each) => each.toLowerCase() === kind) ?? recordFlows[0];
  if (id) return <SideBySide key={id} flow={flow} id={id} />;
  return <Finder key={flow} flow={flow} />;
}

function Finder({ flow }) {
  const [search, setSearch] = useState('');
  const [state, setState] = useState('');
  const records = useList(
    findQuery(flow),
    { search: search || null, filter: state ? { state: { eq: state } } : null },
    { from: (data) => data.records, live: true },
  );
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
        <Search label="Name or number" onSearch={setSearch} autoFocus />
        <select value={state} onChange={(event) => setState(event.target.value)} aria-label="State">
          {states.map((each) => (
            <option key={each} value={each}>
              {each === '' ? 'Any state' : sentence(each)}
            </option>
          ))}
        </select>
        <span className="note">{records.nodes && `${count(records.totalCount)} found`}</span>
      </div>
      <Problem error={records.error} />
      {records.totalCount === 0 && <Empty>None found.</Empty>}
      {records.nodes?.length > 0 && (
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
          <More list={records} />
        </section>
      )}
    </>
  );
}
