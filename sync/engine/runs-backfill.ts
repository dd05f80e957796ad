import type { SystemRecord } from '../core/types.ts';
import { ring } from '../store/lanes.ts';
import { countProposals } from '../store/proposals.ts';
import { failedOfRun } from '../store/runs.ts';
import { standingOf } from '../store/standing.ts';
import { freshStatistics } from '../store/statistics.ts';
import type { Ledger } from './runs-ledger.ts';
import { type Ground, type RunParts, walkGround, walkMatchKeys } from './runs-walk.ts';

/** Lanes of a run that wait in the queue at most: the queue stays short, and so does what a cancel has to drop. */
const most = 4_000;
/** Below so many, the next chunk is read. */
const few = 2_000;
/** How often a waiting run looks at its lanes where nothing rings, in ms. */
const lookMs = 250;

/**
 * Puts every record that is not in step into the queue behind live work, entity by entity: what others refer to is
 * worked off before what refers to it is read. False: the run ended meanwhile.
 */
export async function backfill(
  parts: RunParts,
  ledger: Ledger,
  grounds: readonly Ground[],
): Promise<boolean> {
  if (!(await walkMatchKeys(parts, ledger, grounds))) return false;
  const look = freshStatistics(parts.sql, parts.report);
  for (const ground of grounds) {
    const visit = async (records: readonly SystemRecord[]): Promise<boolean> => {
      if (!(await ringOpen(parts, ledger, ground, records))) return true;
      parts.wake();
      await look(records.length);
      return ledger.queued + records.length <= most || drain(parts, ledger, few);
    };
    if (!(await walkGround(parts, ledger, ground, visit))) return false;
    if (!(await drain(parts, ledger, 0))) return false;
  }
  // As its preview counts them: all that waits for a person's answer, whichever run has asked.
  for (const { mapping, n } of await countProposals(parts.sql, [
    ...new Set(grounds.flatMap(({ mappings }) => mappings)),
  ]))
    ledger.count(mapping, 'proposed', n);
  return true;
}

/** Rings what has no counterpart yet or has moved; the rest is counted as unchanged, or as ended by a person. */
async function ringOpen(
  parts: RunParts,
  ledger: Ledger,
  { side, entity, flow, mappings }: Ground,
  records: readonly SystemRecord[],
): Promise<boolean> {
  const standing = await standingOf(
    parts.sql,
    side,
    mappings,
    records.map((record) => record.id),
  );
  const lanes = records.flatMap((record) => {
    const link = standing.get(record.id);
    if (!link) return [{ key: `rec:${side}:${entity}:${record.id}`, mapping: flow }];
    if (link.state === 'ended') ledger.count(link.mapping, 'ended');
    else if (link.state === 'synced' && link.crmId && link.erpId && link.version === record.version)
      ledger.count(link.mapping, 'unchanged');
    else return [{ key: link.lane, mapping: link.mapping }];
    return [];
  });
  const cause = { kind: 'run', id: ledger.id } as const;
  await ring(
    parts.sql,
    lanes.map((lane) => ({ ...lane, cause, priority: 1 })),
  );
  return lanes.length > 0;
}

/** Rings only what failed in an earlier run and has not been cured since. */
export async function backfillFailed(parts: RunParts, ledger: Ledger, failedOf: string): Promise<boolean> {
  if (ledger.walked('failed') !== 'done') {
    const lanes = await failedOfRun(parts.sql, failedOf);
    const cause = { kind: 'run', id: ledger.id } as const;
    await ring(
      parts.sql,
      lanes.map(({ lane, mapping }) => ({ key: lane, mapping, cause, priority: 1 })),
    );
    ledger.walk('failed', 'done', lanes.length);
    if (!(await ledger.keep())) return false;
    parts.wake();
  }
  return drain(parts, ledger, 0);
}

/** Waits until at most so many of the run's lanes wait for a worker. False: the run ended meanwhile. */
export async function drain(parts: RunParts, ledger: Ledger, until: number): Promise<boolean> {
  using bell = parts.workers().settled.join();
  let kept = 0;
  for (;;) {
    if (parts.signal.aborted) return false;
    // The bell rings with every batch; the checkpoint is for people and need not be written so often.
    if (performance.now() - kept >= lookMs) {
      if (!(await ledger.keep())) return false;
      kept = performance.now();
      if (ledger.queued <= until) return true;
    }
    await bell.wait(lookMs, parts.signal);
  }
}

/** A run was cancelled: what its lanes in hand come to still counts. */
export async function windDown(parts: RunParts, ledger: Ledger): Promise<void> {
  using bell = parts.workers().settled.join();
  while (!parts.signal.aborted) {
    await ledger.close();
    if (ledger.queued === 0) return;
    await bell.wait(lookMs, parts.signal);
  }
}
