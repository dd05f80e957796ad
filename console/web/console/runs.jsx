import { useEffect, useState } from 'react';
import { flowNames } from '../../operations/flows.ts';
import { Empty, Heading, Problem, State, Value } from './parts.jsx';
import { useAct, useQuery, useTandem } from './tandem.jsx';
import { text } from './texts.js';
import { clock, count, duration, sentence } from './words.js';

/** Backfills and reconciliations: previewed, approved, watched. */
export function Runs({ route: [chosen] }) {
  const { client } = useTandem();
  const { data, error, reload } = useQuery('Runs', {}, { every: 5000 });
  const [flows, setFlows] = useState([]);
  const start = useAct(async (name, variables) => {
    const answer = await client.ask(text(name), { flows: flows.length > 0 ? flows : null, ...variables });
    const [run] = Object.values(answer);
    reload();
    location.hash = `#/runs/${run.id}`;
  });
  const runs = data?.runs ?? [];
  const current = chosen ?? runs[0]?.id;
  return (
    <>
      <Heading
        title="Runs"
        note="A backfill matches what is there on both sides; a reconciliation compares everything and lists what is not in step. Live edits go first."
      />
      <section className="panel start">
        <FlowPicker chosen={flows} onChoose={setFlows} />
        <div className="acts">
          <button
            type="button"
            className="primary"
            disabled={start.busy}
            onClick={() => start.run('StartBackfill', { mode: 'PREVIEW' })}
          >
            Preview a backfill
          </button>
          <button
            type="button"
            disabled={start.busy}
            onClick={() => start.run('StartReconciliation', { repair: false, full: true })}
          >
            Reconcile, repair nothing
          </button>
        </div>
        <Problem error={start.error} />
      </section>
      <Problem error={error} />
      {data && runs.length === 0 && <Empty>Nothing has run yet. A preview writes nothing.</Empty>}
      <div className="runs">
        {runs.length > 0 && (
          <ol className="panel run-list">
            {runs.map((run) => (
              <li key={run.id}>
                <a href={`#/runs/${run.id}`} className={run.id === current ? 'here' : ''}>
                  <b>{titleOf(run)}</b>
                  <State state={run.state} />
                  <span className="note">
                    {clock(run.startedAt)}
                    {run.by && `, ${run.by}`}
                  </span>
                </a>
              </li>
            ))}
          </ol>
        )}
        {current && <Run key={current} id={current} onStart={start.run} />}
      </div>
    </>
  );
}

function FlowPicker({ chosen, onChoose }) {
  return (
    <fieldset className="flow-picker">
      <legend>Flows</legend>
      {flowNames.map((flow) => (
        <label key={flow}>
          <input
            type="checkbox"
            checked={chosen.length === 0 || chosen.includes(flow)}
            onChange={() => {
              const before = chosen.length === 0 ? flowNames : chosen;
              const next = before.includes(flow) ? before.filter((each) => each !== flow) : [...before, flow];
              onChoose(next.length === flowNames.length ? [] : next);
            }}
          />
          {sentence(flow)}
        </label>
      ))}
    </fieldset>
  );
}

function titleOf({ kind, mode }) {
  if (kind === 'BACKFILL') return mode === 'PREVIEW' ? 'Backfill, preview' : 'Backfill';
  return mode === 'PREVIEW' ? 'Reconciliation' : 'Reconciliation with repair';
}

/** One run, live while it goes on; what may follow it stands under it. */
function Run({ id, onStart }) {
  const { client } = useTandem();
  const { data, error, reload } = useQuery('Run', { id });
  const [news, setNews] = useState(null);
  const act = useAct(async (name) => {
    const [run] = Object.values(await client.ask(text(name), { id }));
    if (run.id === id) reload();
    else location.hash = `#/runs/${run.id}`;
  });
  useEffect(
    () => client.watch(text('RunLive'), { id }, { next: ({ run: now }) => setNews(now) }),
    [client, id],
  );
  const run = news ?? data?.run;
  if (!run) return <Problem error={error} />;
  const { counts, state, kind, mode, flows, startedAt, endedAt } = run;
  const running = state === 'running';
  const failed = Object.values(counts.flows ?? {}).reduce((sum, names) => sum + (names.failed ?? 0), 0);
  return (
    <section className="panel run">
      <header>
        <h2>{titleOf(run)}</h2>
        <State state={state} />
        <span className="note">
          {clock(startedAt)}
          {endedAt && `, took ${duration(Date.parse(endedAt) - Date.parse(startedAt))}`}
        </span>
        <span className="grow" />
        {running && (
          <button type="button" disabled={act.busy} onClick={() => act.run('CancelRun')}>
            Cancel
          </button>
        )}
        {!running && failed > 0 && mode === 'APPLY' && (
          <button type="button" disabled={act.busy} onClick={() => act.run('RerunFailed')}>
            Rerun the {count(failed)} that failed
          </button>
        )}
        {!running && kind === 'BACKFILL' && mode === 'PREVIEW' && (
          <button
            type="button"
            className="primary"
            onClick={() => onStart('StartBackfill', { mode: 'APPLY', flows })}
          >
            Approve: run it
          </button>
        )}
        {!running && kind === 'RECONCILIATION' && mode === 'PREVIEW' && (
          <button
            type="button"
            className="primary"
            onClick={() => onStart('StartReconciliation', { repair: true, full: true, flows })}
          >
            Repair what was found
          </button>
        )}
      </header>
      <Problem error={act.error ?? error} />
      <ProgressOf run={run} />
      <Counts run={run} />
    </section>
  );
}

/** What a run counts, in words; what it finds new stands for itself. */
const counted = {
  unchanged: 'In step already',
  ended: 'Ended before',
  gone: 'Gone on a side',
  left: 'Leave alone',
  block: 'Hold back',
  propose: 'Ask a person',
  createInCrm: 'Create in CRM',
  createInErp: 'Create in ERP',
};

const countName = (name) => counted[name] ?? sentence(name);

function ProgressOf({ run: { counts, state, perSecond } }) {
  const { done = 0, total = 0, queued = 0, retrying = 0, etaSeconds } = counts;
  const part = total > 0 ? Math.min(1, done / total) : 0;
  const facts = [
    total > 0 ? `${count(done)} of ${count(total)} records` : `${count(done)} records`,
    perSecond ? `${count(Math.round(perSecond))} per second` : null,
    state === 'running' && etaSeconds ? `about ${duration(etaSeconds * 1000)} to go` : null,
    queued > 0 ? `${count(queued)} queued` : null,
    retrying > 0 ? `${count(retrying)} tried again` : null,
  ].filter(Boolean);
  return (
    <div className="progress">
      <div className={`track ${state}`}>
        <i
          className={state === 'running' && total === 0 ? 'unknown' : ''}
          style={{ width: `${part * 100}%` }}
        />
      </div>
      <span className="note">{facts.join(' · ')}</span>
    </div>
  );
}

/** Flows stand in the order of their dependence, as everywhere; what else was walked comes last. */
const placeOf = (mapping) => {
  const place = flowNames.findIndex(
    (flow) => flow.replaceAll('_', '').toLowerCase() === mapping.toLowerCase(),
  );
  return place < 0 ? flowNames.length : place;
};

/** What was or would be done, by flow; a number leads to its samples. */
function Counts({ run: { counts, samples, kind, mode } }) {
  const [chosen, setChosen] = useState(null);
  const flows = Object.entries(counts.flows ?? {}).toSorted(([a], [b]) => placeOf(a) - placeOf(b));
  if (flows.length === 0) return null;
  const names = [...new Set(flows.flatMap(([, of]) => Object.keys(of)))];
  const [flow, name] = chosen ?? [];
  const shown = samples?.[flow]?.[name] ?? [];
  return (
    <>
      <div className="scroll">
        <table className="counts">
          <thead>
            <tr>
              <th>{kind === 'RECONCILIATION' ? 'It found' : mode === 'PREVIEW' ? 'It would' : 'It did'}</th>
              {names.map((each) => (
                <th key={each} className="number">
                  {countName(each)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {flows.map(([each, of]) => (
              <tr key={each}>
                <th>{sentence(each)}</th>
                {names.map((column) => (
                  <td key={column} className={`number ${of[column] ? '' : 'zero'}`}>
                    {samples?.[each]?.[column]?.length > 0 ? (
                      <button
                        type="button"
                        className={`link ${flow === each && name === column ? 'here' : ''}`}
                        onClick={() => setChosen([each, column])}
                      >
                        {count(of[column])}
                      </button>
                    ) : (
                      count(of[column])
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shown.length > 0 && (
        <div className="samples">
          <h3>
            {sentence(flow)}: {countName(name).toLowerCase()}, the first {shown.length}
          </h3>
          <table className="list">
            <tbody>
              {shown.map((sample) => (
                <Sample key={JSON.stringify(sample)} sample={sample} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Reasons reasons={counts.reasons} />
    </>
  );
}

function Sample({ sample: { title, crmId, erpId, id, waitsFor, side: _, ...more } }) {
  const reason = waitsFor?.map(({ reason: why }) => why).join(' ');
  const facts = Object.entries(more).filter(([, value]) => value !== null && value !== undefined);
  return (
    <tr>
      <td>
        <b>{title ?? id}</b>
      </td>
      <td>
        {crmId && (
          <>
            <span className="side crm">CRM</span> <code>{crmId}</code>
          </>
        )}
      </td>
      <td>
        {erpId && (
          <>
            <span className="side erp">ERP</span> <code>{erpId}</code>
          </>
        )}
      </td>
      <td className="note">
        {reason}
        {facts.map(([name, value]) => (
          <span key={name}>
            {sentence(name)} <Value value={value} />{' '}
          </span>
        ))}
      </td>
    </tr>
  );
}

function Reasons({ reasons }) {
  const all = Object.entries(reasons ?? {}).flatMap(([flow, of]) =>
    Object.entries(of).map(([reason, n]) => ({ flow, reason, n })),
  );
  if (all.length === 0) return null;
  return (
    <div className="samples">
      <h3>Why they are held back</h3>
      <table className="list">
        <tbody>
          {all
            .toSorted((a, b) => b.n - a.n)
            .map(({ flow, reason, n }) => (
              <tr key={`${flow} ${reason}`}>
                <td className="number">{count(n)}</td>
                <td>{sentence(flow)}</td>
                <td>{reason}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}
