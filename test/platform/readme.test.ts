import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { settingNames } from '../../console/settings.ts';

// What the README and the pages behind it name is there: a promise whose test was renamed is a promise without a test.
const root = join(import.meta.dirname, '../..');
const read = (page: string): string => readFileSync(join(root, page), 'utf8');
const readme = read('README.md');
const matches = (text: string, pattern: RegExp): readonly string[] => [
  ...new Set([...text.matchAll(pattern)].map((found) => found[1]!)),
];
const named = (pattern: RegExp): readonly string[] => matches(readme, pattern);
const namedFiles = (text: string): readonly string[] => {
  const folders = 'bench|console|drizzle|examples|gateway|subgraphs|sync|test';
  return matches(text, new RegExp(`\\x60((?:${folders})/[^\\x60\\s]*)\\x60`, 'g'));
};

const pages = globSync(['README.md', '{bench,examples,sync,test}/README.md', '{bench,test}/*/README.md'], {
  cwd: root,
});

test.each(pages)('every file that %s names or links to is there', (page) => {
  const text = read(page);
  const paths = namedFiles(text);
  const links = matches(text, /\]\(([^):#]+)[#)]/g).map((link) => join(dirname(page), link));
  // A test may be named without its ending.
  const isThere = (path: string): boolean => globSync([path, `${path}.test.ts`], { cwd: root }).length > 0;
  expect([...paths, ...links].filter((path) => !isThere(path))).toEqual([]);
});

test('it names many, and so do the pages behind it', () => {
  expect(namedFiles(readme).length).toBeGreaterThan(50);
  expect(pages.length).toBeGreaterThan(6);
});

test.each(pages)('every section that %s links to is there', (page) => {
  const links = [...read(page).matchAll(/\]\(([^):#]*)#([^)]+)\)/g)];
  const headings = (of: string): readonly string[] =>
    matches(read(of), /^#+ (.+)$/gm).map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .replaceAll(' ', '-'),
    );
  const missing = links.filter(
    ([, file, section]) => !headings(file ? join(dirname(page), file) : page).includes(section!),
  );
  expect(missing.map(([link]) => link)).toEqual([]);
});

test.each([
  ['README.md', '## What we promise', '## Measured', 45],
  ['test/README.md', '## Promises', null, 30],
] as const)('every promise of %s has a number, and names what says so', (page, from, to, atLeast) => {
  const text = read(page);
  const rows = text
    .slice(text.indexOf(from), to ? text.indexOf(to) : undefined)
    .split('\n')
    .filter((line) => /^\| (?!promise |fault )/.test(line));
  expect(rows.length).toBeGreaterThan(atLeast);
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
