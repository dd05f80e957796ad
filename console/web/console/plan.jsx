import { useEffect, useState } from 'react';
import { Dialog, LinkName, Problem, Reason, SideName, State, Value } from './parts.jsx';
import { useAct, useTandem } from './tandem.jsx';
import { text } from './texts.js';
import { sentence } from './words.js';

/**
 * What something would do, before it is done: `operation` is asked as a preview, and applied by the token of its
 * plan, exactly as shown or not at all.
 */
export function PlanDialog({ title, operation, variables, choices, onClose, onDone }) {
  const { client } = useTandem();
  const [chosen, setChosen] = useState(choices?.options[0]?.key ?? null);
  const preview = useAct(async (more) => {
    const data = await client.ask(text(operation), { ...variables, ...more, mode: 'PREVIEW' });
    return [Object.values(data)[0]].flat();
  });
  const [reason, setReason] = useState('');
  const apply = useAct(
    async (token) => (await client.ask(text('ApplyPlan'), { token, reason: reason || null })).applyPlan,
  );
  // An act on several pairs has one plan, and tells of each pair.
  const [results, setResults] = useState(null);
  const [applied, setApplied] = useState(null);
  const [again, setAgain] = useState(0);
  const stale = apply.error?.code === 'STALE_PLAN';
  useEffect(() => {
    let wanted = true;
    // What another choice would have done is nothing to apply.
    setResults(null);
    void preview
      .run(choices ? { [choices.argument]: chosen } : {})
      .then((found) => wanted && setResults(found));
    return () => {
      wanted = false;
    };
  }, [chosen, again]);
  const token = results?.find(({ planToken }) => planToken)?.planToken;
  const confirm = async () => {
    const done = await apply.run(token);
    if (done === null) return;
    setApplied(done);
    onDone?.(done);
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {choices && !applied && (
        <fieldset className="options">
          <legend>{choices.title}</legend>
          {choices.options.map(({ key, title: name }) => (
            <label key={String(key)}>
              <input type="radio" checked={key === chosen} onChange={() => setChosen(key)} />
              {name}
            </label>
          ))}
        </fieldset>
      )}
      {preview.busy && <p className="note">Working it out…</p>}
      <Problem error={preview.error} />
      {applied ? (
        <div className="applied">
          <State state={applied.outcome} /> <LinkName link={applied.link} />
          {/* The answer is about the first pair; what was shown of the others was applied with it. */}
          {[applied, ...results.slice(1)].map((result, n) => (
            <PlanOf key={result.link?.id ?? n} result={result} done />
          ))}
        </div>
      ) : (
        results?.map((result, n) => <PlanOf key={result.link?.id ?? n} result={result} />)
      )}
      <Problem error={apply.error} />
      {results && !applied && (
        <footer>
          <span className="note">
            {apply.error && apply.error.code === undefined
              ? 'Whether it was applied is not known. To apply it again is safe: a plan is applied once at most.'
              : 'Nothing has been written yet.'}
          </span>
          <Reason value={reason} onChange={setReason} />
          {stale ? (
            <button
              type="button"
              className="primary"
              onClick={() => {
                apply.forget();
                setAgain(again + 1);
              }}
            >
              Preview it again
            </button>
          ) : (
            <button
              type="button"
              className="primary"
              disabled={!token || apply.busy || results.every(({ plan }) => plan.kind === 'NONE')}
              onClick={confirm}
            >
              Apply exactly this
            </button>
          )}
        </footer>
      )}
    </Dialog>
  );
}

/** What becomes of the link itself. */
const linkChanges = {
  LINK: 'The link lives again.',
  UNLINK: 'The link ends: its records are no longer kept in step by it.',
};

/** A plan in words: what is written where, what is locked, held or in conflict, and what it waits for. */
export function PlanOf({ result, done = false }) {
  const { plan, waitsFor, issues } = result;
  const { kind, writes, conflicts, held, locked } = plan;
  const nothing =
    writes.length + conflicts.length + held.length + locked.length + waitsFor.length + issues.length === 0;
  return (
    <div className="plan">
      {linkChanges[kind] && <p className="link-change">{linkChanges[kind]}</p>}
      {nothing && (
        <p className="empty">
          {kind === 'NONE'
            ? 'Nothing to do: both sides are in step.'
            : done
              ? 'No record was written to.'
              : 'No record is written to.'}
        </p>
      )}
      {writes.map((write) => (
        <section key={`${write.side} ${write.entity} ${write.id}`}>
          <h3>
            {sentence(write.action)} <SideName side={write.side} /> {sentence(write.entity)}{' '}
            <code>{write.id ?? 'new'}</code>
          </h3>
          <table className="fields">
            <tbody>
              {write.fields.map(({ field, line, before, after, beforeTitle, afterTitle, rule }) => (
                <tr key={`${line ?? ''} ${field}`}>
                  <th>{field}</th>
                  <td className="before">
                    <Value value={beforeTitle ?? before} />
                  </td>
                  <td className="to">→</td>
                  <td className="after">
                    <Value value={afterTitle ?? after} />
                  </td>
                  <td className="why">{rule}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ))}
      <Notes
        title="For a person to decide"
        items={conflicts.map(({ field, why }) => `${sentence(field)}: ${why}`)}
      />
      <Notes title="Stays behind" items={held.map(({ message }) => message)} />
      <Notes title="Locked" items={locked.map(({ field, why }) => `${sentence(field)}: ${why}`)} />
      <Notes title="Waits for" items={waitsFor.map(({ reason }) => reason)} />
      <Notes title="Issues" items={issues.map(({ message }) => message)} />
      <Children of={result} />
    </div>
  );
}

/** What becomes of the pairs that refer to records which are linked otherwise. */
function Children({ of: { children = [], childCount = 0 } }) {
  if (childCount === 0) return null;
  return (
    <section>
      <h3>Looked at next, since they refer to these: {childCount}</h3>
      <ul>
        {children.map(({ outcome, link, plan, waitsFor }) => (
          <li key={link.id}>
            {link.title ?? link.id}: {sentence(outcome).toLowerCase()}
            {plan.writes.map(({ side, action, fields }) => (
              <span key={side} className="note">
                {' '}
                {sentence(action)} <SideName side={side} /> {fields.map(({ field }) => field).join(', ')}
              </span>
            ))}
            <span className="note"> {waitsFor.map(({ reason }) => reason).join(' ')}</span>
          </li>
        ))}
        {childCount > children.length && <li>and {childCount - children.length} more</li>}
      </ul>
    </section>
  );
}

function Notes({ title, items }) {
  if (items.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ul>
        {[...new Set(items)].map((item) => (
          <li key={item}>{item}</li>
        ))}
      </ul>
    </section>
  );
}
