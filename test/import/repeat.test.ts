import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { importing } from './imported.ts';

const { run, records, systems, sql, url, write } = await importing();

const map = {
  system: 'crm',
  entity: 'Customer',
  key: 'c:{id}',
  fields: { name: 'name', legalName: 'legal' },
};

it('changes nothing the second time, and writes what the file says with update', async () => {
  const csv = 'id,name,legal\n1,One,One AS\n2,Two,Two AS\n';
  expect((await run(map, csv)).result).toMatchObject({ created: 2, existed: 0 });
  const [one] = await systems.crm.find([{ entity: 'Customer', where: { name: 'One' } }]);
  await systems.crm.write(
    [{ kind: 'update', entity: 'Customer', id: one![0]!.id, fields: { name: 'Edited' } }],
    { actor: 'kari', origin: 'person' },
  );
  const [head] = await sql`select max(version) as version from crm.customer`;
  expect((await run(map, csv)).result).toMatchObject({ created: 0, existed: 2, updated: 0 });
  expect(await sql`select max(version) as version from crm.customer`).toEqual([head]);
  expect(Object.keys(await records('crm', 'Customer', 'name')).sort()).toEqual(['Edited', 'Two']);
  expect((await run(map, csv, { update: true })).result).toMatchObject({
    created: 0,
    existed: 1,
    updated: 1,
  });
  expect(Object.keys(await records('crm', 'Customer', 'name')).sort()).toEqual(['One', 'Two']);
});

it('brings the lines of a document to what the file says, and leaves lines of others', async () => {
  const quotes = {
    system: 'crm',
    entity: 'Quote',
    key: 'q:{id}',
    fields: { name: 'id' },
    lines: [{ key: 'a', fields: { productText: 'p', quantity: 'n' } }],
  };
  await run(quotes, 'id,p,n\nQ1,Thing,1\n');
  const [quote] = await systems.crm.list('Quote', null, 1);
  await systems.crm.write(
    [
      {
        kind: 'update',
        entity: 'Quote',
        id: quote!.id,
        fields: {},
        lineChanges: [{ kind: 'add', fields: { kind: 'TEXT', description: 'by hand' } }],
      },
    ],
    { actor: 'kari', origin: 'person' },
  );
  expect((await run(quotes, 'id,p,n\nQ1,Thing,5\n', { update: true })).result).toMatchObject({ updated: 1 });
  const lines = (await systems.crm.list('Quote', null, 1))[0]!.fields.lines as readonly Record<
    string,
    unknown
  >[];
  expect(
    lines.map(({ productText, quantity, description }) =>
      productText ? [productText, quantity] : description,
    ),
  ).toEqual([['Thing', '5'], 'by hand']);
});

it('goes on after a kill in the middle: every row once', async () => {
  const rows = 14_000;
  const csvFile = write(
    'many.csv',
    `id,name,legal\n${Array.from({ length: rows }, (_, n) => `k${n},Killed ${n},`).join('\n')}\n`,
  );
  const mapFile = write('many.map.json', JSON.stringify(map));
  const command = join(import.meta.dirname, '..', '..', 'console', 'tandem.ts');
  const start = () =>
    spawn(process.execPath, [command, 'import', '--map', mapFile, '--database-url', url, csvFile], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });

  const killed = start();
  for await (const line of createInterface({ input: killed.stderr })) if (/\d+ rows/.test(line)) break;
  killed.kill('SIGKILL');
  if (killed.exitCode === null && killed.signalCode === null) await once(killed, 'exit');
  const [before] = await sql<
    { n: number }[]
  >`select count(*)::int as n from crm.customer where name like 'Killed %'`;
  expect(before!.n).toBeGreaterThan(0);
  expect(before!.n).toBeLessThan(rows);

  const again = start();
  again.stderr.resume();
  expect(await once(again, 'exit')).toEqual([0, null]);
  const [after] = await sql<
    { n: number; names: number }[]
  >`select count(*)::int as n, count(distinct name)::int as names from crm.customer where name like 'Killed %'`;
  expect(after).toEqual({ n: rows, names: rows });
});
