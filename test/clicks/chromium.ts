import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';

/** A browser's protocol: commands to the browser itself or to one of its pages, and what a page tells by itself. */
export interface Chromium {
  send(method: string, parameters?: object, session?: string): Promise<Reply>;
  onEvent(listener: (method: string, parameters: Reply, session: string | undefined) => void): void;
  close(): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: replies are as different as the commands; each caller reads its own.
export type Reply = any;

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Starts a browser without a window and connects to it. */
export async function startChromium(): Promise<Chromium> {
  const program = findChromium(process.env);
  const profile = mkdtempSync(join(tmpdir(), 'tandem-clicks-'));
  const child = spawn(
    program,
    [
      '--headless=new',
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
      '--no-first-run',
      // Chromium refuses to run as root with its sandbox; what it shows here is ours.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      'about:blank',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const socket = new WebSocket(await addressOf(child));
  await new Promise((opened, failed) => socket.once('open', opened).once('error', failed));
  const { send, onEvent } = speak(socket);
  return {
    send,
    onEvent,
    close: async () => {
      const gone = new Promise((closed) => child.once('close', closed));
      socket.close();
      child.kill();
      await gone;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Where a browser is: `CHROMIUM`, or the first of the usual names in `PATH`. Throws where there is none. */
function findChromium(env: NodeJS.ProcessEnv): string {
  const folders = (env.PATH ?? '').split(delimiter);
  const found =
    env.CHROMIUM ?? folders.flatMap((folder) => names.map((name) => join(folder, name))).find(existsSync);
  if (found === undefined || !existsSync(found))
    throw new Error(
      `No browser ${found ? `at ${found}` : 'in PATH'}. Install Chromium, or say where one is: CHROMIUM=/path/to/chromium npm run clicks`,
    );
  return found;
}

/** What the browser says on its error channel once it listens. */
async function addressOf(child: ChildProcess): Promise<string> {
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stderr! })) {
    const address = /^DevTools listening on (ws:\S+)/.exec(line)?.[1];
    if (address !== undefined) {
      child.stderr!.resume();
      return address;
    }
    said.push(line);
  }
  throw new Error(`The browser did not start:\n${said.join('\n')}`);
}

function speak(socket: WebSocket): Pick<Chromium, 'send' | 'onEvent'> {
  const open = new Map<number, { done: (reply: Reply) => void; failed: (error: Error) => void }>();
  const listeners: Parameters<Chromium['onEvent']>[0][] = [];
  let last = 0;
  socket.on('message', (text) => {
    const { id, method, params, sessionId, result, error } = JSON.parse(String(text)) as Reply;
    if (id === undefined) {
      for (const listener of listeners) listener(method, params, sessionId);
      return;
    }
    const asked = open.get(id);
    open.delete(id);
    if (error) asked?.failed(new Error(`${error.message} ${error.data ?? ''}`));
    else asked?.done(result);
  });
  return {
    send: (method, parameters = {}, session) =>
      new Promise((done, failed) => {
        const id = ++last;
        open.set(id, { done, failed });
        socket.send(JSON.stringify({ id, method, params: parameters, sessionId: session }));
      }),
    onEvent: (listener) => void listeners.push(listener),
  };
}
