import { SyncError } from '../../core/errors.ts';
import type { Mapping } from '../../core/mapping.ts';
import type { FieldChange, Held, Json, MappingName, RecordRef } from '../../core/types.ts';
import type { EditTimes } from '../../store/lanes.ts';
import { type LinkRow, linksById } from '../../store/links.ts';
import { keepPlannedAct } from '../../store/planned-acts.ts';
import type { Ask, LinkPlan, SyncResult } from '../api.ts';
import { brings, isOf } from '../done.ts';
import { alikeAlready, type LinkDraft, type RecordWrite } from '../draft.ts';
import { encode } from '../encode.ts';
import { type Asked, gather } from '../gather.ts';
import { type Addressed, type InlineParts, lanesOfRecords, runLanes } from '../inline.ts';
import { planWork } from '../plan-work.ts';
import type { LinkOutcome } from '../progress.ts';
import { createRecords, readRecords, refKey } from '../records.ts';
import { type StepContext, stepContext } from '../step-context.ts';
import { tokenOf } from '../sync-token.ts';
import type { Work } from '../work.ts';

/** A sync of some records, as it can be kept with a preview and carried out later. */
export interface SyncAct {
  readonly mapping: MappingName | null;
  readonly refs: readonly RecordRef[];
  readonly linkId: string | null;
  readonly asked: Asked;
}

/** The same, as it is kept. */
export type KeptSync = { readonly kind: 'sync' } & SyncAct;

/** Links that are stored only once all these lanes are in hand, theirs among them. */
export interface Starting {
  readonly lanes: readonly Open[];
  /** By id: what the act asks for. */
  readonly links: readonly string[];
  readonly save: () => Promise<void>;
}

/** A lane to run; `edits` says when records were last edited where what is stored first writes to them. */
type Open = Pick<Addressed, 'lane' | 'mapping'> & { readonly edits?: EditTimes };

/** How often the lanes of records are looked up: a step, of this act or a live one, may hand a record to another. */
const looks = 4;

/** Brings the pairs of these records into step, or says what that would write. One result per link, at least one per record. */
export async function syncRecords(
  parts: InlineParts,
  act: SyncAct,
  ask: Ask,
  starting?: Starting,
): Promise<readonly SyncResult[]> {
  const asked: Asked = { ...act.asked, ...(ask.prefer && { prefer: ask.prefer }) };
  if (ask.mode === 'preview') return preview(parts, { ...act, asked });
  const correlationId = ask.correlationId ?? parts.newId();
  const cause = { kind: 'mutation', id: correlationId, actor: ask.actor } as const;
  const outcomes = new Map<string, LinkOutcome>();
  const links = starting?.links ?? idsOf(act);
  let open: readonly Open[] = starting?.lanes ?? (await knownLanesOf(parts, act, links));
  // A record without link is adopted first; what adopts it may hand it to another lane, which is then run as well.
  for (let round = 0; round < looks && open.length > 0; round++) {
    const lanes = new Map(open.map(({ lane, mapping, edits = {} }) => [lane, { key: lane, mapping, edits }]));
    const first = round === 0 ? starting?.save : undefined;
    for (const lane of await runLanes(parts, [...lanes.values()], cause, asked, first)) {
      for (const link of lane.links) {
        const before = outcomes.get(link.link.id);
        outcomes.set(
          link.link.id,
          before && link.outcome === 'unchanged' ? { ...before, link: link.link } : link,
        );
      }
    }
    const next = await lanesOf(parts, act, links);
    open = next.filter((each) => each.link === null || !outcomes.has(each.link.id));
  }
  const [missing] = outcomes.size === 0 ? await missingRecords(parts, act.refs) : [];
  if (missing) throw noneOf(act.refs, missing);
  const wanted = [...outcomes.values()].filter((each) => isWanted(each.link, act, links));
  const token = await tokenOf(parts.sql);
  return wanted.map((each) => resultOf(parts.mappings[each.link.mapping], each, token));
}

const idsOf = ({ linkId }: SyncAct): readonly string[] => (linkId === null ? [] : [linkId]);

async function lanesOf(
  parts: InlineParts,
  act: SyncAct,
  ids: readonly string[],
): Promise<readonly Addressed[]> {
  if (ids.length === 0) return lanesOfRecords(parts, act.refs, act.mapping);
  const links = new Map((await linksById(parts.sql, ids)).map((link) => [link.id, link]));
  return ids.map((id) => {
    const link = links.get(id);
    if (!link) throw new SyncError('NOT_FOUND', `There is no link Link_${id}.`);
    if (link.state === 'ended')
      throw new SyncError(
        'BAD_USER_INPUT',
        link.endedBy === 'deleted'
          ? `Link_${id} has ended, since one of its records was deleted. Sync the other (restored, where it was archived): that makes its counterpart anew.`
          : `Link_${id} has ended (${link.endedBy}); link the records anew.`,
      );
    return { lane: link.lane, mapping: link.mapping, link };
  });
}

/** The same, before anything is done for any of them: a record that is not there and has no link is refused. */
async function knownLanesOf(
  parts: InlineParts,
  act: SyncAct,
  ids: readonly string[],
): Promise<readonly Addressed[]> {
  const open = await lanesOf(parts, act, ids);
  const alone = new Set(open.flatMap(({ lane, link }) => (link === null ? [lane] : [])));
  const [missing] = await missingRecords(
    parts,
    act.refs.filter((ref) => alone.has(`rec:${refKey(ref)}`)),
  );
  if (missing) throw noneOf(act.refs, missing);
  return open;
}

function isWanted(link: LinkRow, act: SyncAct, ids: readonly string[]): boolean {
  if (ids.length > 0) return ids.includes(link.id);
  if (
    act.mapping &&
    link.mapping !== act.mapping &&
    !(act.mapping === 'userOrder' && link.mapping === 'user')
  )
    return false;
  return act.refs.some((ref) => (ref.side === 'crm' ? link.crmId : link.erpId) === ref.id);
}

async function missingRecords(
  { connectors }: InlineParts,
  refs: readonly RecordRef[],
): Promise<readonly RecordRef[]> {
  if (refs.length === 0) return [];
  const records = createRecords();
  await readRecords(connectors, records, refs);
  return refs.filter((ref) => records.get(ref) === null);
}

const noneOf = (refs: readonly RecordRef[], ref: RecordRef): SyncError =>
  notFound(ref, { argument: ['refs', refs.indexOf(ref)] });

/** What a record that is not there is refused with; `detail` says which argument names it. */
export const notFound = (ref: RecordRef, detail: Readonly<Record<string, unknown>>): SyncError =>
  new SyncError('NOT_FOUND', `The ${ref.side.toUpperCase()} has no ${ref.entity} ${ref.id}.`, { detail });

/** Plans without writing, and keeps the plan with the versions it was made from. */
async function preview(parts: InlineParts, act: SyncAct): Promise<readonly SyncResult[]> {
  const ids = idsOf(act);
  let open = await knownLanesOf(parts, act, ids);
  for (let look = 1; ; look++) {
    const planned = await planOnce(parts, act, open);
    const isNew = planned.length === 0 && open.some(({ link }) => link === null) && look < looks;
    if (!isNew) return planned;
    open = await lanesOf(parts, act, ids);
    if (open.every(({ link }) => link === null)) return planned;
  }
}

async function planOnce(
  parts: InlineParts,
  act: SyncAct,
  open: readonly Addressed[],
): Promise<readonly SyncResult[]> {
  const context = { ...stepContext(parts), preview: true };
  const ids = idsOf(act);
  const { works, planned } = await planLanes(context, open, act.asked);
  const versions: Record<string, string> = {};
  for (const work of works)
    for (const link of work.links)
      for (const side of ['crm', 'erp'] as const) {
        const id = side === 'crm' ? link.crmId : link.erpId;
        if (id === null) continue;
        const ref = { side, entity: parts.mappings[link.mapping][side], id };
        versions[refKey(ref)] = context.records.get(ref)?.version ?? '';
      }
  // What is planned as if it were stored is kept by whoever would store it.
  const planToken = act.asked.as ? null : parts.newId();
  const kept: KeptSync = { kind: 'sync', ...act };
  if (planToken !== null) await keepPlannedAct(parts.sql, planToken, kept, versions);
  const syncToken = await tokenOf(parts.sql);
  return planned
    .filter(({ link }) => isWanted(link, act, ids))
    .map(({ told }) => ({ ...told, planToken, eventIds: [], syncToken }));
}

/** A link that was planned, and what is told of it. */
export interface Planned {
  readonly link: LinkRow;
  readonly told: Pick<SyncResult, 'outcome' | 'plan' | 'linkId' | 'waitsFor'>;
}

/** Plans all that these lanes have to do, whatever their news. Writes nothing. */
export async function planLanes(
  context: StepContext,
  open: readonly Open[],
  asked: Asked,
): Promise<{ readonly works: readonly Work[]; readonly planned: readonly Planned[] }> {
  const lanes = [...new Set(open.map((each) => each.lane))].map((key) => ({
    key,
    mapping: open.find((each) => each.lane === key)!.mapping,
    n: 0,
    rung: {},
    edits: {},
    cause: { kind: 'mutation' } as const,
    attempts: 0,
    putOff: 99,
    priority: 0,
  }));
  const { works } = await gather(context, lanes, { ...asked, force: true, preview: true });
  const planned = works.flatMap((work): readonly Planned[] => {
    const { drafts, writes } = planWork(work, context);
    const unfit = unfitOf(context, writes);
    return drafts
      .map((draft) => without(draft, unfit.get(draft.link.id) ?? []))
      .map((draft) => ({
        link: draft.link,
        told: {
          outcome: outcomeOfPlan(draft, writes, context.stored.get(draft.link.id)),
          plan: planOf(context.mappings[draft.link.mapping], draft, writes),
          linkId: context.stored.has(draft.link.id) ? draft.link.id : null,
          waitsFor: draft.link.waitsFor,
        },
      }));
  });
  return { works, planned };
}

/** A field that its target can't hold, as a draft's changes name it. */
interface Unfit {
  readonly held: Held;
  /** Link of the line. */
  readonly line: string | undefined;
}

/** Per link, what its targets could not hold of these writes: a step would find so only when it sends them. */
function unfitOf(
  context: StepContext,
  writes: readonly RecordWrite[],
): ReadonlyMap<string, readonly Unfit[]> {
  const all = writes.flatMap((write) =>
    encode(context, write)
      // What waits for a record that this very plan makes does not wait.
      .held.filter(({ held }) => held.kind !== 'waits')
      .map(({ link, held }) => ({ link, held, line: lineOf(context, link, held) })),
  );
  return Map.groupBy(all, ({ link }) => link);
}

function lineOf(context: StepContext, link: string, { side, line }: Held): string | undefined {
  if (line === undefined) return undefined;
  const lines = context.stored.get(link)?.lines ?? [];
  return lines.find((each) => (side === 'crm' ? each.crmLineId : each.erpLineId) === line)?.id ?? line;
}

/** What would be done, less what would stay behind. */
function without(draft: LinkDraft, unfit: readonly Unfit[]): LinkDraft {
  if (unfit.length === 0) return draft;
  const stays = ({ side, field, line }: FieldChange): boolean =>
    unfit.some((each) => each.held.side === side && each.held.field === field && each.line === line);
  return {
    ...draft,
    changes: draft.changes.filter((change) => !stays(change)),
    held: [...draft.held, ...unfit.map(({ held }) => held)],
  };
}

/** What a caller gets for one link of a step. */
function resultOf(
  mapping: Mapping,
  { link, outcome, eventId, draft, failure }: LinkOutcome,
  syncToken: string,
): SyncResult {
  const told = link.state === 'waiting' ? 'waiting' : link.state === 'conflict' ? 'conflict' : outcome;
  return {
    outcome: (failure ? 'failed' : told) as SyncResult['outcome'],
    plan: planDone(mapping, draft),
    planToken: null,
    linkId: link.id,
    eventIds: eventId ? [eventId] : [],
    syncToken,
    waitsFor: link.waitsFor,
  };
}

function outcomeOfPlan(
  draft: LinkDraft,
  writes: readonly RecordWrite[],
  before: LinkRow | undefined,
): SyncResult['outcome'] {
  if (draft.link.state === 'waiting') return 'waiting';
  if (writes.some((write) => write.action === 'create' && write.gives.includes(draft.link.id)))
    return 'created';
  if (draft.link.state === 'ended') return 'deleted';
  if (draft.conflicts.length > 0) return 'conflict';
  // As the log will tell it: whatever is written, they are a pair from now on.
  if (draft.link.crmId && draft.link.erpId && !before?.base) return 'linked';
  return draft.changes.some(({ why }) => why !== alikeAlready) ? 'updated' : 'unchanged';
}

function planOf(mapping: Mapping, draft: LinkDraft, writes: readonly RecordWrite[]): LinkPlan {
  const own = writes.filter((write) => isOf(write, mapping, draft.link));
  const written = draft.changes.filter(({ why }) => why !== alikeAlready);
  const byWrite = Map.groupBy(written, (change) => own.find((write) => brings(write, change)) ?? change.side);
  const shown = [...byWrite].map(([of, changes]) => {
    const write = typeof of === 'string' ? null : of;
    const { side } = changes[0]!;
    return {
      side,
      entity: mapping[side],
      id: write?.id ?? (side === 'crm' ? draft.link.crmId : draft.link.erpId),
      action: write?.action ?? ('update' as const),
      fields: changes.map(fieldOf),
    };
  });
  return {
    kind: kindOf(draft, own),
    writes: shown,
    changes: draft.changes,
    conflicts: draft.conflicts,
    held: draft.held,
    locked: draft.changes
      .filter((change) => change.why.startsWith('reverted'))
      .map((change) => ({ field: change.field, why: change.why })),
  };
}

/** What was planned and done, write by write. */
function planDone(mapping: Mapping, draft: LinkDraft): LinkPlan {
  const { done = [] } = draft;
  const plan = planOf(mapping, draft, []);
  const kind = plan.kind === 'none' || plan.kind === 'update' ? (done[0]?.action ?? plan.kind) : plan.kind;
  const writes = done.map(({ changes, ...write }) => ({
    ...write,
    fields: changes.filter(({ why }) => why !== alikeAlready).map(fieldOf),
  }));
  return { ...plan, kind, writes };
}

const fieldOf = (change: FieldChange) => ({
  field: change.field,
  ...(change.line && { line: change.line }),
  before: change.before as Json,
  after: change.after as Json,
  rule: change.why,
});

function kindOf(draft: LinkDraft, writes: readonly RecordWrite[]): LinkPlan['kind'] {
  if (draft.link.state === 'waiting') return 'wait';
  if (draft.link.linkedBy.kind === 'proposal') return 'propose';
  if (draft.link.state === 'ended') return 'unlink';
  const action = writes[0]?.action;
  if (action && (action !== 'update' || draft.changes.length > 0)) return action;
  return draft.changes.length > 0 ? 'update' : 'none';
}
