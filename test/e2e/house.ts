import { createClient as createSse } from 'graphql-sse';
import { createClient } from 'graphql-ws';
import { afterAll, expect } from 'vitest';
import { WebSocket } from 'ws';
import { type HouseOptions, openHouse } from '../../console/house.ts';
import { testDatabase } from '../support/database.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are as deep as the query that asks; each test checks what it reads.
export type Answer = any;

/** The whole house over a fresh database, spoken to as any client would: HTTP, WebSocket and SSE. */
export async function startHouse(more: Partial<HouseOptions> = {}) {
  const { sql } = await testDatabase();
  const quiet = () => {};
  const log = {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: (detail: object, text: string) => errors.push(`${text} ${JSON.stringify(detail)}`),
  };
  const errors: string[] = [];
  const house = await openHouse({ sql, log, ...more });
  const url = `${house.gateway.url}/graphql`;
  const socket = createClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 });
  const sse = createSse({ url, retryAttempts: 0 });
  afterAll(async () => {
    await socket.dispose();
    sse.dispose();
    await house.close();
    expect(errors).toEqual([]);
  });

  /** Answers with data and errors, as they came over HTTP. */
  async function post(
    query: string,
    variables: object = {},
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
    });
    return response.json();
  }

  return {
    ...house,
    sql,
    post,
    /** The data of an operation that must succeed. */
    async ask(query: string, variables: object = {}, headers: Record<string, string> = {}): Promise<Answer> {
      const { data, errors: found } = await post(query, variables, headers);
      expect(found).toBeUndefined();
      return data;
    },
    /** A subscription over WebSocket, event by event. */
    overSocket: (query: string, variables: Record<string, unknown> = {}) =>
      socket.iterate<Answer>({ query, variables }),
    /** A subscription over server-sent events, event by event. */
    overSse: (query: string, variables: Record<string, unknown> = {}) =>
      sse.iterate<Answer>({ query, variables }),
  };
}

/** Events until one meets the condition; that one last. */
export async function until(
  events: AsyncIterableIterator<Answer>,
  met: (data: Answer) => boolean,
): Promise<readonly Answer[]> {
  const seen: Answer[] = [];
  for (;;) {
    const { value, done } = await events.next();
    if (done) throw new Error(`The stream ended: ${JSON.stringify(seen)}`);
    if (value.errors) throw new Error(JSON.stringify(value.errors));
    seen.push(value.data);
    if (met(value.data)) return seen;
  }
}
