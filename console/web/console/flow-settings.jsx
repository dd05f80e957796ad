import { useState } from 'react';
import { Problem, Reason } from './parts.jsx';
import { WouldChange } from './setting-change.jsx';
import { useAct, useQuery, useTandem } from './tandem.jsx';
import { text } from './texts.js';
import { sentence } from './words.js';

const rules = ['EVERY', 'MATCH', 'CONNECTED', 'NEVER'];
const policies = ['ARCHIVE', 'UNLINK', 'DELETE'];

/** How records of a flow come to be linked, and what a deletion does: what is left as it is stays. */
export function FlowSettings({ flow, onDone }) {
  const { client } = useTandem();
  const { data, error, reload } = useQuery('Flows');
  const stands = data?.flows.find((each) => each.flow === flow);
  const [to, setTo] = useState({});
  const [reason, setReason] = useState('');
  const change = useAct(async () => {
    await client.ask(text('SetFlow'), { flow, ...to, reason: reason || null });
    setTo({});
    reload();
    onDone();
  });
  const choice = (name, title, options, now) => (
    <label>
      {title}{' '}
      <select
        value={to[name] ?? ''}
        onChange={(event) => setTo({ ...to, [name]: event.target.value || undefined })}
      >
        <option value="">as it is{now ? `: ${sentence(now).toLowerCase()}` : ''}</option>
        {options.map((key) => (
          <option key={key} value={key}>
            {sentence(key).toLowerCase()}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <details className="panel settings">
      <summary>How this flow links and deletes</summary>
      <Problem error={error ?? change.error} />
      <div className="inline">
        {choice('rule', 'Linked', flow === 'QUOTE_ORDER' ? [...rules, 'ACCEPTED'] : rules, stands?.rule)}
        {choice('onDeleteInCrm', 'Deleted in the CRM', policies, stands?.onDeleteInCrm)}
        {choice('onDeleteInErp', 'Deleted in the ERP', policies, stands?.onDeleteInErp)}
        {flow === 'ORDER' &&
          choice('createCrmOrder', 'CRM order', ['BY_HAND', 'ON_ACCEPTANCE'], stands?.createCrmOrder)}
        <Reason value={reason} onChange={setReason} />
        <button
          type="button"
          disabled={change.busy || Object.values(to).every((value) => value === undefined)}
          onClick={change.run}
        >
          From now on
        </button>
        <WouldChange
          operation="SetFlow"
          variables={{ flow, ...to }}
          disabled={Object.values(to).every((value) => value === undefined)}
        />
      </div>
      {stands?.condition && <p className="note">In any case only records whose {stands.condition}.</p>}
    </details>
  );
}
