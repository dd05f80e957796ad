import type postgres from 'postgres';

/**
 * Told of every statement as it is sent; what it returns is called when the answer is there, with the error if it
 * failed. Undefined for a statement nobody wants to hear of.
 */
export type WatchStatement = (text: string) => ((error?: unknown) => void) | undefined;

/** What postgres.js makes of a template: sent when it is first waited for, and settled by its connection. */
export type Query = {
  strings: readonly string[];
  executed: boolean;
  handle(): unknown;
  resolve(result: unknown): void;
  reject(error: unknown): void;
};

const watches = new WeakMap<postgres.Sql, WatchStatement>();

/** A client whose statements are watched by whoever watches those of another. */
export function watchedLike<Client extends postgres.Sql>(other: Client, client: Client): Client {
  const watch = watches.get(other);
  return watch ? watchStatements(client, watch) : client;
}

/** Clients made like this one will be watched as those of another are; its own statements are watched already. */
export function passWatchOn<Client extends postgres.Sql>(from: postgres.Sql, to: Client): Client {
  const watch = watches.get(from);
  if (watch) watches.set(to, watch);
  return to;
}

/** The same client, whose statements are watched. The driver has no hook that tells of a statement's end. */
export function watchStatements<Client extends postgres.Sql>(client: Client, watch: WatchStatement): Client {
  const proxy = meetStatements(client, (query) => {
    const end = watch(query.strings.join('?'));
    if (end) onEnd(query, end);
  });
  watches.set(proxy, watch);
  return proxy;
}

/** The same client; `meet` is shown every statement when it is about to be sent. */
export function meetStatements<Client extends postgres.Sql>(
  client: Client,
  meet: (query: Query) => void,
): Client {
  return new Proxy(client, {
    apply: (target, self, given) => met(Reflect.apply(target as never, self, given), meet),
    get: (target, name, receiver) => {
      const value: unknown = Reflect.get(target, name, receiver);
      if (name !== 'unsafe' || typeof value !== 'function') return value;
      return (...given: unknown[]) => met(Reflect.apply(value, target, given), meet);
    },
  });
}

/** Fragments and identifiers are made the same way; they are never sent, and so never met. */
function met(made: unknown, meet: (query: Query) => void): unknown {
  if (!isQuery(made)) return made;
  const handle = made.handle;
  // Named first, as everywhere here: a function that is written into the assignment is no young object (driver.ts).
  const handleMet = function (this: Query) {
    if (!this.executed) meet(this);
    return handle.call(this);
  };
  made.handle = handleMet;
  return made;
}

/** Calls `end` when the answer to a statement is there, with the error if it failed. */
export function onEnd(query: Query, end: (error?: unknown) => void): void {
  const { resolve, reject } = query;
  const onResolve = (result: unknown) => {
    end();
    resolve(result);
  };
  const onReject = (error: unknown) => {
    end(error);
    reject(error);
  };
  query.resolve = onResolve;
  query.reject = onReject;
}

function isQuery(made: unknown): made is Query {
  return made !== null && typeof made === 'object' && typeof (made as Partial<Query>).handle === 'function';
}
