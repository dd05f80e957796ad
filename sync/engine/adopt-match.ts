import type { Connector, Lookup } from '../core/connector.ts';
import type { Mapping } from '../core/mapping.ts';
import {
  type Candidate,
  compared,
  type Evidence,
  judge,
  type MatchLookup,
  matchValues,
  sure,
} from '../core/matching.ts';
import { other, sides } from '../core/sides.ts';
import type { Side, SideState, SystemRecord } from '../core/types.ts';
import type { LinkBrief } from '../store/links.ts';
import { claimTwins } from '../store/twins.ts';
import { type Adopted, decode, type Found, idOn, learnRecords } from './adopted.ts';
import { findByForm, type Looked, learn } from './alike.ts';
import { freshLink } from './fresh-link.ts';
import type { StepContext } from './step-context.ts';

/** A record with its own normal form and the look-ups that may find its counterpart. */
interface Sought<Of = Found> {
  readonly each: Of;
  readonly mapping: Mapping;
  readonly state: SideState;
  readonly keys: readonly MatchLookup[];
}

/** Looks for counterparts by the match keys, all records of the batch at once. `except`: links of their own. */
export async function byMatch(
  context: StepContext,
  all: readonly Found[],
  except: ReadonlySet<string> = none,
): Promise<readonly Adopted[]> {
  const found = all.filter((each) => context.matchWalk.knows(each.mapping));
  const early = all
    .filter((each) => !found.includes(each))
    .map(({ lane }): Adopted => ({ kind: 'later', lane }));
  if (found.length === 0) return early;
  await learnRecords(context, found);
  const sought = found.map((each): Sought => {
    const mapping = context.mappings[each.mapping];
    const state = decode(context, mapping, each.ref.side, each.record);
    return { each, mapping, state, keys: matchValues(mapping, each.ref.side, state, context.lookup) };
  });
  const [won] = context.preview
    ? [null]
    : await Promise.all([
        claimTwins(context.sql, sought.flatMap(claimsOf)),
        learn(context, sought.map(lookedOf)),
      ]);
  // Who got some of his values only holds these: they, too, are free once this step is over.
  if (won) for (const { each } of sought) context.claimed.add(each.lane.key);
  // Who has nothing to be found by claims nothing, and has no twin to wait for.
  const going = won
    ? sought.filter((each) => claimsOf(each).length === 0 || won.has(each.each.lane.key))
    : sought;
  const out = [
    ...early,
    ...sought
      .filter((each) => !going.includes(each))
      .map(({ each }): Adopted => ({ kind: 'later', lane: each.lane })),
  ];
  const met = await findAlike(context, going);
  const taken = await context.linksOf(
    going.flatMap(({ each }, n) => [
      { mapping: each.mapping, side: each.ref.side, id: each.ref.id },
      ...met[n]!.candidates.map((c) => ({ mapping: each.mapping, side: other(each.ref.side), id: c.id })),
    ]),
  );
  const live = taken.filter((link) => link.state !== 'ended' && !except.has(link.id));
  return [...out, ...going.map((each, n) => settle(context, each, met[n]!, live))];
}

const none: ReadonlySet<string> = new Set();

/** A record, and the counterpart that was just made for it. */
export interface Made extends Pick<Found, 'ref' | 'record' | 'mapping'> {
  readonly made: string;
}

/**
 * Of records for which a counterpart was just made on `side`, the twins that would have been linked, had they been there
 * before: one sure one each, which has no link. Most have none, which one look-up of values tells.
 */
export async function twinsOf(
  context: StepContext,
  side: Side,
  all: readonly Made[],
): Promise<readonly (Evidence | null)[]> {
  const sought = all.map((each): Sought<Made> => {
    const mapping = context.mappings[each.mapping];
    const state = decode(context, mapping, each.ref.side, each.record);
    const keys = matchValues(mapping, each.ref.side, state, context.lookup);
    return {
      each,
      mapping,
      state,
      keys: keys.filter(({ key }) => key.score >= sure && key.fields[0] !== 'id'),
    };
  });
  const asked = sought.flatMap(({ mapping, keys }, n) =>
    keys.map(({ nativeWhere }) => ({ n, lookup: { entity: mapping[side], where: nativeWhere } })),
  );
  if (asked.length === 0) return all.map(() => null);
  const hits = await context.connectors[side].find(asked.map(({ lookup }) => lookup));
  const met = new Set(
    asked.flatMap(({ n }, i) => (hits[i]!.some(({ id }) => id !== all[n]!.made) ? [n] : [])),
  );
  if (met.size === 0) return all.map(() => null);
  const going = sought.filter((_, n) => met.has(n));
  const found = (await findAlike(context, going)).map(({ candidates, twins }, i) => ({
    candidates: candidates.filter(({ id }) => id !== going[i]!.each.made),
    twins,
  }));
  const links = await context.linksOf(
    going.flatMap(({ each }, i) =>
      found[i]!.candidates.map(({ id }) => ({ mapping: each.mapping, side, id })),
    ),
  );
  const linked = new Set(links.map((link) => idOn(link, side)));
  const judged = new Map(
    going.map(({ each, mapping, state }, i) => {
      const { candidates, twins } = found[i]!;
      const is = judge(mapping, state, candidates, twins);
      return [each, is.kind === 'link' && !linked.has(is.id) ? is : null];
    }),
  );
  return all.map((each) => judged.get(each) ?? null);
}

/** What a creation claims, so that no twin is created beside it: every value by which it could be found. */
const claimsOf = ({ each, keys }: Sought) =>
  keys
    .filter(({ key }) => key.score >= sure)
    .map(({ key, values }) => ({
      mapping: each.mapping,
      value: JSON.stringify([key.fields, values.map((value) => compared(key, value))]),
      lane: each.lane.key,
    }));

/** Records that could be the counterpart, and others of the record's own side that look like it. */
interface Met {
  readonly candidates: readonly Candidate[];
  readonly twins: readonly SideState[];
}

const lookedOf = ({ each, mapping, state }: Sought<Pick<Found, 'ref' | 'record'>>): Looked => ({
  mapping,
  ref: each.ref,
  record: each.record,
  state,
});

/**
 * All look-ups of the batch in one call per system: values that are spelt alike are found by the system itself, the
 * others by their normal form.
 */
async function findAlike(
  context: StepContext,
  going: readonly Sought<Pick<Found, 'ref' | 'record'>>[],
): Promise<readonly Met[]> {
  const found = going.map(() => ({
    candidates: new Map<string, SideState>(),
    twins: new Map<string, SideState>(),
  }));
  await Promise.all(
    sides.map(async (side) => {
      const asked = going.flatMap(({ each, mapping, keys }, n) =>
        keys.flatMap((key) => {
          const where = each.ref.side === side ? key.ownWhere : key.nativeWhere;
          return where ? [{ n, lookup: { entity: mapping[side], where } }] : [];
        }),
      );
      if (asked.length === 0) return;
      const hits = await lookUp(
        context.connectors[side],
        asked.map(({ lookup }) => lookup),
      );
      for (const [i, { n, lookup }] of asked.entries())
        for (const record of hits[i]!) {
          const { each, mapping } = going[n]!;
          if (each.ref.side === side && record.id === each.ref.id) continue;
          context.records.put({ side, entity: lookup.entity, id: record.id }, record);
          const into = each.ref.side === side ? found[n]!.twins : found[n]!.candidates;
          into.set(record.id, decode(context, mapping, side, record));
        }
    }),
  );
  const alike = await findByForm(context, going.map(lookedOf));
  for (const [n, { there, beside }] of alike.entries())
    for (const [refs, into] of [
      [there, found[n]!.candidates],
      [beside, found[n]!.twins],
    ] as const)
      for (const ref of refs) {
        const record = context.records.get(ref);
        if (record && !record.archived && !into.has(ref.id))
          into.set(ref.id, decode(context, going[n]!.mapping, ref.side, record));
      }
  return found.map(({ candidates, twins }) => ({
    candidates: [...candidates].map(([id, state]) => ({ id, state })),
    twins: [...twins.values()],
  }));
}

/** Look-ups by id are reads: a stamp names its record outright. */
async function lookUp(
  connector: Connector,
  lookups: readonly Lookup[],
): Promise<readonly (readonly SystemRecord[])[]> {
  const byId = lookups.filter(({ where }) => 'id' in where);
  const byValue = lookups.filter(({ where }) => !('id' in where));
  const entities = [...new Set(byId.map(({ entity }) => entity))];
  const [values, ...reads] = await Promise.all([
    byValue.length > 0 ? connector.find(byValue) : [],
    ...entities.map((entity) =>
      connector.read(
        entity,
        byId.filter((each) => each.entity === entity).map(({ where }) => String(where.id)),
      ),
    ),
  ]);
  return lookups.map((lookup) => {
    if (!('id' in lookup.where)) return values[byValue.indexOf(lookup)]!;
    const record = reads[entities.indexOf(lookup.entity)]!.get(String(lookup.where.id));
    return record && !record.archived ? [record] : [];
  });
}

/** Links the one sure counterpart, proposes unsure ones, or leaves the record to be created. */
function settle(
  context: StepContext,
  { each, mapping, state }: Sought,
  { candidates, twins }: Met,
  live: readonly LinkBrief[],
): Adopted {
  const { lane, ref } = each;
  const target = other(ref.side);
  const ids = { crmId: ref.side === 'crm' ? ref.id : null, erpId: ref.side === 'erp' ? ref.id : null };
  // Whoever held the claim before may have linked this very record meanwhile.
  const own = live.find((link) => link.mapping === each.mapping && idOn(link, ref.side) === ref.id);
  if (own) return { kind: 'handed', lane, to: own.lane, mapping: own.mapping };
  const judged = judge(mapping, state, candidates, twins);
  if (judged.kind === 'none')
    return { kind: 'linked', lane, link: freshLink(context.newId(), each.mapping, null, ids) };
  const linkOf = (id: string): LinkBrief | undefined =>
    live.find((l) => l.mapping === each.mapping && idOn(l, target) === id);
  const best = judged.kind === 'link' ? linkOf(judged.id) : undefined;
  if (judged.kind === 'link' && (!best || (idOn(best, ref.side) === null && !best.decided))) {
    const by = { kind: 'match' as const, key: judged.key.fields.join('+'), score: judged.score };
    const pair = target === 'crm' ? { ...ids, crmId: judged.id } : { ...ids, erpId: judged.id };
    const link = freshLink(best?.id ?? context.newId(), each.mapping, best?.lane ?? null, { ...pair, by });
    return best ? { kind: 'joined', lane, links: [link] } : { kind: 'linked', lane, link };
  }
  const listed = judged.kind === 'propose' ? judged.candidates : [judged];
  const link = freshLink(context.newId(), each.mapping, null, { ...ids, by: { kind: 'proposal' } });
  const reason = 'It looks like another record; a person decides whether it is the same (matchProposals).';
  return {
    kind: 'linked',
    lane,
    link: { ...link, agreed: state.values, waitsFor: [{ on: `proposal:${link.id}`, reason }] },
    proposal: {
      id: context.newId(),
      mapping: each.mapping,
      linkId: link.id,
      side: ref.side,
      recordId: ref.id,
      candidates: listed.map((candidate) => ({
        id: candidate.id,
        title: titleOf(candidates.find((c) => c.id === candidate.id)?.state, candidate.id),
        score: candidate.score,
        evidence: candidate.evidence,
        linkedTo: linkOf(candidate.id)?.id ?? null,
      })),
    },
  };
}

function titleOf(state: SideState | undefined, id: string): string {
  const { name, fullName, firstName, lastName } = state?.values ?? {};
  return String(name ?? fullName ?? ([firstName, lastName].filter(Boolean).join(' ') || id));
}
