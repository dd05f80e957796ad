import { useState } from 'react';
import { Empty, LinkName, Problem } from './parts.jsx';
import { useAct, useQuery, useTandem } from './tandem.jsx';
import { text } from './texts.js';
import { clock, count, sentence } from './words.js';

/** Work that gave up, by cause, with what was asked and answered; one or all of a cause can run again. */
export function DeadLetters() {
  const { data, error, reload } = useQuery('DeadLetterGroups', {}, { live: true });
  const groups = data?.deadLetterGroups;
  return (
    <div className="tray">
      <Problem error={error} />
      {groups?.length === 0 && <Empty>Nothing has given up.</Empty>}
      {groups?.map((group) => (
        <Group key={`${group.code} ${group.flow}`} group={group} onDone={reload} />
      ))}
    </div>
  );
}

function Group({ group: { code, flow, letters, message, lastAt }, onDone }) {
  const { client } = useTandem();
  const [open, setOpen] = useState(letters <= 3);
  const [said, setSaid] = useState(null);
  const retry = useAct(async () => {
    const answer = await client.ask(text('Retry'), { flow, code });
    setSaid(`${count(answer.retry.applied)} run again`);
    onDone();
  });
  return (
    <article className="panel group">
      <header>
        <button type="button" className="fold" aria-expanded={open} onClick={() => setOpen(!open)}>
          <span className="big-count">{count(letters)}</span>
          <span>
            <b>{sentence(code)}</b> <span className="flow">{sentence(flow)}</span>
            <br />
            <span className="note">{message}</span>
          </span>
          <span className="grow" />
          <span className="note">last {clock(lastAt)}</span>
        </button>
        <button type="button" className="primary" disabled={retry.busy} onClick={retry.run}>
          Retry {letters === 1 ? 'it' : `all ${count(letters)}`}
        </button>
      </header>
      {said && <p className="note">{said}</p>}
      <Problem error={retry.error} />
      {open && <Letters flow={flow} code={code} onDone={onDone} />}
    </article>
  );
}

function Letters({ flow, code, onDone }) {
  const { data, error } = useQuery('DeadLetters', { flow, code, first: 20 }, { live: true });
  return (
    <div className="members">
      <Problem error={error} />
      {data?.deadLetters.nodes.map((letter) => (
        <Letter key={letter.id} letter={letter} onDone={onDone} />
      ))}
    </div>
  );
}

function Letter({ letter: { id, link, message, request, answer, attempts, at }, onDone }) {
  const { client } = useTandem();
  const retry = useAct(async () => {
    await client.ask(text('Retry'), { ids: [id] });
    onDone();
  });
  return (
    <section className="letter">
      <header>
        <LinkName link={link} />
        <span className="note">
          {message} {attempts} attempts, the last {clock(at)}
        </span>
        <span className="grow" />
        <button type="button" disabled={retry.busy} onClick={retry.run}>
          Retry
        </button>
      </header>
      <div className="two">
        <Json title="Request" value={request} />
        <Json title="Answer" value={answer} />
      </div>
      <Problem error={retry.error} />
    </section>
  );
}

function Json({ title, value }) {
  return (
    <figure>
      <figcaption>{title}</figcaption>
      <pre>{value === null ? 'none, or not for you to see' : JSON.stringify(value, null, 2)}</pre>
    </figure>
  );
}
