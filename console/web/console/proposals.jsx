import { useState } from 'react';
import { isShownOn, sideQuery } from '../../operations/record.ts';
import { More, useList } from './list.jsx';
import { Empty, LinkName, Problem, Reason, SideName, Value } from './parts.jsx';
import { PlanDialog } from './plan.jsx';
import { useAct, useQuery, useTandem } from './tandem.jsx';
import { text } from './texts.js';
import { clock, plain, sentence } from './words.js';

/** Records that may stand for the same thing, each with the evidence; a person links one of them or creates another. */
export function Proposals() {
  const list = useList('Proposals', {}, { from: (data) => data.matchProposals, first: 20, live: true });
  return (
    <div className="tray">
      <Problem error={list.error} />
      {list.totalCount === 0 && <Empty>No match is in doubt.</Empty>}
      {list.nodes?.map((proposal) => (
        <Proposal key={proposal.id} proposal={proposal} onDone={list.reload} />
      ))}
      <More list={list} />
    </div>
  );
}

function Proposal({ proposal, onDone }) {
  const { client } = useTandem();
  const { id, flow, side, recordId, link, candidates, at } = proposal;
  const [comparing, setComparing] = useState(false);
  const [previewing, setPreviewing] = useState(null);
  const [reason, setReason] = useState('');
  const decide = useAct(async (variables) => {
    await client.ask(text('ResolveMatch'), { id, ...variables, reason: reason || null });
    onDone();
  });
  const other = side === 'CRM' ? 'ERP' : 'CRM';
  return (
    <article className="panel proposal">
      <header>
        <SideName side={side} />
        <b>{link?.title ?? recordId}</b>
        <span className="note">
          {sentence(flow)} <code>{recordId}</code>, since {clock(at)}
        </span>
        <span className="grow" />
        <button type="button" className="quiet" onClick={() => setComparing(!comparing)}>
          {comparing ? 'Close' : 'Compare'}
        </button>
        <button
          type="button"
          className="quiet"
          disabled={decide.busy}
          onClick={() => decide.run({ create: true })}
        >
          None of them: create it in the {other}
        </button>
      </header>
      <ul>
        {candidates.map((candidate) => (
          <li key={candidate.id}>
            <Score score={candidate.score} />
            <SideName side={other} />
            <b>{candidate.title}</b>
            <code>{candidate.id}</code>
            <span className="evidence">
              {candidate.evidence.map(({ field, value, title }) => (
                <span key={field}>
                  same {sentence(field).toLowerCase()} <Value value={title ?? value} />
                </span>
              ))}
            </span>
            <span className="grow" />
            {candidate.linkedTo && (
              <span className="note">
                already linked to <LinkName link={candidate.linkedTo} />
              </span>
            )}
            <button type="button" className="quiet" onClick={() => setPreviewing(candidate)}>
              Preview…
            </button>
            <button
              type="button"
              disabled={decide.busy}
              onClick={() => decide.run({ candidate: candidate.id })}
            >
              It is this one
            </button>
          </li>
        ))}
      </ul>
      <div className="inline">
        <Reason value={reason} onChange={setReason} />
      </div>
      {comparing && <Comparison proposal={proposal} />}
      {previewing && (
        <PlanDialog
          title={`${link?.title ?? recordId} is ${previewing.title}`}
          operation="ResolveMatch"
          variables={{ id, candidate: previewing.id }}
          onClose={() => {
            setPreviewing(null);
            onDone();
          }}
        />
      )}
      <Problem error={decide.error} />
    </article>
  );
}

function Score({ score }) {
  return (
    <span className="score" title={`Score ${score} of 100`}>
      <i>
        <b style={{ width: `${score}%` }} />
      </i>
      {Math.round(score)}
    </span>
  );
}

/** The record and its candidates, property by property; only what at least one of them has. */
function Comparison({ proposal: { flow, side, recordId, candidates } }) {
  const { shapes } = useTandem();
  const shape = shapes.find((each) => each.flow === flow);
  const [own, other] = side === 'CRM' ? ['crm', 'erp'] : ['erp', 'crm'];
  const columns = [
    { side: own, id: recordId },
    ...candidates.slice(0, 3).map(({ id }) => ({ side: other, id })),
  ];
  const records = [
    useSide(shape, columns[0]),
    useSide(shape, columns[1]),
    useSide(shape, columns[2]),
    useSide(shape, columns[3]),
  ];
  const rows = shape.properties.filter((row) =>
    columns.some(
      ({ side: of }, n) => isShownOn(row, of) && plain(records[n]?.[row[`${of}Property`]]) !== null,
    ),
  );
  return (
    <div className="scroll">
      <table className="comparison">
        <thead>
          <tr>
            <th />
            {columns.map(({ side: of, id }) => (
              <th key={`${of} ${id}`}>
                <SideName side={of.toUpperCase()} /> <code>{id}</code>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.field}>
              <th>{sentence(row.field)}</th>
              {columns.map(({ side: of, id }, n) => (
                <td key={`${of} ${id}`}>
                  <Value value={isShownOn(row, of) ? records[n]?.[row[`${of}Property`]] : null} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function useSide(shape, column) {
  const { scopes } = useTandem();
  const { data } = useQuery(
    sideQuery(shape, column?.side ?? 'crm', scopes),
    { id: column?.id ?? '' },
    { skip: column === undefined },
  );
  return data?.record;
}
