import { type FieldDrift, isInStep } from '../core/drift.ts';
import { sides } from '../core/sides.ts';
import type { Json, MappingName, Side, SystemRecord } from '../core/types.ts';
import { conflictPath } from '../store/conflicts.ts';
import { closeGone, saveIssues } from '../store/issues.ts';
import { ring } from '../store/lanes.ts';
import { shownAlone } from '../store/lone.ts';
import type { StoredRun } from '../store/runs.ts';
import {
  type LinkStanding,
  linksAfter,
  listedOf,
  queuedAmong,
  type Standing,
  standingOf,
} from '../store/standing.ts';
import { learnPage } from './alike.ts';
import { driftsOf } from './drift.ts';
import { lookAtAlone } from './lone.ts';
import { ownSum } from './own-sum.ts';
import { drain } from './runs-backfill.ts';
import type { Ledger } from './runs-ledger.ts';
import { chunk, type Ground, type RunParts, titleOf, walkGround } from './runs-walk.ts';
import { stepContext } from './step-context.ts';
import { versionOf } from './work.ts';

/** Pairs whose values are compared at once. */
const compared = 100;

/** What a reconciliation walks. */
export interface Reconciled {
  readonly grounds: readonly Ground[];
  readonly run: StoredRun;
}

/**
 * Walks every link, then every record of both systems: pairs whose versions moved without news, links whose record is
 * gone, records without a link. Apply puts them into the queue behind live work; preview lists them. False: ended.
 */
export async function reconcile(parts: RunParts, ledger: Ledger, of: Reconciled): Promise<boolean> {
  const repair = of.run.mode === 'apply';
  for (const mapping of flowsOf(of))
    for (
      let after = ledger.walked(keyOfLinks(mapping)) ?? '';
      after !== 'done';
      after = ledger.walked(keyOfLinks(mapping))!
    ) {
      if (parts.signal.aborted) return false;
      const links = await linksAfter(parts.sql, mapping, after, chunk);
      await reconcileLinks(parts, ledger, { mapping, links, repair, full: of.run.checkpoint.full === true });
      ledger.walk(keyOfLinks(mapping), links.length < chunk ? 'done' : links.at(-1)!.id, links.length);
      if (!(await ledger.keep())) return false;
      parts.wake();
    }
  for (const ground of of.grounds) {
    const visit = async (records: readonly SystemRecord[]): Promise<boolean> => {
      await reconcileRecords(parts, ledger, ground, { records, repair });
      parts.wake();
      return true;
    };
    if (!(await walkGround(parts, ledger, ground, visit))) return false;
    // What refers to these records is walked once they are linked.
    if (repair && !(await drain(parts, ledger, 0))) return false;
  }
  if (repair && !(await drain(parts, ledger, 0))) return false;
  await closeGone(parts.sql, []);
  return true;
}

/** Under which key a flow's links are walked. */
export const keyOfLinks = (mapping: MappingName): string => `link:${mapping}`;

/** The flows whose links are walked. */
export function flowsOf({ grounds, run }: Reconciled): readonly MappingName[] {
  const known = new Set(grounds.flatMap((ground) => ground.mappings));
  return [...known].filter((name) => run.flows.includes(name) || name === 'user');
}

interface Links {
  readonly mapping: MappingName;
  readonly links: readonly LinkStanding[];
  readonly repair: boolean;
  readonly full: boolean;
}

/** What a flow that rests will be told by its feed, once it goes on: nobody has missed it, and it is left to that. */
const leftToFlow = 'left until it goes on';

/** Compares links with both systems as they are now. What a lane waits for is no news, nor what a paused flow has to read. */
async function reconcileLinks(
  parts: RunParts,
  ledger: Ledger,
  { mapping: name, links, repair, full }: Links,
): Promise<void> {
  const mapping = parts.mappings[name];
  const open = links.filter((link) => !link.queued);
  ledger.count(name, 'in the queue', links.length - open.length);
  const [crm, erp] = await Promise.all(
    sides.map((side) =>
      readTwice(
        parts,
        side,
        mapping[side],
        open.flatMap((link) => idOn(link, side) ?? []),
      ),
    ),
  );
  const now = { crm: crm!, erp: erp! };
  const isTold = (link: LinkStanding): boolean =>
    sides.some((side) => isGone(link, side, now[side]) || isMoved(link, side, now[side]));
  const known = parts.settings.isPaused(name) ? open.filter((link) => !isTold(link)) : open;
  if (known.length < open.length) ledger.count(name, leftToFlow, open.length - known.length);
  const gone = known.filter((link) => sides.some((side) => isGone(link, side, now[side])));
  const rest = known.filter((link) => !gone.includes(link));
  const moved = rest.filter((link) => sides.some((side) => isMoved(link, side, now[side])));
  const pairs = rest.filter((link) => link.crmId && link.erpId && link.state !== 'waiting');
  const asked = full ? pairs : pairs.filter((link) => moved.includes(link));
  const drifts = new Map<string, readonly FieldDrift[]>();
  for (let from = 0; from < asked.length; from += compared) {
    const part = asked.slice(from, from + compared).map((link) => link.id);
    for (const [id, fields] of await driftsOf(parts, part)) {
      const off = fields.filter((field) => !isInStep(field));
      if (off.length > 0) drifts.set(id, off);
    }
  }
  await closeGone(
    parts.sql,
    rest.map((link) => link.id),
  );
  const listed = await listedOf(parts.sql, [...drifts.keys()]);
  const ringing: LinkStanding[] = [];
  for (const link of known) {
    const record = (link.crmId && now.crm.get(link.crmId)) || (link.erpId && now.erp.get(link.erpId)) || null;
    const sample = { linkId: link.id, crmId: link.crmId, erpId: link.erpId, title: titleOf(record) };
    const fields = drifts.get(link.id);
    const waits = fields?.every((field) => isListed(field, listed.get(link.id))) === true;
    const told = moved.includes(link) ? 'missed' : waits ? 'waits for a person' : 'drifted';
    if (gone.includes(link)) {
      ledger.count(name, 'gone', 1, sample);
      ringing.push(link);
    } else if (fields) {
      ledger.count(name, told, 1, {
        ...sample,
        fields: fields.map(({ field, verdict }) => ({ field, verdict })),
      });
      // A conflict that is in the inbox already waits for a person, and so does a field that is held.
      if (told !== 'waits for a person') ringing.push(link);
    } else if (moved.includes(link)) {
      ledger.count(name, asked.includes(link) ? 'equal, another version' : 'missed', 1, sample);
      ringing.push(link);
    } else ledger.count(name, standingAs(link, full));
  }
  if (repair)
    await ringLanes(
      parts,
      ledger,
      name,
      ringing.map((link) => link.lane),
    );
  else await tellGone(parts, name, gone);
}

/** What is said of a link that nothing was found about: equal is what was compared alone. */
const standingAs = ({ crmId, erpId, state }: LinkStanding, full: boolean): string => {
  if (!crmId || !erpId) return 'without counterpart';
  if (state === 'waiting') return 'waiting';
  return full ? 'equal' : 'not moved';
};

/** Whether a field that is off is on somebody's list already. What was edited on both sides without news is on none. */
const isListed = ({ field, line, verdict }: FieldDrift, listed?: ReadonlySet<string>): boolean =>
  (verdict === 'conflict' || verdict === 'held') &&
  // Two sums that no sync makes equal are listed by the drift itself.
  (field === ownSum || listed?.has(conflictPath(line, field)) === true);

const idOn = (link: LinkStanding, side: Side): string | null => (side === 'crm' ? link.crmId : link.erpId);

const isGone = (link: LinkStanding, side: Side, now: ReadonlyMap<string, SystemRecord>): boolean => {
  const id = idOn(link, side);
  return id !== null && !now.has(id);
};

function isMoved(link: LinkStanding, side: Side, now: ReadonlyMap<string, SystemRecord>): boolean {
  const id = idOn(link, side);
  return id !== null && now.get(id)?.version !== versionOf(link, side);
}

/** Reads records, those that seem gone once more: an answer that lacks half of them must not look like a deletion. */
async function readTwice(
  parts: RunParts,
  side: Side,
  entity: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, SystemRecord>> {
  if (ids.length === 0) return new Map();
  const first = await parts.connectors[side].read(entity, ids);
  const missing = ids.filter((id) => !first.has(id));
  if (missing.length === 0) return first;
  return new Map([...first, ...(await parts.connectors[side].read(entity, missing))]);
}

/** Links whose record is gone are a person's business as long as nothing is repaired. */
async function tellGone(parts: RunParts, mapping: MappingName, gone: readonly LinkStanding[]): Promise<void> {
  if (gone.length === 0) return;
  await saveIssues(
    parts.sql,
    [],
    gone.map((link) => ({
      id: parts.newId(),
      key: `gone:${link.id}`,
      code: 'NOT_FOUND',
      mapping,
      linkId: link.id,
      side: null,
      entity: null,
      recordId: null,
      field: null,
      value: null as Json,
      message:
        'A record of this pair is gone, and no change told so. Repair it by a reconciliation, or unlink it.',
    })),
  );
}

/** Finds records that have no link, and no lane that would give them one. */
async function reconcileRecords(
  parts: RunParts,
  ledger: Ledger,
  { side, entity, flow, mappings }: Ground,
  { records, repair }: { readonly records: readonly SystemRecord[]; readonly repair: boolean },
): Promise<void> {
  const standing = await standingOf(
    parts.sql,
    side,
    mappings,
    records.map((record) => record.id),
  );
  await learnPage(stepContext(parts), parts.mappings[flow], side, records);
  await reconcileAlone(parts, ledger, { side, entity, flow }, { records, standing, repair });
  const strangers = records.filter((record) => !standing.has(record.id) && !record.archived);
  const laneOf = (record: SystemRecord): string => `rec:${side}:${entity}:${record.id}`;
  const queued = await queuedAmong(parts.sql, strangers.map(laneOf));
  const lone = strangers.filter((record) => !queued.has(laneOf(record)));
  if (parts.settings.isPaused(flow)) {
    if (lone.length > 0) ledger.count(flow, leftToFlow, lone.length);
    return;
  }
  for (const record of lone)
    ledger.count(flow, 'without link', 1, { side, id: record.id, title: titleOf(record) });
  if (repair) await ringLanes(parts, ledger, flow, lone.map(laneOf));
}

/**
 * Finds records whose links have ended and that are not shown as they are: edited without news, or left by a program that
 * did not show such records yet.
 */
async function reconcileAlone(
  parts: RunParts,
  ledger: Ledger,
  { side, entity, flow }: Omit<Ground, 'key' | 'mappings'>,
  {
    records,
    standing,
    repair,
  }: {
    readonly records: readonly SystemRecord[];
    readonly standing: ReadonlyMap<string, Standing>;
    readonly repair: boolean;
  },
): Promise<void> {
  const alone = records.filter(({ id }) => {
    const own = standing.get(id);
    return own?.state === 'ended' && own.mapping === flow;
  });
  const shown = await shownAlone(
    parts.sql,
    flow,
    side,
    alone.map(({ id }) => id),
  );
  const otherwise = alone.filter(({ id, version }) => shown.get(id) !== version);
  for (const record of otherwise)
    ledger.count(flow, 'alone, shown otherwise', 1, { side, id: record.id, title: titleOf(record) });
  if (repair)
    await lookAtAlone(
      parts,
      otherwise.map(({ id }) => ({
        each: { ref: { side, entity, id }, mapping: flow },
        link: standing.get(id)!.linkId,
      })),
    );
}

async function ringLanes(
  parts: RunParts,
  ledger: Ledger,
  mapping: MappingName,
  lanes: readonly string[],
): Promise<void> {
  const cause = { kind: 'run', id: ledger.id } as const;
  await ring(
    parts.sql,
    lanes.map((key) => ({ key, mapping, cause, priority: 1 })),
  );
}
