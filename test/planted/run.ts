import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Fault, faults } from './faults.ts';

/**
 * `npm run planted`: plants one fault after the other in a copy of the tree and looks whether the test named for it
 * fails. `--only TEXT` takes the faults whose step, file or description has it. Exits with 1 when a fault was missed,
 * no longer applies, or its test fails without it.
 */
const { values: options } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const root = join(import.meta.dirname, '../..');
// Always the same place: the tests keep a database server per place.
const copy = join(tmpdir(), `tandem-planted-${createHash('sha256').update(root).digest('hex').slice(0, 8)}`);
const wanted =
  options.only === ''
    ? faults
    : faults.filter(({ step, file, what }) => `${step} ${file} ${what}`.includes(options.only));
const page = join(import.meta.dirname, 'README.md');

/** How long a test waits: many faults show by something that never comes. In ms. */
const usualMs = 15_000;

copyTree();
try {
  const sound = healthy();
  const told = wanted.map((fault) => ({ fault, verdict: sound.get(keyOf(fault)) ?? plant(fault) }));
  const missed = told.filter(({ verdict }) => !verdict.caught);
  console.log(`\n${told.length - missed.length} of ${told.length} planted faults were noticed.`);
  for (const { fault, verdict } of missed) console.log(`  ${fault.step}: ${fault.what}: ${verdict.by}`);
  process.exitCode = missed.length > 0 ? 1 : 0;
  if (wanted === faults && missed.length === 0) writeFileSync(page, pageOf(told));
} finally {
  rmSync(copy, { recursive: true, force: true });
}

/** A run over all of them that misses none writes down which test notices which. */
function pageOf(told: readonly { readonly fault: Fault; readonly verdict: Verdict }[]): string {
  const rows = told.map(({ fault: { step, what, file, test }, verdict }) =>
    line([
      step,
      what,
      `\`${file.replace(/^sync\//, '')}\``,
      `\`${test[0].replace('test/', '')}\`: ${verdict.by}`,
    ]),
  );
  return [
    '# Planted faults',
    '',
    'Mistakes as someone could make them in engine and store, at least one at every step of the way of a change, and in the',
    'books that are kept of what people do. `npm run planted`',
    'plants one after the other in a copy of the tree and runs the test that has to notice; it fails when one goes unnoticed',
    'and when one no longer applies, and writes this page when all are noticed. `-- --only capture` takes some.',
    '',
    `${told.length} of ${told.length} are noticed.`,
    '',
    line(['step', 'fault', 'in', 'noticed by']),
    line(['--', '--', '--', '--']),
    ...rows,
    '',
  ].join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

interface Verdict {
  readonly caught: boolean;
  /** The test that failed, or why none did. */
  readonly by: string;
}

/** What git knows and what is new, without what is ignored. */
function copyTree(): void {
  rmSync(copy, { recursive: true, force: true });
  const list = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  for (const file of execFileSync('git', list, { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean)) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file));
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
}

/** Tests that fail as they are prove nothing: the verdict on the faults they stand for. */
function healthy(): ReadonlyMap<string, Verdict> {
  const bad = new Map<string, Verdict>();
  for (const fault of new Map(wanted.map((each) => [keyOf(each), each])).values()) {
    const { passed, failed } = run(fault);
    if (failed.length > 0) bad.set(keyOf(fault), { caught: false, by: `fails without it: ${failed[0]}` });
    else if (passed === 0) bad.set(keyOf(fault), { caught: false, by: 'there is no such test' });
  }
  return bad;
}

function keyOf({ test }: Fault): string {
  return test.join(' > ');
}

function plant(fault: Fault): Verdict {
  const verdict = planted(fault);
  console.log(`${verdict.caught ? 'noticed' : 'MISSED '} ${fault.step}: ${fault.what} → ${verdict.by}`);
  return verdict;
}

function planted(fault: Fault): Verdict {
  const path = join(copy, fault.file);
  const source = readFileSync(path, 'utf8');
  const parts = source.split(fault.search);
  if (parts.length !== 2)
    return { caught: false, by: `${fault.file} has its text ${parts.length - 1} times: bring it up to date` };
  writeFileSync(path, parts.join(fault.replace));
  const { failed } = run(fault);
  writeFileSync(path, source);
  return failed.length > 0
    ? { caught: true, by: failed[0]! }
    : { caught: false, by: `no test of ${keyOf(fault)}` };
}

/** Runs the test of a fault in the copy. What does not even load has failed, too. */
function run({ test: [file, name], patienceMs = usualMs }: Fault): {
  readonly passed: number;
  readonly failed: readonly string[];
} {
  const report = join(copy, 'report.json');
  rmSync(report, { force: true });
  const args = ['run', '--config', 'test/vitest.config.ts', '--bail=1', '--reporter=json'];
  const only = name ? ['-t', name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')] : [];
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  spawnSync(process.execPath, [vitest, ...args, `--outputFile=${report}`, ...only, file], {
    cwd: copy,
    env: { ...process.env, TANDEM_TEST_SEED: '1', TANDEM_TEST_PATIENCE_MS: String(patienceMs) },
    stdio: 'ignore',
  });
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report;
  const all = testResults.flatMap((each) => each.assertionResults);
  const failed = all.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  return {
    passed: all.filter(({ status }) => status === 'passed').length,
    failed: [...failed, ...broken.map(({ message }) => `does not load: ${message.slice(0, 120)}`)],
  };
}

interface Report {
  readonly testResults: readonly {
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}
