/**
 * A doorbell: whoever waits is woken, whoever comes late finds the door open. It carries no data and promises nothing;
 * the truth is read from the database, and a timeout is the safety net.
 */
export interface Doorbell {
  ring(): void;
  /** Resolves at the next ring, after `ms`, or when `signal` aborts; at once when it rang since the last wait. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A doorbell for one waiter; rings while nobody waits are remembered as one. */
export function createDoorbell(): Doorbell {
  let rang = false;
  let wake: (() => void) | null = null;
  return {
    ring() {
      rang = true;
      wake?.();
    },
    async wait(ms, signal) {
      if (!rang && !signal?.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
          signal?.addEventListener('abort', wake, { once: true });
        });
        if (wake) signal?.removeEventListener('abort', wake);
        wake = null;
      }
      rang = false;
    },
  };
}

/** One bell, many waiters: each gets a doorbell of its own, returned when it leaves. */
export interface Bells {
  ring(): void;
  join(): Doorbell & Disposable;
}

/** Bells for any number of waiters. */
export function createBells(): Bells {
  const all = new Set<Doorbell>();
  return {
    ring() {
      for (const bell of all) bell.ring();
    },
    join() {
      const bell = createDoorbell();
      all.add(bell);
      return { ...bell, [Symbol.dispose]: () => void all.delete(bell) };
    },
  };
}
