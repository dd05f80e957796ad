/** Something that runs and can be stopped in order. */
export type Running = { readonly name: string; stop(): Promise<void> };

/** How often we look whether npm is still there, in milliseconds. */
const parentPollMs = 200;

/**
 * Waits until we are asked to end (Ctrl-C, SIGTERM, a closed terminal), then stops everything, what was started last
 * first. A second signal ends the process at once. Returns the exit code.
 *
 * With `startedByNpm`, the end of npm's shell counts as well: a SIGTERM sent to `npm start` ends that shell and
 * never reaches us.
 */
export async function untilStopped(
  running: readonly Running[],
  startedByNpm: boolean,
  log: (line: string) => void,
): Promise<number> {
  const reason = await asked(startedByNpm);
  log(`${reason}: stopping (Ctrl-C to stop at once).`);
  for (const signal of signals) process.once(signal, () => process.exit(1));
  let exitCode = 0;
  for (const { name, stop } of running.toReversed()) {
    await stop().catch((error: unknown) => {
      exitCode = 1;
      log(`${name} did not stop in order: ${error instanceof Error ? error.message : error}`);
    });
  }
  return exitCode;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function asked(startedByNpm: boolean): Promise<string> {
  return new Promise((resolve) => {
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (startedByNpm && process.ppid !== parent) end('npm has ended');
    }, parentPollMs);
    function end(reason: string): void {
      clearInterval(watch);
      for (const signal of signals) process.removeListener(signal, end);
      resolve(reason);
    }
    for (const signal of signals) process.once(signal, end);
  });
}
