import { useEffect, useRef, useState } from 'react';
import { isShownOn, recordQuery, syncMutation, updateMutation } from '../../operations/record.ts';
import { Cell } from './cell.jsx';
import { Lines } from './lines.jsx';
import { Empty, Problem, SideName, State, Value } from './parts.jsx';
import { PlanDialog } from './plan.jsx';
import { Surgery } from './surgery.jsx';
import { useQuery, useTandem } from './tandem.jsx';
import { text } from './texts.js';
import { Timeline } from './timeline.jsx';
import { clock, lagOf, plain, sentence } from './words.js';

/** One pair: the CRM's record, what both agree on, the ERP's record; live, and to be edited on either side. */
export function SideBySide({ flow, id }) {
  const { client, shapes, scopes, setScopes } = useTandem();
  const shape = shapes.find((each) => each.flow === flow);
  const { data, error, reload } = useQuery(recordQuery(shape, scopes), { id });
  const [previewing, setPreviewing] = useState(false);
  const [all, setAll] = useState(false);
  // What the caller may not see is left out, and the rest is shown.
  useEffect(() => {
    if (error?.code === 'FORBIDDEN' && scopes.length > 0) setScopes([]);
  }, [error, scopes, setScopes]);
  // An act may end the pair while its outcome is being read: what was last there stays.
  const last = useRef(null);
  last.current = data?.record ?? last.current;
  const record = last.current;
  const gone = data !== null && data.record === null;
  const { news, doorbells } = useNews(record, flow, reload);

  if (!record) return <Missing flow={flow} loaded={data !== null} error={error} />;
  const { link } = record;
  const save = (side) => async (name, value) => {
    const { id: key, version } = record[side];
    await client.ask(updateMutation(shape, side), { id: key, input: { [name]: value }, ifVersion: version });
    reload();
  };
  const rows = shape.properties.filter(
    (row) => row.field !== 'id' && (isShownOn(row, 'crm') || isShownOn(row, 'erp')),
  );
  const filled = rows.filter((row) => ['crm', 'erp'].some((side) => hasValue(record[side], row, side)));
  const empty = rows.length - filled.length;
  return (
    <div className="pair-page">
      <header className="heading pair-head">
        <div>
          <Back flow={flow} />
          <h1>
            {link.title ?? id} <State state={gone ? 'ENDED' : link.state} />
          </h1>
          <p className="note">{howLinked(link)}</p>
        </div>
        <div className="acts">
          {!gone && (
            <button type="button" className="primary" onClick={() => setPreviewing(true)}>
              Preview a sync…
            </button>
          )}
          <Surgery flow={flow} record={record} gone={gone} onDone={reload} />
        </div>
      </header>
      <Problem error={error} />
      {gone && (
        <ul className="reasons">
          <li>
            This pair has ended, and is shown as it was last. What became of its records is found under{' '}
            <a href={`#/records/${flow.toLowerCase()}`}>{sentence(flow)}s</a>.
          </li>
        </ul>
      )}
      <Waiting link={link} />
      <div className="pair-and-time">
        <section className="panel pair">
          <div className="pair-row pair-sides">
            <SideHead side="CRM" pair={record} entity={shape.crmEntity} />
            <div className="agreed">agreed</div>
            <SideHead side="ERP" pair={record} entity={shape.erpEntity} />
          </div>
          {(all ? rows : filled).map((row) => (
            <Row key={row.field} row={row} record={record} news={news} save={save} />
          ))}
          {empty > 0 && (
            <button type="button" className="more" onClick={() => setAll(!all)}>
              {all ? 'Hide what is empty on both sides' : `Show ${empty} more that are empty on both sides`}
            </button>
          )}
          <Lines shape={shape} record={record} />
        </section>
        <Timeline linkId={link.id} doorbells={doorbells} onDone={reload} />
      </div>
      {previewing && (
        <PlanDialog
          title={`Sync ${link.title ?? id}`}
          operation={syncMutation(flow)}
          variables={{ id }}
          choices={{
            title: 'Where both sides have changed a field',
            argument: 'prefer',
            options: [
              { key: null, title: 'the rule of the field decides' },
              { key: 'CRM', title: 'take the CRM’s value' },
              { key: 'ERP', title: 'take the ERP’s value' },
            ],
          }}
          onClose={() => setPreviewing(false)}
          onDone={reload}
        />
      )}
    </div>
  );
}

/**
 * What is heard of the pair while one looks at it: changes in either system ring, events tell what was written.
 * `news` is the latest by side and field.
 */
function useNews(record, flow, reload) {
  const { client, events } = useTandem();
  const [news, setNews] = useState({});
  const [doorbells, setDoorbells] = useState([]);
  const linkId = record?.link.id;
  useEffect(
    () =>
      events.onEvent((event) => {
        if (event.link?.id !== linkId) return;
        const lag = lagOf(event);
        const told = event.fields.map(({ side, field }) => [`${side}.${field}`, { id: event.id, lag }]);
        setNews((before) => ({ ...before, ...Object.fromEntries(told) }));
        reload();
      }),
    [events, linkId, reload],
  );
  const [crmId, erpId] = [record?.crmId, record?.erpId];
  useEffect(() => {
    const stops = [
      ['CRM', 'CrmChangesLive', crmId],
      ['ERP', 'ErpChangesLive', erpId],
    ].map(([side, name, id]) =>
      client.watch(
        text(name),
        {},
        {
          next: (data) => {
            const [change] = Object.values(data);
            if (change.id !== id || change.entity !== flow) return;
            setDoorbells((before) => [{ ...change, side }, ...before].slice(0, 20));
            reload();
          },
        },
      ),
    );
    return () => {
      for (const stop of stops) stop();
    };
  }, [client, crmId, erpId, flow, reload]);
  return { news, doorbells };
}

const arrows = { BOTH: '', TO_ERP: '→', TO_CRM: '←' };

function Row({ row, record, news, save }) {
  const drift = record.link.drift?.find(({ field, line }) => field === row.field && line === null);
  const [toCrm, toErp] = ['CRM', 'ERP'].map((side) => news[`${side}.${row.field}`]);
  const verdict = drift?.verdict ?? 'EQUAL';
  return (
    <div className={`pair-row verdict-${verdict.toLowerCase()}`}>
      <Cell row={row} side="crm" record={record.crm} news={toCrm} onSave={save('crm')} />
      <div className="agreed" title={`${row.transformation}: ${row.rule}. ${winnerText(row)}`}>
        <small>
          {sentence(row.field)} {arrows[row.direction]}
        </small>
        <span className="agreed-value">
          <Value value={record[row.crmProperty] ?? drift?.base} />
        </span>
        <Wire toCrm={toCrm} toErp={toErp} />
        {verdict !== 'EQUAL' && <span className="verdict">{sentence(verdict)}</span>}
      </div>
      <Cell row={row} side="erp" record={record.erp} news={toErp} onSave={save('erp')} />
    </div>
  );
}

/** What has just travelled is seen on its way. */
function Wire({ toCrm, toErp }) {
  const latest = [toCrm && { ...toCrm, way: 'to-crm' }, toErp && { ...toErp, way: 'to-erp' }].find(Boolean);
  return <span className="wire">{latest && <i key={latest.id} className={latest.way} />}</span>;
}

function winnerText({ wins, lossy }) {
  const winner =
    wins === 'LATEST' ? 'the latest edit stands' : wins === 'INBOX' ? 'a person decides' : `the ${wins} wins`;
  return `Where both sides changed it, ${winner}.${lossy ? ` Lossy: ${lossy}.` : ''}`;
}

function SideHead({ side, pair, entity }) {
  const [id, record] = side === 'CRM' ? [pair.crmId, pair.crm] : [pair.erpId, pair.erp];
  return (
    <div className={`side-head ${side.toLowerCase()}`}>
      <h2>
        <SideName side={side} /> {entity.slice(3)} {record?.archived && <State state="ARCHIVED" />}
      </h2>
      {id === null ? (
        <span className="note">{pair.link.state === 'ENDED' ? 'no record' : 'no record yet'}</span>
      ) : record ? (
        <span className="note">
          <code>{id}</code>
          <br />
          version {record.version}, {clock(record.updatedAt)} by {record.updatedBy}
        </span>
      ) : (
        <span className="note">
          <code>{id}</code> cannot be read now
        </span>
      )}
    </div>
  );
}

function Waiting({ link }) {
  const reasons = [...link.waitsFor.map(({ reason }) => reason), ...link.held.map(({ message }) => message)];
  if (reasons.length === 0 && link.conflicts.length === 0) return null;
  return (
    <ul className="reasons">
      {link.conflicts.length > 0 && (
        <li>
          <a href="#/inbox/conflicts">
            {link.conflicts.length === 1 ? 'A field is' : `${link.conflicts.length} fields are`} for a person
            to decide.
          </a>
        </li>
      )}
      {[...new Set(reasons)].map((reason) => (
        <li key={reason}>{reason}</li>
      ))}
    </ul>
  );
}

/** The way back to the list that the record is from. */
function Back({ flow }) {
  return (
    <a className="back" href={`#/records/${flow.toLowerCase()}`}>
      {sentence(flow)}s
    </a>
  );
}

function Missing({ flow, loaded, error }) {
  return (
    <>
      <Back flow={flow} />
      <Problem error={error} />
      {!error && <Empty>{loaded ? 'There is no such record any more.' : 'Reading both sides…'}</Empty>}
    </>
  );
}

function howLinked({ linkedBy: { kind, key, score }, syncedAt, endedBy }) {
  if (endedBy) return `Ended: ${endedBy}.`;
  const how =
    kind === 'MATCH'
      ? `Matched${key ? ` by ${key}` : ''}${score ? ` (${score})` : ''}`
      : kind === 'CREATE'
        ? 'Created by the sync on the other side'
        : 'Linked by hand';
  return `${how}. ${syncedAt ? `In step since ${clock(syncedAt)}.` : 'Not in step yet.'}`;
}

function hasValue(record, row, side) {
  return isShownOn(row, side) && plain(record?.[row[`${side}Property`]]) !== null;
}
