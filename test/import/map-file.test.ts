import { expect, it } from 'vitest';
import type { ImportOptions } from '../../console/import/run.ts';
import { importing } from './imported.ts';

const { run, write, sql } = await importing();

const good = { system: 'crm', entity: 'Customer', key: 'c:{id}', fields: { name: 'name' } };
const csv = 'id,name,city\n1,One,Oslo\n';

const mistakes: readonly [string, object, RegExp][] = [
  ['an unknown key', { ...good, feilds: {} }, /feilds is not known here\. Did you mean "fields"\?/],
  [
    'an unknown key of a source',
    { ...good, fields: { name: { colum: 'name' } } },
    /fields\.name\.colum is not known here\. Did you mean "column"\?/,
  ],
  ['no key', { ...good, key: undefined }, /key is missing/],
  ['a key without a column', { ...good, key: 'c' }, /key has to hold a column in braces/],
  [
    'two origins',
    { ...good, fields: { name: { column: 'name', value: 'x' } } },
    /fields\.name has value and column: keep one/,
  ],
  ['an unknown system', { ...good, system: 'erm' }, /system has to be crm or erp/],
  [
    'an unknown entity',
    { ...good, entity: 'Custmer' },
    /"Custmer" is none of the Crm\. Did you mean "Customer"\?/,
  ],
  [
    'an unknown property',
    { ...good, fields: { name: 'name', adress: 'city' } },
    /fields\.adress: Customer has no such property/,
  ],
  [
    'an unknown column',
    { ...good, fields: { name: 'nmae' } },
    /column "nmae" is not in .*test\.csv\. Did you mean "name"\?/,
  ],
  [
    'columns parted by another character',
    { ...good, csv: { delimiter: ';' } },
    /the one column of .*test\.csv is "id,name,city": set csv\.delimiter/,
  ],
  ['an unknown column of the key', { ...good, key: 'c:{ident}' }, /column "ident" is not in/],
  [
    'an unknown part of an address',
    { ...good, fields: { name: 'name', billingAddress: { address: { town: 'city' } } } },
    /town is no part of it/,
  ],
  [
    'an unknown table',
    { ...good, fields: { name: { column: 'name', table: 'contries' } }, tables: { countries: {} } },
    /no table "contries" under "tables"\. Did you mean "countries"\?/,
  ],
  [
    'an unknown property to look up by',
    {
      ...good,
      fields: { name: 'name', ownerId: { column: 'name', lookup: { entity: 'User', by: 'fulName' } } },
    },
    /User has no property "fulName"\. Did you mean "fullName"\?/,
  ],
  [
    'a demanded property left out',
    { ...good, fields: { legalName: 'name' } },
    /fields\.name is missing: Customer demands it/,
  ],
  [
    'a computed property',
    { ...good, entity: 'Quote', fields: { computedAmount: 'name' } },
    /computedAmount is computed by the system/,
  ],
  ['lines where there are none', { ...good, lines: [{ key: 'x', fields: {} }] }, /Customer has no lines/],
  [
    'a date format without a day',
    { ...good, fields: { name: { column: 'name', date: 'YYYY-MM' } } },
    /fields\.name\.date has to name YYYY/,
  ],
];

it.each(mistakes)('refuses a map with %s before anything is written', async (_, map, message) => {
  await expect(run(map, csv)).rejects.toThrow(message);
  expect(await sql`select from crm.customer`).toHaveLength(0);
});

const contradictions: readonly [string, object, ImportOptions, RegExp][] = [
  [
    'a system',
    good,
    { system: 'erp' },
    /test\.map\.json says system crm, and --system says erp: leave out --system, or take a map for erp\./,
  ],
  ['an entity', good, { entity: 'Contact' }, /says entity Customer, and --entity says Contact: leave out/],
  [
    'an entity that nobody knows',
    { ...good, entity: undefined },
    { entity: 'Foo' },
    /"Foo" is none of the Crm\. There are Customer, Contact, /,
  ],
];

it.each(contradictions)('refuses %s that is not that of the map', async (_, map, options, message) => {
  await expect(run(map, csv, options)).rejects.toThrow(message);
  expect(await sql`select from crm.customer`).toHaveLength(0);
});

it('takes what the command line says as well, and where the map says nothing', async () => {
  expect((await run(good, csv, { system: 'crm', entity: 'Customer', check: true })).result.rows).toBe(1);
  const open = { ...good, system: undefined, entity: undefined };
  expect((await run(open, csv, { system: 'crm', entity: 'Customer', check: true })).result.rows).toBe(1);
});

it('lists all mistakes of a map at once', async () => {
  await expect(run({ ...good, fields: { name: 'name', nme: 'city', legal: 'city' } }, csv)).rejects.toThrow(
    /has 2 mistakes:\n.*nme.*\n.*legal/,
  );
});

it('says what is wrong with the files themselves', async () => {
  await expect(run(good, '')).rejects.toThrow(/is empty: the first row has to name the columns/);
  await expect(run(good, 'id,name,name\n')).rejects.toThrow(/the header has name twice/);
  write('broken.map.json', '{');
  const { readMapFile } = await import('../../console/import/map-file.ts');
  await expect(readMapFile('/nowhere/x.json')).rejects.toThrow(/\/nowhere\/x\.json cannot be read: ENOENT/);
});
