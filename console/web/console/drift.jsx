import { Empty, LinkName, State, Value } from './parts.jsx';
import { FlowPage, useWalk, Walk } from './walk.jsx';
import { count, sentence } from './words.js';

/** Pairs that are shown; what is counted is all of them. */
const mostShown = 200;

/** The pairs of a flow as they are in both systems now: which fields are not in step, and which side moved. */
export function Drift({ route: [kind] }) {
  return (
    <FlowPage
      page="drift"
      kind={kind}
      title="Drift"
      note="Reads both sides of every pair now and compares them field by field. Nothing is written; a reconciliation with repair, under Runs, puts right what is found."
      of={Comparison}
    />
  );
}

function Comparison({ flow }) {
  const walk = useWalk('DriftReport', {
    flow,
    pageOf: (data) => data.driftReport,
    pairsOf: ({ checked }) => checked,
    together: (before, page) => ({
      ...page,
      checked: before.checked + page.checked,
      equal: before.equal + page.equal,
      drifted: [...before.drifted, ...page.drifted].slice(0, mostShown),
    }),
  });
  const { found } = walk;
  const unequal = found === null ? 0 : found.checked - found.equal;
  return (
    <>
      <Walk walk={walk} title="Compare now" busy="Comparing…">
        {found &&
          `${count(found.checked)} of ${count(found.totalCount)} pairs: ${count(found.equal)} equal, ${count(unequal)} not.`}
      </Walk>
      {found?.totalCount === 0 && <Empty>There are no pairs of this flow yet.</Empty>}
      {found?.drifted.length > 0 && (
        <section className="panel scroll">
          {unequal > mostShown && (
            <h2 className="inset">
              The first {count(mostShown)} of {count(unequal)}
            </h2>
          )}
          <table className="list">
            <tbody>
              {found.drifted.flatMap(({ link, fields }) =>
                fields
                  .filter(({ verdict }) => verdict !== 'EQUAL')
                  .map((field) => (
                    <Row key={`${link.id} ${field.line} ${field.field}`} link={link} of={field} />
                  )),
              )}
            </tbody>
          </table>
        </section>
      )}
    </>
  );
}

function Row({ link, of: { field, line, crm, erp, crmTitle, erpTitle, verdict, why } }) {
  return (
    <tr>
      <td>
        <LinkName link={link} />
      </td>
      <td>
        {sentence(field)}
        {line && <span className="note"> line {line}</span>}
      </td>
      <td>
        <span className="side crm">CRM</span> <Value value={crmTitle ?? crm} />
      </td>
      <td>
        <span className="side erp">ERP</span> <Value value={erpTitle ?? erp} />
      </td>
      <td>
        <State state={verdict} />
      </td>
      <td className="note">{why}</td>
    </tr>
  );
}
