import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { settingNames } from '../../console/settings.ts';

// What the README names is there: a promise whose test was renamed is a promise without a test.
const root = join(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const named = (pattern: RegExp): readonly string[] => [
  ...new Set([...readme.matchAll(pattern)].map((found) => found[1]!)),
];

test('every file that it names or links to is there', () => {
  const folders = 'bench|console|drizzle|examples|gateway|subgraphs|sync|test';
  const paths = [
    ...named(new RegExp(`\\x60((?:${folders})/[^\\x60\\s]*)\\x60`, 'g')),
    ...named(/\]\(([^):#]+)\)/g),
  ];
  expect(paths.length).toBeGreaterThan(50);
  expect(paths.filter((path) => globSync(path, { cwd: root }).length === 0)).toEqual([]);
});

test('every promise has a number, and names what says so', () => {
  const promises = readme.slice(readme.indexOf('## What we promise'), readme.indexOf('## Measured'));
  const rows = promises
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| promise |'));
  expect(rows.length).toBeGreaterThan(60);
  const cells = rows.map((row) => row.slice(2, -2).split(' | '));
  expect(cells.filter((row) => row.length !== 3 || row.some((cell) => cell.trim() === ''))).toEqual([]);
  expect(cells.filter(([, , said]) => !/\x60(test\/|npm run )|by hand/.test(said!))).toEqual([]);
});

test('every npm script that it names is one', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const wanted = named(/npm run ([\w:-]+)/g);
  expect(wanted.length).toBeGreaterThan(5);
  for (const script of wanted) expect(scripts, script).toHaveProperty([script]);
});

test('every command of tandem that it shows is one', () => {
  const help = execFileSync(process.execPath, [join(root, 'console/tandem.ts'), '--help'], {
    encoding: 'utf8',
  });
  const commands = new Set([...help.matchAll(/^ {2}([a-z-]+) /gm)].map((found) => found[1]));
  const shown = named(/npx tandem ([a-z-]+)/g);
  expect(shown.length).toBeGreaterThan(10);
  expect(shown.filter((command) => !commands.has(command))).toEqual([]);
});

test('every option that it shows is one of its command', () => {
  const shown = [...readme.matchAll(/npx tandem ([a-z-]+)([^\n\x60#)]*)/g)].flatMap(([, command, rest]) =>
    [...rest!.matchAll(/--[a-z-]+/g)].map(([option]) => ({ command: command!, option })),
  );
  expect(shown.length).toBeGreaterThan(15);
  const helps = new Map(
    [...new Set(shown.map(({ command }) => command))].map((command) => [
      command,
      execFileSync(process.execPath, [join(root, 'console/tandem.ts'), command, '--help'], {
        encoding: 'utf8',
      }),
    ]),
  );
  expect(shown.filter(({ command, option }) => !helps.get(command)!.includes(`  ${option}`))).toEqual([]);
});

test('its table of settings has all of them, and no other', () => {
  const table = readme.slice(readme.indexOf('## Running it'), readme.indexOf('**Import CSV**'));
  const told = new Set(
    [...table.matchAll(/\x60([A-Z][A-Z_]+)(?:=[^\x60]*)?\x60/g)].map((found) => found[1]!),
  );
  // npm sets the one for what it starts.
  const wanted = settingNames.filter((name) => name !== 'npm_lifecycle_event');
  expect(wanted.filter((name) => !told.has(name))).toEqual([]);
  expect([...told].filter((name) => !settingNames.includes(name))).toEqual([]);
});
