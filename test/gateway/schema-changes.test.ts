import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compareSupergraphs } from '../../gateway/compose/schema-changes.ts';
import { composeSupergraph } from '../../gateway/compose/supergraph.ts';

const compose = (sdl: string) => composeSupergraph([{ name: 'a', url: '', sdl }]);

describe('comparing supergraphs', () => {
  test('tells what breaks, what surprises and what only adds', () => {
    const before = compose('type Query { gone: Int kept(a: Int): Kind } enum Kind { A }');
    const after = compose(
      'type Query { kept(a: Int, b: Int): Kind more: More } enum Kind { A B } type More { x: Int }',
    );
    expect(compareSupergraphs(before, after)).toEqual({
      breaking: ['Query.gone was removed.'],
      dangerous: ['An optional arg b on Query.kept was added.', 'B was added to enum type Kind.'],
      safe: ['More was added.', 'Query.more was added.'],
    });
    expect(compareSupergraphs(after, after)).toEqual({ breaking: [], dangerous: [], safe: [] });
  });
});

describe('tandem schema', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['console/tandem.ts', 'schema', ...args], {
      encoding: 'utf8',
      timeout: 50_000,
    });

  test('prints the supergraph, checks against it, and composes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tandem-schema-'));
    const inUse = join(folder, 'supergraph.graphql');
    const printed = run('print', 'supergraph').stdout;
    expect(printed).toContain('join__graph(name: "sync"');
    await writeFile(inUse, printed);
    expect(run('check', inUse)).toMatchObject({ status: 0, stdout: 'Nothing a client could notice.\n' });
    await writeFile(
      inUse,
      printed.replace(/^type Link\b[^{]*\{/m, '$& lost: String @join__field(graph: SYNC)'),
    );
    const checked = run('check', inUse);
    expect(checked.stdout).toContain('Breaking (1):\n  Link.lost was removed.');
    expect(checked.status).toBe(1);

    const [a, b] = [join(folder, 'a.graphql'), join(folder, 'b.graphql')];
    await writeFile(a, 'type Query { one: Int }');
    await writeFile(b, 'type Query { two: Two }');
    expect(run('compose', `a=${a}`).stdout).toContain('one: Int');
    const failed = run('compose', `a=${a}`, `b=${b}`);
    expect(failed.stderr).toContain('Unknown type Two');
    expect(failed.status).toBe(1);

    expect(run('compose', `a=${a}`, '-o', join(folder, 'nowhere', 'x'))).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /^Error: \S+\/nowhere\/x cannot be written \(ENOENT.*\)\. Name another file with --output\.\n$/,
      ),
    });
    expect(run('compose', 'a=http://127.0.0.1:1/graphql')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /^Subgraph a cannot be reached at http:\/\/127\.0\.0\.1:1\/graphql \(.*\)\. Start it, or correct its address\.\n$/,
      ),
    });

    for (const [text, problem] of [
      ['type Query {', 'Syntax Error'],
      ['type Query { one: Int }', 'names no subgraph'],
    ] as const) {
      await writeFile(a, text);
      const refused = run('check', a);
      expect(refused.stderr).toContain(`${a} is no supergraph: `);
      expect(refused.stderr).toContain(problem);
      expect(refused.stderr).not.toContain('    at ');
      expect(refused.status).toBe(1);
    }
    const reader = spawnSync(
      'sh',
      ['-c', `"${process.execPath}" console/tandem.ts schema print | head -n 1`],
      {
        encoding: 'utf8',
      },
    );
    expect(reader.stderr).toBe('');
    expect(reader.stdout.trim()).not.toBe('');
    await rm(folder, { recursive: true });
    // Eight processes, one after the other.
  });
});
