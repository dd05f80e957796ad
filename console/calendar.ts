import type { System } from '../subgraphs/system/system.ts';

/** How often the date is looked at, in ms: what comes with midnight is there a quarter of an hour later. */
const everyMs = 15 * 60_000;

/** Carries out what comes with the date, now and from time to time; `stop` waits for what is under way. */
export function startCalendar(
  systems: readonly System[],
  log: { error(detail: object, message: string): void },
): { stop(): Promise<void> } {
  let turn = look();
  const timer = setInterval(() => {
    turn = turn.then(look);
  }, everyMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await turn;
    },
  };

  async function look(): Promise<void> {
    for (const system of systems)
      await system.settleDue().catch((error: unknown) => {
        log.error(
          { error: String(error) },
          `${system.shape.schema}: what is due today could not be carried out; it is tried again`,
        );
      });
  }
}
