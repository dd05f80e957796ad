import { readFileSync } from 'node:fs';

/**
 * For how long a process' main thread was ready to run and had no processor, since it started, in ms. What is left of a span
 * of wall time without it is the process' own doing, whatever else the machine has to do. Linux tells; elsewhere it is 0.
 */
export function processorWaitMs(pid: number): number {
  try {
    const [, waited] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ');
    return Number(waited) / 1e6;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
