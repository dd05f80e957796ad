import { mappingsOfEntity } from '../../core/home.ts';
import { author, rulesOf, travels } from '../../core/rules.ts';
import { sides } from '../../core/sides.ts';
import type { Json, RecordRef, Side } from '../../core/types.ts';
import { type LinkRow, linksById, linksOfLanes, linksOfRecords } from '../../store/links.ts';
import type { Ask, LinkPlan } from '../api.ts';
import { dealOf } from '../deal.ts';
import type { InlineParts } from '../inline.ts';
import { createRecords, readRecords, refKey } from '../records.ts';
import { type Duty, dutyOf, stageOf } from '../stage.ts';
import { refsOfLink } from '../work.ts';
import {
  type Intended,
  intendedOf,
  type Moved,
  makeMoves,
  moveBack,
  movedSince,
  movesOfReferences,
  namingOf,
  type Pending,
  type Refused,
} from './references.ts';
import { syncRecords } from './sync-now.ts';

/** In one system, what names `from` is to name `into`. */
export interface Turn {
  readonly from: RecordRef;
  readonly into: string;
  /** Records that are known to name it. */
  readonly known: readonly RecordRef[];
}

/** A record that names the first of two that became one. */
interface Naming {
  readonly ref: RecordRef;
  readonly moved: Moved;
}

/** What is settled together: the documents of a deal, or a record and its counterpart. They move together or not at all. */
interface Group {
  /** Null for a record that no link holds. */
  readonly lane: Pick<LinkRow, 'lane' | 'mapping'> | null;
  readonly namings: readonly Naming[];
}

/** What a merge moves, and what it leaves, with the reason. */
export interface Moves {
  readonly groups: readonly Group[];
  readonly locked: readonly Locked[];
}

/** A record that goes on naming the first. */
export interface Locked {
  readonly ref: RecordRef;
  readonly field: string;
  readonly why: string;
}

/** What was moved per system, and what was left. */
export interface MovesDone {
  readonly moved: Readonly<Record<Side, readonly Moved[]>>;
  readonly locked: readonly Locked[];
}

/** A system that cannot search by reference answers at most three hits; more rounds than this find nothing new. */
const rounds = 200;
/** Groups whose lanes are in hand at once: few enough that none is held for long. */
const atOnce = 25;

/**
 * What these turns would move: the known records, and as many others as one look-up of each referring property finds. What
 * is frozen stays on both sides: its reference means the second from now on. `done`: those it has come to before.
 */
export async function movesOf(
  parts: InlineParts,
  turns: readonly Turn[],
  done: ReadonlySet<string> = new Set(),
): Promise<Moves> {
  const found = new Map<string, Naming>();
  for (const turn of turns)
    for (const naming of await namingsOf(parts, turn))
      if (!done.has(refKey(naming.ref))) found.set(refKey(naming.ref), naming);
  return groupsOf(parts, [...found.values()]);
}

async function namingsOf(parts: InlineParts, { from, known }: Turn): Promise<readonly Naming[]> {
  const { side } = from;
  const connector = parts.connectors[side];
  const found: Naming[] = [];
  const look = (entity: string, records: Iterable<Parameters<typeof namingOf>[2]['record']>): void => {
    for (const record of records)
      for (const moved of namingOf(parts, from, { entity, record }))
        found.push({ ref: { side, entity, id: record.id }, moved });
  };
  for (const [entity, refs] of Map.groupBy(known, (ref) => ref.entity))
    look(entity, (await connector.read(entity, [...new Set(refs.map(({ id }) => id))])).values());
  const lookups = Object.entries(parts.references[side]).flatMap(([entity, { header }]) =>
    header.flatMap(([property, to]) =>
      to === from.entity ? [{ entity, where: { [property]: from.id } }] : [],
    ),
  );
  const hits = lookups.length > 0 ? await connector.find(lookups) : [];
  for (const [n, { entity }] of lookups.entries()) look(entity, hits[n] ?? []);
  return found;
}

async function groupsOf(parts: InlineParts, namings: readonly Naming[]): Promise<Moves> {
  const { mappings, sql } = parts;
  const briefs = await linksOfRecords(
    sql,
    namings.flatMap(({ ref: { side, entity, id } }) =>
      mappingsOfEntity(mappings, side, entity).map(({ name }) => ({ mapping: name, side, id })),
    ),
  );
  const links = await linksById(
    sql,
    briefs.filter(({ state }) => state !== 'ended').map(({ id }) => id),
  );
  const duties = await dutiesOf(parts, links);
  const groups = new Map<string, Group>();
  const locked: Locked[] = [];
  for (const naming of namings) {
    const own = links.filter((link) =>
      refsOfLink(parts, link).some((ref) => refKey(ref) === refKey(naming.ref)),
    );
    const ruled = own.flatMap((link) => rulesNaming(parts, naming, link));
    const carried = ruled.filter(({ link, rule }) => travels(rule, duties(link).stage, duties(link).content));
    const by = carried
      .map(({ link, rule }) => author(rule, duties(link).stage))
      .find((each) => each !== null);
    const why =
      by?.why ?? (ruled.length > 0 && carried.length === 0 ? 'another document carries it by now' : null);
    if (why) {
      locked.push(lockedFor(naming, why));
      continue;
    }
    const [lane] = carried.map(({ link }) => link);
    const key = lane?.lane ?? refKey(naming.ref);
    const before = groups.get(key);
    groups.set(key, {
      lane: lane ? { lane: lane.lane, mapping: lane.mapping } : null,
      namings: [...(before?.namings ?? []), naming],
    });
  }
  return { groups: [...groups.values()], locked };
}

const lockedFor = ({ ref, moved }: Naming, why: string): Locked => ({
  ref,
  field: moved.fields[0] ?? `lines.${moved.lines[0]!.field}`,
  why: `${why}: ${ref.side.toUpperCase()} ${ref.entity} ${ref.id} keeps naming the first`,
});

/** The rules by which a link's flow carries what a record names the first with. */
function rulesNaming({ mappings }: InlineParts, { ref: { side }, moved }: Naming, link: LinkRow) {
  const mapping = mappings[link.mapping];
  const named = new Set([...moved.fields]);
  const ofLines = new Set(moved.lines.map(({ field }) => field));
  const rules = (table: Parameters<typeof rulesOf>[0], names: ReadonlySet<string>) =>
    rulesOf(table).filter(({ rule }) => rule[side] !== null && names.has(rule[side]!));
  return [...rules(mapping.fields, named), ...rules(mapping.lines ?? {}, ofLines)].map(({ rule }) => ({
    link,
    rule,
  }));
}

/** What each of these links does in its deal, as the documents stand now. */
async function dutiesOf(parts: InlineParts, links: readonly LinkRow[]): Promise<(link: LinkRow) => Duty> {
  const { mappings, connectors, sql } = parts;
  const deals = await linksOfLanes(sql, [
    ...new Set(links.map(({ lane }) => lane).filter((lane) => lane.startsWith('deal:'))),
  ]);
  const records = createRecords();
  await readRecords(
    connectors,
    records,
    deals.flatMap((link) => refsOfLink(parts, link)),
  );
  const members = Map.groupBy(deals, ({ lane }) => lane);
  return ({ lane, mapping }) => {
    const own = members.get(lane);
    const deal = own ? dealOf(own, { mappings, records }) : null;
    const quote = own?.find((each) => each.mapping === 'quote')?.base ?? null;
    return dutyOf(mappings[mapping], deal ? stageOf(deal) : 'quote', deal, quote);
  };
}

/** What is about to be moved per system, and together with what: by the lane, or by the record's own name. */
type Next = Readonly<Record<Side, readonly (Intended & { readonly group: string })[]>>;

/** What was moved before, in a process that died over it, with what is settled together. */
type Before = Readonly<Record<Side, readonly (Moved & { readonly group?: string })[]>>;

/** Under whose hands things are moved. */
export interface Moving {
  readonly ask: Ask;
  /** What was noted by those who began. */
  readonly noted: readonly Json[];
  /** Notes what is about to be moved. */
  readonly note: (next: object) => Promise<void>;
}

/**
 * Moves all of it, a few lanes in hand at a time: both systems are written before either is looked at, so that nothing is
 * taken for the edit of one of them. What one system refuses is moved back in the other. What is about to be moved is noted
 * first, and counts as moved where it was noted before and names the second now.
 */
export async function move(
  parts: InlineParts,
  turns: readonly Turn[],
  { ask, noted, note }: Moving,
): Promise<MovesDone> {
  const intended = noted as unknown as readonly Next[];
  const before = await movedBefore(parts, turns, intended);
  const moved: Record<Side, Moved[]> = { crm: [], erp: [] };
  const locked: Locked[] = [];
  const done = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    const known = round === 0 ? turns : turns.map((turn) => ({ ...turn, known: [] }));
    const moves = await movesOf(parts, known, done);
    for (const { ref } of [...moves.groups.flatMap(({ namings }) => namings), ...moves.locked])
      done.add(refKey(ref));
    locked.push(...moves.locked);
    if (moves.groups.length === 0) break;
    for (let n = 0; n < moves.groups.length; n += atOnce) {
      const groups = moves.groups.slice(n, n + atOnce);
      const lanes = groups.flatMap(({ lane }) => lane ?? []);
      const save = async (): Promise<void> => {
        const came = await moveGroups(parts, turns, groups, { before, note });
        for (const side of sides) {
          moved[side].push(...came.moved[side]);
          before[side] = came.before[side];
        }
        locked.push(...came.locked);
      };
      await inHand(parts, lanes, ask, save);
    }
  }
  // Before their lanes were in hand, a step may have carried to the other system what was moved in one.
  const late = await movedBefore(parts, turns, intended);
  const all = (side: Side): readonly Moved[] => {
    const known = [...late[side], ...before[side]].map(({ group: _, ...each }) => each);
    const last = [...known, ...moved[side]];
    return [...new Map(last.map((each) => [`${each.entity} ${each.id}`, each])).values()];
  };
  return { moved: { crm: all('crm'), erp: all('erp') }, locked };
}

async function movedBefore(
  parts: InlineParts,
  turns: readonly Turn[],
  noted: readonly Next[],
): Promise<Record<Side, Before[Side]>> {
  const before: Record<Side, Before[Side]> = { crm: [], erp: [] };
  if (noted.length === 0) return before;
  for (const { from, into } of turns) {
    const next = noted.flatMap((each) => each[from.side] ?? []);
    before[from.side] = await movedSince(parts, from.side, next, into);
  }
  return before;
}

/** Runs lanes at once, whatever their news, after `save` with all of them in hand. */
export async function inHand(
  parts: InlineParts,
  lanes: readonly Pick<LinkRow, 'lane' | 'mapping'>[],
  ask: Ask,
  save: () => Promise<void>,
): Promise<void> {
  if (lanes.length === 0) return save();
  const act = { mapping: null, refs: [], linkId: null, asked: { force: true } };
  await syncRecords(parts, act, ask, { lanes, links: [], save });
}

/** The lanes of the live links of these records, each once, a few at a time. */
export async function lanesOf(
  parts: InlineParts,
  refs: readonly RecordRef[],
): Promise<readonly (readonly Pick<LinkRow, 'lane' | 'mapping'>[])[]> {
  const briefs = await linksOfRecords(
    parts.sql,
    refs.flatMap(({ side, entity, id }) =>
      mappingsOfEntity(parts.mappings, side, entity).map(({ name }) => ({ mapping: name, side, id })),
    ),
  );
  const live = briefs.filter(({ state }) => state !== 'ended');
  const lanes = [...new Map(live.map(({ lane, mapping }) => [lane, { lane, mapping }])).values()];
  return Array.from({ length: Math.ceil(lanes.length / atOnce) }, (_, n) =>
    lanes.slice(n * atOnce, (n + 1) * atOnce),
  );
}

async function moveGroups(
  parts: InlineParts,
  turns: readonly Turn[],
  groups: readonly Group[],
  { before, note }: { readonly before: Before; readonly note: Moving['note'] },
): Promise<MovesDone & { readonly before: Before }> {
  const refs = groups.flatMap(({ namings }) => namings.map(({ ref }) => ref));
  const pending = new Map<Turn, Pending>();
  for (const turn of turns) {
    const own = refs.filter(({ side }) => side === turn.from.side);
    pending.set(turn, await movesOfReferences(parts, turn.from, turn.into, own));
  }
  // Before anything is written: who goes on tells by it what was moved.
  await note(nextOf(parts, [...pending.values()], groups));
  const moved: Record<Side, readonly Moved[]> = { crm: [], erp: [] };
  const refused: Refused[] = [];
  for (const [{ from }, moves] of pending) {
    const came = await makeMoves(parts, moves);
    moved[from.side] = came.moved;
    refused.push(...came.refused);
  }
  if (refused.length === 0) return { moved, locked: [], before };
  const isRefused = (ref: RecordRef): boolean => refused.some((each) => refKey(each.ref) === refKey(ref));
  const staying = groups.filter(({ namings }) => namings.some(({ ref }) => isRefused(ref)));
  const names = new Set(staying.flatMap(({ namings }) => namings.map(({ ref }) => refKey(ref))));
  const keys = new Set(staying.map(keyOf));
  const stays =
    (side: Side) =>
    ({ entity, id, group }: Moved & { readonly group?: string }): boolean =>
      names.has(refKey({ side, entity, id })) || (group !== undefined && keys.has(group));
  const left: Record<Side, Before[Side]> = { ...before };
  for (const { from, into } of turns) {
    const { side } = from;
    const back = [...before[side], ...moved[side]].filter(stays(side));
    await moveBack(parts, side, { moved: back, to: from.id, was: into });
    moved[side] = moved[side].filter((each) => !stays(side)(each));
    left[side] = before[side].filter((each) => !stays(side)(each));
  }
  return { moved, locked: refused.map(({ why, ...naming }) => lockedFor(naming, why)), before: left };
}

const keyOf = ({ lane, namings }: Group): string => lane?.lane ?? refKey(namings[0]!.ref);

/** What is about to be moved, as it is noted. */
function nextOf(parts: InlineParts, pending: readonly Pending[], groups: readonly Group[]): Next {
  const keys = new Map(
    groups.flatMap((group) => group.namings.map(({ ref }) => [refKey(ref), keyOf(group)] as const)),
  );
  const of = (side: Side): Next[Side] =>
    pending
      .filter((each) => each.side === side)
      .flatMap((each) => intendedOf(parts, each))
      .map((each) => {
        const { entity, id } = each;
        return { ...each, group: keys.get(refKey({ side, entity, id }))! };
      });
  return { crm: of('crm'), erp: of('erp') };
}

/** What stays with the first, as a plan tells it. */
export const lockedOf = (locked: readonly Locked[]): LinkPlan['locked'] =>
  locked.map(({ field, why }) => ({ field, why }));
