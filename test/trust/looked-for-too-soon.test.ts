import { expect, test } from 'vitest';
import type { Sql } from '../../sync/store/sql.ts';
import { ground } from './people.ts';
import { judged } from './referee/story.ts';
import { inOwnWorld, type World } from './world.ts';

// I2. A contact is found by its e-mail and its customer: one whose customer is not linked yet can't be looked for, and
// waits. Steps read ahead what was referred to lately, and such a look may be answered late, when the customer is linked.
test('a contact that could not be looked for is not made, though its customer is linked within the same step', () =>
  inOwnWorld(async (w) => {
    await ground(w);
    const firm = twins(w);
    const { around, hold } = lateLook(firm.crm);
    const life = await w.live(around);
    await w.settled(life);
    // Refers to the customer, and is why the next step reads ahead.
    contact(w, 'crm', 'first', firm.crm);
    const twin = contact(w, 'erp', 'same', firm.erp);
    await w.settled(life);
    const { asked, release } = hold();
    const { id } = contact(w, 'crm', 'same', firm.crm);
    await asked;
    await life.sync.link('customer', firm.crm, firm.erp, { actor: 'anna', mode: 'apply' });
    release();
    await w.settled(life);
    const made = w.erp.all('Contact').filter(({ fields }) => fields.email === 'same@firm.example');
    expect(made.map((each) => each.id)).toEqual([twin.id]);
    const links = await w.sql`
      select state, erp_id as "erpId" from sync.link where mapping = 'contact' and crm_id = ${id} and state <> 'ended'`;
    expect(links).toEqual([{ state: 'synced', erpId: twin.id }]);
    expect(await w.letters()).toEqual([]);
    expect(life.errors).toEqual([]);
  }));

// The same where customers and contacts come in one batch, both there on both sides.
test('customers and their contacts that come in one batch are linked, and none is made', () =>
  inOwnWorld(async (w) => {
    const life = await w.live();
    await w.settled(life);
    for (let n = 0; n < 30; n++)
      for (const side of ['crm', 'erp'] as const) {
        const name = { name: `Firm ${n}`, email: `post${n}@firm.example` };
        const kind = side === 'erp' && { partnerType: 'COMPANY', blocked: 'NONE' };
        contact(w, side, `ola${n}`, w.create(side, 'Customer', { ...name, ...kind }).id);
      }
    await w.settled(life);
    for (const side of ['crm', 'erp'] as const) expect(w.fakes[side].all('Contact')).toHaveLength(30);
    expect(await judged(w)).toEqual([]);
    // A claim that is left behind holds its like up for half a minute.
    expect(await w.sql`select value, lane from sync.claim`).toEqual([]);
  }));

/** A customer of the CRM, and two of the ERP that look like it: a person decides which is the same. */
function twins(w: World) {
  const fields = { name: 'Havn Bakeri', email: 'post@havn.example' };
  const crm = w.create('crm', 'Customer', fields).id;
  const [erp] = [1, 2].map(
    () => w.create('erp', 'Customer', { ...fields, partnerType: 'COMPANY', blocked: 'NONE' }).id,
  );
  return { crm, erp: erp! };
}

const contact = (w: World, side: 'crm' | 'erp', name: string, customerId: string) =>
  w.create(side, 'Contact', {
    firstName: name,
    lastName: 'Dahl',
    email: `${name}@firm.example`,
    customerId,
    ...(side === 'erp' && { type: 'PERSON', blocked: false }),
  });

/** A database that answers one look at the links of a record only when it is told to, the first after `hold`. */
function lateLook(id: string) {
  const asked = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  let looks = Number.NaN;
  const around = <Client extends object>(sql: Client): Client =>
    new Proxy(sql, {
      apply(target, self, args: unknown[]) {
        const send = (): PromiseLike<unknown> => Reflect.apply(target as never, self, args);
        if (Number.isNaN(looks) || !isLookAt(id, args)) return send();
        if (looks++ === 0) return held.promise.then(send);
        const answer = send();
        answer.then(() => asked.resolve());
        return answer;
      },
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (name !== 'together') return value;
        return (work: (one: object) => Promise<unknown>) =>
          (value as Sql['together']).call(target, (one) => work(around(one)));
      },
    });
  return {
    around,
    hold() {
      looks = 0;
      return { asked: asked.promise, release: held.resolve };
    },
  };
}

/** Whether a statement asks for the links of a record. */
const isLookAt = (id: string, [text, ...values]: readonly unknown[]): boolean =>
  Array.isArray(text) &&
  text.join('').includes('with found as') &&
  values.some((value) => JSON.stringify((value as { args?: unknown }).args ?? null).includes(`"${id}"`));
