import { useState } from 'react';
import { Erase } from './erase.jsx';
import { Dialog, Problem } from './parts.jsx';
import { PlanDialog } from './plan.jsx';
import { useAct, useTandem } from './tandem.jsx';
import { text } from './texts.js';

const persons = ['CUSTOMER', 'CONTACT'];

/**
 * What is done to a link by hand: ended, given another record, put right where two were linked crosswise, led after two
 * records that became one; and a person erased. Each is previewed first.
 */
export function Surgery({ flow, link, onDone }) {
  const { client } = useTandem();
  const [doing, setDoing] = useState(null);
  const close = () => setDoing(null);
  const name = link.title ?? link.id;
  const whole = link.crmId !== null && link.erpId !== null;
  const acts = [
    whole && { kind: 'unlink', title: 'Unlink…' },
    { kind: 'link', title: whole ? 'Relink…' : 'Link by hand…' },
    whole && { kind: 'swap', title: 'Swap…' },
    { kind: 'merge', title: 'Merged…' },
    persons.includes(flow) && { kind: 'erase', title: 'Erase…' },
  ].filter(Boolean);
  const own = link.crmId === null ? 'ERP' : 'CRM';
  const idOn = (side) => link[side === 'CRM' ? 'crmId' : 'erpId'];
  const plan = (title, operation, variables) => setDoing({ kind: 'plan', title, operation, variables });
  const linkTo = (side, id) =>
    whole
      ? plan(`Relink ${name}`, 'Relink', { id: link.id, ...asId(side, id) })
      : plan(`Link ${name}`, 'Link', { flow, crmId: link.crmId, erpId: link.erpId, ...asId(side, id) });
  const swapWith = async (side, id) => {
    const filter = { flow: { eq: flow }, ...asId(side, { eq: id }) };
    const [other] = (await client.ask(text('Links'), { filter })).links.nodes;
    if (!other)
      throw new Error(`No link of this flow has the record ${id} in the ${side}. Look the id up first.`);
    plan(`Swap ${name} and ${other.title ?? other.id}`, 'SwapLinks', { a: link.id, b: other.id });
  };
  const merge = (side, into) =>
    plan(`${name} became one with ${into}`, 'FollowMerge', { side, entity: flow, from: idOn(side), into });
  return (
    <>
      {acts.map(({ kind, title }) => (
        <button key={kind} type="button" onClick={() => setDoing({ kind })}>
          {title}
        </button>
      ))}
      {doing?.kind === 'unlink' && (
        <PlanDialog
          title={`Unlink ${name}`}
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
      {doing?.kind === 'link' && (
        <AskForRecord
          title={whole ? 'Which record instead?' : 'Which record is the same?'}
          sides={whole ? ['CRM', 'ERP'] : [own === 'CRM' ? 'ERP' : 'CRM']}
          onClose={close}
          onGiven={linkTo}
        />
      )}
      {doing?.kind === 'swap' && (
        <AskForRecord
          title="Which other pair is linked crosswise with this one?"
          sides={['CRM', 'ERP']}
          onClose={close}
          onGiven={swapWith}
        />
      )}
      {doing?.kind === 'merge' && (
        <AskForRecord
          title="Into which record was this one merged in its own system?"
          sides={['CRM', 'ERP'].filter(idOn)}
          onClose={close}
          onGiven={merge}
        />
      )}
      {doing?.kind === 'plan' && <PlanDialog {...doing} onClose={close} onDone={onDone} />}
      {doing?.kind === 'erase' && (
        <Erase of={{ side: own, entity: flow, id: idOn(own) }} title={name} onClose={close} />
      )}
    </>
  );
}

const asId = (side, id) => ({ [side === 'CRM' ? 'crmId' : 'erpId']: id });

/** Asks for a record of one of the systems by its id. */
function AskForRecord({ title, sides, onGiven, onClose }) {
  const [side, setSide] = useState(sides[0]);
  const [id, setId] = useState('');
  const given = useAct(async () => onGiven(side, id.trim()));
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className="ask"
        onSubmit={(event) => {
          event.preventDefault();
          if (id.trim() !== '') void given.run();
        }}
      >
        {sides.length > 1 && (
          <select value={side} onChange={(event) => setSide(event.target.value)} aria-label="Side">
            {sides.map((each) => (
              <option key={each} value={each}>
                in the {each}
              </option>
            ))}
          </select>
        )}
        <input
          autoFocus
          aria-label={`Id of the record in the ${side}`}
          placeholder={`Id of the record in the ${side}`}
          value={id}
          onChange={(event) => setId(event.target.value)}
        />
        <button type="submit" className="primary" disabled={given.busy}>
          Preview
        </button>
      </form>
      <Problem error={given.error} />
    </Dialog>
  );
}
