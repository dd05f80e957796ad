import { useState } from 'react';
import { isShownOn, partsOf } from '../../operations/record.ts';
import { Problem, Value } from './parts.jsx';
import { useAct } from './tandem.jsx';
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
  const parts = partsOf(type);
  const [draft, setDraft] = useState(() =>
    parts.length > 0 ? Object.fromEntries(parts.map((part) => [part, value?.[part] ?? ''])) : textOf(value),
  );
  const save = useAct((next) => onSave(next));
  const submit = (event) => {
    event.preventDefault();
    void save.run(parts.length > 0 ? addressOf(draft) : givenOf(draft, type));
  };
  return (
    <form
      className="editor"
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onCancel();
      }}
    >
      {parts.length > 0 ? (
        parts.map((part, n) => (
          <label key={part}>
            {part}
            <input
              // biome-ignore lint/a11y/noAutofocus: it opens where the click was.
              autoFocus={n === 0}
              value={draft[part]}
              onChange={(event) => setDraft({ ...draft, [part]: event.target.value })}
            />
          </label>
        ))
      ) : (
        <Field name={name} type={type} value={draft} onChange={setDraft} />
      )}
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

function Field({ name, type, value, onChange }) {
  const set = (event) => onChange(event.target.value);
  const options = type.startsWith('enum ')
    ? type.split(' ').slice(1)
    : type === 'Boolean'
      ? ['true', 'false']
      : null;
  if (options)
    return (
      // biome-ignore lint/a11y/noAutofocus: it opens where the click was.
      <select autoFocus aria-label={name} value={value} onChange={set}>
        <option value="">—</option>
        {options.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    );
  return (
    <input
      // biome-ignore lint/a11y/noAutofocus: it opens where the click was.
      autoFocus
      aria-label={name}
      type={type === 'Date' ? 'date' : 'text'}
      value={value}
      onChange={set}
    />
  );
}

function textOf(value) {
  return value === null || value === undefined ? '' : String(value);
}

/** What the graph takes: nothing for an empty field, numbers and booleans as such, everything else as text. */
function givenOf(draft, type) {
  if (draft.trim() === '') return null;
  if (type === 'Int') return Number(draft);
  if (type === 'Boolean') return draft === 'true';
  return draft;
}

function addressOf(draft) {
  const filled = Object.entries(draft).map(([part, value]) => [part, value.trim() === '' ? null : value]);
  return filled.every(([, value]) => value === null) ? null : Object.fromEntries(filled);
}
