import type { MappingName, RecordRef } from '../core/types.ts';
import type { Underway } from '../store/intents.ts';
import type { Lane } from '../store/lanes.ts';
import { releaseTwins } from '../store/twins.ts';
import { byMatch } from './adopt-match.ts';
import { byStamp } from './adopt-stamp.ts';
import { type Adopted, type Found, freshDeal, idOn } from './adopted.ts';
import { freshLink } from './fresh-link.ts';
import { type Left, lookAgain } from './lone.ts';
import { linkNamed, type Named } from './named.ts';
import { originsOf, rejoin, underway } from './origins.ts';
import { readRecords, refKey, strangerOf } from './records.ts';
import type { StepContext } from './step-context.ts';

/**
 * Gives records without a link one: by the stamp they carry, by what they refer to, by their match keys, or a fresh
 * link that waits for a counterpart. An ambiguous match links nothing; it becomes a proposal.
 */
export async function adopt(context: StepContext, lanes: readonly Lane[]): Promise<readonly Adopted[]> {
  const asked = lanes.map((lane) => ({ lane, ref: strangerOf(lane.key)! }));
  // Before the links: a create that is under way no more has left its link there.
  const making = await underway(
    context,
    asked.map(({ ref }) => ref),
  );
  const known = await context.linksOf(
    asked.flatMap(({ ref }) =>
      mappingsFor(context, ref).map((mapping) => ({ mapping, side: ref.side, id: ref.id })),
    ),
  );
  const out: Adopted[] = [];
  const open: { lane: Lane; ref: RecordRef }[] = [];
  const ended: Left[] = [];
  for (const each of asked) {
    const own = known.filter(
      (link) =>
        idOn(link, each.ref.side) === each.ref.id && mappingsFor(context, each.ref).includes(link.mapping),
    );
    const live = own.find((link) => link.state !== 'ended');
    if (live) out.push({ kind: 'handed', lane: each.lane, to: live.lane, mapping: live.mapping });
    else if (own.length > 0 && each.lane.cause.kind === 'change') {
      out.push({ kind: 'nothing', lane: each.lane });
      const mapping = context.homes[each.ref.side][each.ref.entity]!;
      const link = own.find((of) => of.mapping === mapping);
      if (link) ended.push({ each: { ref: each.ref, mapping }, link: link.id });
    } else open.push(each);
  }
  if (open.length + ended.length === 0) return out;
  await readRecords(
    context.connectors,
    context.records,
    [...open, ...ended.map(({ each }) => each)].map(({ ref }) => ref),
  );
  // One that is gone may have been looked at while its flow was paused.
  const gone = open.filter(({ ref }) => context.records.get(ref) === null);
  if (!context.preview)
    await lookAgain(context, [
      ...ended,
      ...gone.map(({ ref }) => ({
        each: { ref, mapping: context.homes[ref.side][ref.entity]! },
        link: null,
      })),
    ]);
  const originOf = originsOf(making);
  const found: Found[] = [];
  const made: { each: Found; origin: Underway }[] = [];
  for (const { lane, ref } of open) {
    const record = context.records.get(ref);
    if (!record) {
      out.push({ kind: 'nothing', lane });
      continue;
    }
    const each = { lane, ref, record, mapping: context.homes[ref.side][ref.entity]! };
    const origin = originOf(ref, record);
    if (!origin) found.push(each);
    // The step that made it, or its repetition, links it.
    else if (origin.working && origin.lane !== lane.key) out.push({ kind: 'later', lane });
    else made.push({ each, origin });
  }
  const rejoined = await rejoin(context, made);
  out.push(...rejoined.done);
  found.push(...rejoined.rest);
  const stamped = await byStamp(context, found);
  out.push(...stamped.done);
  const documents = stamped.rest.filter(isDocument);
  const named = await linkNamed(context, documents, making);
  for (const each of documents) out.push(adoptedAs(each, named.get(each)) ?? freshDeal(context, each));
  // What was about to be created for a record is created, not looked for: the create finds what it had made.
  const isRepeated = ({ lane, ref }: Found): boolean =>
    making.some((each) => each.lane === lane.key && each.source === refKey(ref));
  const others = stamped.rest.filter((each) => !documents.includes(each));
  for (const { lane, ref, mapping } of others.filter(isRepeated)) {
    const ids = { crmId: ref.side === 'crm' ? ref.id : null, erpId: ref.side === 'erp' ? ref.id : null };
    out.push({ kind: 'linked', lane, link: freshLink(context.newId(), mapping, null, ids) });
  }
  const matched = await byMatch(
    context,
    others.filter((each) => !isRepeated(each)),
  );
  return [...out, ...(await withoutBusy(context, matched))];
}

/**
 * A record that is to join a link that has work to do comes later: the link's own step looks for it, with the claim that
 * this lane gives up for it.
 */
async function withoutBusy(context: StepContext, matched: readonly Adopted[]): Promise<readonly Adopted[]> {
  const joining = matched.filter((each) => each.kind === 'joined');
  const atWork = await Promise.all(joining.map(({ links }) => context.isQueued(links[0]!.lane)));
  const later = new Set<Adopted>(joining.filter((_, n) => atWork[n]));
  if (later.size > 0)
    await releaseTwins(
      context.sql,
      [...later].map(({ lane }) => lane.key),
    );
  return matched.map((each) => (later.has(each) ? { kind: 'later', lane: each.lane } : each));
}

const isDocument = ({ mapping }: Found): boolean => mapping === 'quote' || mapping === 'order';

function adoptedAs({ lane }: Found, named: Named | undefined): Adopted | null {
  if (!named) return null;
  if (named.kind === 'found') return { kind: 'linked', lane, link: named.link };
  return { kind: 'handed', lane, to: named.link.lane, mapping: named.link.mapping };
}

const mappingsFor = ({ homes }: StepContext, ref: RecordRef): readonly MappingName[] =>
  ref.side === 'erp' && ref.entity === 'Order' ? ['order', 'quoteOrder'] : [homes[ref.side][ref.entity]!];
