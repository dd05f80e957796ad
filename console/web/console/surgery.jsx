import { useState } from 'react';
import { Dialog } from './parts.jsx';
import { PlanDialog } from './plan.jsx';

/** Ends a link, gives it another record on one side, or links two records by hand; each is previewed first. */
export function Surgery({ flow, link, onDone }) {
  const [doing, setDoing] = useState(null);
  const close = () => setDoing(null);
  const whole = link.crmId !== null && link.erpId !== null;
  return (
    <>
      {whole && (
        <button type="button" onClick={() => setDoing({ kind: 'unlink' })}>
          Unlink…
        </button>
      )}
      <button type="button" onClick={() => setDoing({ kind: 'ask' })}>
        {whole ? 'Relink…' : 'Link by hand…'}
      </button>
      {doing?.kind === 'unlink' && (
        <PlanDialog
          title={`Unlink ${link.title ?? link.id}`}
          operation="Unlink"
          variables={{ id: link.id }}
          choices={{
            title: 'What stays',
            argument: 'keep',
            options: [
              { key: 'BOTH', title: 'both records, no longer kept in step' },
              { key: 'CRM', title: 'only the CRM’s record' },
              { key: 'ERP', title: 'only the ERP’s record' },
            ],
          }}
          onClose={close}
          onDone={onDone}
        />
      )}
      {doing?.kind === 'ask' && (
        <AskForRecord
          whole={whole}
          missing={link.crmId === null ? 'CRM' : 'ERP'}
          onClose={close}
          onGiven={(side, id) => setDoing({ kind: 'link', side, id })}
        />
      )}
      {doing?.kind === 'link' && (
        <PlanDialog
          title={whole ? `Relink ${link.title ?? link.id}` : `Link ${link.title ?? link.id}`}
          operation={whole ? 'Relink' : 'Link'}
          variables={linkVariables(doing, { flow, link, whole })}
          onClose={close}
          onDone={onDone}
        />
      )}
    </>
  );
}

function linkVariables({ side, id }, { flow, link, whole }) {
  const other = { [side === 'CRM' ? 'crmId' : 'erpId']: id };
  if (whole) return { id: link.id, ...other };
  return { flow, crmId: link.crmId, erpId: link.erpId, ...other };
}

function AskForRecord({ whole, missing, onGiven, onClose }) {
  const [side, setSide] = useState(missing);
  const [id, setId] = useState('');
  return (
    <Dialog title={whole ? 'Which record instead?' : 'Which record is the same?'} onClose={onClose}>
      <form
        className="ask"
        onSubmit={(event) => {
          event.preventDefault();
          if (id.trim() !== '') onGiven(side, id.trim());
        }}
      >
        {whole && (
          <select value={side} onChange={(event) => setSide(event.target.value)} aria-label="Side">
            <option value="CRM">in the CRM</option>
            <option value="ERP">in the ERP</option>
          </select>
        )}
        <input
          autoFocus
          placeholder={`Id of the record in the ${side}`}
          value={id}
          onChange={(event) => setId(event.target.value)}
        />
        <button type="submit" className="primary">
          Preview
        </button>
      </form>
    </Dialog>
  );
}
