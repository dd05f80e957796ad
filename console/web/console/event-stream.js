import { text } from './texts.js';

/** Events kept for the ticker. */
const KEPT = 200;

/** Between two drawings, milliseconds: bursts of events are drawn together. */
const DRAW_MS = 80;

/** How long lists wait after an event before they ask again, milliseconds. */
const CALM_MS = 700;

/** The event log as it grows, newest first: the latest are fetched, what follows is heard without a hole. */
export function createEventStream(client) {
  let shown = [];
  let fresh = [];
  let drawing = null;
  let calming = null;
  let stop = () => {};
  const drawers = new Set();
  const calm = new Set();
  const heard = new Set();

  const draw = () => {
    drawing = null;
    shown = [...fresh.reverse(), ...shown].slice(0, KEPT);
    fresh = [];
    for (const each of drawers) each();
  };
  const tellCalm = () => {
    calming = null;
    for (const each of calm) each();
  };
  const take = (event) => {
    fresh.push({ ...event, live: true });
    for (const each of heard) each(event);
    if (drawing === null) drawing = setTimeout(draw, DRAW_MS);
    if (calming === null) calming = setTimeout(tellCalm, CALM_MS);
  };

  return {
    async start() {
      const { syncEvents } = await client.ask(text('LatestEvents'), { last: 60 });
      shown = syncEvents.nodes.toReversed();
      for (const each of drawers) each();
      // After a lost connection the stream goes on behind the last event that was heard.
      const variables = { after: shown[0]?.cursor ?? null };
      stop = client.watch(text('EventsLive'), variables, {
        next: ({ syncEvents: event }) => {
          variables.after = event.cursor;
          take(event);
        },
      });
    },
    stop: () => stop(),
    events: () => shown,
    onDraw: (listener) => listening(drawers, listener),
    /** Called some time after events came, however many. */
    onCalm: (listener) => listening(calm, listener),
    /** Called for each event at once. */
    onEvent: (listener) => listening(heard, listener),
  };
}

function listening(listeners, listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
