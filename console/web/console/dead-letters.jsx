import { useState } from 'react';
import { More, useList } from './list.jsx';
import { Empty, LinkName, Problem, Reason } from './parts.jsx';
import { useAct, useQuery, useTandem } from './tandem.jsx';
import { text } from './texts.js';
import { clock, count, sentence } from './words.js';

/** Work that gave up, by cause, with what was asked and answered; one or all of a cause can run again. */
export function DeadLetters() {
  const { data, error, reload } = useQuery('DeadLetterGroups', {}, { live: true });
  const [reason, setReason] = useState('');
  const groups = data?.deadLetterGroups;
  return (
    <div className="tray">
      <Problem error={error} />
      {groups?.length === 0 && <Empty>Nothing has given up.</Empty>}
      {groups?.length > 0 && (
        <div className="inline">
          <Reason value={reason} onChange={setReason} />
        </div>
      )}
      {groups?.length > 0 && <RetryTime reason={reason} onDone={reload} />}
      {groups?.map((group) => (
        <Group key={`${group.code} ${group.flow}`} group={group} reason={reason} onDone={reload} />
      ))}
    </div>
  );
}

function Group({ group: { code, flow, letters, message, lastAt }, reason, onDone }) {
  const { client } = useTandem();
  const [open, setOpen] = useState(letters <= 3);
  const [said, setSaid] = useState(null);
  const retry = useAct(async () => {
    const answer = await client.ask(text('Retry'), { flow, code, reason: reason || null });
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
      {open && <Letters flow={flow} code={code} reason={reason} onDone={onDone} />}
    </article>
  );
}

/** Runs again what gave up in a time, whatever its cause: the hours in which a system was away. */
function RetryTime({ reason, onDone }) {
  const { client } = useTandem();
  const [time, setTime] = useState({ since: '', until: '' });
  const [said, setSaid] = useState(null);
  const given = Object.fromEntries(
    Object.entries(time).map(([end, local]) => [end, local ? new Date(local).toISOString() : null]),
  );
  const chosen = Boolean(given.since || given.until);
  const preview = useQuery('Retry', { ...given, mode: 'PREVIEW' }, { skip: !chosen, live: true });
  const matched = chosen ? preview.data?.retry.matched : undefined;
  const retry = useAct(async () => {
    setSaid(null);
    const answer = await client.ask(text('Retry'), { ...given, reason: reason || null });
    setSaid(`${count(answer.retry.applied)} run again`);
    onDone();
  });
  return (
    <form
      className="inline"
      onSubmit={(event) => {
        event.preventDefault();
        void retry.run();
      }}
    >
      <span className="note">What gave up</span>
      {Object.keys(time).map((end) => (
        <label key={end}>
          {end}{' '}
          <input
            type="datetime-local"
            value={time[end]}
            onChange={(event) => setTime({ ...time, [end]: event.target.value })}
          />
        </label>
      ))}
      <button type="submit" disabled={retry.busy || !matched}>
        {matched === undefined
          ? 'Retry these'
          : matched === 0
            ? 'Nothing gave up then'
            : `Retry these ${count(matched)}`}
      </button>
      {said && <span className="note">{said}</span>}
      <Problem error={retry.error ?? preview.error} />
    </form>
  );
}

function Letters({ flow, code, reason, onDone }) {
  const list = useList(
    'DeadLetters',
    { flow, code },
    { from: (data) => data.deadLetters, first: 20, live: true },
  );
  return (
    <div className="members">
      <Problem error={list.error} />
      {list.nodes?.map((letter) => (
        <Letter key={letter.id} letter={letter} reason={reason} onDone={onDone} />
      ))}
      <More list={list} />
    </div>
  );
}

function Letter({ letter: { id, link, message, request, answer, attempts, at }, reason, onDone }) {
  const { client } = useTandem();
  const retry = useAct(async () => {
    await client.ask(text('Retry'), { ids: [id], reason: reason || null });
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
