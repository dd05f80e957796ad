// Stands in for fast-check while mutants run: fewer cases, and no search for the smallest one that fails.
import fc from 'fast-check';

const share = Number(process.env.MUTATION_CASES);

const assert = (property, { numRuns = 100, ...more } = {}) =>
  fc.assert(property, { ...more, numRuns: Math.ceil(numRuns * share), endOnFailure: true });

fc.configureGlobal({ seed: Number(process.env.MUTATION_SEED) });

// biome-ignore lint/style/noDefaultExport: fast-check is imported so.
export default { ...fc, assert };
