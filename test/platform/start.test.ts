import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { readPostmaster } from '../../drizzle/postgres/postmaster.ts';
import { childEnvironment } from '../support/child-environment.ts';

const root = join(import.meta.dirname, '../..');
const data = mkdtempSync(join(tmpdir(), 'tandem-start-'));
chmodSync(data, 0o755);
const command = `node console/tandem.ts start --no-demo --port 0 --data ${data}`;

afterAll(() => rmSync(data, { recursive: true, force: true }));

test('it starts in an empty folder, and SIGTERM stops it with its database', async () => {
  const started = run(`exec ${command}`);
  await started.ready;
  started.child.kill('SIGTERM');
  const { code, lines } = await started.ended;
  expect(lines.join('\n')).toContain('SIGTERM: stopping');
  expect(code).toBe(0);
  expect(readPostmaster(join(data, 'postgres'))).toBeUndefined();
});

test('it stops when the shell is ended that npm runs it in', async () => {
  const started = run(`${command}; true`, { npm_lifecycle_event: 'start' });
  await started.ready;
  started.child.kill('SIGTERM');
  const { lines } = await started.ended;
  expect(lines.join('\n')).toContain('npm has ended: stopping');
  expect(readPostmaster(join(data, 'postgres'))).toBeUndefined();
});

test('a wrong setting is explained without a stack, and the exit code says so', () => {
  const { status, stderr } = spawnSync('node', ['console/tandem.ts', 'start', '--port', 'abc'], {
    cwd: root,
    encoding: 'utf8',
    env: childEnvironment,
  });
  expect(status).toBe(1);
  expect(stderr.trim()).toMatch(/^Error: A setting is wrong:\n {2}PORT=abc has to be a port.*$/);
});

test('a port that is taken is explained without a stack, and leaves no database running', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const args = ['console/tandem.ts', 'start', '--no-demo', '--port', `${port}`, '--data', data];
  const child = spawn('node', args, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: childEnvironment,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stderr.on('data', (text) => (said += String(text)));
  const [code] = await once(child, 'close');
  server.close();
  expect(code).toBe(1);
  expect(said).toContain(`127.0.0.1:${port} is taken by another program. Take another port: --port or PORT.`);
  expect(said).not.toMatch(/^ +at /m);
  expect(readPostmaster(join(data, 'postgres'))).toBeUndefined();
});

type Run = {
  readonly child: ChildProcess;
  readonly ready: Promise<void>;
  readonly ended: Promise<{ code: number | null; lines: readonly string[] }>;
};

function run(line: string, env: Record<string, string> = {}): Run {
  const child = spawn('sh', ['-c', line], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...childEnvironment, ...env },
  });
  const lines: string[] = [];
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push(text);
    if (text.startsWith('Ready')) resolve();
  });
  // "close" comes when everybody who could write has ended, also processes the shell has left behind.
  const ended = new Promise<{ code: number | null; lines: readonly string[] }>((done) => {
    child.once('close', (code) => {
      reject(new Error(`It ended: ${lines.join('\n')}`));
      done({ code, lines });
    });
  });
  return { child, ready, ended };
}
