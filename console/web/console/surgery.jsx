import { useState } from 'react';
import { findQuery } from '../../operations/record.ts';
import { Erase } from './erase.jsx';
import { Dialog, Problem } from './parts.jsx';
import { PlanDialog } from './plan.jsx';
import { useAct, useQuery, useTandem } from './tandem.jsx';
import { text } from './texts.js';
import { recordFlows } from './words.js';

const persons = ['CUSTOMER', 'CONTACT'];

/**
 * What is done to a link by hand: ended, given another record, put right where two were linked crosswise, led after two
 * records that became one; and a person erased. Each is previewed first. Of a link that has ended, what is left can be
 * linked anew; where nothing is left (`gone`), there is nothing to do.
 */
export function Surgery({ flow, record, gone, onDone }) {
  const { client } = useTandem();
  const [doing, setDoing] = useState(null);
  const close = () => setDoing(null);
  const { link } = record;
  const name = link.title ?? link.id;
  const ended = link.state === 'ENDED';
  // A link that has ended keeps its ids; what of its records is still there, the record says.
  const { crmId, erpId } = ended ? record : link;
  const whole = !ended && crmId !== null && erpId !== null;
  const own = crmId === null ? 'ERP' : 'CRM';
  const single = (crmId === null) !== (erpId === null) && !record[own.toLowerCase()]?.archived;
  const acts = [
    whole && { kind: 'unlink', title: 'Unlink…' },
    (whole || single) && { kind: 'link', title: whole ? 'Relink…' : 'Link by hand…' },
    whole && { kind: 'swap', title: 'Swap…' },
    !ended && { kind: 'merge', title: 'Merged…' },
    persons.includes(flow) && { kind: 'erase', title: 'Erase…' },
  ].filter((act) => act && !gone);
  const idOn = (side) => (side === 'CRM' ? crmId : erpId);
  const plan = (title, operation, variables, choices) =>
    setDoing({ kind: 'plan', title, operation, variables, choices });
  const linkOf = async (side, id) => {
    const filter = { flow: { eq: flow }, ...asId(side, { eq: id }) };
    return (await client.ask(text('Links'), { filter })).links.nodes[0] ?? null;
  };
  const linkTo = (side, id) =>
    whole
      ? plan(`Relink ${name}`, 'Relink', { id: link.id, ...asId(side, id) })
      : plan(`Link ${name}`, 'Link', { flow, crmId, erpId, ...asId(side, id) }, whoseValues);
  const swapWith = async (side, id) => {
    const other = await linkOf(side, id);
    if (!other)
      throw new Error(
        `No link of this flow has the record ${id} in the ${side}. Search it by its name, below.`,
      );
    const both = { a: link.id, b: other.id };
    plan(`Swap ${name} and ${other.title ?? other.id}`, 'SwapLinks', both, whoseStand);
  };
  const merge = async (side, into) => {
    const title = (await linkOf(side, into))?.title ?? into;
    plan(`${name} became one with ${title}`, 'FollowMerge', { side, entity: flow, from: idOn(side), into });
  };
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
          flow={flow}
          except={record.id}
          sides={whole ? ['CRM', 'ERP'] : [own === 'CRM' ? 'ERP' : 'CRM']}
          onClose={close}
          onGiven={linkTo}
        />
      )}
      {doing?.kind === 'swap' && (
        <AskForRecord
          title="Which other pair is linked crosswise with this one?"
          flow={flow}
          except={record.id}
          sides={['CRM', 'ERP']}
          onClose={close}
          onGiven={swapWith}
        />
      )}
      {doing?.kind === 'merge' && (
        <AskForRecord
          title="Into which record was this one merged in its own system?"
          flow={flow}
          except={record.id}
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

/** Where two records become a pair and differ. */
const whoseValues = {
  title: 'Where they differ',
  argument: 'prefer',
  options: [
    { key: null, title: 'the newer value stands' },
    { key: 'CRM', title: 'the CRM’s stands' },
    { key: 'ERP', title: 'the ERP’s stands' },
  ],
};

/** The same of two pairs that are swapped: each keeps what one of the systems shows of it. */
const whoseStand = { ...whoseValues, options: whoseValues.options.filter(({ key }) => key !== null) };

const asId = (side, id) => ({ [side === 'CRM' ? 'crmId' : 'erpId']: id });

/** Asks for a record of one of the systems: by its id, or found by its name or number. */
function AskForRecord({ title, flow, except, sides, onGiven, onClose }) {
  const [side, setSide] = useState(sides[0]);
  const [typed, setTyped] = useState('');
  const sought = typed.trim();
  const given = useAct(async (id) => onGiven(side, id));
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className="ask"
        onSubmit={(event) => {
          event.preventDefault();
          if (sought !== '') void given.run(sought);
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
          aria-label={`Id of the record in the ${side}, or its name`}
          placeholder={`Its id in the ${side}, or search its name`}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <button type="submit" className="primary" disabled={given.busy || sought === ''}>
          Preview
        </button>
      </form>
      <Problem error={given.error} />
      {recordFlows.includes(flow) && sought !== '' && (
        <Found flow={flow} search={sought} side={side} except={except} onChoose={given.run} />
      )}
    </Dialog>
  );
}

/** Records that the typing finds; one that is chosen stands for its id. */
function Found({ flow, search, side, except, onChoose }) {
  const { data } = useQuery(findQuery(flow), { search, first: 8 });
  const found = (data?.records.nodes ?? [])
    .map(({ id, crmId, erpId, link }) => ({ id, own: side === 'CRM' ? crmId : erpId, title: link.title }))
    .filter(({ id, own }) => own !== null && id !== except);
  return (
    <ul className="found">
      {found.map(({ id, own, title }) => (
        <li key={id}>
          <button type="button" className="link" onClick={() => onChoose(own)}>
            {title ?? own}
          </button>{' '}
          <code>{own}</code>
        </li>
      ))}
    </ul>
  );
}
