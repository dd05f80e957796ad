import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'vitest';
import type { Side } from '../../sync/core/types.ts';
import { born, edited, ground, twinOf } from './people.ts';
import { judge } from './referee/judge.ts';
import { inOwnWorld } from './world.ts';

// F2 for as long as `trust.md` says, all at once: `npm run soak -- --part outages --minutes 30`. Outages that are longer than
// the soak is to last are left out; the test command passes over all of them, and has faults.test.ts.
const most = Number(process.env.SOAK_MINUTES ?? 0);
const outages = [
  { minutes: 1, away: 'erp' },
  { minutes: 5, away: 'crm' },
  { minutes: 30, away: 'erp' },
] as const satisfies readonly { readonly minutes: number; readonly away: Side }[];

/** A system that stays away is asked no more often, in ms, once the pauses have grown to that: the first half minute and its double. */
const probeMs = 30_000;
const growingProbes = 9;
/** How soon all that waited is to be there once the system is back, in ms. */
const drainedMs = 60_000;
/** What is edited when it goes away, and what is made while it is. */
const [editsAtOnce, creates] = [900, 100];

test.concurrent.for(outages)(
  'F2 the $away is away for $minutes minutes: rare probes, nothing given up, 1,000 pairs there within a minute of its return',
  { timeout: most * 60_000 + 300_000 },
  // Tests that run at once have an `expect` of their own.
  async ({ minutes, away }, { expect, skip }) => {
    skip(minutes > most, 'longer than the soak');
    const home = away === 'erp' ? 'crm' : 'erp';
    await inOwnWorld(async (w) => {
      const on = await ground(w);
      const life = await w.live();
      const ids = Array.from({ length: editsAtOnce }, () => born(w, 'customer', home, on).id);
      await w.settled(life);
      const system = w.fakes[away];
      const probes: number[] = [];
      system.pause = async (call) => {
        if (system.down && call === 'check') probes.push(performance.now());
      };

      system.down = true;
      const end = performance.now() + minutes * 60_000;
      for (const id of ids) edited(w, 'customer', home, id);
      await expect.poll(() => life.sync.breakers()[away].open).toBe(true);
      const asked = system.calls.whileDown - probes.length;
      const made: string[] = [];
      for (let n = 1; n <= creates; n++) {
        made.push(born(w, 'customer', home, on).id);
        await delay((end - performance.now()) / (creates - n + 1));
      }
      expect(system.calls.whileDown - probes.length - asked, 'calls besides the probes').toBe(0);
      const pauses = probes.slice(1).map((at, n) => at - probes[n]!);
      // A timer may be a little early.
      expect(Math.min(...pauses.slice(growingProbes), Infinity)).toBeGreaterThan(probeMs - 50);
      expect(probes.length).toBeLessThanOrEqual(growingProbes + (minutes * 60_000) / probeMs);
      expect(await w.letters(), 'given up meanwhile').toEqual([]);

      system.down = false;
      const back = performance.now();
      await expect.poll(() => life.sync.breakers()[away].open).toBe(false);
      await w.settled(life);
      const took = performance.now() - back;
      console.log(
        `${away} away for ${minutes} min: ${probes.length} probes, drained ${Math.round(took)} ms after its return`,
      );
      expect(took).toBeLessThan(drainedMs);
      expect(await w.letters()).toEqual([]);
      expect(made.filter((id) => twinOf(w, 'customer', home, id) === null)).toEqual([]);
      expect(await judge(w)).toEqual([]);
    });
  },
);
