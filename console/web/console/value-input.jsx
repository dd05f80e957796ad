import { useId } from 'react';
import { partsOf } from '../../operations/record.ts';

/** What a form holds while a value of a type, as the data flow names it, is typed: texts, of an address one for each part. */
export function draftOf(value, type) {
  const parts = partsOf(type);
  return parts.length > 0
    ? Object.fromEntries(parts.map((part) => [part, value?.[part] ?? '']))
    : textOf(value);
}

/** What the graph takes: nothing for an empty field, numbers and booleans as such, everything else as text. */
export function givenOf(draft, type) {
  if (partsOf(type).length > 0) return addressOf(draft);
  if (draft.trim() === '') return null;
  if (type === 'Int') return Number(draft);
  if (type === 'Boolean') return draft === 'true';
  return draft;
}

/** The fields in which a value of a type is typed or chosen. `offered` are values to choose from, of a code list say. */
export function ValueInput({ name, type, draft, onChange, offered = [] }) {
  const parts = partsOf(type);
  if (parts.length === 0)
    return <Field name={name} type={type} offered={offered} value={draft} onChange={onChange} />;
  return parts.map((part, n) => (
    <label key={part}>
      {part}
      <input
        // biome-ignore lint/a11y/noAutofocus: it opens where the click was.
        autoFocus={n === 0}
        value={draft[part]}
        onChange={(event) => onChange({ ...draft, [part]: event.target.value })}
      />
    </label>
  ));
}

function Field({ name, type, offered, value, onChange }) {
  const list = useId();
  const set = (event) => onChange(event.target.value);
  const options = optionsOf(type, offered);
  if (options)
    return (
      // biome-ignore lint/a11y/noAutofocus: it opens where the click was.
      <select autoFocus aria-label={name} value={value} onChange={set}>
        <option value="">—</option>
        {options.map(({ key, title }) => (
          <option key={key} value={key}>
            {title}
          </option>
        ))}
      </select>
    );
  return (
    <>
      <input
        // biome-ignore lint/a11y/noAutofocus: it opens where the click was.
        autoFocus
        aria-label={name}
        type={type === 'Date' ? 'date' : 'text'}
        inputMode={/^(Int|Decimal)/.test(type) ? 'decimal' : undefined}
        list={offered.length > 0 ? list : undefined}
        value={value}
        onChange={set}
      />
      {offered.length > 0 && (
        <datalist id={list}>
          {offered.map(({ key, title }) => (
            <option key={key} value={key}>
              {title}
            </option>
          ))}
        </datalist>
      )}
    </>
  );
}

/** What there is to choose from where nothing else is taken: null where people type. */
function optionsOf(type, offered) {
  if (type.startsWith('enum '))
    return type
      .slice(5)
      .split(' ')
      .map((key) => ({ key, title: key }));
  if (type === 'Boolean')
    return [
      { key: 'true', title: 'yes' },
      { key: 'false', title: 'no' },
    ];
  // Records are named by ids nobody types.
  return type.startsWith('ref ') ? offered : null;
}

function textOf(value) {
  return value === null || value === undefined ? '' : String(value);
}

function addressOf(draft) {
  const filled = Object.entries(draft).map(([part, value]) => [part, value.trim() === '' ? null : value]);
  return filled.every(([, value]) => value === null) ? null : Object.fromEntries(filled);
}
