import { expect, test } from 'vitest';
import { born, ground } from './people.ts';
import { judged } from './referee/story.ts';
import { inOwnWorld } from './world.ts';

// F3. One step makes the counterpart and then writes its id back to where it came from; the second write goes wrong once.
// The records stand as the link knows them by then, and are still not done.
test.each(['before', 'after'] as const)(
  'a record was made, and the write that names it to its origin is lost (%s it was carried out): it is repeated',
  (when) =>
    inOwnWorld(async (w) => {
      const on = await ground(w);
      const life = await w.live();
      await w.settled(life);
      let failed = 0;
      w.erp.faults = ({ call, kind, fields }) => {
        if (call !== 'write' || kind !== 'update' || !('externalReference' in fields) || failed > 0)
          return null;
        failed++;
        return { when, as: 'write', code: 'UNKNOWN_OUTCOME' };
      };
      const { id: erpId } = born(w, 'product', 'erp', on);
      await w.settled(life);
      expect(failed).toBe(1);
      const made = w.crm
        .all('Product')
        .filter(({ fields }) => fields.sku === w.erp.get('Product', erpId)!.fields.itemNo);
      expect(made).toHaveLength(1);
      expect(w.erp.get('Product', erpId)!.fields.externalReference).toBe(made[0]!.id);
      expect(await judged(w)).toEqual([]);
      expect(await w.sql`select pair from sync.decision`).toEqual([]);
    }),
);
