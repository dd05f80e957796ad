import type { CodePair } from '../../../sync/index.ts';
import { badInput } from '../../system/arguments.ts';
import type { SyncContext } from '../context.ts';
import { setField, setFlow } from '../field-settings.ts';
import { flowStatus } from '../flow-status.ts';
import { storedId } from '../ids.ts';
import { runOf } from '../runs.ts';
import { camel, flows, mappingOf } from '../words.ts';
import { acting, ask, type GivenRef, type Mode, refOf } from './acting.ts';

/** What only `admin` may do: runs over everything, settings, and erasing a person. */
export const adminMutations = {
  startBackfill: acting('admin', ({ flows: wanted, mode }: BackfillArguments, context) =>
    startRun(context, 'backfill', wanted, mode),
  ),
  startReconciliation: acting('admin', ({ flows: wanted, repair, full }: ReconciliationArguments, context) =>
    startRun(context, 'reconciliation', wanted, repair === true ? 'APPLY' : 'PREVIEW', full === true),
  ),
  cancelRun: acting('admin', async ({ id }: { readonly id: string }, context) => {
    const stored = await existingRun(context, id);
    await context.sync.cancelRun(stored);
    return runOf(context.sql, stored);
  }),
  rerunFailed: acting('admin', async ({ id }: { readonly id: string }, context) => {
    const stored = await existingRun(context, id);
    return runOf(context.sql, await context.sync.rerunFailed(stored, context.actor));
  }),
  pauseFlow: acting('admin', ({ flow, reason }: PauseArguments, context) =>
    pause(context, flow, true, reason ?? null),
  ),
  resumeFlow: acting('admin', ({ flow }: { readonly flow: string }, context) =>
    pause(context, flow, false, null),
  ),
  setFlow: acting('admin', (args: Parameters<typeof setFlow>[1], context) => setFlow(context, args)),
  setField: acting('admin', (args: Parameters<typeof setField>[1], context) => setField(context, args)),
  setCode: acting('admin', ({ list, crm, erp, direction, validFrom, validTo }: CodeArguments, context) =>
    context.sync.setCode(
      {
        list: camel(list),
        crm,
        erp,
        ...(direction && { direction: camel(direction) as CodePair['direction'] }),
        validFrom: validFrom ?? null,
        validTo: validTo ?? null,
      },
      context.actor,
    ),
  ),
  removeCode: acting('admin', ({ list, crm, erp }: CodeArguments, { sync }) =>
    sync.removeCode({ list: camel(list), crm, erp }),
  ),
  erase: acting('admin', ({ ref, mode }: { readonly ref: GivenRef; readonly mode: Mode }, context) =>
    context.sync.erase(refOf(ref), ask(context, mode)),
  ),
};

async function startRun(
  { sync, sql, actor }: SyncContext,
  kind: 'backfill' | 'reconciliation',
  wanted: readonly string[] | null | undefined,
  mode: Mode,
  full = false,
) {
  const names = wanted?.length ? wanted.map(mappingOf) : Object.values(flows);
  const id = await sync.startRun(kind, names, mode === 'PREVIEW' ? 'preview' : 'apply', actor, full);
  return runOf(sql, id);
}

async function existingRun({ sql }: SyncContext, id: string): Promise<string> {
  const stored = storedId(id, ['Run'], ['id']);
  if ((await runOf(sql, stored)) === null)
    throw badInput(`There is no run ${id}; runs lists the latest`, ['id']);
  return stored;
}

async function pause(context: SyncContext, flow: string, paused: boolean, reason: string | null) {
  await context.sync.pause(mappingOf(flow), paused, reason, context.actor);
  return (await flowStatus(context.sql, flow))[0];
}

interface BackfillArguments {
  readonly flows?: readonly string[] | null;
  readonly mode: Mode;
}

interface ReconciliationArguments {
  readonly flows?: readonly string[] | null;
  readonly repair?: boolean | null;
  readonly full?: boolean | null;
}

interface PauseArguments {
  readonly flow: string;
  readonly reason?: string | null;
}

interface CodeArguments {
  readonly list: string;
  readonly crm: string;
  readonly erp: string;
  readonly direction?: string | null;
  readonly validFrom?: string | null;
  readonly validTo?: string | null;
}
