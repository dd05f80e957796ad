import { type FieldDrift, isInStep } from '../../sync/index.ts';
import type { SyncContext } from './context.ts';
import { told } from './errors.ts';
import type { Listing } from './listing.ts';
import { links } from './listings.ts';
import { pageRequest } from './page.ts';
import { driftOf } from './resolvers-link.ts';
import type { LinkRow } from './rows.ts';
import { mappingOf } from './words.ts';

/** Compares the next pairs of a flow live. */
export async function driftReport(context: SyncContext, asked: PairsAsked) {
  const { flow } = asked;
  const { page, totalCount } = await nextPairs(context, asked);
  const drifts = await told(() => context.sync.drifts(page.nodes.map((row) => row.id)));
  const compared = page.nodes.map((row) => drifts.get(row.id) ?? []);
  const off = page.nodes.flatMap((row, n) => {
    const fields = compared[n]!.filter((field) => !isInStep(field));
    return fields.length === 0 ? [] : [{ link: row, fields: driftOf(context, row.mapping, fields) }];
  });
  return {
    flow,
    checked: page.nodes.length,
    equal: page.nodes.length - off.length,
    drifted: off,
    fields: perField(compared.flat()),
    pageInfo: page.pageInfo,
    totalCount,
  };
}

/** Which pairs of a flow are looked at next. */
export interface PairsAsked {
  readonly flow: string;
  readonly first?: number;
  readonly after?: string;
}

/** The next whole pairs of a flow, known to the loaders, and how many there are in all. */
export async function nextPairs(context: SyncContext, { flow, first, after }: PairsAsked) {
  const request = pageRequest<LinkRow>(
    pairsOf(flow),
    { first: first ?? null, after: after ?? null },
    () => {},
  );
  const page = await request.page(context.sql);
  context.load.remember(page.nodes);
  return { page, totalCount: () => request.count(context.sql) };
}

/** The whole pairs of a flow. */
function pairsOf(flow: string): Listing {
  const { where } = links;
  return {
    ...links,
    where: `${where} and l.mapping = '${mappingOf(flow)}' and l.state <> 'ended' and l.crm_id is not null and l.erp_id is not null`,
  };
}

function perField(all: readonly FieldDrift[]) {
  const byField = Map.groupBy(all, ({ field, line }) => (line === undefined ? field : `lines.${field}`));
  return [...byField].map(([field, found]) => ({
    field,
    checked: found.length,
    equal: found.filter(isInStep).length,
  }));
}
