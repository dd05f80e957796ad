// Changes one expression of the core at a time and looks whether a test notices. README.md says how it is run and what
// came out.
import { fork } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createInstrumenter } from '@stryker-mutator/instrumenter';
import { createInjector } from 'typed-inject';

const root = join(import.meta.dirname, '../..');
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Share of the generated cases of each property test. */
    cases: { type: 'string', default: '0.03' },
    seed: { type: 'string', default: '1' },
    /** Only mutants that no test had noticed the last time. */
    left: { type: 'boolean', default: false },
    out: { type: 'string', default: '.tandem-mutation/results.json' },
  },
});

/** A mutant that takes longer, in ms, does not end. */
const patienceMs = 60_000;
/** A process holds the modules of every mutant it ran: it makes place for a new one after so many. */
const perProcess = 200;

const files = globSync(positionals.length > 0 ? positionals : 'sync/core/**/*.ts', { cwd: root }).sort();
const tests = globSync('test/core/**/*.test.ts', { cwd: root }).sort();
const results = read();
for (const file of files) {
  const from = performance.now();
  const { source, mutants } = await mutantsOf(file);
  if (mutants.length === 0) continue;
  const before = options.left ? (results[file] ?? []) : [];
  const known = new Map(before.filter(({ status }) => status === 'killed').map((each) => [each.id, each]));
  const outcomes = await runAll(file, source, mutants, known);
  results[file] = outcomes;
  write(results);
  tell(file, outcomes, performance.now() - from);
}
summary();

async function mutantsOf(file) {
  const quiet = new Proxy({}, { get: () => () => false });
  const injector = createInjector().provideValue('logger', quiet).provideValue('options', {});
  const instrumenter = injector.injectFunction(createInstrumenter);
  const content = readFileSync(join(root, file), 'utf8');
  const made = await instrumenter.instrument([{ name: join(root, file), mutate: true, content }], {
    plugins: null,
    excludedMutations: [],
    ignorers: [],
  });
  const lines = content.split('\n');
  const mutants = made.mutants.map(({ id, mutatorName, replacement, location: { start, end } }) => ({
    id,
    line: start.line + 1,
    mutator: mutatorName,
    before: cut(lines, start, end),
    after: replacement,
  }));
  return { source: made.files[0].content, mutants };
}

function cut(lines, start, end) {
  const own = lines.slice(start.line, end.line + 1);
  own[own.length - 1] = own.at(-1).slice(0, end.column);
  own[0] = own[0].slice(start.column);
  return own.join('\n');
}

async function runAll(file, source, mutants, known) {
  const outcomes = new Map(known);
  while (outcomes.size < mutants.length) {
    const left = mutants.filter(({ id }) => !outcomes.has(id)).slice(0, perProcess);
    await runSome(
      { file: join(root, file), source, mutants: left, tests: tests.map((t) => join(root, t)) },
      outcomes,
    );
  }
  return mutants.map((mutant) => ({ ...mutant, ...outcomes.get(mutant.id) }));
}

function runSome(job, outcomes) {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'worker.mjs'), {
      execArgv: ['--disable-warning=ExperimentalWarning', '--max-old-space-size=1500'],
      env: { ...process.env, MUTATION_CASES: options.cases, MUTATION_SEED: options.seed },
    });
    let current = null;
    let timer = null;
    child.send(job);
    child.on('message', ({ kind, id, ...outcome }) => {
      clearTimeout(timer);
      if (kind === 'ended') outcomes.set(id, outcome);
      if (kind !== 'starts') return;
      current = id;
      timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    });
    child.on('exit', (code) => {
      clearTimeout(timer);
      if (code !== 0 && current === null)
        return reject(new Error(`The tests fail without a mutant: see above (${job.file}).`));
      if (current !== null && !outcomes.has(current))
        outcomes.set(current, { status: 'killed', by: 'it does not end' });
      resolve();
    });
  });
}

function read() {
  try {
    return JSON.parse(readFileSync(join(root, options.out), 'utf8'));
  } catch {
    return {};
  }
}

function write(all) {
  mkdirSync(join(root, '.tandem-mutation'), { recursive: true });
  writeFileSync(join(root, options.out), JSON.stringify(all, null, 1));
}

function tell(file, outcomes, ms) {
  console.log(`\n${file}: ${score(outcomes)} in ${Math.round(ms / 1000)} s`);
  for (const { id, line, mutator, before, after, status } of outcomes)
    if (status !== 'killed')
      console.log(
        `  ${file}:${line} #${id} ${mutator} ${status}\n    - ${short(before)}\n    + ${short(after)}`,
      );
}

function short(text) {
  return text.replace(/\s+/g, ' ').slice(0, 160);
}

function score(outcomes) {
  const killed = outcomes.filter(({ status }) => status === 'killed').length;
  return `${((100 * killed) / outcomes.length).toFixed(1)} % (${killed} of ${outcomes.length})`;
}

function summary() {
  console.log('\n| file | noticed | mutants | share |\n|--|--:|--:|--:|');
  for (const [file, outcomes] of Object.entries(results))
    console.log(`| ${file.slice(10)} | ${row(outcomes)} |`);
  console.log(`| all | ${row(Object.values(results).flat())} |`);
}

function row(outcomes) {
  const killed = outcomes.filter(({ status }) => status === 'killed').length;
  return `${killed} | ${outcomes.length} | ${((100 * killed) / outcomes.length).toFixed(1)} %`;
}
