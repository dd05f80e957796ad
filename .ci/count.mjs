// Prints the closing line of a test run from vitest's report. A file that did not load, a run that broke off and one
// that failed without a failing test count as one failure each.
import { readFileSync } from 'node:fs';

const [file = '', status] = process.argv.slice(2);
const files = read().testResults;
const tests = files.flatMap(({ assertionResults }) => assertionResults);
const passed = tests.filter((test) => test.status === 'passed').length;
const broken = files.filter(
  ({ status, assertionResults }) => status === 'failed' && !assertionResults.some(failing),
);
const failed = tests.filter(failing).length + broken.length;
console.log(`${passed} passed, ${status === '0' ? failed : Math.max(failed, 1)} failed`);

function failing(test) {
  return test.status === 'failed';
}

function read() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { testResults: [] };
  }
}
