/** Something that runs and can be stopped in order. */
export type Running = { readonly name: string; stop(): Promise<void> };

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** How often we look whether npm is still there, in milliseconds. */
const parentPollMs = 200;

// Both from the moment this file is loaded, so that a request to end during the start is not lost: it is heeded as
// soon as everything runs and can be stopped in order.
const parentAtStart = process.ppid;
const signalled = new Promise<string>((resolve) => {
  for (const signal of signals) process.once(signal, resolve);
});

/**
 * Waits until we are asked to end (Ctrl-C, SIGTERM, a closed terminal), then stops everything, what was started last
 * first. A further signal ends the process at once. Returns the exit code.
 *
 * With `startedByNpm`, the end of npm's shell counts as well: a SIGTERM sent to `npm start` ends that shell and
 * never reaches us.
 */
export async function untilStopped(
  running: readonly Running[],
  startedByNpm: boolean,
  log: (line: string) => void,
): Promise<number> {
  const reason = await (startedByNpm ? Promise.race([signalled, shellEnded()]) : signalled);
  log(`${reason}: stopping (Ctrl-C to stop at once).`);
  for (const signal of signals) process.removeAllListeners(signal).once(signal, () => process.exit(1));
  return stopAll(running, log);
}

/**
 * Starts one thing after the other: `start` puts each into the list that it is given as soon as it runs. Where one cannot
 * be started, those before it are stopped, since the database is a process of its own and would stay; throws why.
 */
export async function startInTurn(
  start: (running: Running[]) => Promise<void>,
  log: (line: string) => void,
): Promise<readonly Running[]> {
  const running: Running[] = [];
  try {
    await start(running);
    return running;
  } catch (error) {
    await stopAll(running, log);
    throw error;
  }
}

/** Stops everything, what was started last first. Returns 1 where something did not stop in order, else 0. */
async function stopAll(running: readonly Running[], log: (line: string) => void): Promise<0 | 1> {
  let exitCode: 0 | 1 = 0;
  for (const { name, stop } of running.toReversed()) {
    await stop().catch((error: unknown) => {
      exitCode = 1;
      log(`${name} did not stop in order: ${error instanceof Error ? error.message : error}`);
    });
  }
  return exitCode;
}

function shellEnded(): Promise<string> {
  return new Promise((resolve) => {
    const watch = setInterval(() => {
      if (process.ppid === parentAtStart) return;
      clearInterval(watch);
      resolve('npm has ended');
    }, parentPollMs);
  });
}
