import { Empty, LinkName, SideName, State, Value } from './parts.jsx';
import { FlowPage, useWalk, Walk } from './walk.jsx';
import { count, sentence } from './words.js';

/** Examples that are shown; each page brings a hundred at most. */
const mostShown = 100;

const verdicts = ['same', 'normalised', 'lossy', 'broken', 'held'];

/** Every value of a flow sent to the other side and home, in thought: which come back, which do not, and why. */
export function RoundTrip({ route: [kind] }) {
  return (
    <FlowPage
      page="round-trip"
      kind={kind}
      title="Round trip"
      note="Sends every value of the pairs as they are now to the other side and home, in thought: nothing is written. What does not come back is lossy as its transformation declares, or broken."
      of={Proof}
    />
  );
}

function Proof({ flow }) {
  const walk = useWalk('RoundTripProof', {
    flow,
    pageOf: (data) => data.roundTripProof,
    pairsOf: ({ pairs }) => pairs,
    together,
  });
  const proof = walk.found;
  return (
    <>
      <Walk walk={walk} title="Prove it" busy="Proving…">
        {proof && (
          <>
            {count(proof.pairs)} of {count(proof.totalCount)} pairs, {count(proof.checked)} values:{' '}
            {count(proof.same + proof.normalised)} came back, {count(proof.lossy)} lost what is declared,{' '}
            {count(proof.broken)} broke, {count(proof.held)} cannot travel.
          </>
        )}
      </Walk>
      {proof?.totalCount === 0 && <Empty>There are no pairs of this flow yet.</Empty>}
      {proof?.fields.length > 0 && <Fields fields={proof.fields} />}
      {proof?.examples.length > 0 && <Examples examples={proof.examples} />}
    </>
  );
}

/** What two pages found, as one. */
function together(before, page) {
  const sums = (a, b) =>
    Object.fromEntries(['checked', ...verdicts].map((name) => [name, a[name] + b[name]]));
  const fields = new Map(before.fields.map((each) => [each.field, each]));
  for (const each of page.fields) {
    const known = fields.get(each.field);
    fields.set(each.field, known ? { ...known, ...sums(known, each), why: known.why ?? each.why } : each);
  }
  const examples = [...before.examples, ...page.examples].toSorted((a, b) => severity(b) - severity(a));
  return {
    ...page,
    ...sums(before, page),
    pairs: before.pairs + page.pairs,
    fields: [...fields.values()],
    examples: examples.slice(0, mostShown),
  };
}

const severity = ({ verdict }) => ['HELD', 'LOSSY', 'BROKEN'].indexOf(verdict);

function Fields({ fields }) {
  return (
    <section className="panel scroll">
      <table className="checklist">
        <thead>
          <tr>
            <th>Field</th>
            <th className="number">Checked</th>
            {verdicts.map((name) => (
              <th key={name} className="number">
                {sentence(name)}
              </th>
            ))}
            <th>What gets lost</th>
          </tr>
        </thead>
        <tbody>
          {fields.map((each) => (
            <tr key={each.field}>
              <td>{each.field}</td>
              <td className="number">{count(each.checked)}</td>
              {verdicts.map((name) => (
                <td key={name} className="number">
                  {each[name] === 0 ? <span className="none">—</span> : count(each[name])}
                </td>
              ))}
              <td className="note">{each.why}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Examples({ examples }) {
  return (
    <section className="panel scroll">
      <h2 className="inset">Values that did not come back, or cannot travel</h2>
      <table className="list">
        <tbody>
          {examples.map(({ link, field, line, side, value, there, back, verdict, why }) => (
            <tr key={`${link.id} ${field} ${line} ${side}`}>
              <td>
                <LinkName link={link} />
              </td>
              <td>
                {field} <SideName side={side} />
              </td>
              <td>
                <Value value={value} /> → <Value value={there} /> → <Value value={back} />
              </td>
              <td>
                <State state={verdict} />
              </td>
              <td className="note">{why}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
