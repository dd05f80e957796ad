import type { Fields, World } from './world.ts';

/** The words in which tests speak of a pair of customers, and of the flow that they are in. */
export function pairsOf(w: World) {
  let n = 0;

  /** A customer that was made in the CRM, synced. */
  async function pair(crm: Fields = {}) {
    const made = await w.create('crm', 'Customer', { name: `Pair ${++n} of the acts`, ...crm });
    await w.settled();
    const link = await w.linkOf('customer', made.id);
    return { crm: made.id, erp: link.erpId!, link: link.id };
  }

  /** Does something while the flow stands still: nothing of it travels before `goOn`. */
  const quietly = async (act: () => Promise<void>) => {
    await w.sync.pause('customer', true, 'a test', 'test');
    await act();
  };
  const goOn = async () => {
    await w.sync.pause('customer', false, null, 'test');
    await w.settled();
  };
  return { pair, quietly, goOn };
}

/** The code with which an act is refused. */
export const failing = async (act: Promise<unknown>): Promise<string> =>
  act.then(
    () => 'no failure',
    (error: { code?: string }) => error.code ?? String(error),
  );
