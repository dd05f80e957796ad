import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { importer, percentile, type Stage, writeAll } from './stage.ts';

/** Milliseconds from an edit's commit in the CRM to its event at a WebSocket subscriber; the ERP has it by then. */
export interface Latency {
  readonly what: string;
  readonly p50: number;
  readonly p99: number;
  /** The editor's own call. */
  readonly callP99: number;
}

const idleEdits = 300;
/**
 * At the same pace before those that count: a process compiles what it runs in its first half minute, on the same two
 * cores, and takes a fifth more of their time meanwhile.
 */
const warmUpEdits = 5_000;
const loadEdits = 5_000;
const perSecond = 500;

/** Measures idle in the process's first seconds, idle, and at 500 edits a second. `label`: tells the customers of this measurement from those of another. */
export async function measureLatency({ house }: Stage, label: string): Promise<readonly Latency[]> {
  const ids = await writeAll(
    house.crm,
    Array.from({ length: 500 }, (_, n) => ({
      kind: 'create' as const,
      entity: 'Customer',
      fields: { name: `Latency ${label} ${n}`, email: `latency.${label}.${n}@example.com` },
    })),
  );
  await house.sync.quiet();
  const calls: number[] = [];
  const committed = new Map<string, number>();
  const arrived = new Map<string, number>();
  const waiting = new Map<string, () => void>();
  const client = createClient({
    url: `${house.gateway.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
  });
  const stop = client.subscribe<{ syncEvents: { fields: { field: string; after: unknown }[] } }>(
    { query: 'subscription { syncEvents { cursor outcome fields { field after } } }' },
    {
      next({ data }) {
        const name = String(data?.syncEvents.fields.find((f) => f.field === 'name')?.after);
        arrived.set(name, performance.now());
        waiting.get(name)?.();
      },
      error: (error) => console.error(error),
      complete() {},
    },
  );
  await edit('first', ids[0]!, true);
  const early = await idle('idle, just started', 'early');
  await load('warm-up', warmUpEdits);
  const warm = await idle('idle', 'idle');
  calls.length = 0;
  await load('load', loadEdits);
  const loaded = summary(`${perSecond} edits a second`, 'load ');
  stop();
  await client.dispose();
  return [early, warm, loaded];

  async function idle(what: string, name: string): Promise<Latency> {
    calls.length = 0;
    for (let n = 0; n < idleEdits; n++) await edit(`${name} ${n}`, ids[n % ids.length]!, true);
    return summary(what, `${name} `);
  }

  /** Not faster than asked for, and not slower because a call takes long: the next tick sends what is due. */
  async function load(name: string, edits: number): Promise<void> {
    const from = performance.now();
    let sent = 0;
    const open: Promise<void>[] = [];
    await new Promise<void>((resolve) => {
      const tick = setInterval(() => {
        const due = Math.min(edits, Math.floor(((performance.now() - from) / 1000) * perSecond));
        for (; sent < due; sent++) open.push(edit(`${name} ${sent}`, ids[sent % ids.length]!, false));
        if (sent < edits) return;
        clearInterval(tick);
        resolve();
      }, 5);
    });
    await Promise.all(open);
    await house.sync.quiet();
    await edit(`after ${name}`, ids[0]!, true);
  }

  async function edit(name: string, id: string, wait: boolean): Promise<void> {
    const seen = wait ? new Promise<void>((resolve) => waiting.set(name, resolve)) : null;
    const start = performance.now();
    const [result] = await house.crm.write(
      [{ kind: 'update', entity: 'Customer', id, fields: { name } }],
      importer,
    );
    if (result!.kind === 'failed') throw new Error(result!.failure.message);
    committed.set(name, performance.now());
    calls.push(performance.now() - start);
    await seen;
  }

  /** An edit overwritten before it was looked at has no event of its own: it counts with the one that overtook it. */
  function summary(what: string, prefix: string): Latency {
    const times = [...committed].flatMap(([name, at]) => {
      const seen = name.startsWith(prefix) ? arrived.get(name) : undefined;
      return seen === undefined ? [] : [Math.max(0, seen - at)];
    });
    return {
      what,
      p50: percentile(times, 0.5),
      p99: percentile(times, 0.99),
      callP99: percentile(calls, 0.99),
    };
  }
}
