import { expect, test } from 'vitest';
import { born, ground } from './people.ts';
import { inOwnWorld } from './world.ts';

// F10. A record waits for another; once that is there, the target refuses it. What it waited for is over, and rings no more.
test('what was released and is refused then is given up once, and not rung for ever', () =>
  inOwnWorld(async (w) => {
    const on = await ground(w);
    const life = await w.live();
    await w.settled(life);
    await life.sync.pause('customer', true, null, 'anna');
    const customer = born(w, 'customer', 'crm', on);
    const contact = w.create('crm', 'Contact', {
      firstName: 'Kari',
      lastName: 'Moe',
      customerId: customer.id,
    });
    await w.settled(life);
    w.erp.faults = ({ call, entity, kind }) =>
      call === 'write' && entity === 'Contact' && kind === 'create'
        ? { when: 'before', as: 'write', code: 'BAD_USER_INPUT', message: 'No.' }
        : null;
    await life.sync.pause('customer', false, null, 'anna');
    await w.settled(life);
    const [link] = await w.sql<{ id: string; state: string; waits: unknown }[]>`
      select id, state, waits_for as waits from sync.link where crm_id = ${contact.id} and not lone`;
    expect(link).toMatchObject({ state: 'failed', waits: null });
    const told = await w.sql`select 1 from sync.event where link_id = ${link!.id} and outcome = 'failed'`;
    expect(told).toHaveLength(1);
    expect(await w.letters()).toMatchObject([{ linkId: link!.id, attempts: 1 }]);
  }));
