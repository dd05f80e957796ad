import type { Connector, Side } from '../../sync/index.ts';

/** Whether a system answers, and since when it does not. */
export interface SystemHealth {
  readonly healthy: boolean;
  readonly version: string | null;
  readonly latencyMs: number | null;
  readonly error: string | null;
  /** ISO instant at which it was last seen well; null while it never was. */
  readonly lastWell: string | null;
}

/** Asks the systems whether they are well, at most once a second each however many ask. */
export interface Health {
  of(side: Side): Promise<SystemHealth>;
}

/** How long an answer holds, and how long a system may take for it, in milliseconds. */
const holdsMs = 1000;
const patienceMs = 1000;

/** Watches the two systems behind the connectors. */
export function watchHealth(connectors: Readonly<Record<Side, Connector>>): Health {
  const asked = new Map<Side, { readonly at: number; readonly answer: Promise<SystemHealth> }>();
  const lastWell = new Map<Side, string>();
  return {
    of(side) {
      const known = asked.get(side);
      if (known !== undefined && performance.now() - known.at < holdsMs) return known.answer;
      const answer = ask(connectors[side]).then((found) => {
        if (found.healthy) lastWell.set(side, new Date().toISOString());
        return { ...found, lastWell: lastWell.get(side) ?? null };
      });
      asked.set(side, { at: performance.now(), answer });
      return answer;
    },
  };
}

async function ask(connector: Connector): Promise<Omit<SystemHealth, 'lastWell'>> {
  const began = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${patienceMs} ms`)), patienceMs);
  });
  try {
    const { version } = await Promise.race([connector.check(), late]);
    return { healthy: true, version, latencyMs: performance.now() - began, error: null };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { healthy: false, version: null, latencyMs: null, error: reason };
  } finally {
    clearTimeout(timer);
  }
}
