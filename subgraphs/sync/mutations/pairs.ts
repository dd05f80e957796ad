import { badInput } from '../../system/arguments.ts';
import { storedId } from '../ids.ts';
import type { Unified } from '../unified.ts';
import { entityOf, flows, mappingOf, sideOf } from '../words.ts';
import { acting, ask, existingLink, type GivenRef, type Mode, refOf } from './acting.ts';
import { type SyncArguments, syncOne } from './sync-one.ts';

/** Records of one `sync` mutation. */
const mostRefs = 100;

/** What a person does to pairs: bring them into step, link them otherwise, take back what was done. */
export function pairMutations(unified: Unified) {
  return {
    ...syncMutations(unified),
    sync: acting('sync', ({ refs, mode }: RefsArguments, context) => {
      if (refs.length > mostRefs)
        throw badInput(`At most ${mostRefs} records at a time, not ${refs.length}`, ['refs']);
      return context.sync.syncRecords(null, refs.map(refOf), ask(context, mode));
    }),
    applyPlan: acting('sync', ({ token }: { readonly token: string }, { sync, actor, correlationId }) =>
      sync.applyPlan(token, { actor, correlationId }),
    ),
    link: acting('sync', ({ flow, crmId, erpId, mode, prefer }: LinkArguments, context) =>
      context.sync.link(mappingOf(flow), crmId, erpId, ask(context, mode, prefer)),
    ),
    unlink: acting('sync', async ({ id, keep, mode }: UnlinkArguments, context) => {
      const { id: linkId } = await existingLink(unified, context, id, ['id']);
      return context.sync.unlink(linkId, keep === 'BOTH' ? 'both' : sideOf(keep), ask(context, mode));
    }),
    relink: acting('sync', async ({ id, crmId, erpId, mode }: RelinkArguments, context) => {
      if (!crmId && !erpId) throw badInput('Give crmId, erpId or both', ['crmId']);
      const { id: linkId } = await existingLink(unified, context, id, ['id']);
      const to = { ...(crmId && { crmId }), ...(erpId && { erpId }) };
      return context.sync.relink(linkId, to, ask(context, mode));
    }),
    swapLinks: acting('sync', async ({ a, b, mode, prefer }: SwapArguments, context) => {
      const first = await existingLink(unified, context, a, ['a']);
      const second = await existingLink(unified, context, b, ['b']);
      return context.sync.swap({ a: first.id, b: second.id }, ask(context, mode, prefer));
    }),
    followMerge: acting('sync', ({ side, entity, from, into, mode }: MergeArguments, context) => {
      const of = { side: sideOf(side), entity: entityOf(entity) };
      return context.sync.followMerge({ ...of, id: from }, { ...of, id: into }, ask(context, mode));
    }),
    revert: acting('sync', async ({ eventId, fields, mode }: RevertArguments, context) => {
      const id = storedId(eventId, ['Event'], ['eventId']);
      if ((await context.load.event.load(id)) === null)
        throw badInput(`There is no event ${eventId}; syncEvents lists them`, ['eventId']);
      return context.sync.revert(id, fields ?? null, ask(context, mode));
    }),
  };
}

/** `syncCustomer`, `syncQuoteOrder` and so on: one for each flow. */
const syncMutations = (unified: Unified) =>
  Object.fromEntries(
    Object.entries(flows).map(([flow, mapping]) => [
      `sync${flow.toLowerCase().split('_').map(capitalized).join('')}`,
      acting('sync', (args: SyncArguments, context) => syncOne(unified, mapping, args, context)),
    ]),
  );

const capitalized = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

interface RefsArguments {
  readonly refs: readonly GivenRef[];
  readonly mode: Mode;
}

interface LinkArguments {
  readonly flow: string;
  readonly crmId: string;
  readonly erpId: string;
  readonly mode: Mode;
  readonly prefer?: string | null;
}

interface UnlinkArguments {
  readonly id: string;
  readonly keep: 'BOTH' | 'CRM' | 'ERP';
  readonly mode: Mode;
}

interface RelinkArguments {
  readonly id: string;
  readonly crmId?: string | null;
  readonly erpId?: string | null;
  readonly mode: Mode;
}

interface SwapArguments {
  readonly a: string;
  readonly b: string;
  readonly mode: Mode;
  readonly prefer?: string | null;
}

interface MergeArguments {
  readonly side: string;
  readonly entity: string;
  readonly from: string;
  readonly into: string;
  readonly mode: Mode;
}

interface RevertArguments {
  readonly eventId: string;
  readonly fields?: readonly string[] | null;
  readonly mode: Mode;
}
