import type { MappingName } from '../core/types.ts';
import type { Sql } from '../store/sql.ts';
import { countPairs } from '../store/touched.ts';

/** Fewer records than this may vanish without a question, and fewer edits tell nothing of what most of them are. */
export const fewest = 20;

/** Whether so many records of an entity are more than the share of a flow's pairs that one author may change at once. */
export type IsMostOfFlow = (entity: string, records: number) => Promise<boolean>;

/** How long a flow counts as being as large as it was, in ms. Who is suspected is counted exactly later. */
const holdsMs = 10_000;

/** No flow is counted further: of a larger one, a reading that is full holds what is asked about. */
const countedTo = 10_000;

/** Looks at the flows of one system. @param now in ms */
export function createMostOfFlow(
  { sql, mappingsOf, share }: Asked,
  now: () => number = () => performance.now(),
): IsMostOfFlow {
  const sizes = new Map<string, { readonly at: number; readonly pairs: number }>();
  return async (entity, records) => {
    if (share >= 1 || records < fewest) return false;
    const at = now();
    const known = sizes.get(entity);
    if (known && at - known.at < holdsMs) return records > share * known.pairs;
    const pairs = await countPairs(sql, mappingsOf(entity), countedTo);
    // A flow that has none yet may have many in a moment.
    if (pairs > 0) sizes.set(entity, { at, pairs });
    return pairs > 0 && records > share * pairs;
  };
}

interface Asked {
  readonly sql: Sql;
  readonly mappingsOf: (entity: string) => readonly MappingName[];
  readonly share: number;
}
