import type { Side } from '../core/types.ts';
import { type NewEvent, tellEvents } from '../store/events.ts';
import { forgetIntents, type Origin, restingIntents, takeLeft } from '../store/intents.ts';
import { ring } from '../store/lanes.ts';
import { linksOfRecords } from '../store/links.ts';
import { toldAs } from './ending.ts';
import { refKey, refOf } from './records.ts';
import type { EngineParts } from './step-context.ts';
import { handOn } from './tell.ts';

/** How long a create is looked for that is nowhere to be found, before it is taken for one that never came through, in ms. */
const graceMs = 5_000;
/** The longest pause between two looks for one that cannot be given up yet, in ms. */
const longestPauseMs = 60_000;

/**
 * Settles creates that nobody works on any more although nothing is recorded of them: the step that sent them died, and
 * what they were made from was gone when it came to be repeated. A record that is found rings its lane, which links it
 * to its origin; one that is not was never made, or is gone, or put away. Looks once at each call, and returns how many
 * were rung.
 */
export function orphanSeeker(parts: EngineParts): () => Promise<number> {
  const missing = new Map<string, Missing>();
  return async () => {
    const resting = await restingIntents(parts.sql);
    for (const key of missing.keys()) if (!resting.some((each) => each.key === key)) missing.delete(key);
    const now = performance.now();
    const { rung, missed } = await seek(
      parts,
      resting.filter(({ key }) => (missing.get(key)?.again ?? now) <= now),
    );
    const lost = missed.filter(({ key, ageMs, lagMs }) => {
      const since = missing.get(key)?.since ?? now;
      const forMs = now - since;
      missing.set(key, { since, again: now + (forMs > graceMs ? Math.min(forMs, longestPauseMs) : 0) });
      // A process that has just begun has not read yet what became of the record, nor heard of it.
      return ageMs > lagMs + graceMs && forMs > graceMs;
    });
    await giveUp(parts, lost);
    return rung;
  };
}

/** A create that was not found: since when, and when it is looked for again; by the clock that never jumps. */
interface Missing {
  readonly since: number;
  readonly again: number;
}

type Resting = Awaited<ReturnType<typeof restingIntents>>[number];

/** Rings what is found, and answers what is not, with how long that may be so of a record that is there. */
async function seek(
  { sql, connectors }: EngineParts,
  resting: readonly Resting[],
): Promise<{ readonly rung: number; readonly missed: readonly (Resting & { readonly lagMs: number })[] }> {
  const missed: (Resting & { lagMs: number })[] = [];
  let rung = 0;
  for (const [side, own] of Map.groupBy(resting, (each) => each.side)) {
    const { createDedup = 'key', searchLagMs = 0 } = connectors[side as Side].capabilities ?? {};
    // What can't be looked up was told of as an issue, and waits for a person.
    if (createDedup === 'none') continue;
    const named = own.filter(({ reference }) => reference !== null);
    if (named.length === 0) continue;
    const hits = await connectors[side].find(
      named.map(({ entity, reference }) => ({ entity, where: reference! })),
    );
    const found = named.flatMap(({ key, entity, mapping }, n) =>
      hits[n]!.map(({ id }) => ({ intent: key, entity, mapping, id })),
    );
    const linked = await linksOfRecords(
      sql,
      found.map(({ mapping, id }) => ({ mapping, side, id })),
    );
    const isLinked = ({ mapping, id }: (typeof found)[number]): boolean =>
      linked.some((link) => link.mapping === mapping && (side === 'crm' ? link.crmId : link.erpId) === id);
    const orphans = found.filter((each) => !isLinked(each));
    await ring(
      sql,
      orphans.map(({ entity, id, mapping }) => ({
        key: `rec:${refKey({ side, entity, id })}`,
        mapping,
        cause: { kind: 'change', side },
      })),
    );
    await forgetIntents(
      sql,
      found.filter(isLinked).map(({ intent }) => intent),
    );
    missed.push(
      ...named.filter((_, n) => hits[n]!.length === 0).map((each) => ({ ...each, lagMs: searchLagMs })),
    );
    rung += orphans.length;
  }
  return { rung, missed };
}

/**
 * Forgets creates of which no record is to be found, unless somebody may still come to one: it is not found any more as
 * soon as it is put away, by a person or by the very step that is to tell of it. Where what they were made from is gone
 * or put away as well, both may have been there: that is all that anybody can still tell, and the log tells it.
 */
async function giveUp(parts: EngineParts, lost: readonly Lost[]): Promise<void> {
  if (lost.length === 0) return;
  const gone = await withoutSource(parts, lost);
  const [events, told] = await parts.sql.begin(async (tx) => {
    const taken = await takeLeft(
      tx,
      lost.map(({ key }) => key),
    );
    const events = gone.filter(({ key }) => taken.has(key)).map((each) => eventOf(parts.newId(), each));
    const told = tellEvents(tx, events);
    await told;
    return [events, told] as const;
  });
  await handOn(parts, events, told);
}

type Lost = Origin & { readonly key: string };

async function withoutSource({ connectors }: EngineParts, lost: readonly Lost[]): Promise<readonly Lost[]> {
  const gone: Lost[] = [];
  for (const each of lost) {
    const { side, entity, id } = refOf(each.source);
    const source = (await connectors[side].read(entity, [id])).get(id);
    if (!source || source.archived) gone.push(each);
  }
  return gone;
}

const eventOf = (id: string, { key, side, entity, source, mapping }: Lost): NewEvent => ({
  id,
  mapping: toldAs(mapping),
  linkId: null,
  outcome: 'deleted',
  cause: { kind: 'change', side: refOf(source).side },
  fields: [],
  detail: {
    key,
    source,
    reason: `A process died when it made a ${side.toUpperCase()} ${entity} from ${source}; neither is in use any more.`,
  },
  attempt: 1,
  correlationId: id,
});
