import { other } from '../core/sides.ts';
import type { Json, MappingName, Side, SystemRecord } from '../core/types.ts';
import type { Lane } from '../store/lanes.ts';
import type { LinkRow } from '../store/links.ts';
import {
  forgetPreview,
  type PreviewLink,
  previewDeals,
  previewLinksOf,
  rememberPreview,
} from '../store/preview-links.ts';
import { standingOf } from '../store/standing.ts';
import type { LinkDraft, WorkPlan } from './draft.ts';
import { type Gathered, gather } from './gather.ts';
import { isSystemAway } from './guard.ts';
import { planWork } from './plan-work.ts';
import { refKey } from './records.ts';
import type { Ledger } from './runs-ledger.ts';
import { type Ground, type RunParts, titleOf, walkGround, walkMatchKeys } from './runs-walk.ts';
import { type StepContext, stepContext } from './step-context.ts';
import { refOfLink } from './work.ts';

/** Records planned at once. */
const batch = 250;

/**
 * What a backfill would do: adoption and planning of every record, without writing or claiming anything. Links that
 * it would make are remembered, so that what refers to them does not look as if it had to wait. False: the run ended.
 */
export async function previewBackfill(
  parts: RunParts,
  ledger: Ledger,
  grounds: readonly Ground[],
): Promise<boolean> {
  if (!(await walkMatchKeys(parts, ledger, grounds))) return false;
  // Links that would be made are known to this walk alone: a preview that was interrupted walks again from its start.
  await forgetPreview(parts.sql, ledger.id);
  try {
    for (const ground of grounds) {
      const visit = async (records: readonly SystemRecord[]): Promise<boolean> => {
        for (let from = 0; from < records.length; from += batch)
          await previewSome(parts, ledger, ground, records.slice(from, from + batch));
        return true;
      };
      if (!(await walkGround(parts, ledger, ground, visit))) return false;
    }
    return true;
  } finally {
    await forgetPreview(parts.sql, ledger.id);
  }
}

async function previewSome(
  parts: RunParts,
  ledger: Ledger,
  ground: Ground,
  records: readonly SystemRecord[],
): Promise<void> {
  const { side, entity, flow, mappings } = ground;
  const ids = records.map((record) => record.id);
  const standing = await standingOf(parts.sql, side, mappings, ids);
  const refs = ids.map((id) => ({ mapping: standing.get(id)?.mapping ?? flow, side, id }));
  const met = await previewLinksOf(parts.sql, ledger.id, refs);
  const isMet = new Set(met.map((link) => (side === 'crm' ? link.crmId : link.erpId)));
  const lanes = new Map<string, Lane>();
  for (const record of records) {
    const link = standing.get(record.id);
    if (link?.state === 'ended') ledger.count(link.mapping, 'ended');
    else if (link?.state === 'synced' && link.crmId && link.erpId && link.version === record.version)
      ledger.count(link.mapping, 'unchanged');
    // With the other side of the pair, or with its deal.
    else if (isMet.has(record.id)) ledger.count(link?.mapping ?? flow, 'counted with its counterpart');
    else {
      const key = link?.lane ?? `rec:${side}:${entity}:${record.id}`;
      lanes.set(key, laneOf(key, link?.mapping ?? flow, ledger.id));
    }
  }
  const byId = new Map(records.map((record) => [record.id, record]));
  await planSome(parts, ledger, ground, [...lanes.values()], byId);
}

const laneOf = (key: string, mapping: MappingName, run: string): Lane => ({
  key,
  mapping,
  n: 0,
  rung: {},
  edits: {},
  cause: { kind: 'run', id: run },
  // Whoever would wait a moment for another record has waited: what is there now is what counts.
  attempts: 0,
  putOff: 99,
  priority: 1,
});

/** A record that cannot be planned is counted alone: the batch is halved until it is found. */
async function planSome(
  parts: RunParts,
  ledger: Ledger,
  ground: Ground,
  lanes: readonly Lane[],
  records: ReadonlyMap<string, SystemRecord>,
): Promise<void> {
  if (lanes.length === 0) return;
  try {
    const context = previewContext(parts, ledger.id);
    for (const record of records.values())
      context.records.put({ side: ground.side, entity: ground.entity, id: record.id }, record);
    const gathered = await gather(context, lanes, { force: true, preview: true });
    const plans = gathered.works.map((work) => planWork(work, context));
    const drafts = plans.flatMap((plan) => plan.drafts);
    const deals = await previewDeals(parts.sql, ledger.id, [...new Set(drafts.map(({ link }) => link.lane))]);
    const would = rememberedLinks(deals);
    for (const [n, plan] of plans.entries()) tell(ledger, would, { context, gathered, n, plan });
    await rememberPreview(parts.sql, ledger.id, would.links);
  } catch (error) {
    if (isSystemAway(error) || lanes.length === 1) {
      if (isSystemAway(error)) throw error;
      ledger.count(ground.flow, 'failed', 1, { lane: lanes[0]!.key, error: String(error) });
      return;
    }
    const middle = Math.ceil(lanes.length / 2);
    await planSome(parts, ledger, ground, lanes.slice(0, middle), records);
    await planSome(parts, ledger, ground, lanes.slice(middle), records);
  }
}

/** Links that a batch would make, and the deals that have some already. */
interface Would {
  readonly links: PreviewLink[];
  add(link: PreviewLink): void;
  isOfDeal(lane: string): boolean;
}

function rememberedLinks(deals: ReadonlySet<string>): Would {
  const links: PreviewLink[] = [];
  const lanes = new Set(deals);
  return {
    links,
    add({ id, mapping, lane, crmId, erpId }) {
      // Not the link as it is: that holds all values of its record.
      links.push({ id, mapping, lane, crmId, erpId });
      if (lane.startsWith('deal:')) lanes.add(lane);
    },
    isOfDeal: (lane) => lanes.has(lane),
  };
}

function previewContext(parts: RunParts, run: string): StepContext {
  const context = stepContext(parts);
  return {
    ...context,
    preview: true,
    linksOf: async (refs, on) => {
      const [planned, stored] = await Promise.all([
        previewLinksOf(parts.sql, run, refs),
        context.linksOf(refs, on),
      ]);
      return planned.length > 0 ? [...planned, ...stored] : stored;
    },
    isQueued: async () => false,
  };
}

interface Told {
  readonly context: StepContext;
  readonly gathered: Gathered;
  readonly n: number;
  readonly plan: WorkPlan;
}

/** Counts what one lane would come to, link by link. */
function tell(ledger: Ledger, would: Would, { context, gathered, n, plan }: Told): void {
  const work = gathered.works[n]!;
  for (const { id, mapping } of work.links) {
    const proposal = gathered.proposals.find((each) => each.linkId === id);
    if (proposal && !context.stored.has(id))
      ledger.count(mapping, 'propose', 1, {
        side: proposal.side,
        id: proposal.recordId,
        candidates: JSON.parse(JSON.stringify(proposal.candidates.slice(0, 3))) as Json,
      });
  }
  for (const draft of plan.drafts) {
    const { link } = draft;
    const isNew = !context.stored.has(link.id);
    const sample = sampleOf(context, draft);
    if (link.linkedBy.kind === 'proposal') {
      // One that was made before still waits for its answer; a new one is counted above.
      const side: Side = link.crmId ? 'crm' : 'erp';
      if (!isNew) ledger.count(link.mapping, 'propose', 1, { ...sample, side, id: link.crmId ?? link.erpId });
      continue;
    }
    const creates = plan.writes.find((write) => write.action === 'create' && write.gives.includes(link.id));
    if (link.state === 'waiting') {
      for (const blocker of link.waitsFor) ledger.blame(link.mapping, reasonOf(blocker.on, blocker.reason));
      ledger.count(link.mapping, 'block', 1, {
        ...sample,
        waitsFor: link.waitsFor.map(({ on, reason }) => ({ on, reason })),
      });
    } else if (draft.conflicts.length > 0)
      ledger.count(link.mapping, 'conflict', 1, {
        ...sample,
        fields: draft.conflicts.map(({ field }) => field),
      });
    else if (creates) {
      // The deal's ERP order is there already, or would be by then: made for its quote.
      const there = would.isOfDeal(link.lane) && link.mapping === 'order';
      if (there) ledger.count(link.mapping, 'link', 1, { ...sample, key: 'id' });
      else ledger.count(link.mapping, creates.side === 'crm' ? 'createInCrm' : 'createInErp', 1, sample);
      would.add(completed(link, creates.side, `new:${link.id}`));
      continue;
    } else if (link.state === 'ended') ledger.count(link.mapping, 'gone', 1, sample);
    else if (!link.crmId || !link.erpId) ledger.count(link.mapping, 'left', 1, sample);
    else if (isNew)
      ledger.count(link.mapping, 'link', 1, {
        ...sample,
        key: link.linkedBy.key ?? link.linkedBy.kind,
        score: link.linkedBy.score ?? null,
        fields: fieldsOf(draft),
      });
    else
      ledger.count(link.mapping, draft.changes.length > 0 ? 'update' : 'unchanged', 1, {
        ...sample,
        fields: fieldsOf(draft),
      });
    would.add(link);
  }
}

const completed = (link: LinkRow, side: Side, id: string): LinkRow =>
  side === 'crm' ? { ...link, crmId: id } : { ...link, erpId: id };

const fieldsOf = ({ changes }: LinkDraft): readonly string[] => [
  ...new Set(changes.map(({ field }) => field)),
];

/** What is waited for in words that many records share: the kind of record, or the text nobody knows. */
function reasonOf(on: string, reason: string): string {
  const [side, entity] = on.split(':');
  if (side === 'crm' || side === 'erp') return `${side.toUpperCase()} ${entity} has no counterpart`;
  return on.startsWith('text:') ? on.slice('text:'.length) : reason;
}

function sampleOf(context: StepContext, { link }: LinkDraft): Record<string, Json> {
  const mapping = context.mappings[link.mapping];
  const shown = (side: Side): string => {
    const ref = refOfLink(mapping, link, side);
    return ref ? titleOf(context.records.get(ref)) : '';
  };
  const side: Side = link.crmId ? 'crm' : 'erp';
  return {
    crmId: link.crmId,
    erpId: link.erpId,
    title:
      shown(side) ||
      shown(other(side)) ||
      refKey({ side, entity: mapping[side], id: link.crmId ?? link.erpId ?? '' }),
  };
}
