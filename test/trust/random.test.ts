import { expect, test } from 'vitest';
import { ground } from './people.ts';
import { seeded } from './referee/random.ts';
import { storm } from './storm.ts';
import { openWorld } from './world.ts';

const first = Number(process.env.TRUST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const seeds = Array.from({ length: 4 }, (_, n) => first + n);
const w = await openWorld();
const on = await ground(w);

test.skipIf(process.env.TRUST !== 'all').each(seeds)(
  'F6 TRUST_SEED=%i: late, repeated and reversed deliveries come to the same end',
  { timeout: 45_000 },
  async (seed) => {
    expect(await storm(w, on, seeded(seed), { edits: 150 })).toEqual([]);
  },
);

// Has not passed yet (README.md): part of the soak, where it can be looked into, not of the test command.
test.skipIf(process.env.TRUST !== 'all').each(seeds)(
  'F16 TRUST_SEED=%i: random edits and faults',
  { timeout: 60_000 },
  async (seed) => {
    expect(await storm(w, on, seeded(seed), { edits: 150, faults: true })).toEqual([]);
  },
);
