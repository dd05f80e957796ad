import { codesBegun } from '../store/code-map.ts';
import { closeNotBack } from '../store/not-back.ts';
import { raiseOverdue } from '../store/overdue.ts';
import { prune } from '../store/retention.ts';
import { releaseCode } from './release-code.ts';
import { rest } from './rest.ts';
import type { Runs } from './runs.ts';
import type { RunParts } from './runs-walk.ts';

/** What the sync does by itself, and what it keeps. */
export interface Keeping {
  /** Days for which events and settled findings are kept; default 90. */
  readonly eventDays?: number;
  /** Hours that a record may wait before an issue tells of it; default 24. */
  readonly waitHours?: number;
  /** Hour of the company's day (0 to 23) at which everything is reconciled and repaired; default 3, null never. */
  readonly reconcileAt?: number | null;
}

const defaultDays = 90;
const defaultWaitHours = 24;
const defaultHour = 3;
/** How often runs of dead workers are looked for, in ms: less than the ten seconds within which work goes on. */
const beatMs = 2_000;
/** Beats between two looks at the clock, and between two prunings. */
const minute = 30;
const hour = 1_800;

/** Takes up orphaned runs, reconciles every night and prunes every hour, until the sync stops. */
export async function doChores(parts: RunParts, runs: Runs, keeping: Keeping): Promise<void> {
  for (let beat = 1; ; beat++) {
    await rest(beatMs, parts.signal);
    if (parts.signal.aborted) return;
    try {
      await runs.resume();
      if (beat % minute === 1) await reconcileNightly(parts, runs, keeping.reconcileAt);
      if (beat % minute === 0) {
        await raiseOverdue(parts.sql, keeping.waitHours ?? defaultWaitHours, parts.newId);
        await closeNotBack(parts.sql);
        await releaseBegun(parts);
      }
      if (beat % hour === minute) await prune(parts.sql, keeping.eventDays ?? defaultDays);
    } catch (error) {
      parts.report(error, 'chores');
    }
  }
}

/** Code pairs that hold from today on release what waits for them; looked at twice, so that none slips through. */
async function releaseBegun(parts: RunParts): Promise<void> {
  const begun = await codesBegun(parts.sql, (2 * minute * beatMs) / 1000);
  for (const pair of begun) await releaseCode(parts.sql, pair, 'tandem');
  if (begun.length > 0) parts.wake();
}

/** The first of a database's processes that sees the hour starts the run; a database of today has nothing to reconcile yet. */
async function reconcileNightly(parts: RunParts, runs: Runs, at: number | null = defaultHour): Promise<void> {
  if (at === null) return;
  await parts.sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${nightLock})`;
    const [row] = await tx<{ due: boolean }[]>`
      select extract(hour from now() at time zone ${parts.company.timeZone}) = ${at}
        and exists (select 1 from sync.link where created_at < now() - interval '1 day')
        and not exists (select 1 from sync.run where kind = 'reconciliation' and started_at > now() - interval '20 hours') as due`;
    // Started over another connection, it is there for whoever gets the lock next.
    if (row!.due) await runs.reconcileAll();
  });
}

const nightLock = 0x7a4d_e305;
