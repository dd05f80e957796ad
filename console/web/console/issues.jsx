import { useState } from 'react';
import { CodeForm } from './codes.jsx';
import { More, useList } from './list.jsx';
import { Empty, LinkName, Problem, SideName, Value } from './parts.jsx';
import { useQuery } from './tandem.jsx';
import { clock, count, sentence } from './words.js';

/** What a person has to know, by cause; they close themselves when the cause is gone. */
export function Issues() {
  const { data, error } = useQuery('IssueGroups', {}, { live: true });
  const groups = data?.issueGroups;
  return (
    <div className="tray">
      <Problem error={error} />
      {groups?.length === 0 && <Empty>No issue is open.</Empty>}
      {groups?.map((group) => (
        <Group key={`${group.code} ${group.flow} ${group.side} ${group.field}`} group={group} />
      ))}
    </div>
  );
}

function Group({ group }) {
  const [open, setOpen] = useState(false);
  const { code, flow, side, field, issues, records, times, message, lastAt } = group;
  return (
    <article className="panel group">
      <button type="button" className="fold" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span className="big-count">{count(issues)}</span>
        <span>
          <b>{sentence(code)}</b> <span className="flow">{sentence(flow)}</span>{' '}
          {field && <span className="field">{sentence(field)}</span>} <SideName side={side} />
          <br />
          <span className="note">{message}</span>
        </span>
        <span className="grow" />
        <span className="note">
          {records !== issues && `${count(records)} records, `}met {count(times)} ×, last {clock(lastAt)}
        </span>
      </button>
      {open && <Members group={group} />}
    </article>
  );
}

function Members({ group: { code, flow, side, field } }) {
  const filter = {
    code: { eq: code },
    flow: { eq: flow },
    side: side ? { eq: side } : { isNull: true },
    field: field ? { eq: field } : { isNull: true },
  };
  const list = useList('Issues', { filter }, { from: (data) => data.issues, first: 20, live: true });
  return (
    <div className="members">
      <Problem error={list.error} />
      <table className="list">
        <tbody>
          {list.nodes?.map((issue) => (
            <tr key={issue.id}>
              <td>
                {issue.link ? (
                  <LinkName link={issue.link} />
                ) : issue.records > 1 ? (
                  `${count(issue.records)} records`
                ) : (
                  <code>{issue.recordId}</code>
                )}
              </td>
              <td>
                <Value value={issue.value} />
              </td>
              <td className="note">
                {issue.message}
                {issue.unmapped && <CodeForm missing={issue.unmapped} />}
              </td>
              <td className="number note">{clock(issue.openedAt)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <More list={list} />
    </div>
  );
}
