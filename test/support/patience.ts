/**
 * For how long a test waits for something that has to come before it says that it did not, in ms. Nothing is measured by it: on a
 * machine that does other work, too, everything may take twenty times as long. `TANDEM_TEST_PATIENCE_MS` is for runs that want
 * to know soon what does not come.
 */
export const patienceMs = Number(process.env.TANDEM_TEST_PATIENCE_MS ?? 120_000);
