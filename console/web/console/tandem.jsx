import { createContext, useCallback, useContext, useEffect, useRef, useState } from 'react';
import { text } from './texts.js';

/** What every page works with: the client, the event stream, the shapes of the flows, and what the caller may see. */
export const Tandem = createContext(null);

/** The surroundings of a page. */
export const useTandem = () => useContext(Tandem);

/**
 * Asks now and whenever the variables change; with `live` again when events have come, with `every` by the clock (ms).
 * What was there stays while it asks.
 */
export function useQuery(operation, variables = {}, options = {}) {
  const { client } = useTandem();
  const key = JSON.stringify([operation, variables]);
  return useAsked(() => client.ask(text(operation), variables), key, options);
}

/** The same for whatever `ask` answers; `key` says when that is another question. */
export function useAsked(ask, key, { live = false, every = 0, skip = false } = {}) {
  const { client, events } = useTandem();
  const [state, setState] = useState({ data: null, error: null });
  const asking = useRef({ key, ask, now: null, again: false });
  Object.assign(asking.current, { key, ask });
  // One at a time: where answers take longer than events come, the next is asked when the last is here.
  const load = useCallback(async () => {
    const of = asking.current;
    if (skip) return;
    of.again = of.now === key;
    if (of.again) return;
    of.now = key;
    do {
      of.again = false;
      const answer = await of.ask().then(
        (data) => ({ data, error: null }),
        (error) => ({ error }),
      );
      if (of.key === key) setState((before) => ({ ...before, ...answer }));
    } while (of.again && of.now === key);
    if (of.now === key) of.now = null;
  }, [client, key, skip]);
  useEffect(() => void load(), [load]);
  useEffect(() => (live ? events.onCalm(load) : undefined), [live, events, load]);
  useEffect(() => {
    if (every === 0) return;
    const timer = setInterval(load, every);
    return () => clearInterval(timer);
  }, [every, load]);
  return { ...state, reload: load };
}

/** Something to do once: busy while it runs, with the error of the last attempt until that is forgotten. */
export function useAct(act) {
  const [state, setState] = useState({ busy: false, error: null });
  const run = async (...args) => {
    setState({ busy: true, error: null });
    try {
      const result = await act(...args);
      setState({ busy: false, error: null });
      return result;
    } catch (error) {
      setState({ busy: false, error });
      return null;
    }
  };
  return { ...state, run, forget: () => setState({ busy: false, error: null }) };
}

/** Where we are: the parts of the address behind `#/`. */
export function useRoute() {
  const read = () => location.hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent);
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const follow = () => setRoute(read());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  });
  return route;
}
