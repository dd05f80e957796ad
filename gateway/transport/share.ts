import { Unavailable } from '../plan/subgraph-error.ts';

/**
 * Does once what several ask for with the same key in one turn of the event loop; each gets what came of it, and the
 * work is given up when nobody waits any longer.
 */
export type Share<T> = (key: string, signal: AbortSignal, work: Work<T>) => Promise<T>;

type Work<T> = (signal: AbortSignal) => Promise<T>;

type Member<T> = {
  readonly signal: AbortSignal;
  readonly resolve: (result: T) => void;
  readonly reject: (reason: unknown) => void;
};

type Group<T> = { readonly work: Work<T>; readonly members: [Member<T>, ...Member<T>[]] };

/**
 * Under load, clients ask for the same things at the same time. Nobody joins what has begun: whoever reads after a
 * write must not get what was read before it.
 */
export function createShare<T>(): Share<T> {
  let groups = new Map<string, Group<T>>();
  const begin = () => {
    const due = groups;
    groups = new Map();
    for (const group of due.values()) run(group);
  };
  return (key, signal, work) =>
    new Promise((resolve, reject) => {
      const member = { signal, resolve, reject };
      const group = groups.get(key);
      if (group) {
        group.members.push(member);
        return;
      }
      if (groups.size === 0) setImmediate(begin);
      groups.set(key, { work, members: [member] });
    });
}

function run<T>({ work, members }: Group<T>): void {
  const [first, ...others] = members;
  if (others.length === 0) {
    work(first.signal).then(first.resolve, first.reject);
    return;
  }
  const nobody = new AbortController();
  let waiting = members.length;
  const leavers = members.map((member) => {
    const leave = () => {
      member.reject(new Unavailable('the operation was over before an answer came'));
      waiting--;
      if (waiting === 0) nobody.abort();
    };
    if (member.signal.aborted) leave();
    else member.signal.addEventListener('abort', leave, { once: true });
    return leave;
  });
  const settle = (tell: (member: Member<T>) => void) => {
    for (const [i, member] of members.entries()) {
      member.signal.removeEventListener('abort', leavers[i]!);
      tell(member);
    }
  };
  work(nobody.signal).then(
    (result) => settle(({ resolve }) => resolve(result)),
    (reason: unknown) => settle(({ reject }) => reject(reason)),
  );
}
