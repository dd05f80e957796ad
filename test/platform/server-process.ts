import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

/** A process of its own that has started the server of a folder. */
export type ServerProcess = {
  readonly url: string;
  readonly data: string;
  readonly how: 'created' | 'started' | 'adopted';
  readonly startedIn: number;
  /** What it logged. */
  readonly log: readonly string[];
  /** Gives the server up in order, and waits until the process has ended. */
  stop(): Promise<void>;
  /** Ends the process without a chance to do anything, as `kill -9`. */
  kill(): Promise<void>;
};

/** Starts the embedded server of a folder in another process, as another account if `uid` is given. */
export async function serverProcess(folder: string, uid?: number): Promise<ServerProcess> {
  const child = spawn(process.execPath, [`${import.meta.dirname}/server-main.ts`, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH },
    ...(uid !== undefined && { uid, gid: uid }),
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  // A failed test leaves nothing behind.
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const log: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('{')) {
      log.push(line);
      continue;
    }
    return { ...JSON.parse(line), log, ...endings(child, ended) };
  }
  throw new Error(`The process ended: ${log.join('\n')}`);
}

function endings(child: ChildProcess, ended: Promise<void>): Pick<ServerProcess, 'stop' | 'kill'> {
  return {
    async stop() {
      child.stdin?.end();
      await ended;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
