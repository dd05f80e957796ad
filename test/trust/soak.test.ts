import { expect, test } from 'vitest';
import { ground } from './people.ts';
import { seeded } from './referee/random.ts';
import { storm } from './storm.ts';
import { inOwnWorld } from './world.ts';

// The long version of random.test.ts: `npm run soak`, with SOAK_MINUTES and TRUST_SEED. The test command passes over it.
const minutes = Number(process.env.SOAK_MINUTES ?? 0);
const first = Number(process.env.TRUST_SEED ?? Math.floor(Math.random() * 2 ** 31));

test.skipIf(minutes === 0)(
  `storms for ${minutes} minutes`,
  { timeout: minutes * 60_000 + 120_000 },
  async () => {
    const end = Date.now() + minutes * 60_000;
    const broken: string[] = [];
    for (let seed = first; Date.now() < end; seed++) {
      console.log(`storm of TRUST_SEED=${seed}`);
      await inOwnWorld(async (w) => {
        for (const each of await storm(w, await ground(w), seeded(seed), { edits: 300, faults: true }))
          broken.push(`TRUST_SEED=${seed} ${each}`);
      }).catch((error) => broken.push(`TRUST_SEED=${seed} ${error}`));
    }
    expect(broken).toEqual([]);
  },
);
