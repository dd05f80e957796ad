// The operators' console: one page that speaks GraphQL to the gateway that serves it.
import { useCallback, useEffect, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Acts } from './acts.jsx';
import { createGatewayClient } from './client.js';
import { DataFlow } from './data-flow.jsx';
import { Drift } from './drift.jsx';
import { createEventStream } from './event-stream.js';
import { Inbox } from './inbox.jsx';
import { Overview } from './overview.jsx';
import { Records } from './records.jsx';
import { RoundTrip } from './round-trip.jsx';
import { Runs } from './runs.jsx';
import { SignIn } from './sign-in.jsx';
import { Tandem, useQuery, useRoute } from './tandem.jsx';
import { text } from './texts.js';
import { count } from './words.js';

const TOKEN = 'tandem.token';

const pages = [
  { path: '', title: 'Overview', page: Overview },
  { path: 'records', title: 'Side by side', page: Records },
  { path: 'inbox', title: 'Inbox', page: Inbox },
  { path: 'runs', title: 'Runs', page: Runs },
  { path: 'data-flow', title: 'Data flow', page: DataFlow },
  { path: 'drift', title: 'Drift', page: Drift },
  { path: 'round-trip', title: 'Round trip', page: RoundTrip },
  { path: 'acts', title: 'Audit trail', page: Acts },
];

/** Asks for a token where the gateway wants one; then everything else. */
function Console() {
  const [token, setToken] = useState(() => sessionStorage.getItem(TOKEN));
  const [connected, setConnected] = useState(null);
  const [late, setLate] = useState(false);
  const [opened, setOpened] = useState({ shapes: null, error: null });
  const client = useMemo(
    () =>
      createGatewayClient(token, {
        onConnection: setConnected,
        onLate: setLate,
        onUnknown: (error) => setOpened((before) => ({ ...before, error })),
      }),
    [token],
  );
  const events = useMemo(() => createEventStream(client), [client]);

  const open = useCallback(async () => {
    try {
      const { dataflow } = await client.ask(text('Shapes'));
      setOpened({ shapes: dataflow, error: null });
      await events.start();
    } catch (error) {
      setOpened((before) => ({ ...before, error }));
    }
  }, [client, events]);

  useEffect(() => {
    open();
    return () => {
      events.stop();
      client.close();
    };
  }, [open, events, client]);

  const signIn = (given) => {
    sessionStorage.setItem(TOKEN, given);
    setOpened({ shapes: null, error: null });
    setToken(given);
  };
  const signOut = () => {
    sessionStorage.removeItem(TOKEN);
    location.reload();
  };

  const [scopes, setScopes] = useState(['read:cost', 'read:personal']);
  const surroundings = useMemo(
    () => ({ client, events, shapes: opened.shapes, scopes, setScopes }),
    [client, events, opened.shapes, scopes],
  );
  if (opened.error?.code === 'UNAUTHENTICATED')
    return <SignIn onToken={signIn} refused={token === null ? null : opened.error.message} />;
  if (opened.error && opened.shapes === null)
    return <SignIn unreachable={opened.error.message} onRetry={open} />;
  if (opened.shapes === null) return <p className="opening">Opening…</p>;
  return (
    <Tandem.Provider value={surroundings}>
      <Shell connected={connected} late={late} onSignOut={token ? signOut : null} />
    </Tandem.Provider>
  );
}

function Shell({ connected, late, onSignOut }) {
  const [path = '', ...rest] = useRoute();
  const current = pages.find((each) => each.path === path) ?? pages[0];
  const Page = current.page;
  const { data } = useQuery('ToDo', {}, { live: true });
  const waiting = data
    ? Object.values(data).reduce((sum, connection) => sum + (connection?.totalCount ?? 0), 0)
    : 0;
  useEffect(() => {
    document.title = `${current.title} · Tandem`;
  }, [current]);
  return (
    <div className="shell">
      <nav>
        <a className="brand" href="#/">
          <Mark /> Tandem
        </a>
        {pages.map(({ path: each, title }) => (
          <a
            key={each}
            href={`#/${each}`}
            className={each === current.path ? 'here' : ''}
            aria-current={each === current.path ? 'page' : undefined}
          >
            {title}
            {each === 'inbox' && waiting > 0 && <span className="badge">{count(waiting)}</span>}
          </a>
        ))}
        <div className="foot">
          <span className={`pulse ${connected === false || late ? 'off' : connected ? 'on' : ''}`}>
            {connected === false
              ? 'reconnecting'
              : late
                ? 'no answer yet'
                : connected
                  ? 'live'
                  : 'connecting'}
          </span>
          <span className="host">{location.host}</span>
          {onSignOut && (
            <button type="button" className="quiet" onClick={onSignOut}>
              Sign out
            </button>
          )}
        </div>
      </nav>
      <main>
        <Page route={rest} />
      </main>
    </div>
  );
}

/** Two wheels on one frame. */
function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 20" aria-hidden="true">
      <circle className="crm-stroke" cx="7" cy="13" r="5" />
      <circle className="erp-stroke" cx="25" cy="13" r="5" />
      <path d="M7 13 13 4h10l2 9M13 4l4 9h8" />
    </svg>
  );
}

createRoot(document.getElementById('console')).render(<Console />);
