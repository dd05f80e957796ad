/**
 * For how long a test waits for something that has to come before it says that it did not, in ms. Nothing is measured by it: on a
 * machine that does other work, too, everything may take twenty times as long.
 */
export const patienceMs = 120_000;
