import type { Side } from '../core/types.ts';
import { type NewEvent, tellEvents } from '../store/events.ts';
import { forgetIntents, type Origin, restingIntents, takeIntents } from '../store/intents.ts';
import { ring } from '../store/lanes.ts';
import { linksOfRecords } from '../store/links.ts';
import { toldAs } from './ending.ts';
import { refKey, refOf } from './records.ts';
import type { EngineParts } from './step-context.ts';
import { handOn } from './tell.ts';

/** How long after it was sent a create that is nowhere to be found is taken for one that never came through, in ms. */
const graceMs = 5_000;

/**
 * Settles creates that nobody works on any more although nothing is recorded of them: the step that sent them died, and
 * what they were made from was gone when it came to be repeated. A record that is found rings its lane, which links it
 * to its origin; one that is not was never made, or is gone. Returns how many were rung.
 */
export async function seekOrphans(parts: EngineParts): Promise<number> {
  const { sql, connectors } = parts;
  const resting = await restingIntents(sql);
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
    await giveUp(
      parts,
      named.filter(({ ageMs }, n) => hits[n]!.length === 0 && ageMs > searchLagMs + graceMs),
    );
    rung += orphans.length;
  }
  return rung;
}

/**
 * Forgets creates of which no record is to be found. Where what they were made from is gone as well, both may have been
 * there and been deleted: that is all that anybody can still tell, and the log tells it.
 */
async function giveUp(parts: EngineParts, lost: readonly Lost[]): Promise<void> {
  if (lost.length === 0) return;
  const gone = await withoutSource(parts, lost);
  const [events, told] = await parts.sql.begin(async (tx) => {
    const taken = await takeIntents(
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
    const there = await connectors[side].read(entity, [id]);
    if (!there.has(id)) gone.push(each);
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
    reason: `A process died when it made a ${side.toUpperCase()} ${entity} from ${source}; neither is there any more.`,
  },
  attempt: 1,
  correlationId: id,
});
