import type { MappingName } from '../../sync/core/types.ts';
import type { Fields, openRuns, Process } from './world.ts';

/** A live link and its records. */
export interface Pair {
  readonly link: string;
  readonly crm: string;
  readonly erp: string;
}

/** Records of a flow, made in the CRM: the n-th of a name. */
interface Made {
  readonly mapping: MappingName;
  readonly entity: string;
  readonly fields: (name: string, n: number) => Fields;
}

/** Pairs that are at rest before something is done to them. */
export function pairsOf(w: Awaited<ReturnType<typeof openRuns>>) {
  /** The live links of records; of those that stand alone, too, which have no other record. */
  const livePairs = (mapping: MappingName, ids: readonly string[]) => w.sql<Pair[]>`
    select id as link, crm_id as crm, erp_id as erp from sync.link
    where mapping = ${mapping} and (crm_id = any(${[...ids]}::text[]) or erp_id = any(${[...ids]}::text[]))
      and state <> 'ended' order by crm_id`;

  return {
    livePairs,
    /** What documents name, on both sides: a product and a customer. */
    async tradeIn(life: Process, sku: string) {
      const lamp = { sku, name: 'Lamp', listPrice: '100', baseUnit: 'C62' };
      const product = await w.create('crm', 'Product', lamp);
      const customer = await w.create('crm', 'Customer', { name: `Who asks for ${sku}` });
      await w.settled(life);
      return { product, customer };
    },
    async twoPairs(
      life: Process,
      { mapping, entity, fields }: Made,
      name: string,
    ): Promise<readonly [Pair, Pair]> {
      const made = [
        await w.create('crm', entity, fields(name, 1)),
        await w.create('crm', entity, fields(name, 2)),
      ];
      await w.settled(life);
      const pair = async (n: 0 | 1) => (await livePairs(mapping, [made[n]!.id]))[0]!;
      return [await pair(0), await pair(1)];
    },
  };
}
