import type { Write, WriteResult } from '../core/connector.ts';
import { mappingsOfEntity } from '../core/home.ts';
import { other } from '../core/sides.ts';
import type { Side, SystemRecord } from '../core/types.ts';
import { callMs, heardOf, noteIntents, sentAgain } from '../store/intents.ts';
import { linksOfRecords } from '../store/links.ts';
import type { RecordWrite } from './draft.ts';
import { refKey } from './records.ts';
import type { StepContext } from './step-context.ts';

/** Properties by which a record just created can be found again, per system, surest first. */
const references: Readonly<Record<Side, readonly string[]>> = {
  erp: ['externalReference', 'sourceQuoteReference'],
  crm: ['accountNumber', 'contactNumber', 'erpQuoteNumber', 'erpOrderNumber', 'sku'],
};

/** Answers that leave open whether the write was carried out. */
export const openCodes: ReadonlySet<string> = new Set([
  'UNKNOWN_OUTCOME',
  'TIMEOUT',
  'SYSTEM_UNAVAILABLE',
  'INTERNAL',
  'RATE_LIMITED',
]);

/** What is known of creates before they are sent. */
export interface LookedBefore {
  /** The answers of those that are not sent, by the places of the writes. */
  readonly known: ReadonlyMap<number, WriteResult>;
  /** Records that an earlier attempt had made and that gave way to a twin. */
  readonly gaveWay: ReadonlySet<string>;
}

type Create = Extract<Write, { kind: 'create' }>;

/**
 * Notes each create before it is sent, so that the record is known for what it was made from whatever becomes of us.
 * Where a system does not honour idempotency keys, one that was noted before may have been carried out: it is looked up
 * by its external reference first, and sent again only when the record cannot be there, after the time a new record may
 * be missing from look-ups. That time runs from the answer, or from when it must have come. Answers what is known
 * without sending.
 */
export async function lookBefore(
  context: StepContext,
  side: Side,
  writes: readonly RecordWrite[],
  sent: readonly Write[],
): Promise<LookedBefore> {
  const { createDedup = 'key', searchLagMs = 0 } = context.connectors[side].capabilities ?? {};
  const known = new Map<number, WriteResult>();
  const nobody = { known, gaveWay: new Set<string>() };
  const creates = sent.flatMap((write, n) => (write.kind === 'create' && write.key ? [{ n, write }] : []));
  if (creates.length === 0) return nobody;
  const before = await noteIntents(
    context.sql,
    creates.map(({ n, write }) => ({
      key: write.key!,
      side,
      entity: write.entity,
      reference: referenceOf(side, write),
      ...writes[n]!.origin!,
    })),
  );
  const gaveWay = new Set([...before.values()].flatMap((each) => each.gaveWay));
  if (createDedup === 'key') return { known, gaveWay };
  const again = creates.filter(({ write }) => before.has(write.key!));
  const lookups = again.map(({ write }) => (createDedup === 'search' ? referenceOf(side, write) : null));
  const asked = lookups.flatMap((where, i) => (where ? [{ where, entity: again[i]!.write.entity, i }] : []));
  const hits = asked.length > 0 ? await context.connectors[side].find(asked) : [];
  const found = new Map(asked.map(({ i, entity }, h) => [i, hits[h]!.map((record) => ({ record, entity }))]));
  const taken = await takenOf(
    context,
    side,
    [...found].flatMap(([i, records]) =>
      records.map((hit) => ({ ...hit, origin: writes[again[i]!.n]!.origin })),
    ),
  );
  const resent: string[] = [];
  for (const [i, { n, write }] of again.entries()) {
    const record = found.get(i)?.find((hit) => !taken.has(hit.record.id))?.record;
    const age = before.get(write.key!)!.ms;
    if (record) known.set(n, { kind: 'existed', record });
    else if (!found.has(i)) known.set(n, unsure(write));
    else if (age < callMs + searchLagMs) known.set(n, unsure(write, callMs + searchLagMs - age + 1));
    else resent.push(write.key!);
  }
  await sentAgain(context.sql, resent);
  return { known, gaveWay };
}

function referenceOf(side: Side, { fields }: Create): Record<string, string> | null {
  for (const property of references[side]) {
    const value = fields[property];
    if (typeof value === 'string' && value !== '') return { [property]: value };
  }
  return null;
}

const unsure = (write: Create, afterMs?: number): WriteResult => ({
  kind: 'failed',
  failure: {
    code: 'UNKNOWN_OUTCOME',
    message:
      afterMs === undefined
        ? `A ${write.entity} may have been created before and cannot be looked up. Look whether it is there, then link it or retry.`
        : `A ${write.entity} may have been created before; whether it was can be seen in ${Math.ceil(afterMs)} ms.`,
    ...(afterMs !== undefined && { afterMs }),
  },
});

/** Notes that creates were answered in a way that leaves open whether they were carried out; without results, all of them. */
export async function noteOpen(
  { sql, connectors }: Pick<StepContext, 'sql' | 'connectors'>,
  side: Side,
  sent: readonly Write[],
  results?: readonly WriteResult[],
): Promise<void> {
  if ((connectors[side].capabilities?.createDedup ?? 'key') === 'key') return;
  const isOpen = (result: WriteResult | undefined): boolean =>
    result === undefined || (result.kind === 'failed' && openCodes.has(result.failure.code));
  await heardOf(
    sql,
    sent.flatMap((write, n) =>
      write.kind === 'create' && write.key && isOpen(results?.[n]) ? [write.key] : [],
    ),
  );
}

/** Remembers which noted creates were refused: they are forgotten together with the recording of it. */
export function noteRefusals(
  context: StepContext,
  sent: readonly Write[],
  results: readonly WriteResult[],
): void {
  for (const [n, write] of sent.entries()) {
    const result = results[n]!;
    if (write.kind !== 'create' || !write.key) continue;
    if (result.kind === 'failed' && !openCodes.has(result.failure.code)) context.settled.add(write.key);
  }
}

/** A record that may have been created, and what the create was made from. */
export interface Hit {
  readonly record: SystemRecord;
  readonly entity: string;
  readonly origin: RecordWrite['origin'];
}

/**
 * Which of these records belong to another link already. One that has joined what it was made from meanwhile, because
 * its own news came in, is no other's.
 */
export async function takenOf(
  context: StepContext,
  side: Side,
  records: readonly Hit[],
): Promise<ReadonlySet<string>> {
  if (records.length === 0) return new Set();
  const links = await linksOfRecords(
    context.sql,
    records.flatMap(({ record, entity }) =>
      mappingsOfEntity(context.mappings, side, entity)
        .filter(({ name }) => name !== 'userOrder')
        .map(({ name }) => ({ mapping: name, side, id: record.id })),
    ),
  );
  const sourceOf = new Map(records.map(({ record, origin }) => [record.id, origin?.source]));
  const isOwn = ({ mapping, crmId, erpId }: (typeof links)[number]): boolean => {
    const [id, from] = side === 'crm' ? [crmId, erpId] : [erpId, crmId];
    const source = sourceOf.get(id ?? '');
    const entity = context.mappings[mapping][other(side)];
    return from !== null && source === refKey({ side: other(side), entity, id: from });
  };
  return new Set(
    links
      .filter((link) => link.state !== 'ended' && !isOwn(link))
      .map((l) => (side === 'crm' ? l.crmId : l.erpId) ?? ''),
  );
}
