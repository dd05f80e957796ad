import { expect, test } from 'vitest';
import type { Connector } from '../../sync/core/connector.ts';
import { createTraffic } from '../../sync/engine/traffic.ts';

const asked: string[] = [];
const system: Connector = {
  async read(entity) {
    asked.push(`read ${entity}`);
    return new Map();
  },
  async find() {
    asked.push('find');
    return [];
  },
  async list(entity) {
    asked.push(`list ${entity}`);
    return [];
  },
  async write() {
    asked.push('write');
    return [];
  },
  async *changes() {},
  head: async () => null,
  check: async () => ({ version: '1' }),
};
const author = { actor: 'tandem', origin: 'sync' } as const;
/** Everything that a run asks of a system. */
const askAll = (connector: Connector) => [
  connector.read('Customer', ['1']),
  connector.find([]),
  connector.list('Order', null, 1),
  connector.write([], author),
];

test('what a run asks goes at once where no live step is under way', async () => {
  const traffic = createTraffic();
  await Promise.all(askAll(traffic.behind(system)));
  expect(asked.splice(0)).toEqual(['read Customer', 'find', 'list Order', 'write']);
});

test('while live steps are under way it waits for the last of them', async () => {
  const traffic = createTraffic();
  const [one, other] = [traffic.enter(), traffic.enter()];
  const asking = Promise.all(askAll(traffic.behind(system)));
  one[Symbol.dispose]();
  await new Promise<void>((go) => setImmediate(go));
  expect(asked).toEqual([]);
  other[Symbol.dispose]();
  await asking;
  expect(asked.splice(0)).toHaveLength(4);
});

test('live work that never ends holds up no run for good', async () => {
  const traffic = createTraffic();
  using _ = traffic.enter();
  await Promise.all(askAll(traffic.behind(system)));
  expect(asked.splice(0)).toHaveLength(4);
});
