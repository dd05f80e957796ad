import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const project = createHash('sha256')
  .update(import.meta.dirname)
  .digest('hex')
  .slice(0, 8);

/** Where the tests of this checkout, run by this account, keep what later runs use again: their database server, and compiled code. */
export const testFolder = join(tmpdir(), `tandem-test-${process.getuid?.() ?? 'user'}-${project}`);
