// Stands in for vitest while mutants run: collects the tests of the files that are imported, and starts none.
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
} from '@vitest/expect';
import * as chai from 'chai';

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

/** The assertions that vitest has, without its runner. */
export const expect = Object.assign((value, message) => chai.expect(value, message), {
  ...chai.expect,
  ...globalThis[ASYMMETRIC_MATCHERS_OBJECT],
});

const names = [];
let collected = [];

/** Takes what has been collected since the last call: `{ name, run }`. */
export function takeTests() {
  const tests = collected;
  collected = [];
  return tests;
}

export function test(name, run) {
  collected.push({ name: [...names, name].join(' > '), run });
}

export function describe(name, body) {
  names.push(name);
  body();
  names.pop();
}

const each = (one) => (table) => (name, body) => {
  for (const row of table) one(titled(name, row), () => (Array.isArray(row) ? body(...row) : body(row)));
};

test.each = each(test);
describe.each = each(describe);

function titled(name, row) {
  let n = 0;
  return name
    .replace(/%[sdijo]/g, () => String(Array.isArray(row) ? row[n++] : row))
    .replace(/\$(\w+)/g, (_, key) => String(row[key]));
}
