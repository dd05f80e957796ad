/** Stops polling; resolves when a look under way has ended. */
export type StopPolling = () => Promise<void>;

/**
 * Looks for a change, at once and then again and again. Resolves after the first look, whatever came of it.
 * @param look reads anew and swaps where something has changed
 * @param pause milliseconds between the end of one look and the next: `everyMs` after one that went well
 * @param tell told why a look failed, once per reason, and null when one goes well again
 */
export async function pollForChanges(
  look: () => Promise<void>,
  pause: { readonly everyMs: number; readonly retryMs: number },
  tell: (problem: string | null) => void,
): Promise<StopPolling> {
  let stopped = false;
  let problem: string | null = null;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  const lookAndTell = async () => {
    const found = await look().then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    if (found !== problem) tell(found);
    problem = found;
    if (stopped) return;
    timer = setTimeout(again, problem === null ? pause.everyMs : pause.retryMs);
  };
  const again = () => {
    looking = lookAndTell();
  };
  await lookAndTell();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await looking;
  };
}
