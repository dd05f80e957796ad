import type { CodePair } from '../../../sync/index.ts';
import { badInput } from '../../system/arguments.ts';
import type { SyncContext } from '../context.ts';
import { setField, setFlow } from '../field-settings.ts';
import { flowStatus } from '../flow-status.ts';
import { storedId } from '../ids.ts';
import { runOf } from '../runs.ts';
import { changeOf } from '../setting-change.ts';
import { camel, flows, mappingOf } from '../words.ts';
import { acting, ask, type GivenRef, type Mode, refOf } from './acting.ts';

/** What only `admin` may do: runs over everything, settings, and erasing a person. */
export const adminMutations = {
  startBackfill: acting('admin', ({ flows: wanted, mode }: BackfillArguments, context) =>
    startRun(context, 'backfill', wanted, mode),
  ),
  startReconciliation: acting(
    'admin',
    ({ flows: wanted, repair, full, mode }: ReconciliationArguments, context) =>
      startRun(
        context,
        'reconciliation',
        wanted,
        repair === true && mode !== 'PREVIEW' ? 'APPLY' : 'PREVIEW',
        full === true,
      ),
  ),
  cancelRun: acting('admin', async ({ id, mode }: RunArguments, context) => {
    const stored = await existingRun(context, id);
    if (mode !== 'PREVIEW') await context.sync.cancelRun(stored);
    return runOf(context.sql, stored);
  }),
  rerunFailed: acting('admin', async ({ id, mode }: RunArguments, context) => {
    const stored = await existingRun(context, id);
    if (mode === 'PREVIEW') return runOf(context.sql, stored);
    return runOf(context.sql, await context.sync.rerunFailed(stored, context.actor));
  }),
  pauseFlow: acting('admin', (args: PauseArguments, context) =>
    pause(context, args, { paused: true, reason: args.reason ?? null }),
  ),
  resumeFlow: acting('admin', (args: PauseArguments, context) =>
    pause(context, args, { paused: false, reason: null }),
  ),
  setFlow: acting('admin', (args: Parameters<typeof setFlow>[1], context) => setFlow(context, args)),
  setField: acting('admin', (args: Parameters<typeof setField>[1], context) => setField(context, args)),
  setCode: acting('admin', (args: CodeArguments, context) => mapCode(context, args)),
  removeCode: acting('admin', ({ list, crm, erp, mode }: CodeArguments, context) =>
    removeCode(context, { list: camel(list), crm, erp }, mode),
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
  // A list that came out empty must not start what nobody asked for.
  if (wanted?.length === 0)
    throw badInput('Name at least one flow, or leave flows out for all of them', ['flows']);
  const names = wanted?.map(mappingOf) ?? Object.values(flows);
  const id = await sync.startRun(kind, names, mode === 'PREVIEW' ? 'preview' : 'apply', actor, full);
  return runOf(sql, id);
}

async function existingRun({ sql }: SyncContext, id: string): Promise<string> {
  const stored = storedId(id, ['Run'], ['id']);
  if ((await runOf(sql, stored)) === null)
    throw badInput(`There is no run ${id}; runs lists the latest`, ['id']);
  return stored;
}

async function pause(
  context: SyncContext,
  { flow, mode }: PauseArguments,
  to: { readonly paused: boolean; readonly reason: string | null },
) {
  const mapping = mappingOf(flow);
  if (mode !== 'PREVIEW') await context.sync.pause(mapping, to.paused, to.reason, context.actor);
  const status = (await flowStatus(context.sql, flow))[0]!;
  if (mode !== 'PREVIEW') return status;
  const found = await context.sync.previewSetting({ kind: 'rest', mapping, paused: to.paused });
  return { ...status, ...to, change: changeOf(context, found) };
}

async function mapCode(
  context: SyncContext,
  { list, crm, erp, direction, validFrom, validTo, mode }: CodeArguments,
) {
  const given = {
    list: camel(list),
    crm,
    erp,
    ...(direction && { direction: camel(direction) as CodePair['direction'] }),
    validFrom: validFrom ?? null,
    validTo: validTo ?? null,
  };
  if (mode !== 'PREVIEW') return context.sync.setCode(given, context.actor);
  const found = await context.sync.previewSetting({ kind: 'setCode', given });
  return { ...found.code, change: changeOf(context, found) };
}

async function removeCode(
  context: SyncContext,
  given: { readonly list: string; readonly crm: string; readonly erp: string },
  mode: Mode,
) {
  if (mode !== 'PREVIEW') return context.sync.removeCode(given, context.actor);
  const found = await context.sync.previewSetting({ kind: 'removeCode', given });
  return { ...found.code, change: changeOf(context, found) };
}

interface BackfillArguments {
  readonly flows?: readonly string[] | null;
  readonly mode: Mode;
}

interface ReconciliationArguments {
  readonly flows?: readonly string[] | null;
  readonly repair?: boolean | null;
  readonly full?: boolean | null;
  readonly mode: Mode;
}

interface RunArguments {
  readonly id: string;
  readonly mode: Mode;
}

interface PauseArguments {
  readonly flow: string;
  readonly reason?: string | null;
  readonly mode: Mode;
}

interface CodeArguments {
  readonly list: string;
  readonly crm: string;
  readonly erp: string;
  readonly mode: Mode;
  readonly direction?: string | null;
  readonly validFrom?: string | null;
  readonly validTo?: string | null;
}
