import { readdirSync, readFileSync } from 'node:fs';
import type { Sql } from '../../drizzle/postgres/open.ts';

/** Processor seconds used so far, by this process and by its database. */
export interface ProcessorTime {
  readonly node: number;
  /** NaN where the server is not on this machine or the machine has no /proc. */
  readonly database: number;
}

/** Opens a meter of processor time: on a machine that others use too, it tells more than the clock. */
export async function openProcessorMeter(sql: Sql): Promise<() => ProcessorTime> {
  const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
  const server = statOf(row!.pid)?.parent;
  return () => {
    const { user, system } = process.cpuUsage();
    return { node: (user + system) / 1e6, database: server ? ofServer(server) : Number.NaN };
  };
}

/** Ticks per second of /proc on Linux. */
const perSecond = 100;

/** A server counts its backends that have ended; those that live are added. */
function ofServer(server: number): number {
  const backends = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statOf(Number(name)) ?? [])
    .filter(({ parent }) => parent === server);
  const own = statOf(server);
  const ticks = (own?.own ?? 0) + (own?.ended ?? 0) + backends.reduce((sum, each) => sum + each.own, 0);
  return ticks / perSecond;
}

function statOf(
  pid: number,
): { readonly parent: number; readonly own: number; readonly ended: number } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    return { parent: fields[1]!, own: fields[11]! + fields[12]!, ended: fields[13]! + fields[14]! };
  } catch {
    return null;
  }
}
