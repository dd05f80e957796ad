// The page at /: GraphiQL with the example operations as tabs, queries by HTTP and subscriptions by WebSocket.
import { GraphiQL } from 'graphiql';
import { parse } from 'graphql';
import { createClient } from 'graphql-ws';
import { createRoot } from 'react-dom/client';
import 'graphiql/style.css';
import './page.css';

const endpoint = new URL('/graphql', location.href);
const socketUrl = endpoint.href.replace(/^http/, 'ws');

/** A socket per set of headers: credentials go into its first message. */
const sockets = new Map();

function socketFor(headers) {
  const key = JSON.stringify(headers);
  if (!sockets.has(key))
    sockets.set(key, createClient({ url: socketUrl, connectionParams: headers, retryAttempts: 3 }));
  return sockets.get(key);
}

async function fetcher(params, options = {}) {
  const headers = options.headers ?? {};
  const isSubscription = options.documentAST?.definitions.some(
    ({ kind, operation, name }) =>
      kind === 'OperationDefinition' &&
      operation === 'subscription' &&
      (!params.operationName || name?.value === params.operationName),
  );
  if (isSubscription) return socketFor(headers).iterate(params);
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json',
      ...headers,
    },
    body: JSON.stringify(params),
  });
  return response.json();
}

/** Tabs of the examples; what the visitor has changed since is kept by the browser and comes first. */
function tabsOf(examples) {
  return examples.map(({ document, variables }) => {
    try {
      parse(document);
    } catch {
      return { query: `# This example does not parse.\n${document}` };
    }
    return { query: document, variables: variables ? JSON.stringify(variables, null, 2) : undefined };
  });
}

const examples = await fetch('/examples.json').then(
  (response) => (response.ok ? response.json() : []),
  () => [],
);

createRoot(document.getElementById('page')).render(
  <GraphiQL
    fetcher={fetcher}
    defaultTabs={examples.length > 0 ? tabsOf(examples) : undefined}
    shouldPersistHeaders={false}
    defaultEditorToolsVisibility="variables"
  >
    <GraphiQL.Logo>
      <a href="/console">Tandem: open the console</a>
    </GraphiQL.Logo>
  </GraphiQL>,
);
