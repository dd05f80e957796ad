import { afterAll, expect, inject, test } from 'vitest';
import { createFromTemplate, giveUpDatabase, urlOf } from '../support/databases.ts';
import { openDeafProxy } from '../support/deaf-proxy.ts';
import { born, edited, ground, twinOf } from './people.ts';
import { judged } from './referee/story.ts';
import { worldOver } from './world.ts';

const { url: main } = inject('server');
const name = `test_${Date.now().toString(36)}_${process.pid}_silent`;
await createFromTemplate(main, name);
const server = new URL(urlOf(main, name));
const proxy = await openDeafProxy(server.hostname, Number(server.port));
server.port = String(proxy.port);
/** What nobody answers is given up after 1.9 s, in the systems after 2: a machine under load may take half a second to answer. */
const w = await worldOver(server.href, undefined, { statementMs: 1_500, callMs: 2_000 });
afterAll(async () => {
  await w.close();
  await proxy.close();
  await giveUpDatabase(main, name);
});
const on = await ground(w);

test('answers of the database that are lost on the way take no worker with them: nothing is lost', async () => {
  const life = await w.live();
  const ids = Array.from({ length: 8 }, () => born(w, 'customer', 'crm', on).id);
  await w.settled(life);
  for (let round = 0; round < 6; round++) {
    for (const id of ids) edited(w, 'customer', 'crm', id);
    const fresh = born(w, 'customer', round % 2 === 0 ? 'crm' : 'erp', on);
    proxy.deafen();
    // Until something was lost that somebody waits for.
    await expect.poll(() => proxy.lost(), { interval: 5 }).toBeGreaterThan(0);
    if (round % 2 === 0) ids.push(fresh.id);
  }
  // Whoever waited on one of those connections has given it up.
  await expect.poll(() => proxy.lost(), { interval: 20 }).toBe(0);
  await w.settled(life);
  for (const id of ids) expect(twinOf(w, 'customer', 'crm', id)).not.toBeNull();
  expect(await w.letters()).toEqual([]);
  expect(await judged(w)).toEqual([]);
  await life.stop();
});

test('a table that somebody has locked holds up what needs it, and no longer than it is locked', async () => {
  const life = await w.live();
  const id = born(w, 'customer', 'crm', on).id;
  await w.settled(life);
  await w.sql.begin(async (tx) => {
    await tx`lock table sync.link in access exclusive mode`;
    edited(w, 'customer', 'crm', id);
    await expect.poll(() => life.errors.join('\n')).toMatch(/statement timeout/);
  });
  await w.settled(life);
  expect(await w.letters()).toEqual([]);
  expect(await judged(w)).toEqual([]);
  await life.stop();
});

test.each(['read', 'write'])(
  'a system that never answers a %s is given up, and asked again',
  async (call) => {
    const life = await w.live();
    const id = born(w, 'customer', 'crm', on).id;
    await w.settled(life);
    let hung = 0;
    w.erp.pause = (asked) => {
      if (asked !== call || hung > 0) return Promise.resolve();
      hung++;
      return new Promise(() => {});
    };
    edited(w, 'customer', 'crm', id);
    await w.settled(life);
    w.erp.pause = null;
    expect(hung).toBe(1);
    expect(await w.letters()).toEqual([]);
    expect(await judged(w)).toEqual([]);
    await life.stop();
  },
);
