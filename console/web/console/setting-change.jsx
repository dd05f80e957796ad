import { useState } from 'react';
import { Dialog, LinkName, Problem, Reason } from './parts.jsx';
import { useAct, useTandem } from './tandem.jsx';
import { text } from './texts.js';
import { clock, count, sentence } from './words.js';

/** Asks what a setting would change, and shows it beneath; what is asked for anew takes its place. */
export function WouldChange({ operation, variables, disabled }) {
  const { client } = useTandem();
  const [shown, setShown] = useState(null);
  const asked = JSON.stringify(variables);
  const preview = useAct(async () => {
    const data = await client.ask(text(operation), { ...variables, mode: 'PREVIEW' });
    setShown({ asked, change: Object.values(data)[0].change });
  });
  return (
    <>
      <button
        type="button"
        className="quiet"
        disabled={disabled || preview.busy}
        onClick={() => preview.run()}
      >
        What would change?
      </button>
      <Problem error={preview.error} />
      {shown?.asked === asked && <Change change={shown.change} />}
    </>
  );
}

/** A setting that is previewed in a window, and made from there. */
export function SettingDialog({ title, operation, variables, act, onClose, onDone }) {
  const { client } = useTandem();
  const [reason, setReason] = useState('');
  const apply = useAct(async () => {
    await client.ask(text(operation), { ...variables, reason: reason || null });
    onDone();
    onClose();
  });
  return (
    <Dialog title={title} onClose={onClose}>
      <WouldChange operation={operation} variables={variables} />
      <Problem error={apply.error} />
      <footer>
        <Reason value={reason} onChange={setReason} />
        <button type="button" className="primary" disabled={apply.busy} onClick={() => apply.run()}>
          {act}
        </button>
      </footer>
    </Dialog>
  );
}

/** What a setting would change: as it is and as it would be, whom it is about, and what happens then. */
function Change({ change: { before, after, pairs, issues, conflicts, examples, replay, effect } }) {
  return (
    <div className="note" role="status">
      <p>
        {settingIn(before)} → <b>{settingIn(after)}</b>
      </p>
      <p>
        It is about {count(pairs)} {pairs === 1 ? 'record' : 'records'}, {count(issues)} open issues and{' '}
        {count(conflicts)} conflicts.{' '}
        {replay &&
          `In the last seven days ${count(replay.differing)} of ${count(replay.checked)} decisions would have ended otherwise. `}
        {effect}
      </p>
      {examples.length > 0 && (
        <p>
          {examples.map((link, n) => (
            <span key={link.id}>
              {n > 0 && ', '}
              <LinkName link={link} />
            </span>
          ))}
          {examples.length < pairs && ' …'}
        </p>
      )}
    </div>
  );
}

/** Which way a pair of codes translates. */
export const arrows = { BOTH: '⇄', TO_CRM: '←', TO_ERP: '→' };

function settingIn(setting) {
  if (!Array.isArray(setting))
    return Object.entries(setting)
      .map(
        ([name, value]) =>
          `${sentence(name)}: ${typeof value === 'string' ? sentence(value).toLowerCase() : value}`,
      )
      .join(', ');
  if (setting.length === 0) return 'nothing';
  return setting
    .map(({ crm, erp, direction, validFrom, validTo }) =>
      [
        `${crm} ${arrows[direction]} ${erp}`,
        validFrom && `from ${clock(validFrom)}`,
        validTo && `until ${clock(validTo)}`,
      ]
        .filter(Boolean)
        .join(' '),
    )
    .join(', ');
}
