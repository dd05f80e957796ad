import { useState } from 'react';

/** Asks for a token, or says that the gateway cannot be reached. */
export function SignIn({ onToken, refused, unreachable, onRetry }) {
  const [token, setToken] = useState('');
  if (unreachable)
    return (
      <div className="sign-in">
        <h1>Tandem</h1>
        <p className="problem">{unreachable}</p>
        <button type="button" className="primary" onClick={onRetry}>
          Try again
        </button>
      </div>
    );
  const submit = (event) => {
    event.preventDefault();
    if (token.trim() !== '') onToken(token.trim());
  };
  return (
    <form className="sign-in" onSubmit={submit}>
      <h1>Tandem</h1>
      <p>This gateway wants to know who you are. It stays in this tab until you close it.</p>
      <label>
        Bearer token or API key
        <input
          type="password"
          autoComplete="off"
          // biome-ignore lint/a11y/noAutofocus: it is all there is on the page.
          autoFocus
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
      </label>
      {refused && <p className="problem">{refused}</p>}
      <button type="submit" className="primary" disabled={token.trim() === ''}>
        Open the console
      </button>
      <p className="hint">
        Reading needs the scope <code>read</code>; syncing and deciding <code>sync</code>; editing records{' '}
        <code>write</code>; pausing, runs and codes <code>admin</code>.
      </p>
    </form>
  );
}
