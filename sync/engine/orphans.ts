import type { Side } from '../core/types.ts';
import { forgetIntents, restingIntents } from '../store/intents.ts';
import { ring } from '../store/lanes.ts';
import { linksOfRecords } from '../store/links.ts';
import { refKey } from './records.ts';
import type { EngineParts } from './step-context.ts';

/** How long after it was sent a create that is nowhere to be found is taken for one that never came through, in ms. */
const graceMs = 5_000;

/**
 * Settles creates that nobody works on any more although nothing is recorded of them: the step that sent them died, and
 * what they were made from was gone when it came to be repeated. A record that is found rings its lane, which links it
 * to its origin; one that is not was never made. Returns how many were rung.
 */
export async function seekOrphans({ sql, connectors }: EngineParts): Promise<number> {
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
    await forgetIntents(sql, [
      ...found.filter(isLinked).map(({ intent }) => intent),
      ...named.flatMap(({ key, ageMs }, n) =>
        hits[n]!.length === 0 && ageMs > searchLagMs + graceMs ? [key] : [],
      ),
    ]);
    rung += orphans.length;
  }
  return rung;
}
