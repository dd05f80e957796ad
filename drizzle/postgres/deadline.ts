import type postgres from 'postgres';
import { meetStatements, onEnd, type Query } from './watch.ts';

/** How long a statement may take before the server ends it, in ms. None of ours takes a tenth of it; one that waits for a lock may. */
export const statementMs = 60_000;

/**
 * How long a statement waits for a lock that somebody else holds, in ms. Ours hold theirs for milliseconds, an import for a
 * second: what takes longer is a stranger's, and is worth telling.
 */
export const lockMs = 5_000;

/**
 * How much longer its answer may take than the statement itself before its connection is taken for dead, in parts of
 * the former: by then the server has carried it out or ended it, if it ever came there.
 */
const patience = 1.25;

/** The error of a statement whose answer never came. Whether it was carried out is not known. */
export class NoAnswer extends Error {
  readonly code = 'CONNECTION_SILENT';

  constructor(ms: number) {
    super(
      `The database has not answered a statement for ${ms / 1000} s; its connection is given up. Whether it was carried out is not known.`,
    );
  }
}

/** A client, and how to be done with it. */
export interface Deadlined<Client extends postgres.Sql> {
  readonly client: Client;
  /** Fails whatever still waits for its answer. The driver may have kept some of it for another connection. */
  giveUp(error: Error): void;
}

/**
 * The same client, in which no statement waits for ever: one that has had no answer for longer than the server would
 * let it run fails with `NoAnswer`, and `onSilent` is called to be rid of its connection. Neither the driver nor
 * the operating system would notice for many minutes that what was asked, or its answer, was lost on the way.
 */
export function withDeadline<Client extends postgres.Sql>(
  client: Client,
  ms: number,
  onSilent: () => void,
): Deadlined<Client> {
  const allowedMs = ms * patience;
  /**
   * In the order in which they were sent: the first has waited longest. No map: what was in its former tables stays out
   * of reach of the collector for young objects as soon as one of them is old, since each refers to the next.
   */
  const waiting: { readonly query: Query; readonly since: number }[] = [];
  let timer: NodeJS.Timeout | null = null;

  return { client: meetStatements(client, meet), giveUp };

  function meet(query: Query): void {
    const entry = { query, since: performance.now() };
    waiting.push(entry);
    onEnd(query, () => {
      const at = waiting.indexOf(entry);
      if (at >= 0) waiting.splice(at, 1);
    });
    if (timer === null) timer = lookIn(allowedMs);
  }

  function giveUp(error: Error): void {
    for (const { query } of [...waiting]) query.reject(error);
  }

  /** One timer for all of them, and none while nobody waits. */
  function lookIn(after: number): NodeJS.Timeout {
    return setTimeout(look, after).unref();
  }

  function look(): void {
    timer = null;
    let silent = false;
    for (const { query, since } of [...waiting]) {
      const left = since + allowedMs - performance.now();
      if (left > 0) {
        timer = lookIn(left);
        break;
      }
      silent = true;
      query.reject(new NoAnswer(allowedMs));
    }
    if (silent) onSilent();
  }
}
