import { expect, test } from 'vitest';
import { ask, newFolder, startPart } from './part.ts';

const start = (folder: string) =>
  startPart(['start', '--no-demo', '--port', '0', '--data', folder], /^ {2}GraphQL +(\S+)/);

const names = async (url: string) =>
  (await ask(url, '{ crmCustomers { nodes { name } } }')).data.crmCustomers.nodes;

test('two side by side, and one again after kill -9', async () => {
  const [folder, other] = [newFolder(), newFolder()];
  const [first, second] = await Promise.all([start(folder), start(other)]);
  expect(first.said).not.toBe(second.said);
  await ask(first.said, 'mutation { createCrmCustomer(input: { name: "Mine" }) { id } }');
  expect(await names(first.said)).toEqual([{ name: 'Mine' }]);
  expect(await names(second.said)).toEqual([]);

  await first.kill();
  const again = await start(folder);
  expect(await names(again.said)).toEqual([{ name: 'Mine' }]);
  expect(await names(second.said)).toEqual([]);
  expect(await Promise.all([again.stop(), second.stop()])).toEqual([0, 0]);
});
