import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import type { Readiness } from '../life/readiness.ts';
import type { ExampleOperation, GatewayOptions } from '../options.ts';
import { writeText } from './write.ts';

/** Everything that is not GraphQL. */
export type Pages = {
  answer(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    headers: Readonly<Record<string, string>>,
  ): Promise<void>;
};

/** What the pages show. */
export type PageParts = {
  readonly graphiql: GatewayOptions['graphiql'];
  readonly console: GatewayOptions['console'];
  readonly examples: readonly ExampleOperation[];
  ready(): Promise<Readiness>;
  metrics(): Promise<string>;
};

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.woff2': 'font/woff2',
};

/** GraphiQL runs its own scripts only, and can be shown in no other page; its editor writes styles. */
const GRAPHIQL_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Where the operators' console is. */
const CONSOLE = '/console';

/** A `Host` that may stand in a header of ours. */
const HOST = /^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i;

/** The console brings its scripts and styles and speaks to this gateway alone; not every browser counts its sockets as 'self'. */
function consolePolicy({ headers: { host = '' } }: IncomingMessage): string {
  const sockets = HOST.test(host) ? ` ws://${host} wss://${host}` : '';
  return `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'${sockets}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}

/** Health, metrics, the operators' console and, where wanted, the GraphiQL page. */
export function createPages(parts: PageParts): Pages {
  return {
    answer: async (request, response, url, headers) => {
      const json = { ...headers, 'content-type': 'application/json; charset=utf-8' };
      if (request.method !== 'GET' && request.method !== 'HEAD')
        return writeText(response, 405, { ...json, allow: 'GET' }, '{}');
      switch (url.pathname) {
        case '/health/live':
          return writeText(response, 200, json, '{"status":"live"}');
        case '/health/ready': {
          const readiness = await parts.ready();
          const isGood = url.searchParams.has('partly') ? readiness.partly : readiness.ready;
          return writeText(response, isGood ? 200 : 503, json, JSON.stringify(readiness));
        }
        case '/metrics':
          return writeText(
            response,
            200,
            { ...headers, 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
            await parts.metrics(),
          );
        case '/examples.json':
          return parts.graphiql
            ? writeText(response, 200, json, JSON.stringify(parts.examples))
            : writeText(response, 404, json, '{}');
        default:
          return answerPage(parts, request, response, url.pathname, headers);
      }
    },
  };
}

async function answerPage(
  parts: PageParts,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  if (parts.console && (path === CONSOLE || path.startsWith(`${CONSOLE}/`)))
    return writePage(parts.console, path.slice(CONSOLE.length) || '/', response, {
      ...headers,
      'content-security-policy': consolePolicy(request),
    });
  // Without GraphiQL the console is the page there is.
  if (parts.console && !parts.graphiql && path === '/')
    return writeText(response, 302, { ...headers, location: CONSOLE, 'content-type': 'text/plain' }, '');
  return writePage(parts.graphiql, path, response, {
    ...headers,
    'content-security-policy': GRAPHIQL_POLICY,
  });
}

async function writePage(
  source: GatewayOptions['graphiql'],
  path: string,
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const name = path === '/' ? '/index.html' : normalize(path);
  const type = TYPES[extname(name)];
  const content = type === undefined ? null : await readPage(source, name);
  if (content === null || type === undefined)
    return writeText(response, 404, { ...headers, 'content-type': 'text/plain' }, 'Not found\n');
  writeText(response, 200, { ...headers, 'content-type': type }, content);
}

async function readPage(source: GatewayOptions['graphiql'], name: string): Promise<string | null> {
  if (!source) return null;
  if ('html' in source) return name === '/index.html' ? source.html : null;
  return readFile(join(source.folder, name), 'utf8').catch(() => null);
}
