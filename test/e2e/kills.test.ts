import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { assembleSync, openSystems } from '../../console/assemble.ts';
import type { Author, Write } from '../../sync/core/connector.ts';
import { testDatabase } from '../support/database.ts';
import { processorWaitMs } from '../support/processor-wait.ts';
import { seeded } from '../trust/referee/random.ts';
import { kill, startProcess } from './house-process.ts';

const { sql, url } = await testDatabase();
const person: Author = { actor: 'anna', origin: 'person' };
const kills = Number(process.env.SOAK_KILLS ?? 0);
const seed = Number(process.env.TRUST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const editsPerKill = 25;

// F1, the long version of kill.test.ts: part of the soak.
test.skipIf(kills === 0)(
  `the house is killed ${kills} times at random over ${kills * editsPerKill} edits (TRUST_SEED=${seed})`,
  { timeout: 60_000 + kills * 30_000 },
  async () => {
    const random = seeded(seed);
    const systems = openSystems(sql);
    const write = async (side: 'crm' | 'erp', one: Write): Promise<string> => {
      const [result] = await systems[side].write([one], person);
      if (!result || !('record' in result)) throw new Error(JSON.stringify(result));
      return result.record.id;
    };
    let made = 0;
    const born = (side: 'crm' | 'erp'): Promise<string> =>
      write(side, { kind: 'create', entity: 'Customer', fields: { name: `Killed ${++made}` } });
    const own = { crm: [await born('crm')], erp: [await born('erp')] };
    let slowest = { ownMs: 0, waitedMs: 0 };
    for (let round = 0; round < kills; round++) {
      const from = performance.now();
      const [before] = await sql<{ n: number }[]>`select count(*) as n from sync.event`;
      const child = await startProcess(url);
      const killing = delay(random.below(4_000));
      for (let edit = 0; edit < editsPerKill; edit++) {
        const side = random.pick(['crm', 'erp'] as const);
        if (random.chance(0.2)) own[side].push(await born(side));
        else
          await write(side, {
            kind: 'update',
            entity: 'Customer',
            id: random.pick(own[side]),
            fields: { legalName: `Edited ${round}.${edit}` },
          });
      }
      // Back at work: it has told of something since it started.
      if (round % 10 === 0) {
        await expect
          .poll(async () => (await sql<{ n: number }[]>`select count(*) as n from sync.event`)[0]!.n)
          .toBeGreaterThan(before!.n);
        const waitedMs = processorWaitMs(child.pid!);
        const ownMs = performance.now() - from - waitedMs;
        if (ownMs > slowest.ownMs) slowest = { ownMs, waitedMs };
      }
      await killing;
      await kill(child);
    }
    console.log(
      `slowest start until something was told: ${Math.round(slowest.ownMs)} ms, and ${Math.round(slowest.waitedMs)} ms without a processor`,
    );
    const errors: string[] = [];
    const sync = await assembleSync(sql, systems, { error: (_, text) => errors.push(text), info: () => {} });
    await sync.start();
    await sync.quiet(AbortSignal.timeout(60_000));
    await sync.stop();
    await systems.close();
    expect(errors).toEqual([]);
    expect(await sql`select key, attempts from sync.lane`).toEqual([]);
    expect(await sql`select key from sync.intent`).toEqual([]);
    expect(await sql`select id from sync.decision`).toEqual([]);
    expect(await sql`select code, message from sync.dead_letter where closed_at is null`).toEqual([]);
    const [count] = await sql<{ crm: number; erp: number; differing: number }[]>`
      select (select count(*) from crm.customer) as crm, (select count(*) from erp.customer) as erp,
        (select count(*) from crm.customer c full join erp.customer e on e.external_reference = c.id
          where c.id is null or e.id is null or c.name is distinct from e.name or c.legal_name is distinct from e.legal_name) as differing`;
    expect(count).toEqual({ crm: made, erp: made, differing: 0 });
    // Last, or a slow start hides what became of the records. What a busy machine made it wait is not its own.
    expect(slowest.ownMs).toBeLessThan(10_000);
  },
);
