import type postgres from 'postgres';

/**
 * Told of every statement as it is sent; what it returns is called when the answer is there, with the error if it
 * failed. Undefined for a statement nobody wants to hear of.
 */
export type WatchStatement = (text: string) => ((error?: unknown) => void) | undefined;

/** What postgres.js makes of a template: sent when it is first waited for, and settled by its connection. */
type Query = {
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
  const proxy = new Proxy(client, {
    apply: (target, self, given) => watched(Reflect.apply(target as never, self, given), watch),
    get: (target, name, receiver) => {
      const value: unknown = Reflect.get(target, name, receiver);
      if (name !== 'unsafe' || typeof value !== 'function') return value;
      return (...given: unknown[]) => watched(Reflect.apply(value, target, given), watch);
    },
  });
  watches.set(proxy, watch);
  return proxy;
}

/** Fragments and identifiers are made the same way; they are never sent, and so never watched. */
function watched(made: unknown, watch: WatchStatement): unknown {
  if (!isQuery(made)) return made;
  const handle = made.handle;
  made.handle = function (this: Query) {
    if (!this.executed) begin(this, watch);
    return handle.call(this);
  };
  return made;
}

function begin(query: Query, watch: WatchStatement): void {
  const end = watch(query.strings.join('?'));
  if (!end) return;
  const { resolve, reject } = query;
  query.resolve = (result) => {
    end();
    resolve(result);
  };
  query.reject = (error) => {
    end(error);
    reject(error);
  };
}

function isQuery(made: unknown): made is Query {
  return made !== null && typeof made === 'object' && typeof (made as Partial<Query>).handle === 'function';
}
