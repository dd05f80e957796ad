import { useEffect, useState } from 'react';
import { Heading, Problem } from './parts.jsx';
import { useAct, useQuery, useTandem } from './tandem.jsx';
import { text } from './texts.js';
import { Ticker } from './ticker.jsx';
import { clock, count, duration, sentence } from './words.js';

/** Flows, systems and events as they are now. */
export function Overview() {
  const { flows, error } = useFlows();
  return (
    <>
      <Heading title="Overview" note="Seven flows between two systems, as they are right now." />
      <Problem error={error} />
      <Systems />
      <section className="panel flows-panel">
        <table className="flows">
          <thead>
            <tr>
              <th>Flow</th>
              <th>
                <span className="side crm">CRM</span> ⇄ <span className="side erp">ERP</span>
              </th>
              <th className="number">Linked</th>
              <th className="number">Pending</th>
              <th className="number">Waiting</th>
              <th className="number">Conflicts</th>
              <th className="number">Failed</th>
              <th className="number">Lag p50</th>
              <th className="number">p99</th>
              <th className="number">per s</th>
              <th />
            </tr>
          </thead>
          <tbody>
            {flows.map((flow) => (
              <Flow key={flow.flow} flow={flow} />
            ))}
          </tbody>
        </table>
      </section>
      <Ticker />
    </>
  );
}

/** Asked once, then told whenever a flow changes. */
function useFlows() {
  const { client } = useTandem();
  const { data, error } = useQuery('Flows');
  const [news, setNews] = useState({});
  useEffect(
    () =>
      client.watch(
        text('FlowStatusLive'),
        {},
        {
          next: ({ flowStatus }) => setNews((before) => ({ ...before, [flowStatus.flow]: flowStatus })),
        },
      ),
    [client],
  );
  return { flows: (data?.flows ?? []).map((flow) => news[flow.flow] ?? flow), error };
}

function Flow({ flow }) {
  const { client, shapes } = useTandem();
  const [asking, setAsking] = useState(false);
  const act = useAct((name, variables) => client.ask(text(name), variables));
  const shape = shapes.find((each) => each.flow === flow.flow);
  const pause = async (reason) => {
    if (await act.run('PauseFlow', { flow: flow.flow, reason: reason || null })) setAsking(false);
  };
  return (
    <>
      <tr className={flow.paused ? 'paused' : ''}>
        <th scope="row">
          {sentence(flow.flow)}
          {flow.paused && <span className="state paused">Paused</span>}
        </th>
        <td className="ends">
          {shape.crmEntity.slice(3)} ⇄ {shape.erpEntity.slice(3)}
        </td>
        <td className="number">{count(flow.linked)}</td>
        <Figure n={flow.pending} kind="pending" />
        <Figure n={flow.waiting} kind="waiting" />
        <Figure n={flow.conflicts} kind="conflict" />
        <Figure n={flow.failed} kind="failed" />
        <td className="number">{duration(flow.lagP50Ms)}</td>
        <td className="number">{duration(flow.lagP99Ms)}</td>
        <td className="number">
          {flow.perSecond < 10 ? flow.perSecond.toFixed(1) : count(Math.round(flow.perSecond))}
        </td>
        <td className="number">
          {flow.paused ? (
            <button
              type="button"
              disabled={act.busy}
              onClick={() => act.run('ResumeFlow', { flow: flow.flow })}
            >
              Resume
            </button>
          ) : (
            <button type="button" className="quiet" onClick={() => setAsking(!asking)}>
              Pause…
            </button>
          )}
        </td>
      </tr>
      {(asking || flow.paused || act.error) && (
        <tr className="under">
          <td colSpan={11}>
            {asking && !flow.paused && (
              <PauseForm busy={act.busy} onPause={pause} onCancel={() => setAsking(false)} />
            )}
            {flow.paused && (
              <span className="note">
                {flow.reason ?? 'No reason was given.'}
                {flow.pausedBy && ` — ${flow.pausedBy}`}. Changes since: {count(flow.behind)}; it reads them
                when it is resumed.
              </span>
            )}
            <Problem error={act.error} />
          </td>
        </tr>
      )}
    </>
  );
}

function PauseForm({ busy, onPause, onCancel }) {
  const [reason, setReason] = useState('');
  return (
    <form
      className="inline"
      onSubmit={(event) => {
        event.preventDefault();
        onPause(reason);
      }}
    >
      <input
        // biome-ignore lint/a11y/noAutofocus: it opens where the click was.
        autoFocus
        placeholder="Why? Shown to everyone who looks here."
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
      <button type="submit" className="primary" disabled={busy}>
        Pause the flow
      </button>
      <button type="button" className="quiet" onClick={onCancel}>
        Cancel
      </button>
    </form>
  );
}

function Figure({ n, kind }) {
  return <td className={`number ${n > 0 ? `figure ${kind}` : 'zero'}`}>{count(n)}</td>;
}

function Systems() {
  const { data, error } = useQuery('Systems', {}, { every: 3000 });
  return (
    <div className="systems">
      <Problem error={error} />
      {(data?.systems ?? []).map((system) => (
        <System key={system.side} system={system} />
      ))}
    </div>
  );
}

function System({ system }) {
  const { side, healthy, version, latencyMs, error, feedCursor, feedAt, lagMs, queued, seen, echoes } =
    system;
  return (
    <section className={`panel system ${side.toLowerCase()}`}>
      <header>
        <span className={`pulse ${healthy ? 'on' : 'off'}`} />
        <h2>{side}</h2>
        <span className="note">{healthy ? version : (error ?? 'cannot be reached')}</span>
      </header>
      <dl>
        <Fact name="answers in" value={duration(latencyMs)} />
        <Fact
          name="feed read to"
          value={feedCursor ?? '–'}
          title={feedAt ? `at ${clock(feedAt)}` : undefined}
        />
        <Fact name="oldest undone" value={lagMs === null ? 'none' : duration(lagMs)} />
        <Fact name="queued" value={count(queued)} />
        <Fact name="changes read" value={count(seen)} />
        <Fact name="of them echoes" value={seen > 0 ? `${Math.round((echoes / seen) * 100)} %` : '–'} />
        <Fact name="budget" value={budgetText(system.rateBudget)} />
      </dl>
    </section>
  );
}

function budgetText(budget) {
  if (budget === null || budget === undefined) return 'no limit';
  if (typeof budget !== 'object') return String(budget);
  return Object.entries(budget)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

function Fact({ name, value, title }) {
  return (
    <div title={title}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
