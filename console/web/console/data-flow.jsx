import { useState } from 'react';
import { FlowSettings } from './flow-settings.jsx';
import { Choice, Heading, LinkName, Problem, SideName, Value } from './parts.jsx';
import { Policy } from './policy.jsx';
import { useAct, useQuery, useTandem } from './tandem.jsx';
import { text } from './texts.js';
import { clock, count, sentence } from './words.js';

const arrows = { BOTH: '⇄', TO_ERP: '→', TO_CRM: '←', OFF: 'off' };

/** Every property of every flow as a checklist, with what was measured; to be taken along as Markdown or RST. */
export function DataFlow({ route: [kind] }) {
  const { client } = useTandem();
  const { data, error, reload } = useQuery('Dataflow', {}, { live: true });
  const documents = data?.dataflow ?? [];
  const current = documents.find(({ flow }) => flow.toLowerCase() === kind) ?? documents[0];
  const download = useAct(async (format, suffix) => {
    const answer = await client.ask(text('DataflowText'));
    save(answer.dataflow.map((each) => each[format]).join('\n\n'), `dataflow.${suffix}`);
  });
  return (
    <>
      <Heading
        title="Data flow"
        note="How each property travels, who wins, and how many pairs show the same on both sides right now."
      >
        <button type="button" disabled={download.busy} onClick={() => download.run('markdown', 'md')}>
          Markdown
        </button>
        <button
          type="button"
          disabled={download.busy}
          onClick={() => download.run('restructuredText', 'rst')}
        >
          reStructuredText
        </button>
      </Heading>
      <Problem error={error ?? download.error} />
      <Choice
        options={documents.map(({ flow }) => ({ key: flow.toLowerCase(), title: sentence(flow) }))}
        chosen={current?.flow.toLowerCase()}
        onChoose={(key) => {
          location.hash = `#/data-flow/${key}`;
        }}
      />
      {current && <Checklist key={current.flow} document={current} onDone={reload} />}
    </>
  );
}

function Checklist({
  document: { flow, crmEntity, erpEntity, rule, matchKeys, pairsChecked, away, properties, lines },
  onDone,
}) {
  return (
    <>
      <p className="note checklist-note">
        {crmEntity} ⇄ {erpEntity}. Linked: {rule === 'every' ? 'every record' : rule}.{' '}
        {matchKeys.length > 0 && <>Matched by {matchKeys.join('; ')}. </>}
        {count(pairsChecked)} pairs checked.
      </p>
      {away.map(({ side, message }) => (
        <p className="problem" role="alert" key={side}>
          The {side} does not answer ({message}): counted over what was read last.
        </p>
      ))}
      <FlowSettings flow={flow} onDone={onDone} />
      <section className="panel scroll">
        <Properties flow={flow} rows={properties} list="properties" onDone={onDone} />
      </section>
      {lines.length > 0 && (
        <section className="panel scroll">
          <h2 className="inset">Lines</h2>
          <Properties flow={flow} rows={lines} list="lines" onDone={onDone} />
        </section>
      )}
    </>
  );
}

function Properties({ flow, rows, list, onDone }) {
  // What stands under which row: its mismatches, or its rule.
  const [open, setOpen] = useState({ field: null, what: null });
  return (
    <table className="checklist">
      <thead>
        <tr>
          <th className="number">#</th>
          <th>
            <span className="side crm">CRM</span> property
          </th>
          <th />
          <th>
            <span className="side erp">ERP</span> property
          </th>
          <th>Transformation</th>
          <th>Wins</th>
          <th className="number">Checked</th>
          <th className="number">Equal</th>
          <th>Pass rate</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Property
            key={`${row.field} ${row.crmProperty}`}
            flow={flow}
            list={list}
            row={row}
            open={open.field === row.field ? open.what : null}
            onOpen={(what) => setOpen({ field: row.field, what })}
            onDone={onDone}
          />
        ))}
      </tbody>
    </table>
  );
}

function Property({ flow, list, row, open, onOpen, onDone }) {
  const { crmProperty, crmType, erpProperty, erpType, direction, transformation, rule, wins, lossy } = row;
  const winner = wins === 'CRM' || wins === 'ERP' ? <SideName side={wins} /> : sentence(wins);
  const toggle = (what) => onOpen(open === what ? null : what);
  const path = list === 'lines' ? `lines.${row.field}` : row.field;
  return (
    <>
      <tr className={direction === 'OFF' ? 'off' : ''}>
        <td className="number note">{row.row}</td>
        <Name name={crmProperty} type={crmType} required={row.requiredInCrm} />
        <td className="to">{arrows[direction]}</td>
        <Name name={erpProperty} type={erpType} required={row.requiredInErp} />
        <td>
          {transformation}
          <br />
          <span className="note">
            {rule}
            {lossy && <b className="lossy"> Lossy: {lossy}.</b>}
          </span>
        </td>
        <td>
          <button
            type="button"
            className="link"
            aria-expanded={open === 'policy'}
            aria-label={`${row.field}: ${sentence(wins)} wins. How it travels, and to set it`}
            title="How it travels and who wins: what another rule would have done, and to set it"
            onClick={() => toggle('policy')}
          >
            {winner}
          </button>
        </td>
        <td className="number">{count(row.pairsChecked)}</td>
        <td className="number">{count(row.equal)}</td>
        <td>
          <Rate row={row} open={open === 'examples'} onOpen={() => toggle('examples')} />
        </td>
      </tr>
      {open && (
        <tr className="under">
          <td colSpan={9}>
            {open === 'examples' ? (
              <Examples flow={flow} list={list} field={row.field} last={row.lastMismatch} />
            ) : (
              <Policy flow={flow} field={path} row={row} onDone={onDone} />
            )}
          </td>
        </tr>
      )}
    </>
  );
}

function Name({ name, type, required }) {
  return (
    <td className="property">
      {name ?? <i>made from the record</i>}
      {required && (
        <span className="required" title="never empty">
          *
        </span>
      )}
      <br />
      <span className="note" title={type ?? ''}>
        {type?.startsWith('enum ') ? `enum of ${type.split(' ').length - 1}` : type?.replace(/ ?\{.*/, '')}
      </span>
    </td>
  );
}

function Rate({ row: { passRate, notEqual }, open, onOpen }) {
  if (passRate === null) return <span className="none">—</span>;
  const shown = `${(Math.floor(passRate * 10_000) / 100).toFixed(passRate === 1 ? 0 : 2)} %`;
  return (
    <span className="rate">
      <span className="track">
        <i className={passRate === 1 ? 'whole' : ''} style={{ width: `${passRate * 100}%` }} />
      </span>
      {notEqual === 0 ? (
        shown
      ) : (
        <button type="button" className={`link ${open ? 'here' : ''}`} onClick={onOpen}>
          {shown}
        </button>
      )}
    </span>
  );
}

function Examples({ flow, list, field, last }) {
  const { data, error } = useQuery('Mismatches', { flow });
  const examples = data?.dataflow[0][list].find((row) => row.field === field)?.examples ?? [];
  return (
    <div className="members">
      <Problem error={error} />
      <table className="list">
        <tbody>
          {examples.map(({ link, crm, erp }) => (
            <tr key={link.id}>
              <td>
                <LinkName link={link} />
              </td>
              <td>
                <span className="side crm">CRM</span> <Value value={crm} />
              </td>
              <td>
                <span className="side erp">ERP</span> <Value value={erp} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {last && (
        <p className="note">
          Last seen {clock(last)}. Each of these is listed in the inbox, with its reason.
        </p>
      )}
    </div>
  );
}

/** Hands the text to the browser as a file. */
function save(content, name) {
  const anchor = document.createElement('a');
  anchor.href = URL.createObjectURL(new Blob([content], { type: 'text/plain' }));
  anchor.download = name;
  anchor.click();
  URL.revokeObjectURL(anchor.href);
}
