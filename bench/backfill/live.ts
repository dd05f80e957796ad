import { type Stage, writeAll } from '../sync/stage.ts';

/** Customers that are edited while a backfill runs. */
const customers = 20;
/** Pause between two edits, in ms, and between two looks at the other side. */
const pauseMs = 400;
const lookMs = 4;

/** Milliseconds from an edit's commit in the CRM until the ERP has it, one edit after the other. */
export interface LiveEdits {
  readonly times: readonly number[];
  stop(): Promise<void>;
}

/** Customers that are linked and in step before the backfill begins. */
export async function liveCustomers({ house }: Pick<Stage, 'house'>): Promise<readonly string[]> {
  const ids = await writeAll(
    house.crm,
    Array.from({ length: customers }, (_, n) => ({
      kind: 'create' as const,
      entity: 'Customer',
      fields: { name: `Live ${n}`, email: `live${n}@live.example` },
    })),
  );
  await house.sync.quiet();
  return ids;
}

/** Edits them until it is stopped. */
export function editLive({ house, sql }: Pick<Stage, 'house' | 'sql'>, ids: readonly string[]): LiveEdits {
  const times: number[] = [];
  const stopping = new AbortController();
  const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const running = (async () => {
    for (let n = 0; !stopping.signal.aborted; n++) {
      const id = ids[n % ids.length]!;
      const name = `Live edit ${n}`;
      await writeAll(house.crm, [{ kind: 'update', entity: 'Customer', id, fields: { name } }]);
      const from = performance.now();
      while (
        (await sql`select 1 from erp.customer where external_reference = ${id} and name = ${name}`).length ===
        0
      )
        await rest(lookMs);
      times.push(performance.now() - from);
      await rest(pauseMs);
    }
  })();
  return {
    times,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
