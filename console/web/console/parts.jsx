import { useEffect, useRef, useState } from 'react';
import { count, pageOf, plain, sentence } from './words.js';

/** A value, or a dash where there is none. */
export function Value({ value }) {
  const shown = plain(value);
  if (shown === null) return <span className="none">—</span>;
  return <span className="value">{shown}</span>;
}

/** CRM or ERP, in its colour. */
export function SideName({ side }) {
  if (!side) return null;
  return <span className={`side ${side.toLowerCase()}`}>{side}</span>;
}

/** A state or an outcome as a word in its colour. */
export function State({ state }) {
  return <span className={`state ${state.toLowerCase()}`}>{sentence(state)}</span>;
}

/** A link by its title; it leads to the record where there is one to show. */
export function LinkName({ link }) {
  if (!link) return null;
  const name = link.title ?? link.crmId ?? link.erpId ?? link.id;
  const page = pageOf(link);
  return page ? (
    <a className="name" href={page}>
      {name}
    </a>
  ) : (
    <span className="name">{name}</span>
  );
}

/** What went wrong, where something did. */
export function Problem({ error }) {
  if (!error) return null;
  return (
    <p className="problem" role="alert">
      {error.code === 'FORBIDDEN' ? 'You have no right to this: ' : ''}
      {error.message}
    </p>
  );
}

/** A list that has nothing, which may well be good news. */
export function Empty({ children }) {
  return <p className="empty">{children}</p>;
}

/** A heading with what can be done beside it. */
export function Heading({ title, children, note }) {
  return (
    <header className="heading">
      <div>
        <h1>{title}</h1>
        {note && <p className="note">{note}</p>}
      </div>
      <div className="acts">{children}</div>
    </header>
  );
}

/**
 * A window over the page; Escape closes it. What is to be typed has the focus, else the title: left to itself the browser
 * gives it to the button that closes the window, and a space that is typed closes it.
 */
export function Dialog({ title, onClose, children }) {
  const element = useRef(null);
  const heading = useRef(null);
  useEffect(() => {
    element.current.showModal();
    (element.current.querySelector('form input') ?? heading.current).focus();
  }, []);
  return (
    <dialog ref={element} onClose={onClose}>
      <header>
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <button type="button" className="quiet" onClick={() => element.current.close()} aria-label="Close">
          ✕
        </button>
      </header>
      {children}
    </dialog>
  );
}

/** A search that follows the typing, a moment behind it. */
export function Search({ label, onSearch, autoFocus = false }) {
  const [typed, setTyped] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => onSearch(typed.trim()), 150);
    return () => clearTimeout(timer);
  }, [typed, onSearch]);
  return (
    <input
      type="search"
      placeholder={label}
      aria-label={label}
      // biome-ignore lint/a11y/noAutofocus: looking something up is what people come for.
      autoFocus={autoFocus}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
    />
  );
}

/** Why something is done: kept in the audit trail with who did it. */
export function Reason({ value, onChange }) {
  return (
    <input
      className="reason"
      aria-label="Reason"
      placeholder="Why? Kept in the audit trail"
      maxLength={500}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

/** Segments of which one is chosen. */
export function Choice({ options, chosen, onChoose }) {
  return (
    <div className="choice">
      {options.map(({ key, title, count: number }) => (
        <button
          key={key}
          type="button"
          aria-pressed={key === chosen}
          className={key === chosen ? 'here' : ''}
          onClick={() => onChoose(key)}
        >
          {title}
          {number > 0 && <span className="badge">{count(number)}</span>}
        </button>
      ))}
    </div>
  );
}
