import { describe, expect, test } from 'vitest';
import { sized } from '../support/scale.ts';
import { born, ground } from './people.ts';
import { calm, unreliable } from './referee/faults.ts';
import { judge } from './referee/judge.ts';
import { seeded } from './referee/random.ts';
import { openWorld } from './world.ts';

// F3. A create may have been carried out although the answer says nothing, or never comes.
const targets = [
  { name: 'honours the key', erp: { dedup: 'key' as const } },
  { name: 'ignores the key, can be searched', erp: { dedup: 'search' as const } },
  // The search lags by five seconds in the soak, by one in the test command: what has to be waited out is the same.
  {
    name: 'ignores the key, its search lags',
    erp: { dedup: 'search' as const, searchLagMs: sized(1_000, 5_000) },
  },
];

const seed = Number(process.env.TRUST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const creates = sized(200, 1_000);
const unknown = creates / 2;

describe.each(targets)('a target that $name', async ({ erp }) => {
  const w = await openWorld({ erp });
  test(`${creates} creates, with ${unknown} outcomes unknown (TRUST_SEED=${seed}): none doubled, none missing`, async () => {
    const on = await ground(w);
    const life = await w.live();
    w.erp.faults = unreliable(seeded(seed), 0.25, unknown);
    const ids: string[] = [];
    for (let i = 0; i < creates; i++) {
      ids.push(born(w, i % 4 === 3 ? 'product' : 'customer', 'crm', on).id);
      if (i % 20 === 19) await new Promise<void>((go) => setImmediate(go));
    }
    await expect
      .poll(
        async () =>
          (
            await w.sql`select 1 from sync.link where erp_id is not null and mapping in ('customer', 'product')`
          ).length,
      )
      .toBe(creates + 2);
    w.erp.faults = calm;
    await w.settled(life);
    const made = w.erp.log.filter(
      (a) => a.kind === 'create' && ids.includes(String(a.after.externalReference)),
    );
    expect(made).toHaveLength(creates);
    expect(await w.letters()).toEqual([]);
    expect(await w.sql`select 1 from sync.intent`).toHaveLength(0);
    expect(await judge(w)).toEqual([]);
  });
});

describe('a target that neither honours the key nor can be searched', async () => {
  const w = await openWorld({ erp: { dedup: 'none' } });
  test('the create is never sent twice: a person is asked', async () => {
    const on = await ground(w);
    const life = await w.live();
    w.erp.faults = ({ kind }) =>
      kind === 'create' ? { when: 'before', as: 'write', code: 'UNKNOWN_OUTCOME' } : null;
    const one = born(w, 'customer', 'crm', on);
    await expect.poll(async () => (await w.letters()).map((l) => l.code)).toEqual(['UNKNOWN_OUTCOME']);
    w.erp.faults = calm;
    await w.settled(life);
    expect(w.erp.log.filter((a) => a.after.externalReference === one.id)).toHaveLength(0);
    expect(await judge(w)).toEqual([]);
    await life.sync.retry({ code: 'UNKNOWN_OUTCOME' }, { mode: 'apply', actor: 'anna' });
    await w.settled(life);
    expect(w.erp.log.filter((a) => a.kind === 'create' && a.after.externalReference === one.id)).toHaveLength(
      1,
    );
    expect(await w.letters()).toEqual([]);
  });
});
