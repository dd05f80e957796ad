import { useState } from 'react';
import { findQuery } from '../../operations/record.ts';
import { More, useList } from './list.jsx';
import { Dialog, Empty, LinkName, Problem, Reason, Search, SideName, State, Value } from './parts.jsx';
import { useAct, useQuery, useTandem } from './tandem.jsx';
import { text } from './texts.js';
import { draftOf, givenOf, ValueInput } from './value-input.jsx';
import { clock, count, recordFlows, sentence } from './words.js';

/** Fields that both sides have changed and a person decides, one by one or many at once. */
export function Conflicts() {
  const [filter, setFilter] = useState({ flow: '', field: '' });
  const [bulk, setBulk] = useState(null);
  const given = {
    ...(filter.flow && { flow: { eq: filter.flow } }),
    ...(filter.field && { field: { eq: filter.field } }),
  };
  const groups = useQuery('ConflictGroups', {}, { live: true });
  const list = useList('Conflicts', { filter: given }, { from: (data) => data.conflicts, live: true });
  const kinds = groups.data?.conflictGroups ?? [];
  return (
    <div className="tray">
      <Problem error={list.error ?? groups.error} />
      {kinds.length > 0 && (
        <div className="finder">
          <select
            aria-label="Field"
            value={`${filter.flow}.${filter.field}`}
            onChange={(event) => {
              const [flow = '', field = ''] = event.target.value.split('.');
              setFilter({ flow, field });
            }}
          >
            <option value=".">All fields</option>
            {kinds.map(({ flow, field, conflicts }) => (
              <option key={`${flow}.${field}`} value={`${flow}.${field}`}>
                {sentence(flow)}: {sentence(field)} ({count(conflicts)})
              </option>
            ))}
          </select>
          <span className="note">{list.nodes && `${count(list.totalCount)} open`}</span>
          <span className="grow" />
          <button type="button" onClick={() => setBulk('CRM')}>
            Take the CRM’s for all of these…
          </button>
          <button type="button" onClick={() => setBulk('ERP')}>
            Take the ERP’s for all of these…
          </button>
        </div>
      )}
      {list.totalCount === 0 && (
        <Empty>Nobody has to decide anything: no field was changed on both sides.</Empty>
      )}
      {list.nodes?.map((conflict) => (
        <Conflict key={conflict.id} conflict={conflict} onDone={list.reload} />
      ))}
      <More list={list} />
      {bulk && (
        <Bulk
          filter={given}
          choose={bulk}
          byField={filter.field !== ''}
          onClose={() => setBulk(null)}
          onDone={list.reload}
        />
      )}
    </div>
  );
}

function Conflict({ conflict, onDone }) {
  const { client } = useTandem();
  const { id, field, line, link, base, crm, erp, why, openedAt } = conflict;
  const { baseTitle, crmTitle, erpTitle } = conflict;
  const [typing, setTyping] = useState(false);
  const [reason, setReason] = useState('');
  const decide = useAct(async (choice) => {
    const choices = [{ field, ...choice }];
    await client.ask(text('ResolveConflict'), { id, choices, reason: reason || null });
    onDone();
  });
  return (
    <article className="panel conflict">
      <header>
        <b>{sentence(field)}</b> of <LinkName link={link} />
        <span className="note">
          {link && sentence(link.flow)}
          {line && `, line ${line}`}, since {clock(openedAt)}. {sentence(why)}.
        </span>
      </header>
      <div className="three">
        <Option
          side="CRM"
          value={crmTitle ?? crm}
          by={byAt(conflict.crmBy, conflict.crmAt)}
          busy={decide.busy}
          onTake={() => decide.run({ take: 'CRM' })}
        />
        <Option
          value={baseTitle ?? base}
          by="what both had agreed on"
          busy={decide.busy}
          onTake={() => decide.run({ take: 'BASE' })}
        />
        <Option
          side="ERP"
          value={erpTitle ?? erp}
          by={byAt(conflict.erpBy, conflict.erpAt)}
          busy={decide.busy}
          onTake={() => decide.run({ take: 'ERP' })}
        />
      </div>
      {!typing ? (
        <div className="inline">
          <button type="button" className="quiet" onClick={() => setTyping(true)}>
            Another value…
          </button>
          <Reason value={reason} onChange={setReason} />
        </div>
      ) : (
        <AnotherValue
          conflict={conflict}
          busy={decide.busy}
          onGive={(value) => decide.run({ take: 'VALUE', value })}
        >
          <Reason value={reason} onChange={setReason} />
        </AnotherValue>
      )}
      <Problem error={decide.error} />
    </article>
  );
}

/** A value in place of both sides': typed or chosen, as the field takes it. */
function AnotherValue({ conflict: { link, field, line, crm, erp }, busy, onGive, children }) {
  const row = useRow(link?.flow, field, line);
  // It is read as the CRM has it, where that has the field.
  const type = row?.crmType ?? row?.erpType ?? '';
  const [draft, setDraft] = useState(() => draftOf(type.startsWith('ref ') ? '' : (crm ?? erp), type));
  const [search, setSearch] = useState('');
  const refers = /^ref (\w+)/.exec(type)?.[1]?.toUpperCase();
  const records = useQuery(
    findQuery(recordFlows.includes(refers) ? refers : 'CUSTOMER'),
    { search },
    { skip: !recordFlows.includes(refers) },
  );
  const codes = useQuery('Codes', { list: listOf(row) }, { skip: listOf(row) === null });
  const offered = [
    ...(records.data?.records.nodes ?? []).map(({ id, crmId, erpId, link: of }) => ({
      key: id,
      title: of?.title ?? crmId ?? erpId,
    })),
    ...[...new Set((codes.data?.codes ?? []).map((code) => code.crm))].map((key) => ({ key, title: key })),
  ];
  // A reference to what is no flow of its own, such as a user, is given by its id.
  const shownAs = refers && !recordFlows.includes(refers) ? 'ID' : type;
  return (
    <form
      className="inline another"
      onSubmit={(event) => {
        event.preventDefault();
        onGive(givenOf(draft, type));
      }}
    >
      {recordFlows.includes(refers) && (
        <Search label={`Find a ${refers.toLowerCase()}`} onSearch={setSearch} />
      )}
      <ValueInput name={field} type={shownAs} draft={draft} onChange={setDraft} offered={offered} />
      {children}
      <button type="submit" className="primary" disabled={busy}>
        Write this to both
      </button>
      <Problem error={records.error ?? codes.error} />
    </form>
  );
}

/** What the mapping says of a field, or of that of a line. */
function useRow(flow, field, line) {
  const { shapes } = useTandem();
  const shape = shapes.find((each) => each.flow === flow);
  return shape?.[line ? 'lines' : 'properties'].find((row) => row.field === field);
}

/** The code list whose codes a field takes, or null. */
function listOf(row) {
  const list = /^code list (\w+)/.exec(row?.transformation ?? '')?.[1];
  return list ? list.replaceAll(/([A-Z])/g, '_$1').toUpperCase() : null;
}

const byAt = (by, at) => `by ${by ?? 'someone'}${at ? `, ${clock(at)}` : ''}`;

function Option({ side, value, by, busy, onTake }) {
  return (
    <button
      type="button"
      className={`option ${side?.toLowerCase() ?? 'base'}`}
      disabled={busy}
      onClick={onTake}
    >
      <small>{side ? <SideName side={side} /> : 'Base'}</small>
      <span className="big">
        <Value value={value} />
      </span>
      <small>{by}</small>
    </button>
  );
}

/** Decides everything the filter finds, after showing what that is. */
function Bulk({ filter, choose, byField, onClose, onDone }) {
  const { client } = useTandem();
  const [always, setAlways] = useState(false);
  const [reason, setReason] = useState('');
  const { data, error } = useQuery('ResolveConflicts', { filter, choose, mode: 'PREVIEW' });
  const [done, setDone] = useState(null);
  const apply = useAct(async () => {
    const variables = { filter, choose, always, mode: 'APPLY', reason: reason || null };
    const answer = await client.ask(text('ResolveConflicts'), variables);
    setDone(answer.resolveConflicts);
    onDone();
  });
  const shown = done ?? data?.resolveConflicts;
  return (
    <Dialog title={`Take the ${choose}’s value`} onClose={onClose}>
      <Problem error={error ?? apply.error} />
      {shown && (
        <>
          <p>
            {done
              ? `${done.applied} of ${done.matched} decided${done.failed ? `, ${done.failed} failed` : ''}.`
              : `${shown.matched} conflicts would be decided.`}
            {shown.left > 0 && ` ${shown.left} are left for the next time: one goes up to a thousand.`}
          </p>
          {shown.reasons.map((why) => (
            <p key={why} className="problem">
              {why}
            </p>
          ))}
          <table className="list">
            <tbody>
              {shown.results.slice(0, 20).map(({ link, outcome, plan }, n) => (
                <tr key={link?.id ?? n}>
                  <td>
                    <LinkName link={link} />
                  </td>
                  <td>
                    <State state={done ? outcome : plan.kind} />
                  </td>
                  <td>
                    {plan.writes.flatMap(({ side, fields }) =>
                      fields.map(({ field, before, after }) => (
                        <div key={`${side} ${field}`}>
                          <SideName side={side} /> {sentence(field)}: <Value value={before} /> →{' '}
                          <Value value={after} />
                        </div>
                      )),
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      {!done && shown && (
        <footer>
          <label
            className="check"
            title={byField ? '' : 'Choose one field first: a rule is about one field.'}
          >
            <input
              type="checkbox"
              checked={always}
              disabled={!byField}
              onChange={(event) => setAlways(event.target.checked)}
            />
            always from now on {!byField && '(choose one field first)'}
          </label>
          <Reason value={reason} onChange={setReason} />
          <button
            type="button"
            className="primary"
            disabled={apply.busy || shown.matched === 0}
            onClick={apply.run}
          >
            Decide {shown.matched - shown.left}
          </button>
        </footer>
      )}
    </Dialog>
  );
}
