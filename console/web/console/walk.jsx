import { useState } from 'react';
import { flowNames } from '../../operations/flows.ts';
import { Choice, Heading, Problem } from './parts.jsx';
import { useAct, useTandem } from './tandem.jsx';
import { text } from './texts.js';
import { count, sentence } from './words.js';

/** Pairs of one request: each is read live from both systems. */
const pageSize = 100;

/** Goes through all pairs of a flow page by page when `run` is called; `found` is what the pages told so far, `together`. */
export function useWalk(operation, { flow, pageOf, pairsOf, together }) {
  const { client } = useTandem();
  const [found, setFound] = useState(null);
  const walking = useAct(async () => {
    let so = null;
    for (let after = null; so === null || after !== null; ) {
      const page = pageOf(await client.ask(text(operation), { flow, first: pageSize, after }));
      so = so === null ? page : together(so, page);
      setFound(so);
      after = page.pageInfo.hasNextPage && pairsOf(page) > 0 ? page.pageInfo.endCursor : null;
    }
  });
  return { found, ...walking };
}

const flows = flowNames.map((flow) => ({ key: flow.toLowerCase(), title: sentence(flow) }));

/** A page of which each flow has one; `Of` shows that of the flow that was chosen. */
export function FlowPage({ page, kind, title, note, of: Of }) {
  const flow = flows.find(({ key }) => key === kind)?.key ?? flows[0].key;
  return (
    <>
      <Heading title={title} note={note} />
      <Choice
        options={flows}
        chosen={flow}
        onChoose={(key) => {
          location.hash = `#/${page}/${key}`;
        }}
      />
      <Of key={flow} flow={flow.toUpperCase()} />
    </>
  );
}

/** Starts a walk, and tells how far it is; it ends where a system does not answer. */
export function Walk({ walk, title, busy, children }) {
  const { away = [], unknown } = walk.found ?? {};
  return (
    <>
      <p className="note checklist-note">
        <button type="button" disabled={walk.busy} onClick={walk.run}>
          {walk.busy ? busy : title}
        </button>{' '}
        {children}
      </p>
      <Problem error={walk.error} />
      {away.map(({ side, message }) => (
        <p className="problem" role="alert" key={side}>
          It ends here: {count(unknown)} more pairs could not be read. {message}
        </p>
      ))}
    </>
  );
}
