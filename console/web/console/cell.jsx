import { useState } from 'react';
import { isShownOn } from '../../operations/record.ts';
import { Problem, Value } from './parts.jsx';
import { useAct } from './tandem.jsx';
import { draftOf, givenOf, ValueInput } from './value-input.jsx';
import { duration } from './words.js';

/** One property of one side: its value, to be changed in place where the system takes it from people. */
export function Cell({ row, side, record, news, onSave }) {
  const [editing, setEditing] = useState(false);
  // Who has edited goes on from there with the keyboard.
  const [edited, setEdited] = useState(false);
  const close = () => {
    setEdited(true);
    setEditing(false);
  };
  const name = row[`${side}Property`];
  const type = row[`${side}Type`] ?? '';
  const writable = row[side === 'crm' ? 'writableInCrm' : 'writableInErp'] && !type.startsWith('[');
  if (!isShownOn(row, side))
    return <div className={`cell ${side} absent`}>{name && <small>{name}</small>}</div>;
  const value = record?.[name] ?? null;
  return (
    <div className={`cell ${side} ${writable ? 'writable' : ''}`}>
      <small>{name}</small>
      {editing ? (
        <Editor
          name={name}
          type={type}
          value={value}
          onCancel={close}
          onSave={async (next) => {
            await onSave(name, next);
            close();
          }}
        />
      ) : writable && record ? (
        <button
          type="button"
          className="edit"
          title="Change it here"
          // biome-ignore lint/a11y/noAutofocus: it gives back what the editor took.
          autoFocus={edited}
          onClick={() => setEditing(true)}
        >
          <Value value={value} />
        </button>
      ) : (
        <span className="fixed">
          <Value value={value} />
        </span>
      )}
      {news && (
        <span key={news.id} className="news">
          {news.lag === null ? 'written' : `written in ${duration(news.lag)}`}
        </span>
      )}
    </div>
  );
}

/** A form for a value of a type as the data flow names it. Enter saves, Escape leaves it as it was. */
function Editor({ name, type, value, onSave, onCancel }) {
  const [draft, setDraft] = useState(() => draftOf(value, type));
  const save = useAct((next) => onSave(next));
  const submit = (event) => {
    event.preventDefault();
    void save.run(givenOf(draft, type));
  };
  return (
    <form
      className="editor"
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onCancel();
      }}
    >
      <ValueInput name={name} type={type} draft={draft} onChange={setDraft} />
      <span className="editor-acts">
        <button type="submit" className="primary" disabled={save.busy}>
          Save
        </button>
        <button type="button" className="quiet" onClick={onCancel}>
          Cancel
        </button>
      </span>
      <Problem error={save.error} />
    </form>
  );
}
