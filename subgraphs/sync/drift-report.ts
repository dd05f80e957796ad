import { type FieldDrift, isInStep } from '../../sync/index.ts';
import { awayOf } from './away.ts';
import type { SyncContext } from './context.ts';
import { told } from './errors.ts';
import type { Listing } from './listing.ts';
import { links } from './listings.ts';
import { pageRequest } from './page.ts';
import { driftOf } from './resolvers-link.ts';
import type { LinkRow } from './rows.ts';
import { mappingOf } from './words.ts';

/** Compares the next pairs of a flow live; those that a system which is away keeps from being compared are counted apart. */
export async function driftReport(context: SyncContext, asked: PairsAsked) {
  const { flow } = asked;
  const { page, totalCount } = await nextPairs(context, asked);
  const drifts = await told(() => context.sync.drift(page.nodes.map((row) => row.id)));
  const found = page.nodes.map((row) => ({ row, ...(drifts.get(row.id) ?? { fields: [], away: {} }) }));
  const compared = found.filter(({ away }) => Object.keys(away).length === 0);
  const off = compared.flatMap(({ row, fields: all }) => {
    const fields = all.filter((field) => !isInStep(field));
    return fields.length === 0 ? [] : [{ link: row, fields: driftOf(context, row.mapping, fields) }];
  });
  return {
    flow,
    checked: compared.length,
    equal: compared.length - off.length,
    unknown: found.length - compared.length,
    away: awayOf(Object.assign({}, ...found.map(({ away }) => away))),
    uncompared: found
      .filter((pair) => !compared.includes(pair))
      .map(({ row, away }) => ({ link: row, away: awayOf(away) })),
    drifted: off,
    fields: perField(compared.flatMap(({ fields }) => fields)),
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
