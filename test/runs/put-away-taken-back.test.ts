import { expect, test } from 'vitest';
import { other, sides } from '../../sync/core/sides.ts';
import type { FieldChange, Side } from '../../sync/core/types.ts';
import type { Moment } from './mortal.ts';
import { openRuns } from './world.ts';

/**
 * A step puts a record away, or brings it back, and its process dies. Before the next one starts somebody takes that back
 * in that system. Where the write had come there, that is a person's word as at any other time, and the other record
 * follows; where it had not, the step is made up for.
 */
const w = await openRuns();

type Act = 'archive' | 'restore';

const person = (actor: string) => ({ actor, origin: 'person' }) as const;

async function acts(side: Side, id: string, kind: Act): Promise<void> {
  const [result] = await w[side].write([{ entity: 'Customer', kind, id }], person('anna'));
  if (!result || !('record' in result)) throw new Error(JSON.stringify(result));
}

/** A pair at rest, archived where it is to be brought back; a person acts on one of them, and the process dies over the other. */
async function diedOver(act: Act, side: Side, when: Moment) {
  const died = Promise.withResolvers<void>();
  let dying = false;
  const life = await w.live((own, connector) => ({
    ...connector,
    async write(writes, author) {
      const dies = dying && own === other(side) && writes.some(({ kind }) => kind === act);
      if (dies && when === 'before') {
        // The server has the note, and never got the write behind it.
        await author.ahead?.((text, values) => w.sql.unsafe(text, [...values] as never[]));
        return nothingComesBack(died);
      }
      const results = await connector.write(writes, author);
      return dies ? nothingComesBack(died) : results;
    },
  }));
  // A step waits for its write: it is over before its process has stopped.
  const nothingComesBack = ({ resolve }: typeof died): Promise<never> => {
    resolve(life.kill());
    return new Promise((_, reject) => setImmediate(reject, new Error('dead')));
  };
  const { id } = await w.create(side, 'Customer', { name: `Dies over ${act} ${side} ${when} ${n++}` });
  await w.settled(life);
  const [link] = await w.sql<{ id: string; crm: string; erp: string }[]>`
    select id, crm_id as crm, erp_id as erp from sync.link where ${id} in (crm_id, erp_id) and state <> 'ended'`;
  const ids = { crm: link!.crm, erp: link!.erp };
  if (act === 'restore') {
    await acts(side, id, 'archive');
    await w.settled(life);
  }
  const told = async (): Promise<readonly FieldChange[]> =>
    (
      await w.sql<{ fields: readonly FieldChange[] }[]>`
        select fields from sync.event where link_id = ${link!.id} order by pos`
    ).flatMap(({ fields }) => fields.filter(({ field }) => field === 'archived'));
  const before = (await told()).length;
  dying = true;
  await acts(side, id, act);
  await died.promise;
  return {
    ids,
    /** What the next process makes of it: which are archived then, and what the log tells of that. */
    async goesOn() {
      const next = await w.live();
      await w.settled(next);
      const archived = Object.fromEntries(
        await Promise.all(
          sides.map(async (own) => [own, (await w.read(own, 'Customer', ids[own]))!.archived] as const),
        ),
      );
      expect(await w.sql`select pair, changes from sync.decision`).toEqual([]);
      await next.stop();
      return {
        archived,
        told: (await told())
          .slice(before)
          .map(({ side: of, after, winner, why }) => [of, after, winner, why]),
      };
    },
  };
}

let n = 0;

const both = (archived: boolean) => ({ crm: archived, erp: archived });
const cases = (['archive', 'restore'] as const).flatMap((act) => sides.map((side) => ({ act, side })));

for (const { act, side } of cases) {
  const [target, back] = [other(side), act === 'archive' ? ('restore' as const) : ('archive' as const)];
  const done = [target, act === 'archive', side, `${act}d`];
  const undone = [side, act !== 'archive', target, `${back}d`];

  test.each([
    ['at once', null, null],
    ['and edited by the same person', null, 'anna'],
    ['after an edit of somebody else', 'bo', null],
  ])(`${act} of the ${side}, taken back %s: the other follows`, async (_, before, after) => {
    const { ids, goesOn } = await diedOver(act, side, 'after');
    if (before) await edits(target, ids[target], 'Between', before);
    await acts(target, ids[target], back);
    if (after) await edits(target, ids[target], 'After', after);
    expect(await goesOn()).toEqual({ archived: both(act !== 'archive'), told: [done, undone] });
  });

  test(`${act} of the ${side} that had not come to the other, which was edited twice: it is made up for`, async () => {
    const { ids, goesOn } = await diedOver(act, side, 'before');
    await edits(target, ids[target], 'Once', 'anna');
    await edits(target, ids[target], 'Twice', 'anna');
    const { archived, told } = await goesOn();
    expect(archived).toEqual(both(act === 'archive'));
    expect(told.at(-1)).toEqual(done);
  });
}

/** An archived record takes edits, too. */
async function edits(side: Side, id: string, legalName: string, actor: string): Promise<void> {
  const write = { entity: 'Customer', kind: 'update', id, fields: { legalName } } as const;
  const [result] = await w[side].write([write], person(actor));
  if (!result || !('record' in result)) throw new Error(JSON.stringify(result));
}
