import { decodeRecord } from '../core/decode.ts';
import type { Mapping } from '../core/mapping.ts';
import { rulesOf } from '../core/rules.ts';
import { same } from '../core/same.ts';
import { other, sides } from '../core/sides.ts';
import type {
  FieldChange,
  LineLink,
  RecordRef,
  Side,
  SideState,
  Stage,
  SystemRecord,
  Values,
} from '../core/types.ts';
import type { LinkRow } from '../store/links.ts';
import { blockersOf } from './blockers.ts';
import { completeDeal, dealOf } from './deal.ts';
import { wasCarriedOut } from './decisions.ts';
import type { LinkDraft, RecordWrite, WorkPlan } from './draft.ts';
import { editedAt, editTimes, unagreed } from './edits.ts';
import { type Folding, fold, folding, partOf } from './fold.ts';
import { createKey, flipLimit, revisionKey } from './fresh-link.ts';
import { massKey, massPauseMs } from './mass-change.ts';
import { getsCrmOrder, quoteOfNewOrder, withQuoteLines } from './order-of-quote.ts';
import { refKey } from './records.ts';
import { isOpenOrder, stageOf } from './stage.ts';
import { foundAlike, leftBehind } from './told-late.ts';
import { type PlanContext, refOfLink, type Work } from './work.ts';

/**
 * Plans one lane's work: a pair, or all the documents of a deal. Pure: the same records and links give the same plan
 * (but for the ids it makes). What has to be written comes out per record, however many links ask for it.
 */
export function planWork(work: Work, context: PlanContext): WorkPlan {
  const links = work.links.filter((link) => link.state !== 'ended');
  const deal = links.some((link) => link.lane.startsWith('deal:'));
  const members = deal ? completeDeal(links, context) : links;
  const planner = createPlanner(work, context, members, deal ? stageOf(dealOf(members, context)) : 'quote');
  const going = members.flatMap((link) => planner.look(link, links.includes(link)) ?? []);
  fold(inOrder(going), context.newId);
  for (const each of going) planner.folded(each);
  const { drafts, writes, postponed, told } = planner;
  return {
    drafts: [...drafts.values()],
    writes: [...writes.values()],
    told,
    postponedMs: postponed.length > 0 ? Math.min(...postponed) : null,
  };
}

/** Links in the order in which the ERP documents' edits were captured: where two meet, the later stands. */
function inOrder(links: readonly Folding[]): readonly Folding[] {
  return [...links].sort((a, b) => a.states.erp.at - b.states.erp.at);
}

function createPlanner(work: Work, context: PlanContext, members: readonly LinkRow[], stage: Stage) {
  const { mappings, records, lookup } = context;
  const drafts = new Map<string, LinkDraft>();
  const writes = new Map<string, RecordWrite>();
  const postponed: number[] = [];
  const told: string[] = [];
  const untold = new Map<string, readonly FieldChange[]>();
  const decoded = new Map<string, SideState>();
  /** Sides of links with an edit that rests. */
  const resting = new Set<string>();

  const stateOf = (mapping: Mapping, ref: RecordRef, record: SystemRecord): SideState => {
    const key = `${mapping.name}:${refKey(ref)}`;
    const known = decoded.get(key);
    if (known) return known;
    const made = decodeRecord(mapping, ref.side, record, lookup, editedAt(context, work, ref));
    decoded.set(key, made);
    return made;
  };

  const draft = (link: LinkRow, told?: Partial<LinkDraft>): void => {
    const before = drafts.get(link.id);
    drafts.set(link.id, {
      link,
      touched: true,
      changes: told?.changes ?? before?.changes ?? [],
      conflicts: told?.conflicts ?? before?.conflicts ?? [],
      held: told?.held ?? before?.held ?? [],
    });
  };

  const want = (write: RecordWrite): void => {
    const key = write.id ? `${write.side}:${write.entity}:${write.id}:${write.action}` : write.key!;
    const before = writes.get(key);
    writes.set(
      key,
      before
        ? { ...before, parts: [...before.parts, ...write.parts], gives: [...before.gives, ...write.gives] }
        : write,
    );
  };

  /** Whether this link carries the commercial content at the deal's stage. */
  const carries = (mapping: Mapping): boolean => mapping.carries?.includes(stage) ?? true;

  /** Sorts a link: both records there → to be merged; one → to be created or left; gone → by the delete policy. */
  const look = (link: LinkRow, stored: boolean): Folding | null => {
    const mapping = mappings[link.mapping];
    const refs = { crm: refOfLink(mapping, link, 'crm'), erp: refOfLink(mapping, link, 'erp') };
    const now = {
      crm: refs.crm && records.get(refs.crm),
      erp: refs.erp && records.get(refs.erp),
    };
    for (const side of sides)
      if (refs[side] && !now[side]) {
        vanished(mapping, link, side, refs[other(side)], now[other(side)]);
        return null;
      }
    if (!now.crm || !now.erp) {
      const side: Side = now.crm ? 'crm' : 'erp';
      const record = now[side];
      return record ? create(mapping, link, refs[side]!, record, stored) : null;
    }
    if (link.closed || !isAssigned(mapping, link, now.erp)) return null;
    const shown = (side: Side, record: SystemRecord): SideState => ({
      ...rested(mapping, link, stateOf(mapping, refs[side]!, record), side),
      ...editTimes(mapping, link, side, record),
    });
    const states = { crm: shown('crm', now.crm), erp: shown('erp', now.erp) };
    const blockers = [
      ...blockersOf(mapping, 'crm', states.crm, lookup),
      ...blockersOf(mapping, 'erp', states.erp, lookup),
    ].filter((b) => b.on !== 'lines');
    // A side with an edit that rests is not known as it is now: its news has to be looked at again.
    const versions = {
      ...(!resting.has(`${link.id}:crm`) && { crmVersion: now.crm.version }),
      ...(!resting.has(`${link.id}:erp`) && { erpVersion: now.erp.version }),
    };
    if (blockers.length > 0) {
      draft({ ...link, ...versions, state: 'waiting', waitsFor: blockers });
      return null;
    }
    archiveAlong(mapping, link, now.crm, now.erp);
    // A new revision starts the documents it takes over anew, whatever became of the one before.
    const begins = link.linkedBy.key === revisionKey && !link.synced;
    const choices = begins
      ? { status: { take: 'crm' } as const, ...work.choices[link.id] }
      : work.choices[link.id];
    untold.set(link.id, late(link, states));
    const quarantined = Object.keys(link.flips).filter((field) => link.flips[field]!.n >= flipLimit);
    const prefer = work.prefer ?? (mapping.name === 'userOrder' && !link.base ? 'crm' : undefined);
    return folding({
      mapping,
      docs: { crm: refKey(refs.crm!), erp: refKey(refs.erp!) },
      content: carries(mapping),
      stage,
      link: {
        ...link,
        ...versions,
        waitsFor: [],
        crmArchived: now.crm.archived,
        erpArchived: now.erp.archived,
      },
      states,
      standing: context.standing(mapping.name),
      ...(work.refused?.[link.id] && { refused: work.refused[link.id]! }),
      ...(choices && { choices }),
      ...(prefer && { prefer }),
      ...(quarantined.length > 0 && { quarantined: new Set(quarantined) }),
    });
  };

  /** A side without the edits that still rest: they look as they did at the last agreement, and are looked at again when they have. */
  const rested = (mapping: Mapping, link: LinkRow, state: SideState, side: Side): SideState => {
    const base = link.base?.[side];
    // Who asks for a sync now does not wait.
    if (!base || work.lane.cause.kind === 'mutation') return state;
    // A record may have been written after the step began: it is new, and no field rests for less than nothing.
    const age = Math.max(0, context.now - state.at);
    const young = rulesOf(mapping.fields).filter(
      ({ field, rule }) =>
        (rule.settleMs ?? 0) > age && base[field] !== undefined && !same(base[field], state.values[field]),
    );
    if (young.length === 0) return state;
    resting.add(`${link.id}:${side}`);
    postponed.push(Math.min(...young.map(({ rule }) => rule.settleMs! - age)));
    const before = Object.fromEntries(young.map(({ field }) => [field, base[field]!]));
    return { ...state, values: { ...state.values, ...before } };
  };

  /** The block on an order speaks of its salesperson of now: a link to the one before has no say in it any more. */
  const isAssigned = (mapping: Mapping, link: LinkRow, order: SystemRecord): boolean => {
    if (mapping.name !== 'userOrder') return true;
    const salesperson = order.fields.salespersonId;
    if (typeof salesperson !== 'string') return false;
    const user = lookup.link({ side: 'erp', entity: 'Salesperson', id: salesperson });
    return user !== undefined && lookup.record(user, 'crm') === link.crmId;
  };

  /** A record that a link names is gone: the other follows by the flow's policy, and a tombstone stays. */
  const vanished = (
    mapping: Mapping,
    link: LinkRow,
    side: Side,
    survivor: RecordRef | null,
    record: SystemRecord | null,
  ): void => {
    if (work.massGone === side) {
      const reason = `${side.toUpperCase()} shows more than half of this flow as gone. Look there; when it is true, retry MASS_CHANGE.`;
      draft({ ...link, state: 'waiting', waitsFor: [{ on: massKey(link.mapping, side), reason }] });
      postponed.push(massPauseMs);
      return;
    }
    const policy = mapping.onDelete[side];
    const change: FieldChange = {
      field: 'deleted',
      side: other(side),
      before: false,
      after: policy,
      winner: side,
      why: `deleted in the ${side.toUpperCase()}`,
    };
    if (survivor && record && policy !== 'unlink' && !(policy === 'archive' && record.archived))
      want({
        ...survivor,
        action: policy,
        version: record.version,
        key: null,
        parts: [],
        gives: [],
      });
    const shown = { crm: null, erp: null };
    draft(
      { ...link, state: 'ended', endedBy: 'deleted', waitsFor: [] },
      {
        changes: [
          ...late(link, shown),
          ...leftBehind(link, survivor && record && stateOf(mapping, survivor, record), other(side)),
          change,
        ],
      },
    );
  };

  /** Archiving and restoring travel like an edit: the side that changed it is followed. */
  const archiveAlong = (mapping: Mapping, link: LinkRow, crm: SystemRecord, erp: SystemRecord): void => {
    if (crm.archived === erp.archived) return;
    const crmMoved = crm.archived !== link.crmArchived;
    const from: Side = crmMoved ? 'crm' : 'erp';
    if (!crmMoved && erp.archived === link.erpArchived) return;
    const [source, target] = from === 'crm' ? [crm, erp] : [erp, crm];
    if (mapping.name === 'userOrder' || mapping.name === 'quoteOrder') return;
    want({
      side: other(from),
      entity: mapping[other(from)],
      id: target.id,
      action: source.archived ? 'archive' : 'restore',
      version: target.version,
      key: null,
      parts: [],
      gives: [],
    });
    draft(link, {
      changes: [
        {
          field: 'archived',
          side: other(from),
          before: target.archived,
          after: source.archived,
          winner: from,
          why: source.archived ? 'archived' : 'restored',
        },
      ],
    });
  };

  /** Takes a merged link's result in. */
  const folded = (each: Folding): void => {
    const wait = throttledFor(each);
    if (wait > 0) {
      postponed.push(wait);
      return;
    }
    for (const side of sides) {
      const part = partOf(each, side);
      if (each.creates === side) {
        const source = refOfLink(each.mapping, each.link, other(side))!;
        want({
          side,
          entity: each.mapping[side],
          id: null,
          action: 'create',
          version: null,
          key: createKey(each.mapping, each.link, source),
          origin: {
            source: refKey(source),
            mapping: each.mapping.name,
            lane: work.lane.key,
            linkLane: each.link.lane,
          },
          parts: part
            ? [isCrmOrder(each.mapping, side) ? withQuoteLines(part, each.link.lines, members) : part]
            : [],
          gives: [each.link.id],
        });
        continue;
      }
      if (!part) continue;
      const ref = refOfLink(each.mapping, each.link, side)!;
      want({
        ...ref,
        action: 'update',
        version: records.get(ref)!.version,
        key: null,
        parts: [part],
        gives: [],
      });
    }
    const archived = drafts.get(each.link.id)?.changes ?? [];
    const state = each.conflicts.length > 0 ? 'conflict' : 'synced';
    const erpOrder =
      each.mapping.name === 'userOrder' ? records.get(refOfLink(each.mapping, each.link, 'erp')!) : null;
    draft(
      {
        ...each.link,
        state,
        agreed: each.link.base?.crm ?? {},
        held: each.held,
        edits: each.creates ? {} : unagreed(each, context),
        synced: true,
        ...(erpOrder && !isOpenOrder(erpOrder) && { closed: true }),
      },
      {
        changes: [
          ...archived,
          ...(untold.get(each.link.id) ?? []),
          ...each.changes,
          ...foundAlike(each, work, context),
        ],
        conflicts: each.conflicts,
        held: each.held,
      },
    );
  };

  /** A record without counterpart: the merge of it with one that is missing makes the other; or it says what it waits for. */
  const create = (
    mapping: Mapping,
    link: LinkRow,
    ref: RecordRef,
    record: SystemRecord,
    stored: boolean,
  ): Folding | null => {
    const { side } = ref;
    const target = other(side);
    const state = stateOf(mapping, ref, record);
    const seen: LinkRow = {
      ...link,
      ...(side === 'crm' ? { crmVersion: record.version } : { erpVersion: record.version }),
      agreed: state.values,
      held: state.held,
      lines: ownLines(link, side, state),
    };
    if (link.linkedBy.kind === 'proposal') {
      draft({ ...seen, state: 'pending' });
      return null;
    }
    if (record.archived || !mayCreate(mapping, side, state.values, record)) {
      draft({ ...seen, state: 'pending', waitsFor: [] });
      return null;
    }
    const blockers = blockersOf(mapping, side, state, lookup);
    if (blockers.length > 0) {
      // A deal that waits does so once, under the link of the document that waits.
      if (stored) draft({ ...seen, state: 'waiting', waitsFor: blockers });
      return null;
    }
    const absent: SideState = { values: {}, held: [], at: 0, lines: [], missing: true };
    const created =
      target === 'erp' && mapping.erp === 'Order' ? `${link.lane}:Order` : `link:${link.id}:${target}`;
    return folding({
      mapping,
      docs: { [side]: refKey(ref), [target]: created } as Record<Side, string>,
      // However far its deal has come, a document is made whole: what is frozen or carried elsewhere is so from then on.
      content: true,
      stage: 'quote',
      link: { ...seen, waitsFor: [] },
      states: { [side]: state, [target]: absent } as Record<Side, SideState>,
      creates: target,
      ...(isCrmOrder(mapping, target) && { choices: quoteOfNewOrder(members) }),
      ...(work.refused?.[link.id] && { refused: work.refused[link.id]! }),
    });
  };

  /** The lines of a document without counterpart, so that the unified record shows them while it waits. */
  const ownLines = (link: LinkRow, side: Side, { lines = [] }: SideState): readonly LineLink[] =>
    lines
      .filter((line) => !line.behind)
      .map(({ lineId, values }) => {
        const idOf = (line: LineLink): string | null => (side === 'crm' ? line.crmLineId : line.erpLineId);
        const known = link.lines.find((line) => idOf(line) === lineId);
        return {
          id: known?.id ?? context.newId(),
          crmLineId: side === 'crm' ? lineId : null,
          erpLineId: side === 'erp' ? lineId : null,
          base: null,
          ended: false,
          shown: values,
        };
      });

  const mayCreate = (mapping: Mapping, side: Side, values: Values, record: SystemRecord): boolean => {
    if (!mapping.creates[side]) return false;
    const rule = context.ruleOf(mapping.name);
    if (rule === 'match' || rule === 'never') return false;
    if (rule === 'connected' && !context.wanted.has(refKey({ side, entity: mapping[side], id: record.id })))
      return false;
    if (mapping.links.kind === 'when' && side === 'crm' && !mapping.links.condition(values)) return false;
    return !isCrmOrder(mapping, other(side)) || getsCrmOrder(mapping, record, stage);
  };

  /** What steps that died had overwritten or were about to, as far as it came to that. */
  const late = (link: LinkRow, shown: Readonly<Record<Side, SideState | null>>): readonly FieldChange[] => {
    const open = work.untold?.[link.id] ?? [];
    told.push(...open.map(({ id }) => id));
    return open.flatMap(({ changes }) => changes.filter((change) => wasCarriedOut(change, link, shown)));
  };

  return { look, folded, drafts, writes, postponed, told };
}

const isCrmOrder = ({ name }: Mapping, side: Side): boolean => name === 'order' && side === 'crm';

/** Milliseconds for which a link's news rests: only computed values have moved, and they were copied a moment ago. */
function throttledFor({ link, mapping, parts, conflicts, creates }: Folding): number {
  if (creates || conflicts.length > 0 || link.syncedAgoMs === null) return 0;
  const fields = sides.flatMap((side) => Object.keys(parts[side].values));
  if (fields.length === 0 || sides.some((side) => parts[side].lines.size > 0)) return 0;
  const shortest = Math.min(...fields.map((field) => mapping.fields[field]?.throttleMs ?? 0));
  return shortest - link.syncedAgoMs;
}
