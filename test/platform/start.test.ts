import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
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

const isRoot = process.getuid?.() === 0;
const nobody = 65534;
/** Root can have a read-only place of its own, where the machine lets him. */
const readOnly = [
  '-c',
  `exec unshare -m sh -c 'mount -t tmpfs -o ro none "$0" && exec "$@"' "$0" "$@"`,
  data,
];
const canMount = spawnSync('sh', [...readOnly, 'true']).status === 0;

/** Starts it with a data folder that cannot be; what it said, which has to be one line, and its end within a minute. */
function refused(
  folder: string,
  { through = [] as readonly string[], uid = undefined as number | undefined } = {},
) {
  const [program = 'node', ...args] = [
    ...through,
    'node',
    'console/tandem.ts',
    ...['start', '--no-demo', '--port', '0', '--data', folder],
  ];
  const { status, stderr } = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    // Hard, since one that goes round and round hears nothing.
    timeout: 60_000,
    killSignal: 'SIGKILL',
    env: childEnvironment,
    ...(uid !== undefined && { uid, gid: uid }),
  });
  expect(status, stderr).toBe(1);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  return stderr;
}

describe('a data folder that cannot be used is explained in one line, with the remedy', () => {
  const remedy = /[Nn]ame another folder with --data or TANDEM_DATA\.$/m;

  test.runIf(process.platform === 'linux').each(['/proc/x', '/proc/x/y/z'])('%s', (folder) => {
    const said = refused(folder);
    expect(said).toMatch(/^Error: The data folder \/proc\/x\S* cannot be made: .*\(ENOENT\)/);
    expect(said).toMatch(remedy);
  });

  test('a file, and what would be below one', () => {
    const file = join(data, 'file');
    writeFileSync(file, '');
    const said = refused(file);
    expect(said).toContain(`The data folder ${file} is a file, not a folder.`);
    expect(said).toMatch(remedy);
    expect(refused(join(file, 'below'))).toContain(
      `The data folder ${join(file, 'below')} cannot be made: ${file} is a file, not a folder (ENOTDIR).`,
    );
  });

  test.runIf(isRoot)('a place where one has no rights', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tandem-rights-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    chmodSync(folder, 0o755);
    const inside = join(folder, 'inside');
    expect(refused(inside, { uid: nobody })).toMatch(
      new RegExp(`The data folder ${inside} cannot be made: .*permission.*\\(EACCES\\)`),
    );
    const said = refused(folder, { uid: nobody });
    expect(said).toMatch(
      new RegExp(`The data folder ${folder} cannot be written: .*permission.*\\(EACCES\\)`),
    );
    expect(said).toContain('Start as the user who made it');
    expect(said).toMatch(remedy);
    chmodSync(folder, 0o700);
    expect(refused(inside, { uid: nobody })).toMatch(/cannot be made: .*permission.*\(EACCES\)/);
  });

  test.runIf(canMount)('a read-only place', () => {
    const through = ['sh', ...readOnly];
    expect(refused(data, { through })).toMatch(/cannot be written: .*read-only.*\(EROFS\)/);
    expect(refused(join(data, 'inside'), { through })).toMatch(/cannot be made: .*read-only.*\(EROFS\)/);
  });
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
