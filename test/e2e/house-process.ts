import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Starts the whole house as a process of its own over a migrated database and waits until it is ready. */
export async function startProcess(url: string): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'house-main.ts')],
    {
      env: { ...process.env, DATABASE_URL: url, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  // A failed test leaves nothing behind.
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stderr!.on('data', (text) => {
    said += text;
  });
  for await (const text of child.stdout!) if (String(text).includes('ready')) return child;
  throw new Error(`The process ended: ${said}`);
}

/** Ends it at once, as `kill -9` does. */
export async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}
