import { SyncError } from '../../core/errors.ts';
import { mappingsOfEntity } from '../../core/home.ts';
import type { MappingName, RecordRef } from '../../core/types.ts';
import { type LinkRow, linksOfLanes, linksOfRecords } from '../../store/links.ts';
import type { InlineParts } from '../inline.ts';
import { createRecords, readRecords } from '../records.ts';
import { refsOfLink } from '../work.ts';

/** Refuses documents whose deal has others: those would be left between two deals. */
export async function mustBeAlone({ sql }: InlineParts, links: readonly LinkRow[]): Promise<void> {
  const deals = links.filter(({ lane }) => lane.startsWith('deal:'));
  const members = await linksOfLanes(
    sql,
    deals.map(({ lane }) => lane),
  );
  const shared = deals.find((link) =>
    members.some(({ id, lane, mapping }) => lane === link.lane && id !== link.id && mapping !== 'userOrder'),
  );
  if (!shared) return;
  throw new SyncError(
    'BAD_USER_INPUT',
    `Link_${shared.id} belongs to a deal with further documents; unlink its documents one by one, and link them anew.`,
  );
}

/** Refuses two documents of different deals that both have further pairs: linked, they would stand between the two. */
export async function mustBeOfOneDeal(
  parts: InlineParts,
  mapping: MappingName,
  ids: { readonly crmId: string; readonly erpId: string },
  replacing: readonly LinkRow[],
): Promise<void> {
  if (!documents.has(mapping)) return;
  const refs = refsOfLink(parts, { mapping, ...ids });
  const known = await linksOfRecords(
    parts.sql,
    [...refs, ...(await quotesNamed(parts, refs))].flatMap(({ side, entity, id }) =>
      mappingsOfEntity(parts.mappings, side, entity).map(({ name }) => ({ mapping: name, side, id })),
    ),
  );
  const lanes = new Set(known.map(({ lane }) => lane).filter((lane) => lane.startsWith('deal:')));
  if (lanes.size < 2) return;
  const further = (await linksOfLanes(parts.sql, [...lanes])).filter(
    ({ id, crmId, erpId, mapping }) =>
      crmId && erpId && mapping !== 'userOrder' && !replacing.some((old) => old.id === id),
  );
  const [one, another] = [...Map.groupBy(further, ({ lane }) => lane).values()].map(([first]) => first!);
  if (!one || !another) return;
  throw new SyncError(
    'BAD_USER_INPUT',
    `CRM record ${ids.crmId} and ERP record ${ids.erpId} belong to two deals with further documents (Link_${one.id}, Link_${another.id}); unlink the documents of one of them, one by one, first.`,
  );
}

const documents: ReadonlySet<MappingName> = new Set(['quote', 'quoteOrder', 'order']);

/** The quotes that these documents were made of: an order's deal, whatever has become of its links. */
async function quotesNamed(
  { connectors, mappings }: InlineParts,
  refs: readonly RecordRef[],
): Promise<readonly RecordRef[]> {
  const records = createRecords();
  await readRecords(connectors, records, refs);
  return refs.flatMap((ref) => {
    const quoteId = records.get(ref)?.fields.quoteId;
    return typeof quoteId === 'string'
      ? [{ side: ref.side, entity: mappings.quote[ref.side], id: quoteId }]
      : [];
  });
}
