import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { childEnvironment } from '../support/child-environment.ts';

/** A part of Tandem that runs as a process of its own. */
export type Part = {
  /** What its lines say in the place of `(…)` of the pattern it was started with. */
  readonly said: string;
  /** Asks it to end in order; resolves with its exit code. */
  stop(): Promise<number | null>;
  /** Ends it without a chance to do anything, as `kill -9`. */
  kill(): Promise<void>;
};

const root = join(import.meta.dirname, '../..');

/** A data folder of its own for a test, open to the account that an embedded server runs under. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-processes-'));
  chmodSync(folder, 0o755);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts `tandem …` and waits until a line matches. A failed test leaves nothing behind. */
export async function startPart(
  args: readonly string[],
  line: RegExp,
  env: Readonly<Record<string, string>> = {},
): Promise<Part> {
  const child = spawn(process.execPath, ['console/tandem.ts', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...childEnvironment, TANDEM_LOG: 'error', ...env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  const { promise: said, resolve, reject } = Promise.withResolvers<string>();
  const hear = (text: string) => {
    lines.push(text);
    const found = line.exec(text);
    if (found) resolve(found[1] ?? '');
  };
  createInterface({ input: child.stdout }).on('line', hear);
  createInterface({ input: child.stderr }).on('line', hear);
  const ended = new Promise<number | null>((done) => {
    child.once('close', (code) => {
      reject(new Error(`tandem ${args.join(' ')} ended: ${lines.join('\n')}`));
      done(code);
    });
  });
  return {
    said: await said,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Runs `tandem …` to its end: its exit code, and what it said on standard error. */
export async function runPart(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number | null; readonly said: string }> {
  const child = spawn(process.execPath, ['console/tandem.ts', ...args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...childEnvironment, TANDEM_LOG: 'error', ...env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stderr.on('data', (text) => (said += String(text)));
  const code = await new Promise<number | null>((done) => child.once('close', done));
  return { code, said };
}

// biome-ignore lint/suspicious/noExplicitAny: answers are as deep as the query that asks; each test checks what it reads.
export type Answer = any;

/** Asks a GraphQL endpoint; data and errors as they came, with the status. */
export async function ask(url: string, query: string, variables: object = {}): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, ...((await response.json()) as object) };
}
