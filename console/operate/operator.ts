import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { readFragments, readOperations } from '../operations/read.ts';
import { withFragments } from '../operations/with-fragments.ts';

/** What ends a command: the message names the thing and the remedy. Exit code 2: refused; 3: not reachable. */
export class OperatorError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: 2 | 3) {
    super(message);
    this.exitCode = exitCode;
  }
}

type Variables = Readonly<Record<string, unknown>>;

/** What a command works with: a running gateway, and a place to write to. */
export interface Operator {
  /** The data of an operation of console/operations, or of one that was made. Throws an OperatorError. */
  ask<Data>(operation: string, variables?: Variables): Promise<Data>;
  /** What a subscription tells, until it ends or the loop is left. Throws an OperatorError. */
  watch<Data>(operation: string, variables?: Variables): AsyncIterableIterator<Data>;
  /** Prints the answer as JSON where that was asked for, else as lines. */
  show(data: unknown, lines: () => readonly string[]): void;
  /** Whether JSON was asked for. */
  readonly json: boolean;
  readonly out: NodeJS.WriteStream;
  /** Progress and remarks, which are not part of the answer. */
  readonly err: NodeJS.WriteStream;
  close(): Promise<void>;
}

/** Where the gateway is, and who asks. */
export interface OperatorOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly json: boolean;
}

/** Opens the way to a gateway; nothing is sent yet. */
export function createOperator({ url, token, json }: OperatorOptions): Operator {
  const endpoint = endpointOf(url);
  const texts = readOperations();
  const fragments = readFragments();
  const textOf = (operation: string) => texts.get(operation) ?? withFragments(operation, fragments);
  const credentials: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const socket = createClient({
    url: endpoint.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: credentials,
    retryAttempts: 0,
    lazyCloseTimeout: 0,
  });
  return {
    json,
    out: process.stdout,
    err: process.stderr,
    ask: async <Data>(operation: string, variables: Variables = {}) => {
      const response = await fetch(endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json', ...credentials },
        body: JSON.stringify({ query: textOf(operation), variables }),
      }).catch((error: unknown) => {
        throw unreachable(endpoint, error);
      });
      const answer = (await response.json().catch(() => ({}))) as Answered<Data>;
      if (answer.errors?.[0]) throw refused(answer.errors[0], token);
      if (answer.data === undefined)
        throw new OperatorError(
          `What answers at ${endpoint} is no GraphQL gateway (HTTP ${response.status}). Check --url or TANDEM_URL.`,
          3,
        );
      return answer.data;
    },
    watch: <Data>(operation: string, variables: Variables = {}) =>
      heard<Data>(socket.iterate<Data>({ query: textOf(operation), variables }), endpoint, token),
    show: (data, lines) => {
      process.stdout.write(json ? `${JSON.stringify(data, null, 2)}\n` : `${lines().join('\n')}\n`);
    },
    close: async () => {
      await socket.dispose();
      // Where a pipe is written to in its own time, the process must not end before.
      await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
    },
  };
}

/** What a gateway answers; of whatever else there may be, nothing. */
interface Answered<Data> {
  readonly data?: Data;
  readonly errors?: readonly Told[];
}

/** An error as GraphQL tells it. */
interface Told {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

async function* heard<Data>(
  events: AsyncIterableIterator<{
    readonly data?: Data | null | undefined;
    readonly errors?: readonly Told[] | undefined;
  }>,
  endpoint: string,
  token: string | undefined,
): AsyncGenerator<Data> {
  try {
    for await (const { data, errors } of events) {
      if (errors?.[0]) throw refused(errors[0], token);
      if (data) yield data;
    }
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    const [first] = Array.isArray(error) ? (error as readonly Told[]) : [];
    throw first ? refused(first, token) : unreachable(endpoint, error);
  }
}

/** Given is the gateway or its GraphQL address. */
function endpointOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    throw new OperatorError(`--url ${url} is no address such as http://127.0.0.1:4000.`, 2);
  if (parsed.pathname === '/') parsed.pathname = '/graphql';
  return parsed.href;
}

function unreachable(endpoint: string, error: unknown): OperatorError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
  return new OperatorError(
    `The gateway is not reachable at ${endpoint}${cause && ` (${cause})`}. Is it running (npm start)? Another address: --url or TANDEM_URL.`,
    3,
  );
}

function refused({ message: said, extensions }: Told, token: string | undefined): OperatorError {
  // Which argument of the graph it is about is said for programs; here it has another name, or none.
  const path = extensions?.argumentPath;
  const argument = Array.isArray(path) ? ` (${path.join('.')})` : '';
  const message = said.endsWith(argument) ? said.slice(0, said.length - argument.length) : said;
  switch (extensions?.code) {
    case 'UNAUTHENTICATED':
      return new OperatorError(
        `${message} ${token === undefined ? 'Give' : 'Another'} one: --token or TANDEM_TOKEN, a bearer token or an API key.`,
        2,
      );
    case 'FORBIDDEN':
      return new OperatorError(`${message} Use a token or key with that scope.`, 2);
    default:
      return new OperatorError(message, 2);
  }
}
