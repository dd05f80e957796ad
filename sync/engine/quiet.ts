import type { Connector } from '../core/connector.ts';
import { sides } from '../core/sides.ts';
import type { Side } from '../core/types.ts';
import { isLeft } from '../store/intents.ts';
import type { Sql } from '../store/sql.ts';
import type { Bells } from './doorbell.ts';
import { isSystemAway } from './guard.ts';
import type { Steps } from './step-context.ts';

/** What is looked at to tell whether anything is going on. */
export interface Looked {
  readonly sql: Sql;
  readonly connectors: Readonly<Record<Side, Connector>>;
  readonly steps: Steps;
}

/** How long a bell that may be another process's is waited for, in ms. */
const pauseMs = 100;

/** Resolves when no lane is ready and both feeds are read, by flows that catch up, too, or when `signal` aborts; `settled` rings after every step. */
export async function untilQuiet(looked: Looked, settled: Bells, signal?: AbortSignal): Promise<void> {
  using bell = settled.join();
  while (!signal?.aborted) {
    const { started, ended } = looked.steps;
    if (started === ended && (await isQuiet(looked)) && started === looked.steps.started) return;
    await bell.wait(pauseMs, signal);
  }
}

/**
 * Whether both feeds are captured to their end, no lane is held, due, or about to be, and no create is looked for. A flow
 * that rests has nothing to do but to be looked through for records without a link; one that goes on has caught up.
 */
async function isQuiet({ sql, connectors }: Looked): Promise<boolean> {
  const [crm, erp] = await Promise.all([headOf(connectors.crm), headOf(connectors.erp)]);
  if (crm === undefined || erp === undefined) return false;
  const sought = sides.filter((side) => connectors[side].capabilities?.createDedup !== 'none');
  const [row] = await sql<{ busy: number; crm: string | null; erp: string | null }[]>`
    select (select count(*) from sync.lane where locked_until is not null or (run_at < now() + interval '5 seconds'
        and mapping not in (select mapping from sync.flow where paused)))
        + (select count(*) from sync.backlog b join sync.feed f on f.side = b.side where b.up_to is not null or b.looked is distinct from f.cursor)
        + (select count(*) from sync.intent i where i.side = any(${sought}::text[]) and i.reference is not null and ${isLeft(sql)}) as busy,
      (select cursor from sync.feed where side = 'crm') as crm, (select cursor from sync.feed where side = 'erp') as erp`;
  return row!.busy === 0 && reached(row!.crm, crm) && reached(row!.erp, erp);
}

/** The end of a feed; undefined while the system is away: what happened there is not known. */
const headOf = (connector: Connector): Promise<string | null | undefined> =>
  connector.head().catch((error: unknown) => {
    if (isSystemAway(error)) return undefined;
    throw error;
  });

const reached = (cursor: string | null, head: string | null): boolean => head === null || cursor === head;
