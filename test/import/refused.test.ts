import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { expect, it } from 'vitest';
import { openClient } from '../../drizzle/postgres/client.ts';
import { importing } from './imported.ts';

const { run, records, write, url, folder, sql } = await importing();

const map = {
  system: 'crm',
  entity: 'Customer',
  key: 'c:{id}',
  fields: { name: 'name', email: 'email', billingAddress: { address: { city: 'city', country: 'country' } } },
};
const csv = [
  'id,name,email,city,country',
  '1,Good,post@good.example,Oslo,NO',
  '2,Bad mail,nonsense,Oslo,NO',
  '3,Bad country,,Oslo,XX',
  '4,,,Oslo,NO',
  ',No key,,Oslo,NO',
  '1,Repeated,,Oslo,NO',
  '5,Too few',
  '6,"Broken" quote,,Oslo,NO',
  '7,Last,,"Os',
  'lo",NO',
  `8,${'x'.repeat(101)},,Oslo,NO`,
  '9,After,,Oslo,NO',
  '10,"""Quoted""",,Oslo,NO',
  '11,"Open,,Oslo,NO',
  '12,Unread,,Oslo,NO',
].join('\n');

const places: readonly (readonly [number, string | null])[] = [
  [3, 'email'],
  [4, 'country'],
  [5, 'name'],
  [6, 'id'],
  [7, 'id'],
  [8, null],
  [9, null],
  [12, 'name'],
  [15, null],
];

it('names file, line, column, value and reason of every refused row, and imports the others', async () => {
  const { refused, result } = await run(map, csv);
  const sorted = [...refused].sort((a, b) => a.line - b.line);
  expect(sorted.map(({ line, column }) => [line, column])).toEqual(places);
  expect(sorted[0]).toMatchObject({
    property: 'email',
    value: 'nonsense',
    code: 'BAD_USER_INPUT',
    reason: expect.stringMatching(/is not an e-mail address/),
  });
  expect(sorted[1]).toMatchObject({ value: 'XX', property: 'billingAddress.country' });
  expect(sorted.every(({ reason }) => reason.length > 10)).toBe(true);
  // Rows that could not be read are rows as well; behind the quote that stays open nobody knows how many.
  expect(result).toMatchObject({ rows: 4 + places.length, created: 4, refused: places.length });
  expect(Object.keys(await records('crm', 'Customer', 'name')).sort()).toEqual([
    '"Quoted"',
    'After',
    'Good',
    'Last',
  ]);
});

it('counts a row once, however much is wrong with it', async () => {
  const { refused, result } = await run(
    {
      system: 'crm',
      entity: 'Product',
      key: 'twice:{id}',
      fields: {
        sku: 'id',
        name: 'id',
        listPrice: { column: 'price', number: { decimals: 2 } },
        discontinuedOn: { column: 'until', date: 'M/D/YYYY' },
      },
    },
    'id,price,until\n1,dear,never\n2,dear,1/1/2030\n3,1.00,1/1/2030\n',
  );
  expect(refused.map(({ line, column }) => [line, column])).toEqual([
    [2, 'price'],
    [2, 'until'],
    [3, 'price'],
  ]);
  expect(result).toMatchObject({ rows: 3, created: 1, refused: 2 });
});

it('writes the report as CSV and as JSON, and says it with the exit code', () => {
  const mapFile = write('report.map.json', JSON.stringify(map));
  const csvFile = write('report.csv', csv);
  const command = join(import.meta.dirname, '..', '..', 'console', 'tandem.ts');
  const tandem = (...more: string[]) =>
    spawnSync(
      process.execPath,
      [command, 'import', '--map', mapFile, '--database-url', url, ...more, csvFile],
      { encoding: 'utf8' },
    );
  const [asCsv, asJson] = [join(folder, 'refused.csv'), join(folder, 'refused.json')];
  const first = tandem('--report', asCsv);
  expect(first.status, first.stderr).toBe(1);
  expect(first.stderr).toContain(`${places.length} rows were refused`);
  expect(first.stderr).toMatch(/report\.csv:3 email "nonsense": "nonsense" is not an e-mail address/);
  expect(tandem('--report', asJson, '--allow-refused').status).toBe(0);
  const rows = parse(readFileSync(asCsv), { columns: true }) as Readonly<Record<string, string>>[];
  const json = JSON.parse(readFileSync(asJson, 'utf8')) as readonly Readonly<Record<string, unknown>>[];
  expect(rows.map(({ line }) => Number(line)).sort((a, b) => a - b)).toEqual(places.map(([line]) => line));
  expect(json).toHaveLength(rows.length);
});

it('ends the report of an import that comes to nothing', () => {
  const mapFile = write('ended.map.json', JSON.stringify(map));
  const report = join(folder, 'ended.json');
  const command = join(import.meta.dirname, '..', '..', 'console', 'tandem.ts');
  const { status, stderr } = spawnSync(
    process.execPath,
    [command, 'import', '--map', mapFile, '--database-url', url, '--report', report, write('empty.csv', '')],
    { encoding: 'utf8' },
  );
  expect(stderr).toMatch(/empty\.csv is empty: the first row has to name the columns/);
  expect(status).toBe(1);
  expect(JSON.parse(readFileSync(report, 'utf8'))).toEqual([]);
});

it('says before anything is imported that the report cannot be written, or another entity is meant', async () => {
  const mapFile = write('refused.map.json', JSON.stringify({ ...map, key: 'unreported:{id}' }));
  const csvFile = write('unreported.csv', csv);
  const command = join(import.meta.dirname, '..', '..', 'console', 'tandem.ts');
  const tandem = (...more: string[]) =>
    spawnSync(
      process.execPath,
      [command, 'import', '--map', mapFile, '--database-url', url, ...more, csvFile],
      { encoding: 'utf8' },
    );
  const nowhere = join(folder, 'nowhere', 'refused.csv');
  const before = Object.keys(await records('crm', 'Customer', 'name'));
  const first = tandem('--report', nowhere);
  expect(first.stderr).toBe(
    `The report ${nowhere} cannot be written (ENOENT: no such file or directory, open '${nowhere}'). Name another file with --report.\n`,
  );
  expect(first.status).toBe(1);
  const second = tandem('--system', 'erp');
  expect(second.stderr).toMatch(/^.*refused\.map\.json says system crm, and --system says erp: .*\n$/);
  expect(second.status).toBe(1);
  expect(Object.keys(await records('crm', 'Customer', 'name'))).toEqual(before);
});

it('says that it stopped, and why, where the database takes no writes any more', async () => {
  const mapFile = write('stopped.map.json', JSON.stringify({ ...map, key: 'stopped:{id}' }));
  const csvFile = write('stopped.csv', csv);
  const command = join(import.meta.dirname, '..', '..', 'console', 'tandem.ts');
  const [row] = await sql<{ name: string }[]>`select current_database() as name`;
  // One connection, made while it took writes.
  const admin = openClient(url, undefined, { max: 1 });
  const readOnly = (on: boolean) =>
    admin.unsafe(`alter database ${row!.name} set default_transaction_read_only = ${on ? 'on' : 'off'}`);
  await readOnly(true);
  const { status, stderr } = spawnSync(
    process.execPath,
    [command, 'import', '--map', mapFile, '--database-url', url, csvFile],
    { encoding: 'utf8' },
  );
  await readOnly(false);
  await admin.end({ timeout: 1 });
  expect(status).toBe(1);
  expect(stderr.trim()).toBe(
    'The import stopped: the database is read-only. What was written stays; import again once that is mended: nothing is created twice.',
  );
});

it('checks without writing', async () => {
  const before = Object.keys(await records('crm', 'Customer', 'name')).length;
  const { refused } = await run({ ...map, key: 'check:{id}' }, csv, { check: true });
  const sorted = [...refused].sort((a, b) => a.line - b.line);
  expect(sorted.map(({ line, column }) => [line, column])).toEqual(places);
  expect(Object.keys(await records('crm', 'Customer', 'name'))).toHaveLength(before);
});

it('checks what is demanded as the import does, but for what it would have to look up', async () => {
  const contacts = {
    system: 'crm',
    entity: 'Contact',
    key: 'contact:{id}',
    fields: {
      lastName: 'name',
      customerId: { column: 'of', lookup: { entity: 'Customer', by: 'name' } },
    },
  };
  const rows = 'id,name,of\n1,Known,Nobody yet\n2,,Nobody yet\n3,Alone,\n';
  const { refused } = await run(contacts, rows, { check: true });
  expect(refused).toMatchObject([
    { line: 3, column: 'name', property: 'lastName', reason: 'is missing.' },
    { line: 4, column: 'of', property: 'customerId', reason: 'is missing.' },
  ]);
  const debtors = { ...contacts, system: 'erp', fields: { lastName: 'name', companyNo: 'of' } };
  const { refused: ofErp } = await run(debtors, rows, { check: true });
  expect(ofErp).toMatchObject([
    { line: 3, property: 'lastName' },
    { line: 4, column: 'of', property: 'companyNo' },
  ]);
});

it('checks nothing demanded of a row whose record is there: the import leaves that alone', async () => {
  const there = { ...map, key: 'there:{id}' };
  await run(there, 'id,name,email,city,country\n1,There,,Oslo,NO\n');
  const { refused } = await run(there, 'id,name,email,city,country\n1,,,Oslo,NO\n2,,,Oslo,NO\n', {
    check: true,
  });
  expect(refused).toMatchObject([{ line: 3, property: 'name' }]);
});

it('reads nothing behind a row that is too long: what is left of it would pass for rows', async () => {
  const [header] = csv.split('\n');
  const long = `21,"${'y'.repeat(3_000_000)}",,Oslo,NO`;
  const { refused, result } = await run(
    { ...map, key: 'long:{id}' },
    [header, '20,Before,,Oslo,NO', long, '22,Behind,,Oslo,NO'].join('\n'),
  );
  expect(refused).toEqual([
    expect.objectContaining({ line: 3, reason: expect.stringMatching(/longer than .* all behind it/) }),
  ]);
  expect(result).toMatchObject({ rows: 2, created: 1, refused: 1 });
});
