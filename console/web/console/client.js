import { createClient } from 'graphql-ws';

/** An answer's first error: its message says what is wrong, its code what sort of thing. */
export class AnswerError extends Error {
  constructor({ message, extensions }) {
    // Which argument it is about is said for programs; here it stands beside its field.
    const argument = extensions?.argumentPath?.join('.');
    super(argument && message.endsWith(` (${argument})`) ? message.slice(0, -argument.length - 3) : message);
    this.code = extensions?.code ?? null;
    this.extensions = extensions ?? {};
  }
}

/** After how long without an answer it is said that there is none, milliseconds. */
const LATE_MS = 2_000;

/** How the gateway closes the socket of who is not known: when the token runs out, and where it takes none. */
const refusals = new Set([4401, 4403]);

const over = new AnswerError({
  message: 'Your token is not taken any more: it has run out, or was withdrawn. Give another one.',
  extensions: { code: 'UNAUTHENTICATED' },
});

/**
 * Speaks to the gateway that served the page: operations by HTTP, subscriptions by WebSocket. `onUnknown` is told when
 * the token is missing, wrong or over, `onLate` whether an answer is long in coming.
 */
export function createGatewayClient(token, { onConnection, onUnknown, onLate }) {
  const endpoint = new URL('/graphql', location.href).href;
  const credentials = token ? { authorization: `Bearer ${token}` } : {};
  const socket = createClient({
    url: endpoint.replace(/^http/, 'ws'),
    connectionParams: credentials,
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: ({ code }) => !refusals.has(code),
    retryWait: (retries) => new Promise((resolve) => setTimeout(resolve, Math.min(250 * 2 ** retries, 5000))),
    keepAlive: 15_000,
    on: {
      connected: () => onConnection(true),
      closed: ({ code }) => {
        onConnection(false);
        if (refusals.has(code)) onUnknown(over);
      },
    },
  });

  let late = 0;
  /** Tells while an answer takes long: what is on the page is old then, and nothing says so. */
  async function timed(answer) {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      onLate(++late > 0);
    }, LATE_MS);
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
      if (isLate) onLate(--late > 0);
    }
  }

  /** The data of an operation. Throws an AnswerError, or an Error where nothing can be reached. */
  async function ask(query, variables = {}) {
    const response = await timed(
      fetch(endpoint, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/graphql-response+json, application/json',
          ...credentials,
        },
        body: JSON.stringify({ query, variables }),
      }),
    ).catch(() => {
      throw new Error('The gateway does not answer. Is it running?');
    });
    const answer = await response.json().catch(() => {
      throw new Error(`The gateway answered ${response.status} without GraphQL.`);
    });
    // A live side that is away leaves the rest standing: what is there is shown.
    if (answer.errors && !hasData(answer.data)) {
      const error = new AnswerError(answer.errors[0]);
      if (error.code === 'UNAUTHENTICATED') onUnknown(error);
      throw error;
    }
    return answer.data;
  }

  /** Hears a subscription until the returned function is called. Variables may be changed: they count at the next connection. */
  function watch(query, variables, { next, error }) {
    return socket.subscribe(
      { query, variables },
      {
        next: ({ data, errors }) => {
          if (errors && !hasData(data)) error?.(new AnswerError(errors[0]));
          else next(data);
        },
        error: (thrown) => error?.(Array.isArray(thrown) ? new AnswerError(thrown[0]) : thrown),
        complete: () => {},
      },
    );
  }

  return { ask, watch, close: () => socket.dispose() };
}

function hasData(data) {
  return data !== null && data !== undefined && Object.values(data).some((value) => value !== null);
}
