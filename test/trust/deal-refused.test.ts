import { expect, test } from 'vitest';
import type { Json, Side } from '../../sync/core/types.ts';
import { born, ground, twinOf } from './people.ts';
import { calm } from './referee/faults.ts';
import { judged } from './referee/story.ts';
import { inOwnWorld, type World } from './world.ts';

/** The documents of a deal that has no CRM order yet. */
const documents = [
  { side: 'crm', entity: 'Quote' },
  { side: 'erp', entity: 'Quote' },
  { side: 'erp', entity: 'Order' },
] as const satisfies readonly { readonly side: Side; readonly entity: string }[];

const cells = documents.flatMap((edited) =>
  documents.filter((refused) => refused !== edited).map((refused) => ({ edited, refused })),
);

// I6, I7. One document of a deal is edited, and the system of another refuses that one as a whole: what reached the third
// is told, the refused one is listed by its name, and all go on together once it is accepted.
test.each(cells)(
  'an edit of the $edited.side $edited.entity, of which the $refused.side refuses its $refused.entity, is told as far as it came',
  ({ edited, refused }) =>
    inOwnWorld(async (w) => {
      const ids = await deal(w);
      w.fakes[refused.side].faults = ({ call, entity, kind }) =>
        call === 'write' && entity === refused.entity && kind === 'update'
          ? { when: 'before', as: 'write', code: 'FORBIDDEN', message: 'Closed for the audit.' }
          : null;
      const life = await w.live();
      const date = '2027-03-04';
      w.edit(edited.side, edited.entity, ids(edited), { requestedDeliveryDate: date });
      await w.settled(life);

      for (const each of documents) {
        const shown = shownIn(w, each, ids(each));
        if (each === refused) expect(shown).not.toBe(date);
        else if (each !== edited && shown === date)
          expect(await toldOf(w, each.side, ids(each)), 'told as written').toContain(date);
      }
      const issues = await w.sql`
        select code, side, entity, record_id as "recordId" from sync.issue where closed_at is null`;
      expect(issues).toContainEqual({ code: 'FORBIDDEN', ...refused, recordId: ids(refused) });
      expect(await judged(w)).toEqual([]);

      w.fakes[refused.side].faults = calm;
      await life.sync.retry({ code: 'FORBIDDEN' }, { mode: 'apply', actor: 'anna' });
      await w.settled(life);
      expect(documents.map((each) => shownIn(w, each, ids(each)))).toEqual([date, date, date]);
      expect(await w.issues()).toEqual([]);
      expect(await w.sql`select pair, changes from sync.decision`).toEqual([]);
      expect(await judged(w)).toEqual([]);
      expect(life.errors).toEqual([]);
      await life.stop();
    }),
);

type Document = (typeof documents)[number];

/** A quote with its counterparts in the ERP, at rest: their ids. */
async function deal(w: World): Promise<(of: Document) => string> {
  const on = await ground(w);
  const life = await w.live();
  const { id } = born(w, 'quote', 'crm', on);
  await w.settled(life);
  await life.stop();
  const [quote, order] = [twinOf(w, 'quote', 'crm', id)!, twinOf(w, 'quoteOrder', 'crm', id)!];
  return ({ side, entity }) => (side === 'crm' ? id : entity === 'Quote' ? quote : order);
}

const shownIn = (w: World, { side, entity }: Document, id: string): Json | undefined =>
  w.fakes[side].get(entity, id)!.fields.requestedDeliveryDate;

/** What events say that this record's delivery date became. */
async function toldOf(w: World, side: Side, id: string): Promise<readonly Json[]> {
  const events = await w.sql<{ fields: readonly { field: string; side: Side; after: Json }[] }[]>`
    select e.fields from sync.event e join sync.link l on l.id = e.link_id
    where ${id} = case ${side} when 'crm' then l.crm_id else l.erp_id end`;
  return events.flatMap(({ fields }) =>
    fields
      .filter((each) => each.field === 'requestedDeliveryDate' && each.side === side)
      .map(({ after }) => after),
  );
}
