// Runs the tests against the mutants of one file, in this process, and sends what became of each to the parent.

import { importAnew, openHouse } from './house.mjs';
import { takeTests } from './tests.mjs';

process.once('message', async (job) => {
  openHouse({ [job.file]: job.source });
  const stryker = {};
  globalThis.__stryker__ = stryker;
  const { tests, coverage } = await rehearse(stryker, job.tests);
  for (const { id } of job.mutants) {
    process.send({ kind: 'starts', id });
    process.send({ kind: 'ended', id, ...(await judge(stryker, id, tests, coverage)) });
  }
  process.send({ kind: 'done' }, () => process.exit());
});

/** All tests against the file as it is: which mutants each test reaches, and how long it takes. */
async function rehearse(stryker, files) {
  const tests = [];
  for (const [f, file] of files.entries()) {
    await importAnew([file]);
    for (const [n, { name, run }] of takeTests().entries()) {
      const id = `${f}:${n}`;
      stryker.currentTestId = id;
      const from = performance.now();
      await run();
      stryker.currentTestId = undefined;
      tests.push({ id, file, n, name, ms: performance.now() - from });
    }
  }
  const { mutantCoverage = { static: {}, perTest: {} } } = stryker;
  stryker.mutantCoverage = { static: {}, perTest: {} };
  return { tests, coverage: mutantCoverage };
}

/** How many mutants each file of tests has noticed: those of one file of the core are noticed by the same tests. */
const noticed = new Map();

/**
 * The tests of the files that reach the mutant, the most successful file first and in it the tests that reach it
 * themselves, until one fails. The others of such a file may reach what a module remembers from the first.
 */
async function judge(stryker, id, tests, { static: atStart, perTest }) {
  const reaches = (test) => Boolean(atStart[id] || perTest[test.id]?.[id]);
  const files = new Set(tests.filter(reaches).map(({ file }) => file));
  const reaching = tests.filter(({ file }) => files.has(file));
  reaching.sort(
    (a, b) =>
      (noticed.get(b.file) ?? 0) - (noticed.get(a.file) ?? 0) ||
      a.file.localeCompare(b.file) ||
      Number(reaches(b)) - Number(reaches(a)) ||
      a.ms - b.ms,
  );
  if (reaching.length === 0) return { status: 'unreached' };
  const hits = tests.reduce((sum, test) => sum + (perTest[test.id]?.[id] ?? 0), atStart[id] ?? 0);
  Object.assign(stryker, { activeMutant: id, hitCount: 0, hitLimit: hits * 100 + 1_000 });
  try {
    const loaded = new Map();
    for (const { file, n, name } of reaching) {
      try {
        if (!loaded.has(file)) {
          await importAnew([file]);
          loaded.set(file, takeTests());
        }
        await loaded.get(file)[n].run();
      } catch (error) {
        takeTests();
        noticed.set(file, (noticed.get(file) ?? 0) + 1);
        return { status: 'killed', by: name, error: String(error?.message ?? error).slice(0, 200) };
      }
    }
    return { status: 'survived', tests: reaching.length };
  } finally {
    stryker.activeMutant = undefined;
  }
}
